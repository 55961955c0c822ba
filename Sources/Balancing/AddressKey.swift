/// A client's address as the key of consistent hashing.
///
/// An IPv6 client counts by its /64, since hosts change the rest at will (RFC 8981); an IPv4 address
/// mapped into IPv6 is the IPv4 address. The same on every replica, so it holds no secret.
public enum AddressKey {
    /// - Parameter address: 4 or 16 bytes in network order.
    public static func key(_ address: Span<UInt8>) -> UInt64 {
        if address.count == 4 { return fold(address, 0..<4) }
        guard address.count == 16 else { return fold(address, 0..<address.count) }
        return isMapped(address) ? fold(address, 12..<16) : fold(address, 0..<8)
    }

    /// `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2).
    private static func isMapped(_ address: Span<UInt8>) -> Bool {
        for i in 0..<10 where address[i] != 0 { return false }
        return address[10] == 0xFF && address[11] == 0xFF
    }

    private static func fold(_ address: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var word: UInt64 = 0
        for i in range { word = word &<< 8 | UInt64(address[i]) }
        return SplitMix64.mix(word ^ UInt64(range.count) &<< 56)
    }
}
