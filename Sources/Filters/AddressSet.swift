import Bytes

/// A set of addresses, given as CIDR blocks.
///
/// Blocks become ranges that are sorted and don't overlap, so a look-up is a binary search. IPv4 and IPv6
/// are kept apart: `::/0` says nothing of IPv4, as in nginx.
public struct AddressSet: Sendable {
    private struct Block: Sendable {
        var first: UInt128
        var last: UInt128
    }

    private var v4: [Block] = []
    private var v6: [Block] = []

    /// - Parameter blocks: addresses or CIDR blocks, such as `10.0.0.0/8` and `2001:db8::1`. Bits behind the
    ///   prefix are ignored.
    public init(_ blocks: [String]) throws(FilterError) {
        for text in blocks {
            guard let (block, isV4) = Self.block(text) else { throw .badAddressBlock(text) }
            if isV4 { v4.append(block) } else { v6.append(block) }
        }
        v4 = Self.merged(v4)
        v6 = Self.merged(v6)
    }

    public var isEmpty: Bool { v4.isEmpty && v6.isEmpty }

    /// Whether one of the blocks holds the address.
    public func contains(_ address: ClientAddress) -> Bool {
        address.isV4
            ? Self.contains(UInt128(address.low & 0xFFFF_FFFF), in: v4)
            : Self.contains(UInt128(address.high) << 64 | UInt128(address.low), in: v6)
    }

    private static func contains(_ address: UInt128, in blocks: [Block]) -> Bool {
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].last < address { low = middle + 1 } else { high = middle }
        }
        return low < blocks.count && blocks[low].first <= address
    }

    private static func block(_ text: String) -> (Block, isV4: Bool)? {
        let bytes = Array(text.utf8)
        let slash = bytes.firstIndex(of: .slash) ?? bytes.count
        guard let address = ClientAddress(Array(bytes[..<slash]).span) else { return nil }
        let writtenAsV6 = bytes[..<slash].contains(.colon)
        let width = writtenAsV6 ? 128 : 32
        var length = width
        if slash < bytes.count {
            guard let written = Array(bytes[(slash + 1)...]).span.decimalValue, written <= width else { return nil }
            length = written
        }
        // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
        if address.isV4, length >= width - 32 {
            return (block(UInt128(address.low & 0xFFFF_FFFF), bits: 32, length: length - (width - 32)), true)
        }
        return (block(UInt128(address.high) << 64 | UInt128(address.low), bits: 128, length: length), false)
    }

    private static func block(_ address: UInt128, bits: Int, length: Int) -> Block {
        let host = length == 0 && bits == 128 ? UInt128.max : (UInt128(1) << UInt128(bits - length)) - 1
        return Block(first: address & ~host, last: address | host)
    }

    private static func merged(_ blocks: [Block]) -> [Block] {
        var result: [Block] = []
        for block in blocks.sorted(by: { $0.first < $1.first }) {
            if let last = result.last, block.first <= last.last {
                result[result.count - 1].last = max(last.last, block.last)
            } else {
                result.append(block)
            }
        }
        return result
    }
}
