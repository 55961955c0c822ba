/// A client's address as the key of consistent hashing.
///
/// An IPv6 client counts by its /64, since hosts change the rest at will (RFC 8981); an IPv4 client
/// by its whole address. The same on every worker and replica, so it holds no secret.
public enum AddressKey {
    /// The key of an address given as two words in network order, IPv4 mapped into IPv6
    /// (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2).
    public static func key(high: UInt64, low: UInt64) -> UInt64 {
        high == 0 && low >> 32 == 0xFFFF ? SplitMix64.mix(low) : SplitMix64.mix(high)
    }
}
