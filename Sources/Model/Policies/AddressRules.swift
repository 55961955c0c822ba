/// Which client addresses may come in. Blocks are written as addresses or CIDR, IPv4 or IPv6.
public struct AddressRules: Sendable, Hashable {
    /// Get 403, whatever else holds. Looked at before `allowed`.
    public var denied: [String]
    /// Fulfil the rule, which is what `Satisfy.any` asks for.
    public var allowed: [String]
    /// Whether addresses outside of `allowed` get 403, when it isn't empty. Otherwise the rule says nothing of them.
    public var deniesOthers: Bool

    public init(denied: [String] = [], allowed: [String] = [], deniesOthers: Bool = true) {
        self.denied = denied
        self.allowed = allowed
        self.deniesOthers = deniesOthers
    }

    /// Whether some address gets 403.
    public var keepsOut: Bool { !denied.isEmpty || deniesOthers && !allowed.isEmpty }
}
