public import Bytes

/// An IP address as two words in network order; IPv4 is mapped into IPv6 (`::ffff:a.b.c.d`).
public struct ClientAddress: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(v4 word: UInt32) { self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(word)) }

    public var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// The most that `write` appends.
    public static let longestText = 39

    /// Appends the address in its usual text form, IPv6 as RFC 5952 §4 has it. Needs `longestText` bytes.
    public func write(to buffer: inout ByteBuffer) {
        if isV4 { writeV4(to: &buffer) } else { writeV6(to: &buffer) }
    }

    private func writeV4(to buffer: inout ByteBuffer) {
        var shift: UInt64 = 32
        while true {
            shift &-= 8
            let octet = UInt8(truncatingIfNeeded: low &>> shift)
            if octet >= 100 { buffer.append(.zero &+ octet / 100) }
            if octet >= 10 { buffer.append(.zero &+ octet / 10 % 10) }
            buffer.append(.zero &+ octet % 10)
            if shift == 0 { return }
            buffer.append(.dot)
        }
    }

    private func writeV6(to buffer: inout ByteBuffer) {
        let zeros = longestZeroRun
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound, zeros.count > 1 {
                buffer.append("::")
                index = zeros.upperBound
                continue
            }
            if index > 0, index != zeros.upperBound || zeros.count < 2 { buffer.append(.colon) }
            buffer.append(hex: group(index))
            index += 1
        }
    }

    private func group(_ index: Int) -> Int {
        let word = index < 4 ? high : low
        return Int(word &>> UInt64(48 - 16 * (index & 3)) & 0xFFFF)
    }

    /// The first of the longest runs of zero groups.
    private var longestZeroRun: Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0..<8 {
            if group(index) != 0 {
                start = index + 1
            } else if index + 1 - start > longest.count {
                longest = start..<index + 1
            }
        }
        return longest
    }
}

extension ClientAddress: CustomStringConvertible {
    public var description: String {
        var buffer = ByteBuffer(capacity: Self.longestText)
        write(to: &buffer)
        return buffer.readable.text()
    }
}
