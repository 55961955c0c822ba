import Linux
import Testing

@testable import TLS

@Suite struct `Ticket keys` {
    private static let second: UInt64 = 1_000_000_000
    private static let start = Instant(nanoseconds: 1_000_000 * second)

    private func name(_ keys: TicketKeys, after seconds: UInt64) -> [UInt8] {
        keys.withCurrent(now: Self.start.advanced(byNanoseconds: seconds * Self.second)) { $0.name }
    }

    /// Whether a ticket under that key is understood, and whether it is to be replaced.
    private func isOld(_ name: [UInt8], _ keys: TicketKeys, after seconds: UInt64) -> Bool? {
        name.withUnsafeBufferPointer {
            keys.with(name: $0, now: Self.start.advanced(byNanoseconds: seconds * Self.second)) { _ in () }?.isOld
        }
    }

    @Test func `are replaced after half a session's lifetime and understood until its end`() {
        let keys = TicketKeys()
        keys.configure(key: nil, sessionSeconds: 600)
        let first = name(keys, after: 0)
        #expect(name(keys, after: 299) == first)
        #expect(isOld(first, keys, after: 299) == false)
        let second = name(keys, after: 300)
        #expect(second != first)
        // A ticket of second 299 is good until 899.
        #expect(isOld(first, keys, after: 899) == true)
        #expect(isOld(first, keys, after: 900) == nil)
        #expect(isOld(Array(repeating: 0, count: 16), keys, after: 0) == nil)
    }

    @Test(arguments: [48, 80])
    func `stay where one is configured`(length: Int) {
        let keys = TicketKeys()
        let configured = (0..<length).map { UInt8($0) }
        keys.configure(key: configured, sessionSeconds: 600)
        #expect(name(keys, after: 0) == Array(configured[..<16]))
        #expect(name(keys, after: 1_000_000) == Array(configured[..<16]))
        // The same configuration again changes nothing; another one forgets the key.
        keys.configure(key: nil, sessionSeconds: 600)
        #expect(isOld(Array(configured[..<16]), keys, after: 0) == nil)
    }
}
