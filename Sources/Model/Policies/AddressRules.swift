/// Which client addresses may come in. Blocks are written as addresses or CIDR, IPv4 or IPv6.
public struct AddressRules: Sendable, Hashable {
    /// Get 403, whatever else holds. Looked at before `allowed`.
    public var denied: [String]
    /// When not empty, addresses outside get 403.
    public var allowed: [String]

    public init(denied: [String] = [], allowed: [String] = []) {
        self.denied = denied
        self.allowed = allowed
    }
}
