/// Hands TLS connections whose client names the host to an upstream unopened (`ssl-passthrough` in
/// ingress-nginx). Nothing else of the host applies to them; plain HTTP is served as ever.
public struct Passthrough: Sendable, Hashable {
    public var upstream: UpstreamID
    /// The upstream expects a PROXY header in front of each connection (version 1).
    public var sendsProxyHeader: Bool
    public var origin: Origin

    public init(upstream: UpstreamID, sendsProxyHeader: Bool = false, origin: Origin) {
        self.upstream = upstream
        self.sendsProxyHeader = sendsProxyHeader
        self.origin = origin
    }
}
