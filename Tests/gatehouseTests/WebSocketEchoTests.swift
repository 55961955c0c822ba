import Bytes
import Testing

@testable import gatehouse

@Suite struct `WebSocket echo` {
    /// A masked frame, as clients send it.
    private func frame(_ first: UInt8, _ payload: [UInt8], mask: [UInt8] = [1, 2, 3, 4]) -> [UInt8] {
        let count = payload.count
        let length: [UInt8] =
            count < 126
            ? [0x80 | UInt8(count)]
            : count < 65536 ? [0x80 | 126, UInt8(count >> 8), UInt8(count & 255)] : [0xFF, 0, 0, 0, 0, 0, 1, 0, 0]
        return [first] + length + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    private func step(_ bytes: [UInt8]) -> WebSocketEcho.Step { WebSocketEcho.step(bytes.span) }

    @Test func `accepts with the value of the RFC's example`() {
        #expect(WebSocketEcho.acceptValue(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(arguments: [0, 5, 125, 126, 65535])
    func `sends a message back unmasked`(count: Int) {
        let payload = [UInt8](repeating: 7, count: count)
        let sent = frame(0x81, payload)
        guard case .frame(let consumed, let reply, let isLast) = step(sent + [0x81]) else {
            Issue.record("needs more")
            return
        }
        #expect(consumed == sent.count)
        #expect(reply.suffix(count) == payload[...])
        #expect(reply.count == count + (count < 126 ? 2 : 4))
        #expect(!isLast)
    }

    @Test func `needs a frame as a whole`() {
        let sent = frame(0x82, [1, 2, 3])
        for count in 0..<sent.count { #expect(step(Array(sent.prefix(count))) == .needMore) }
    }

    @Test func `answers ping with pong and says nothing to pong`() {
        #expect(step(frame(0x89, [9])) == .frame(consumed: 7, reply: [0x8A, 1, 9], isLast: false))
        #expect(step(frame(0x8A, [9])) == .frame(consumed: 7, reply: [], isLast: false))
    }

    @Test func `answers close with close and ends`() {
        #expect(step(frame(0x88, [3, 232])) == .frame(consumed: 8, reply: [0x88, 2, 3, 232], isLast: true))
    }

    @Test(
        arguments: [
            ([0x81, 0x01, 0x41], 1002), ([0xC1, 0x80, 0, 0, 0, 0], 1002), ([0x83, 0x80, 0, 0, 0, 0], 1002),
            ([0x09, 0x80, 0, 0, 0, 0], 1002), ([0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1002),
            ([0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0], 1009),
            ([0x82, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0], 1009),
        ] as [([UInt8], Int)])
    func `closes on what is not allowed`(bytes: [UInt8], code: Int) {
        let reply: [UInt8] = [0x88, 2, UInt8(code >> 8), UInt8(code & 255)]
        #expect(step(bytes) == .frame(consumed: bytes.count, reply: reply, isLast: true))
    }
}
