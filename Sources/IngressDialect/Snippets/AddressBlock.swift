import Translation

/// A CIDR block of IPv4 or IPv6 addresses, to be cut.
struct AddressBlock: Equatable {
    private var isVersion6: Bool
    /// The address, with zeros behind the prefix.
    private var bits: UInt128
    private var length: Int

    private init(isVersion6: Bool, bits: UInt128, length: Int) {
        self.isVersion6 = isVersion6
        self.length = length
        let shift = (isVersion6 ? 128 : 32) - length
        self.bits = (bits >> UInt128(shift)) << UInt128(shift)
    }

    /// - Parameter text: an address, with or without a prefix length; nil when it is none, or IPv4 in IPv6 clothes.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let address = LiteralAddress(first),
            address.isVersion6 == first.contains(":")
        else { return nil }
        let width = address.isVersion6 ? 128 : 32
        guard let length = parts.count == 1 ? width : Int(parts[1]), (0...width).contains(length) else { return nil }
        self.init(
            isVersion6: address.isVersion6, bits: address.bytes.reduce(0) { $0 << 8 | UInt128($1) }, length: length)
    }

    private var width: Int { isVersion6 ? 128 : 32 }

    private func contains(_ other: AddressBlock) -> Bool {
        isVersion6 == other.isVersion6 && length <= other.length
            && AddressBlock(isVersion6: isVersion6, bits: other.bits, length: length) == self
    }

    /// The blocks that hold every address of this one that the other hasn't, from the lowest: none, this one, or one
    /// for each bit by which the other's prefix is longer.
    func without(_ other: AddressBlock) -> [AddressBlock] {
        if other.contains(self) { return [] }
        guard contains(other) else { return [self] }
        let halves = (0...1).map { half in
            AddressBlock(
                isVersion6: isVersion6, bits: bits | UInt128(half) << UInt128(width - length - 1), length: length + 1)
        }
        return halves.flatMap { $0.without(other) }
    }

    /// As `10.0.0.0/9`, or `2001:db8:0:0:0:0:0:0/33`.
    var text: String {
        let size = isVersion6 ? 16 : 8
        let groups = stride(from: width - size, through: 0, by: -size).map { shift in
            let group = (bits >> UInt128(shift)) & (isVersion6 ? 0xFFFF : 0xFF)
            return String(group, radix: isVersion6 ? 16 : 10)
        }
        return groups.joined(separator: isVersion6 ? ":" : ".") + "/\(length)"
    }
}
