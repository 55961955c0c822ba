/// Redirects every request of a host to the same target on another host (`from-to-www-redirect` in
/// ingress-nginx). The location names the port always, and a slash at the very end of the target is cut.
public struct CanonicalHost: Sendable, Hashable {
    /// A host name in lower case.
    public var name: String
    /// 301, 302, 307 or 308 (`http-redirect-code`).
    public var status: Int
    public var origin: Origin

    public init(name: String, status: Int = 308, origin: Origin) {
        self.name = name
        self.status = status
        self.origin = origin
    }
}
