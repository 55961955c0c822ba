import Bytes

/// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein 2012): a digest that nobody can compute without the key,
/// over as many pieces as come.
struct SipHash {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    private var tail: UInt64 = 0
    private var count = 0

    /// Two words of key.
    init(_ k0: UInt64, _ k1: UInt64) {
        v0 = k0 ^ 0x736F_6D65_7073_6575
        v1 = k1 ^ 0x646F_7261_6E64_6F6D ^ 0xEE
        v2 = k0 ^ 0x6C79_6765_6E65_7261
        v3 = k1 ^ 0x7465_6462_7974_6573
    }

    mutating func combine(_ bytes: Span<UInt8>) {
        for index in 0..<bytes.count { combine(bytes[index]) }
    }

    mutating func combine(_ text: String) {
        for byte in text.utf8 { combine(byte) }
    }

    /// The digits of a key, as `SessionKey.append` writes them.
    mutating func combine(digitsOf key: SessionKey) {
        combine(digitsOf: key.high)
        combine(digitsOf: key.low)
    }

    private mutating func combine(digitsOf word: UInt64) {
        var shift: UInt64 = 64
        while shift > 0 {
            shift &-= 4
            let digit = UInt8(truncatingIfNeeded: word &>> shift & 0xF)
            combine(digit < 10 ? .zero &+ digit : 0x57 &+ digit)
        }
    }

    private mutating func combine(_ byte: UInt8) {
        tail |= UInt64(byte) &<< UInt64((count & 7) * 8)
        count &+= 1
        guard count & 7 == 0 else { return }
        take(tail)
        tail = 0
    }

    /// The digest of everything so far.
    consuming func finish() -> SessionKey {
        take(tail | UInt64(truncatingIfNeeded: count) &<< 56)
        v2 ^= 0xEE
        rounds(4)
        let first = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xDD
        rounds(4)
        return SessionKey(high: first.byteSwapped, low: (v0 ^ v1 ^ v2 ^ v3).byteSwapped)
    }

    private mutating func take(_ word: UInt64) {
        v3 ^= word
        rounds(2)
        v0 ^= word
    }

    private mutating func rounds(_ count: Int) {
        for _ in 0..<count {
            v0 &+= v1
            v1 = Self.rotate(v1, 13) ^ v0
            v0 = Self.rotate(v0, 32)
            v2 &+= v3
            v3 = Self.rotate(v3, 16) ^ v2
            v0 &+= v3
            v3 = Self.rotate(v3, 21) ^ v0
            v2 &+= v1
            v1 = Self.rotate(v1, 17) ^ v2
            v2 = Self.rotate(v2, 32)
        }
    }

    private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 { word &<< bits | word &>> (64 - bits) }
}
