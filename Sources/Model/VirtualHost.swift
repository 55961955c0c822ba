/// The hosts that a virtual host answers for.
public enum HostName: Sendable, Hashable {
    /// One name, in lower case, without port or trailing dot.
    case exact(String)
    /// `*.example.com` is `.wildcard("example.com")`: exactly one further label in front.
    case wildcard(String)
    /// Whatever no other virtual host answers for.
    case any
}

extension HostName: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exact(let name): name
        case .wildcard(let suffix): "*.\(suffix)"
        case .any: "*"
        }
    }
}

/// A further name for a virtual host (`server-alias` in ingress-nginx).
///
/// Looked up after exact host names: exact aliases, then those with an asterisk (the longest first), then,
/// after wildcard hosts, regular expressions in the order of hosts.
public enum HostAlias: Sendable, Hashable {
    case exact(String)
    /// `*.example.com`: any number of labels in front, as nginx reads a leading asterisk.
    case leadingWildcard(String)
    /// `example.*`: any number of labels behind, as nginx reads a trailing asterisk.
    case trailingWildcard(String)
    /// A regular expression that is searched in the name, ignoring case (nginx's `~` form).
    case regex(String)
}

/// Everything that is served under one host.
///
/// Copies share what they hold (`Boxed`): lists of hosts are copied and compared at every reload.
public struct VirtualHost: Sendable, Equatable, ModelPart {
    private struct Parts: Sendable, Equatable {
        var name: HostName
        var aliases: [HostAlias]
        var ranking: PathRanking
        var routes: [Route]
        var appRoot: AppRoot?
        var canonicalHost: CanonicalHost?
        var tls: HostTLS?
        var passthrough: Passthrough?
        var origin: Origin
    }

    @Boxed private var parts: Parts

    public init(
        name: HostName, aliases: [HostAlias] = [], ranking: PathRanking = .mostSpecific, routes: [Route] = [],
        appRoot: AppRoot? = nil, origin: Origin
    ) {
        parts = Parts(name: name, aliases: aliases, ranking: ranking, routes: routes, appRoot: appRoot, origin: origin)
    }

    public var id: HostName { name }

    public func isCopy(of other: VirtualHost) -> Bool { _parts.isCopy(of: other._parts) }

    public var name: HostName {
        get { parts.name }
        set { parts.name = newValue }
    }

    public var aliases: [HostAlias] {
        get { parts.aliases }
        set { parts.aliases = newValue }
    }

    /// How routes compete when several match.
    public var ranking: PathRanking {
        get { parts.ranking }
        set { parts.ranking = newValue }
    }

    /// Ordered as the dialect ranks them; see `PathRanking`.
    public var routes: [Route] {
        get { parts.routes }
        set { parts.routes = newValue }
    }

    /// Redirects a request for exactly `/`.
    public var appRoot: AppRoot? {
        get { parts.appRoot }
        set { parts.appRoot = newValue }
    }

    /// Redirects every request to another host.
    public var canonicalHost: CanonicalHost? {
        get { parts.canonicalHost }
        set { parts.canonicalHost = newValue }
    }

    /// How TLS is spoken for the host; nil is as for every other.
    public var tls: HostTLS? {
        get { parts.tls }
        set { parts.tls = newValue }
    }

    /// Where TLS connections for the host go unopened.
    public var passthrough: Passthrough? {
        get { parts.passthrough }
        set { parts.passthrough = newValue }
    }

    /// The object that first named the host.
    public var origin: Origin {
        get { parts.origin }
        set { parts.origin = newValue }
    }
}

/// How the routes of a host compete for a request.
public enum PathRanking: String, Sendable, Equatable {
    /// An exact path before a regex (in listed order), that before a prefix, a longer prefix before a shorter;
    /// equal ones in listed order.
    case mostSpecific
    /// The first route in the list that matches (ingress-nginx's regex mode; the dialect sorts).
    case listed
}
