/// Keeps a client on one endpoint of an upstream. Goes before every other way of choosing.
public enum Affinity: Sendable, Hashable {
    /// By the client's address, for as long as requests come within `timeout`
    /// (`sessionAffinity: ClientIP` of a Service; Kubernetes' default is three hours).
    case clientAddress(timeout: Duration)
    /// By a cookie that the proxy gives out (`affinity: cookie` in ingress-nginx). Any route to the upstream goes by
    /// the cookie of a request; only routes that ask for it give one out (`RoutePolicy.givesSessionCookie`).
    case cookie(SessionCookie)
}

/// The cookie that ties a client to an endpoint, and what becomes of the tie (`affinity-mode` and `session-cookie-*`
/// in ingress-nginx).
public struct SessionCookie: Sendable, Hashable {
    /// When a session's endpoint may change.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// The cookie holds a random key that is hashed on the endpoints: some sessions move when endpoints come.
        case balanced
        /// The cookie names an endpoint, by a digest: the session stays for as long as the endpoint does.
        case persistent
    }

    /// The cookie's attribute of that name (RFC 6265bis).
    public enum SameSite: String, Sendable, Hashable, CaseIterable {
        case none = "None"
        case lax = "Lax"
        case strict = "Strict"
    }

    public var mode = Mode.balanced
    public var name = "INGRESSCOOKIE"
    /// `Path`; nil is the route's path as written.
    public var path: String?
    public var domain: String?
    /// `Expires`, in seconds from now; negative is in the past.
    public var expires: Int?
    /// `Max-Age`, in seconds.
    public var maxAge: Int?
    /// `Secure` on every cookie, not only on encrypted connections.
    public var isAlwaysSecure = false
    public var sameSite: SameSite?
    /// Leaves `SameSite=None` out for browsers that take it for `Strict` or refuse it.
    public var sparesOldBrowsers = false
    /// After a failed attempt another endpoint is chosen and the cookie is given anew; otherwise further attempts
    /// go to the cookie's endpoint again.
    public var changesOnFailure = false
    /// What the cookie's digests are keyed with, so that nobody outside can compute one. The same on every worker and
    /// replica and after a restart. Never printed.
    public var secret = ""

    public init() {}
}
