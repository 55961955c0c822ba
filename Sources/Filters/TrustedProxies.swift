import Bytes
public import HTTP

/// The hops whose claims about a client's address are believed (`proxy-real-ip-cidr` in ingress-nginx).
///
/// Blocks become ranges that are sorted and don't overlap, so a look-up is a binary search. IPv4 and IPv6
/// are kept apart: `::/0` says nothing of IPv4, as in nginx.
public struct TrustedProxies: Sendable {
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

    public func contains(_ address: ClientAddress) -> Bool {
        address.isV4
            ? Self.contains(UInt128(address.low & 0xFFFF_FFFF), in: v4)
            : Self.contains(UInt128(address.high) << 64 | UInt128(address.low), in: v6)
    }

    /// Who a request is from: `X-Forwarded-For` walked from the right for as long as the hop that vouches for
    /// an address is trusted. An element that is no address ends the walk at the last one that was.
    public func client(of head: borrowing RequestHead, peer: ClientAddress) -> ClientAddress {
        guard head.headers.contains(.xForwardedFor), contains(peer) else { return peer }
        var hop = peer
        var index = head.headers.count
        while index > 0 {
            index -= 1
            guard head.headers[index].id == .xForwardedFor else { continue }
            let value = head.headers.value(index)
            var end = value.count
            while end > 0 {
                if Self.isSeparator(value[end - 1]) {
                    end -= 1
                    continue
                }
                var start = end - 1
                while start > 0, !Self.isSeparator(value[start - 1]) { start -= 1 }
                guard let address = ClientAddress(forwarded: value.extracting(start..<end)) else { return hop }
                hop = address
                guard contains(hop) else { return hop }
                end = start
            }
        }
        return hop
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == .comma || byte == .space || byte == .tab }

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
