import Bytes
public import HTTP

/// The hops whose claims about a client's address are believed (`proxy-real-ip-cidr` in ingress-nginx).
public struct TrustedProxies: Sendable {
    private let hops: AddressSet

    /// - Parameter blocks: addresses or CIDR blocks, as `AddressSet` takes them.
    public init(_ blocks: [String]) throws(FilterError) { hops = try AddressSet(blocks) }

    /// Whether what the hop says is believed.
    public func contains(_ address: ClientAddress) -> Bool { hops.contains(address) }

    /// The field that says who the client is, unless the configuration names another.
    public static let standardField = FieldName("X-Forwarded-For")

    /// Who a request is from: `X-Forwarded-For`, or the field named, walked from the right for as long as the hop that vouches for
    /// an address is trusted. An element that is no address ends the walk at the last one that was.
    public func client(
        of head: borrowing RequestHead, peer: ClientAddress, by field: FieldName = Self.standardField
    ) -> ClientAddress {
        guard field.firstIndex(in: head.headers) != nil, contains(peer) else { return peer }
        var hop = peer
        var index = head.headers.count
        while index > 0 {
            index -= 1
            guard field.names(index, of: head.headers) else { continue }
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
}
