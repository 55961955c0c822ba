import Linux
import Testing

@testable import TLS

@Suite struct `Session cache` {
    private let now = Instant(nanoseconds: 1_000_000_000)

    private static func name(_ number: UInt64) -> SessionCache.Identifier? {
        [number, number &* 0x9E37_79B9_7F4A_7C15, 3, 4].withUnsafeBytes { SessionCache.Identifier($0) }
    }

    private func put(_ number: UInt64, _ bytes: [UInt8], seconds: UInt64 = 60, into cache: SessionCache) throws {
        let identifier = try #require(Self.name(number))
        bytes.withUnsafeBytes {
            cache.put(identifier, $0, until: now.advanced(byNanoseconds: seconds * 1_000_000_000), now: now)
        }
    }

    private func take(
        _ number: UInt64, once: Bool = false, after seconds: UInt64 = 0, from cache: SessionCache
    ) throws -> [UInt8]? {
        let identifier = try #require(Self.name(number))
        return cache.take(identifier, once: once, now: now.advanced(byNanoseconds: seconds * 1_000_000_000)) {
            Array($0)
        }
    }

    @Test func `gives back what was kept, as often as asked`() throws {
        let cache = SessionCache(bytes: 4 << 20)
        for number in 0..<1000 {
            try put(UInt64(number), [UInt8](repeating: UInt8(number & 0xFF), count: number + 1), into: cache)
        }
        #expect(cache.usage.sessions == 1000)
        for _ in 0..<2 {
            for number in 0..<1000 {
                let expected = [UInt8](repeating: UInt8(number & 0xFF), count: number + 1)
                #expect(try take(UInt64(number), from: cache) == expected)
            }
        }
        #expect(try take(1000, from: cache) == nil)
    }

    @Test func `gives a session out once where that is asked for`() throws {
        let cache = SessionCache(bytes: 1 << 20)
        try put(1, [1, 2, 3], into: cache)
        #expect(try take(1, once: true, from: cache) == [1, 2, 3])
        #expect(try take(1, from: cache) == nil)
        #expect(cache.usage.sessions == 0)
    }

    @Test func `gives nothing out after its end`() throws {
        let cache = SessionCache(bytes: 1 << 20)
        try put(1, [1, 2, 3], seconds: 60, into: cache)
        #expect(try take(1, after: 59, from: cache) == [1, 2, 3])
        #expect(try take(1, after: 60, from: cache) == nil)
        #expect(cache.usage.sessions == 0)
    }

    @Test func `the newer of two sessions of one name counts`() throws {
        let cache = SessionCache(bytes: 1 << 20)
        try put(1, [1], into: cache)
        try put(1, [2, 2], into: cache)
        #expect(try take(1, from: cache) == [2, 2])
        #expect(cache.usage.sessions == 1)
    }

    @Test(arguments: [8 << 10, 64 << 10, 1 << 20, 10 << 20])
    func `stays within its memory, and the oldest make room`(limit: Int) throws {
        let cache = SessionCache(bytes: limit, shards: 1)
        let many = UInt64(limit / 100)
        for number in 0..<many { try put(number, [UInt8](repeating: 7, count: 160), into: cache) }
        let usage = cache.usage
        #expect(usage.bytes <= limit)
        #expect(usage.sessions > limit / 2 / 240)
        #expect(try take(many - 1, from: cache) != nil)
        #expect(try take(0, from: cache) == nil)
        let kept = try (0..<many).map { try take($0, from: cache) != nil }
        #expect(kept.count { $0 } == usage.sessions)
        #expect(kept == kept.sorted { !$0 && $1 })
    }

    @Test func `what has ended leaves with the next arrival`() throws {
        let cache = SessionCache(bytes: 1 << 20, shards: 1)
        for number in 0..<500 { try put(UInt64(number), [UInt8](repeating: 7, count: 160), seconds: 0, into: cache) }
        try put(1000, [1], into: cache)
        #expect(cache.usage.sessions == 1)
        #expect(cache.usage.bytes < 64 << 10)
    }

    @Test func `follows a smaller limit`() throws {
        let cache = SessionCache(bytes: 1 << 20, shards: 1)
        for number in 0..<3000 { try put(UInt64(number), [UInt8](repeating: 7, count: 160), into: cache) }
        cache.resize(bytes: 64 << 10)
        try put(5000, [1], into: cache)
        #expect(cache.usage.bytes <= 64 << 10)
        #expect(try take(5000, from: cache) == [1])
    }

    @Test(arguments: [0, 8193])
    func `does not keep what is too large or nothing`(count: Int) throws {
        let cache = SessionCache(bytes: 1 << 20)
        try put(1, [UInt8](repeating: 7, count: count), into: cache)
        #expect(cache.usage.sessions == 0)
    }

    @Test func `keeps nothing without memory`() throws {
        let cache = SessionCache(bytes: 0)
        try put(1, [1, 2, 3], into: cache)
        #expect(cache.usage.sessions == 0)
        #expect(cache.usage.bytes == 0)
    }

    @Test(arguments: [0, 16, 31, 33])
    func `knows no names but its own`(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(bytes.withUnsafeBytes { SessionCache.Identifier($0) } == nil)
    }
}
