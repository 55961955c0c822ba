import Glibc

/// The bytes that protocols name, and classes of bytes by table.
extension UInt8 {
    public static let tab: UInt8 = 0x09
    public static let lineFeed: UInt8 = 0x0A
    public static let carriageReturn: UInt8 = 0x0D
    public static let space: UInt8 = 0x20
    public static let exclamationMark: UInt8 = 0x21
    public static let quotationMark: UInt8 = 0x22
    public static let numberSign: UInt8 = 0x23
    public static let dollar: UInt8 = 0x24
    public static let percent: UInt8 = 0x25
    public static let ampersand: UInt8 = 0x26
    public static let asterisk: UInt8 = 0x2A
    public static let comma: UInt8 = 0x2C
    public static let hyphen: UInt8 = 0x2D
    public static let dot: UInt8 = 0x2E
    public static let slash: UInt8 = 0x2F
    public static let zero: UInt8 = 0x30
    public static let nine: UInt8 = 0x39
    public static let colon: UInt8 = 0x3A
    public static let semicolon: UInt8 = 0x3B
    public static let equals: UInt8 = 0x3D
    public static let questionMark: UInt8 = 0x3F
    public static let at: UInt8 = 0x40
    public static let leftBracket: UInt8 = 0x5B
    public static let backslash: UInt8 = 0x5C
    public static let rightBracket: UInt8 = 0x5D
    public static let underscore: UInt8 = 0x5F
    public static let delete: UInt8 = 0x7F

    /// `0`…`9`.
    @inlinable public var isDigit: Bool { self &- 0x30 < 10 }
    /// `A`…`Z`, `a`…`z`.
    @inlinable public var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    /// The byte in lower case when it is an ASCII capital.
    @inlinable public var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
    /// A control byte: below space, or DEL.
    @inlinable public var isControl: Bool { self < 0x20 || self == 0x7F }

    /// The value of a hexadecimal digit, or nil.
    @inlinable public var hexValue: UInt8? {
        if self &- 0x30 < 10 { return self &- 0x30 }
        let folded = self | 0x20
        if folded &- 0x61 < 6 { return folded &- 0x61 &+ 10 }
        return nil
    }

    /// The value of a digit of base64's standard alphabet (RFC 4648 §4), or nil.
    public var base64Value: UInt32? {
        if isLetter { return UInt32(self) &- (self < 0x60 ? 0x41 : 0x61 - 26) }
        if isDigit { return UInt32(self) &- 0x30 &+ 52 }
        return self == UInt8(ascii: "+") ? 62 : self == UInt8(ascii: "/") ? 63 : nil
    }

    /// A byte of a token (RFC 9110 §5.6.2): what methods and field names are made of.
    @inlinable public var isToken: Bool {
        // Two 64-bit words hold the class of each of the 128 ASCII bytes.
        if self < 64 { return UInt64(0x03FF_6CFA_0000_0000) &>> UInt64(self) & 1 == 1 }
        if self < 128 { return UInt64(0x57FF_FFFF_C7FF_FFFE) &>> UInt64(self &- 64) & 1 == 1 }
        return false
    }

    /// A byte that may stand in a field value (RFC 9110 §5.5): visible ASCII, space, tab and
    /// everything from 0x80 up.
    @inlinable public var isFieldValue: Bool { (self >= 0x20 && self != 0x7F) || self == 0x09 }
}

extension Span<UInt8> {
    /// The first place at or after `start` that holds `byte`, or nil.
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        let count = self.count
        guard start < count else { return nil }
        return withUnsafeBufferPointer { bytes -> Int? in
            guard let base = bytes.baseAddress,
                let found = memchr(base + start, CInt(byte), count - start)
            else { return nil }
            return UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }

    /// Whether both hold the same bytes.
    public func equals(_ other: borrowing Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        let count = self.count
        return withUnsafeBufferPointer { left in
            other.withUnsafeBufferPointer { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return true }
                return memcmp(a, b, count) == 0
            }
        }
    }

    /// Whether both hold the same bytes when ASCII case is ignored.
    public func equalsIgnoringCase(_ other: borrowing Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for i in 0..<count where self[i].lowercased != other[i].lowercased { return false }
        return true
    }

    /// Whether the bytes are those of `literal`.
    public func equals(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        let count = self.count
        return withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return true }
            return memcmp(base, literal.utf8Start, count) == 0
        }
    }

    /// Whether the bytes are those of `literal`, which is in lower case, when ASCII case is ignored.
    public func equalsIgnoringCase(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        for i in 0..<count where self[i].lowercased != literal.utf8Start[i] { return false }
        return true
    }

    /// Whether the first bytes are those of `literal`.
    public func starts(with literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard count >= length else { return false }
        return withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return true }
            return memcmp(base, literal.utf8Start, length) == 0
        }
    }

    /// Whether the first bytes are those of `prefix`.
    public func starts(with prefix: borrowing Span<UInt8>) -> Bool {
        guard count >= prefix.count else { return false }
        return extracting(first: prefix.count).equals(prefix)
    }

    /// The bytes without blanks (space, tab) at either end.
    public var trimmed: Range<Int> {
        var start = 0
        var end = count
        while start < end, self[start] == .space || self[start] == .tab { start += 1 }
        while end > start, self[end - 1] == .space || self[end - 1] == .tab { end -= 1 }
        return start..<end
    }

    /// A copy as an array. Allocates; for configuration and tests.
    public func copied() -> [UInt8] {
        // Making one of none writes the count of the empty array that all threads share, which the thread sanitizer reports.
        if isEmpty { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { target, written in
            withUnsafeBufferPointer { source in
                if let from = source.baseAddress, let to = target.baseAddress { memcpy(to, from, count) }
            }
            written = count
        }
    }

    /// A copy as text; bytes that are not UTF-8 become U+FFFD. Allocates; for configuration and tests.
    public func text() -> String {
        withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
