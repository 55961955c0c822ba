/// SipHash-2-4 with 128 bits (Aumasson and Bernstein): a keyed digest of short messages.
///
/// Whoever doesn't know the key can neither tell digests from noise nor find two messages with the same one, so a
/// table may keep digests in place of what clients sent: names, passwords, tokens.
public struct SipHash: Sendable {
    /// What comes of a message.
    public struct Digest: Sendable, Hashable {
        public let high: UInt64
        public let low: UInt64
    }

    private let k0: UInt64
    private let k1: UInt64

    public init(key k0: UInt64, _ k1: UInt64) {
        self.k0 = k0
        self.k1 = k1
    }

    /// A key that nobody knows.
    public init() {
        var generator = SystemRandomNumberGenerator()
        self.init(key: generator.next(), generator.next())
    }

    public func digest(_ message: Span<UInt8>) -> Digest {
        var state = State(k0, k1)
        let whole = message.count & ~7
        var index = 0
        while index < whole {
            var word: UInt64 = 0
            for offset in 0..<8 { word |= UInt64(message[index + offset]) << UInt64(8 * offset) }
            state.compress(word)
            index += 8
        }
        var last = UInt64(truncatingIfNeeded: message.count) << 56
        while index < message.count {
            last |= UInt64(message[index]) << UInt64(8 * (index - whole))
            index += 1
        }
        state.compress(last)
        state.v2 ^= 0xEE
        let first = state.finish()
        state.v1 ^= 0xDD
        return Digest(high: first, low: state.finish())
    }

    private struct State {
        var v0, v1, v2, v3: UInt64

        init(_ k0: UInt64, _ k1: UInt64) {
            v0 = k0 ^ 0x736F_6D65_7073_6575
            v1 = k1 ^ 0x646F_7261_6E64_6F6D ^ 0xEE
            v2 = k0 ^ 0x6C79_6765_6E65_7261
            v3 = k1 ^ 0x7465_6462_7974_6573
        }

        mutating func compress(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        mutating func finish() -> UInt64 {
            for _ in 0..<4 { round() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        private mutating func round() {
            v0 &+= v1
            v1 = v1.rotated(by: 13) ^ v0
            v0 = v0.rotated(by: 32)
            v2 &+= v3
            v3 = v3.rotated(by: 16) ^ v2
            v0 &+= v3
            v3 = v3.rotated(by: 21) ^ v0
            v2 &+= v1
            v1 = v1.rotated(by: 17) ^ v2
            v2 = v2.rotated(by: 32)
        }
    }
}

extension UInt64 {
    fileprivate func rotated(by bits: UInt64) -> UInt64 { self << bits | self >> (64 - bits) }
}
