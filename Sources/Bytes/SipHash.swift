/// SipHash-2-4 with 128 bits (Aumasson and Bernstein 2012): a keyed digest of short messages.
///
/// Whoever doesn't know the key can neither tell digests from noise nor find two messages with the same one, so a
/// table may keep digests in place of what clients sent (names, passwords, tokens), and a cookie may show one. A value
/// is a digest in the making: copy it to begin several from the same key.
public struct SipHash: Sendable {
    /// What comes of a message: two words, the first the one that the reference writes first.
    public struct Digest: Sendable, Hashable {
        public let high: UInt64
        public let low: UInt64
    }

    private var v0, v1, v2, v3: UInt64
    /// The bytes that don't fill a word yet, the first one lowest.
    private var tail: UInt64 = 0
    private var count = 0

    public init(key k0: UInt64, _ k1: UInt64) {
        v0 = k0 ^ 0x736F_6D65_7073_6575
        v1 = k1 ^ 0x646F_7261_6E64_6F6D ^ 0xEE
        v2 = k0 ^ 0x6C79_6765_6E65_7261
        v3 = k1 ^ 0x7465_6462_7974_6573
    }

    /// A key that nobody knows.
    public init() {
        var generator = SystemRandomNumberGenerator()
        self.init(key: generator.next(), generator.next())
    }

    /// The digest of one message after what has been combined so far.
    public func digest(_ message: Span<UInt8>) -> Digest {
        var hash = self
        hash.combine(message)
        return hash.finish()
    }

    /// Takes in more of the message.
    public mutating func combine(_ bytes: Span<UInt8>) {
        for index in 0..<bytes.count { combine(bytes[index]) }
    }

    /// Takes in a text's UTF-8.
    public mutating func combine(_ text: String) {
        for byte in text.utf8 { combine(byte) }
    }

    /// Takes in one byte more.
    public mutating func combine(_ byte: UInt8) {
        tail |= UInt64(byte) &<< UInt64((count & 7) * 8)
        count &+= 1
        guard count & 7 == 0 else { return }
        compress(tail)
        tail = 0
    }

    /// The digest of everything so far.
    public consuming func finish() -> Digest {
        compress(tail | UInt64(truncatingIfNeeded: count) &<< 56)
        v2 ^= 0xEE
        rounds(4)
        let first = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xDD
        rounds(4)
        return Digest(high: first, low: v0 ^ v1 ^ v2 ^ v3)
    }

    private mutating func compress(_ word: UInt64) {
        v3 ^= word
        rounds(2)
        v0 ^= word
    }

    private mutating func rounds(_ count: Int) {
        for _ in 0..<count {
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
    fileprivate func rotated(by bits: UInt64) -> UInt64 { self &<< bits | self &>> (64 &- bits) }
}
