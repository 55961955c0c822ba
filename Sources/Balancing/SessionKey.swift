public import Bytes

/// 128 bits that a session's cookie shows as 32 hexadecimal digits: a random key, the digest of an endpoint, or the
/// digest of an upstream.
public struct SessionKey: Sendable, Hashable, Comparable {
    public let high: UInt64
    public let low: UInt64

    /// Digits of the text form.
    public static let length = 32

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The digits of a digest are its bytes in the order in which the reference of SipHash writes them.
    public init(_ digest: SipHash.Digest) {
        self.init(high: digest.high.byteSwapped, low: digest.low.byteSwapped)
    }

    /// Exactly 32 hexadecimal digits.
    public init?(_ text: Span<UInt8>) {
        guard text.count == Self.length, let high = Self.word(text.extracting(0..<16)),
            let low = Self.word(text.extracting(16..<32))
        else { return nil }
        self.init(high: high, low: low)
    }

    private static func word(_ digits: Span<UInt8>) -> UInt64? {
        var word: UInt64 = 0
        for index in 0..<digits.count {
            guard let digit = digits[index].hexValue else { return nil }
            word = word &<< 4 | UInt64(digit)
        }
        return word
    }

    public static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }

    /// Appends the digits in lower case. Needs `length` bytes.
    public func append(to buffer: inout ByteBuffer) {
        buffer.append(hexadecimalWord: high)
        buffer.append(hexadecimalWord: low)
    }

    /// Combines the digits, as `append` writes them.
    func combine(into hash: inout SipHash) {
        Self.combine(high, into: &hash)
        Self.combine(low, into: &hash)
    }

    private static func combine(_ word: UInt64, into hash: inout SipHash) {
        var shift: UInt64 = 64
        while shift > 0 {
            shift &-= 4
            let digit = UInt8(truncatingIfNeeded: word &>> shift & 0xF)
            hash.combine(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &- 10 &+ digit)
        }
    }
}
