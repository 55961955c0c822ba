/// Answers every request of a route with a redirect (`permanent-redirect`, `temporal-redirect` in
/// ingress-nginx). Path and query of the request are not appended.
public struct Redirect: Sendable, Hashable {
    /// 300…308.
    public var status: Int
    /// An absolute URL, or a path that is made absolute with the request's scheme and host.
    public var location: String

    public init(status: Int, location: String) {
        self.status = status
        self.location = location
    }
}
