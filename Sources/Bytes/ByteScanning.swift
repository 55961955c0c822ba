/// Scanning eight bytes at a time.
///
/// Each scan looks at a little-endian word and finds its lowest matching byte by carry-less tricks:
/// the lowest set top bit is exact, those above it may be false and are not looked at.
extension Span<UInt8> {
    /// The eight bytes at `offset`, the first of them lowest.
    @inlinable
    public func word(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset &+ 8 <= count, "word outside the bytes")
        return unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The up to eight bytes from `offset` that belong to the first `end`, the first of them lowest and zeros behind
    /// them: the words of a text that is hashed or compared.
    @inlinable
    public func word(at offset: Int, upTo end: Int) -> UInt64 {
        let length = end &- offset
        if length >= 8 { return word(at: offset) }
        let mask = (1 &<< UInt64(truncatingIfNeeded: length &* 8)) &- 1 as UInt64
        if offset &+ 8 <= count { return word(at: offset) & mask }
        if end >= 8 { return word(at: end &- 8) &>> UInt64(truncatingIfNeeded: (8 &- length) &* 8) }
        var word: UInt64 = 0
        for index in 0..<length { word |= UInt64(self[offset &+ index]) &<< UInt64(truncatingIfNeeded: index &* 8) }
        return word
    }

    /// The first place from `start` up to `end` that holds `byte`, or `end`. For short distances;
    /// `firstIndex(of:)` is faster over long ones.
    @inlinable
    public func first(_ byte: UInt8, from start: Int, to end: Int) -> Int {
        var position = start
        while position &+ 8 <= end {
            let found = ByteWord.equal(byte, in: word(at: position))
            if found != 0 { return position &+ found.trailingZeroBitCount &>> 3 }
            position &+= 8
        }
        while position < end, self[position] != byte { position &+= 1 }
        return position
    }

    /// The first place from `start` up to `end` that holds a control byte (below space, or DEL), or `end`.
    ///
    /// A tab counts as a control byte; who allows it goes on behind it.
    @inlinable
    public func firstControl(from start: Int, to end: Int) -> Int {
        var position = start
        while position &+ 8 <= end {
            let found = ByteWord.below(0x20, in: word(at: position)) | ByteWord.equal(0x7F, in: word(at: position))
            if found != 0 { return position &+ found.trailingZeroBitCount &>> 3 }
            position &+= 8
        }
        while position < end, !self[position].isControl { position &+= 1 }
        return position
    }

    /// The first place from `start` up to `end` that doesn't hold visible ASCII (0x21…0x7E), or `end`.
    @inlinable
    public func firstNonVisible(from start: Int, to end: Int) -> Int {
        var position = start
        while position &+ 8 <= end {
            let word = word(at: position)
            let found =
                ByteWord.below(0x21, in: word) | ByteWord.equal(0x7F, in: word) | (word & ByteWord.topBits)
            if found != 0 { return position &+ found.trailingZeroBitCount &>> 3 }
            position &+= 8
        }
        while position < end, self[position] > 0x20, self[position] < 0x7F { position &+= 1 }
        return position
    }

    /// The first place from `start` up to `end` that doesn't hold what labels of host names are mostly made of
    /// (`a`…`z`, `0`…`9`, `-`), or `end`.
    @inlinable
    public func firstOutsidePlainLabel(from start: Int, to end: Int) -> Int {
        var position = start
        while position < end {
            let word = word(at: position, upTo: end)
            let plain =
                ByteWord.within(0x61, 0x7A, in: word) | ByteWord.within(0x30, 0x39, in: word)
                | ByteWord.within(.hyphen, .hyphen, in: word)
            let others = plain ^ ByteWord.topBits
            if others != 0 { return Swift.min(position &+ others.trailingZeroBitCount &>> 3, end) }
            position &+= 8
        }
        return end
    }

    /// Whether the bytes are those of `literal`, in any case, when ASCII case is ignored; by words, for
    /// names that are compared on every request. The spelling of `literal` is the fastest to compare.
    public func equalsFoldingCase(_ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard count == length else { return false }
        let other = UnsafeRawPointer(literal.utf8Start)
        return withUnsafeBytes { mine in
            guard let mine = mine.baseAddress else { return true }
            if length >= 8 {
                var position = 0
                while position &+ 8 < length {
                    guard ByteWord.sameFoldingCase(mine, other, at: position) else { return false }
                    position &+= 8
                }
                return ByteWord.sameFoldingCase(mine, other, at: length &- 8)
            }
            for position in 0..<length {
                let left = mine.load(fromByteOffset: position, as: UInt8.self)
                let right = other.load(fromByteOffset: position, as: UInt8.self)
                if left != right, left.lowercased != right.lowercased { return false }
            }
            return true
        }
    }

    /// Whether the first bytes are those of `literal` when ASCII case is ignored.
    public func startsFoldingCase(_ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        return count >= length && extracting(first: length).equalsFoldingCase(literal)
    }

    /// Whether the bytes are those of `literal` when ASCII case is ignored and `_` is taken for `-`.
    public func equalsFoldingUnderscores(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        for index in 0..<count {
            let byte = self[index] == .underscore ? .hyphen : self[index].lowercased
            if byte != literal.utf8Start[index].lowercased { return false }
        }
        return true
    }

    /// Whether the bytes are those of `other` once capitals are taken for small letters and `_` for `-` on both sides.
    public func equalsFoldingUnderscores(_ other: borrowing Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index].foldedName != other[index].foldedName { return false }
        return true
    }
}

extension UInt8 {
    /// As an origin reads a byte of a field's name that cannot tell `_` from `-`.
    fileprivate var foldedName: UInt8 { self == .underscore ? .hyphen : lowercased }
}

extension StaticString {
    /// The bytes of the literal.
    public var bytes: Span<UInt8> {
        @_lifetime(immortal) get {
            let span = Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount)
            return _overrideLifetime(span, copying: ())
        }
    }
}

/// Questions about eight bytes at once. Answers are top bits; the lowest one set is exact.
public enum ByteWord {
    @usableFromInline static let ones: UInt64 = 0x0101_0101_0101_0101
    /// The top bit of each byte.
    public static let topBits: UInt64 = 0x8080_8080_8080_8080

    /// Bytes below `limit`, which is at most 0x80.
    @inlinable
    public static func below(_ limit: UInt8, in word: UInt64) -> UInt64 {
        (word &- ones &* UInt64(limit)) & ~word & topBits
    }

    /// Bytes equal to `byte`.
    @inlinable
    public static func equal(_ byte: UInt8, in word: UInt64) -> UInt64 {
        let difference = word ^ (ones &* UInt64(byte))
        return (difference &- ones) & ~difference & topBits
    }

    /// Bytes from `low` to `high`, both at most 0x7F. All top bits are exact.
    @inlinable
    public static func within(_ low: UInt8, _ high: UInt8, in word: UInt64) -> UInt64 {
        let sevenBits = word & ~topBits
        let fromLow = sevenBits &+ ones &* UInt64(0x80 &- low)
        let pastHigh = sevenBits &+ ones &* UInt64(0x7F &- high)
        return fromLow & ~pastHigh & ~word & topBits
    }

    /// The word with its ASCII capitals in lower case.
    @inlinable
    public static func lowercased(_ word: UInt64) -> UInt64 {
        let sevenBits = word & ~topBits
        let fromA = sevenBits &+ ones &* (0x80 - 0x41)
        let pastZ = sevenBits &+ ones &* (0x80 - 0x5B)
        return word | ((fromA ^ pastZ) & ~word & topBits) &>> 2
    }

    /// The eight lower-case hexadecimal digits of a number, the highest digit in the lowest byte.
    static func hexDigits(of value: UInt32) -> UInt64 {
        // Each step moves half of the digits apart, until every byte holds one.
        var digits = UInt64(value.byteSwapped)
        digits = (digits | digits &<< 16) & 0x0000_FFFF_0000_FFFF
        digits = (digits | digits &<< 8) & 0x00FF_00FF_00FF_00FF
        digits = (digits &>> 4 | digits &<< 8) & 0x0F0F_0F0F_0F0F_0F0F
        let isLetter = (digits &+ ones &* 6) &>> 4 & ones
        return (digits &+ ones &* 0x30 &+ isLetter &* 0x27).littleEndian
    }

    /// The eight decimal digits of a number below 10^8 as bytes from 0 to 9, the highest digit in the lowest byte.
    @inline(__always)
    static func decimalDigits(of value: UInt32) -> UInt64 {
        // Halves side by side, then quarters, then digits: each division is a multiplication in all lanes at once.
        let value = UInt64(value)
        let halves = (value &* 0x68DB_8BAD) &>> 44
        var digits = halves | (value &- halves &* 10_000) &<< 32
        let quarters = ((digits &* 10_486) &>> 20) & 0x0000_007F_0000_007F
        digits = quarters | (digits &- quarters &* 100) &<< 16
        let eighths = ((digits &* 103) &>> 10) & 0x000F_000F_000F_000F
        digits = eighths | (digits &- eighths &* 10) &<< 8
        return digits
    }

    /// Whether the eight bytes at `position` are the same when ASCII case is ignored.
    @inline(__always)
    static func sameFoldingCase(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, at position: Int) -> Bool {
        let a = left.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        let b = right.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        return a == b || lowercased(a) == lowercased(b)
    }
}
