/// Which requests of a host go where, and under which policies.
public struct Route: Sendable, Equatable {
    public var match: RouteMatch
    public var action: RouteAction
    /// Shared by the routes of one object that say the same.
    @Boxed public var policy: RoutePolicy
    /// Names for logs, metrics and explain.
    public var labels: RouteLabels
    /// The object and line of the path.
    public var origin: Origin

    public init(
        match: RouteMatch, action: RouteAction, policy: RoutePolicy = RoutePolicy(), labels: RouteLabels,
        origin: Origin
    ) {
        self.match = match
        self.action = action
        self.policy = policy
        self.labels = labels
        self.origin = origin
    }
}

/// What a request must look like for a route to match. All parts must hold.
public struct RouteMatch: Sendable, Hashable {
    public var path: PathMatch

    public init(path: PathMatch) {
        self.path = path
    }
}

/// What the normalised path must look like.
public enum PathMatch: Sendable, Hashable {
    /// The path itself, case-sensitive.
    case exact(String)
    /// The path or anything beneath it, by whole segments: `/foo` matches `/foo` and `/foo/bar`, not `/foobar`;
    /// `/foo/` matches `/foo/` and `/foo/bar`, not `/foo`. `/` matches everything.
    case prefix(String)
    /// A PCRE2 pattern anchored at the start of the path only.
    case regex(String, ignoringCase: Bool)
}

/// What happens to a request that a route matched.
public enum RouteAction: Sendable, Equatable {
    /// Proxied to an upstream.
    case forward(UpstreamID)
    /// Answered with a redirect.
    case redirect(Redirect)
    /// Answered with a stock error page of that status, because the configuration forbids to serve it;
    /// the reason goes into explain and diagnostics, never to the client.
    case refuse(status: Int, reason: String)
}

/// Names that say to people which configuration served a request. Bounded by the configuration's size.
public struct RouteLabels: Sendable, Hashable {
    public var namespace: String
    /// Name of the object that holds the route (an Ingress, later an HTTPRoute).
    public var object: String
    public var service: String
    public var servicePort: String
    /// The path as written, for people; regex or not.
    public var path: String
    /// The rule's host as written; empty for none.
    public var host: String

    public init(
        namespace: String = "", object: String = "", service: String = "", servicePort: String = "",
        path: String = "", host: String = ""
    ) {
        self.namespace = namespace
        self.object = object
        self.service = service
        self.servicePort = servicePort
        self.path = path
        self.host = host
    }
}
