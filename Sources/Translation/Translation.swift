public import Kubernetes
public import Model

/// What a translator makes of the objects.
public struct Translation: Sendable {
    /// What the proxy is to do.
    public var model: ProxyModel
    /// What is wrong or surprising: with Ingresses in the order of their age, then hosts, then upstreams.
    public var diagnostics: [Diagnostic]
    /// Objects that are not served at all, because something in them is wrong. Whoever has an earlier,
    /// accepted version of one puts that in its place and translates again.
    public var rejected: Set<ObjectReference>
    /// Names, in lower case, that upstreams need addresses for, whether they are known already or not.
    public var names: Set<String>
    /// When the same objects mean something else because a certificate expires, in seconds since 1970.
    public var validUntil = Int64.max

    public init(
        model: ProxyModel, diagnostics: [Diagnostic] = [], rejected: Set<ObjectReference> = [],
        names: Set<String> = []
    ) {
        self.model = model
        self.diagnostics = diagnostics
        self.rejected = rejected
        self.names = names
    }
}

/// The addresses that names were last resolved to: a name in lower case without final dot, and literal addresses.
public typealias ResolvedNames = [String: [String]]
