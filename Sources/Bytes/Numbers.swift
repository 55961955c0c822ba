/// Numbers as text, without allocation.
extension Span<UInt8> {
    /// The value of a string of decimal digits.
    ///
    /// Nil when empty, when a byte is no digit (signs and blanks too), or above 2^63-1.
    public var decimalValue: Int? {
        guard !isEmpty else { return nil }
        var value = 0
        for i in 0..<count {
            guard self[i].isDigit else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowedAgain) = product.addingReportingOverflow(Int(self[i] &- .zero))
            if overflowed || overflowedAgain { return nil }
            value = sum
        }
        return value
    }
}

extension ByteBuffer {
    /// Digits that any `append(decimal:)` or `append(hex:)` needs room for at most.
    public static let longestNumber = 20

    /// Appends a number in decimal. Needs room for up to `longestNumber` bytes.
    public mutating func append(decimal value: Int) {
        if value < 0 {
            append(.hyphen)
            appendDigits(of: value.magnitude)
        } else {
            appendDigits(of: UInt(value))
        }
    }

    /// Appends a number in lower-case hexadecimal without leading zeros.
    public mutating func append(hex value: Int) {
        var shift = value == 0 ? 0 : (Int.bitWidth - 1 - value.leadingZeroBitCount) / 4 * 4
        while shift >= 0 {
            append(Self.hexDigit(UInt8(truncatingIfNeeded: value &>> shift) & 0xF))
            shift -= 4
        }
    }

    /// Appends the last `width` digits of a number, with leading zeros.
    public mutating func append(decimal value: Int, width: Int) {
        appendDigits(of: value.magnitude, width: width)
    }

    /// Appends 16 lower-case hexadecimal digits.
    public mutating func append(hexadecimalWord value: UInt64) {
        precondition(room >= 16, "no room in the buffer")
        _ = withUnsafeFreeSpace { space in
            space.storeBytes(of: ByteWord.hexDigits(of: UInt32(truncatingIfNeeded: value &>> 32)), as: UInt64.self)
            space.storeBytes(
                of: ByteWord.hexDigits(of: UInt32(truncatingIfNeeded: value)), toByteOffset: 8, as: UInt64.self)
            return 16
        }
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? .zero &+ nibble : 0x57 &+ nibble }

    /// - Parameter width: how many of the last digits; nil for all that the number has.
    private mutating func appendDigits(of value: UInt, width: Int? = nil) {
        if value < 100_000_000, room >= 8, width ?? 0 <= 8 {
            let digits = ByteWord.decimalDigits(of: UInt32(truncatingIfNeeded: value))
            let count = width ?? 8 &- min(digits.trailingZeroBitCount &>> 3, 7)
            let text = (digits &+ ByteWord.ones &* 0x30) &>> UInt64(truncatingIfNeeded: (8 &- count) &* 8)
            _ = withUnsafeFreeSpace { space in
                space.storeBytes(of: text.littleEndian, as: UInt64.self)
                return count
            }
            return
        }
        appendDigitByDigit(of: value, count: width ?? Self.digitCount(of: value))
    }

    /// For numbers that are long, or stand close to the end of the room.
    @inline(never)
    private mutating func appendDigitByDigit(of value: UInt, count: Int) {
        precondition(count <= room, "no room in the buffer")
        _ = withUnsafeFreeSpace { space in
            var rest = value
            // From the last digit: a division by a constant is a multiplication.
            for index in stride(from: count - 1, through: 0, by: -1) {
                space[index] = .zero &+ UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return count
        }
    }

    private static func digitCount(of value: UInt) -> Int {
        var count = 1
        var bound: UInt = 10
        while value >= bound {
            count += 1
            let (next, overflowed) = bound.multipliedReportingOverflow(by: 10)
            if overflowed { break }
            bound = next
        }
        return count
    }
}
