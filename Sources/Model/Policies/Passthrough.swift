/// Hands TLS connections whose client names the host to an upstream unopened (`ssl-passthrough` in
/// ingress-nginx). Nothing else of the host applies to them; plain HTTP is served as ever.
public struct Passthrough: Sendable, Hashable {
    public var upstream: UpstreamID
    public var origin: Origin

    public init(upstream: UpstreamID, origin: Origin) {
        self.upstream = upstream
        self.origin = origin
    }
}
