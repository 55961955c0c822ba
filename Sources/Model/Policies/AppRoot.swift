/// Redirects a request whose normalised path is exactly `/` with 302 to `path` under the same scheme
/// and `Host` (`app-root` in ingress-nginx). Comes before everything of the route.
public struct AppRoot: Sendable, Hashable {
    /// An absolute path.
    public var path: String
    public var origin: Origin

    public init(path: String, origin: Origin) {
        self.path = path
        self.origin = origin
    }
}
