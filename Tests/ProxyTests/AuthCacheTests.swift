import Bytes
import Filters
import HTTP
import Linux
import Testing

@testable import Proxy

@Suite struct `Cache of authentication answers` {
    static let start = Instant(nanoseconds: 1_000_000_000_000)
    static let second: UInt64 = 1_000_000_000

    static func key(_ number: Int) -> SipHash.Digest {
        SipHash(key: 1, 2).digest(Array("key \(number)".utf8).span)
    }

    static func answer(bytes: Int = 100) -> AuthAnswer {
        let answer = AuthAnswer()
        answer.head.headers.append(.xRequestID, value: Array(repeating: UInt8(ascii: "a"), count: bytes).span)
        return answer
    }

    @Test func `gives an answer back until its time is over`() {
        var cache = AuthCache()
        let answer = Self.answer()
        cache.keep(answer, for: Self.key(1), nanoseconds: 10 * Self.second, now: Self.start)
        let before = cache.answer(for: Self.key(1), now: Self.start.advanced(byNanoseconds: 9 * Self.second))
        #expect(before === answer)
        let other = cache.answer(for: Self.key(2), now: Self.start)
        #expect(other == nil)
        let after = cache.answer(for: Self.key(1), now: Self.start.advanced(byNanoseconds: 10 * Self.second))
        #expect(after == nil)
        let left = (cache.count, cache.bytes)
        #expect(left == (0, 0))
    }

    @Test func `forgets what nobody wanted for half an hour`() {
        var cache = AuthCache()
        let later = Self.start.advanced(byNanoseconds: 1799 * Self.second)
        for number in 1...2 { cache.keep(Self.answer(), for: Self.key(number), nanoseconds: .max, now: Self.start) }
        let used = cache.answer(for: Self.key(1), now: later)
        #expect(used != nil)
        let end = later.advanced(byNanoseconds: 2 * Self.second)
        let (kept, forgotten) = (cache.answer(for: Self.key(1), now: end), cache.answer(for: Self.key(2), now: end))
        #expect(kept != nil)
        #expect(forgotten == nil)
    }

    @Test func `keeps nothing for no time, and no head that is too large`() {
        var cache = AuthCache()
        cache.keep(Self.answer(), for: Self.key(1), nanoseconds: 0, now: Self.start)
        cache.keep(Self.answer(bytes: 20 << 10), for: Self.key(2), nanoseconds: .max, now: Self.start)
        let count = cache.count
        #expect(count == 0)
    }

    @Test(arguments: [100, 12 << 10])
    func `is bounded however many keys there are`(bytes: Int) {
        var cache = AuthCache()
        for number in 1...10_000 {
            let now = Self.start.advanced(byNanoseconds: UInt64(number))
            cache.keep(Self.answer(bytes: bytes), for: Self.key(number), nanoseconds: .max, now: now)
            let size = (cache.count, cache.bytes)
            #expect(size.0 <= AuthCache.capacity && size.1 <= AuthCache.byteLimit)
        }
        let newest = cache.answer(for: Self.key(10_000), now: Self.start.advanced(byNanoseconds: 10_001))
        #expect(newest != nil)
        let oldest = cache.answer(for: Self.key(1), now: Self.start.advanced(byNanoseconds: 10_001))
        #expect(oldest == nil)
    }

    @Test func `replaces what it has under a key`() {
        var cache = AuthCache()
        for _ in 1...100 { cache.keep(Self.answer(), for: Self.key(1), nanoseconds: .max, now: Self.start) }
        let (count, bytes) = (cache.count, cache.bytes)
        #expect(count == 1)
        #expect(bytes == Self.answer().bound)
    }
}
