/// What applies to the requests of a route: small independent values, each absent by default.
///
/// A policy never refers to another. Where an absent value has a default for the whole proxy, that
/// default stands in the policy itself.
public struct RoutePolicy: Sendable, Hashable {
    public var rateLimit: RateLimit?
    public var zoneLimits: ZoneLimits?
    public var bandwidth: Bandwidth?
    public var cors: CORS?
    public var basicAuth: BasicAuth?
    public var digestAuth: DigestAuth?
    public var observation = Observation()
    public var addressRules: AddressRules?
    public var satisfy = Satisfy.all
    public var rules: RequestRules?
    public var rewrite: Rewrite?
    public var hostOverride: HostOverride?
    public var headerEdits: HeaderEdits?
    public var bodyLimits = BodyLimits()
    public var clientKeepAlive: ClientKeepAlive?
    public var timeouts = Timeouts()
    public var retry = Retry()
    public var fallback: Fallback?
    public var transport = UpstreamTransport()
    public var requestBuffering = RequestBuffering()
    public var requestForm: RequestForm?
    /// Policies ask for the body (`$request_body`), which `requestBuffering` must keep for them.
    public var readsBody = false
    public var responseBuffering = ResponseBuffering()
    public var responseRewrite: ResponseRewrite?
    public var substitution: BodySubstitution?
    public var compression: Compression?
    public var responseCache: ResponseCache?
    /// Whether responses give out the session cookie of the upstream, where it has one (`Affinity.cookie`).
    public var givesSessionCookie = false
    public var externalAuth: ExternalAuth?
    public var mirror: Mirror?
    public var errorPages: ErrorPages?
    public var errorRoutes: ErrorRoutes?
    /// Clients are told that there is nothing: only rules and errors lead here.
    public var isInternal = false

    /// Redirects plain HTTP to HTTPS.
    public var secureRedirect: SecureRedirect?
    public var ownRedirects = OwnRedirects()

    public init() {}
}

extension RoutePolicy {
    /// Upstreams that the policies name, beside the route's own, each with the policy.
    var otherUpstreams: [(policy: String, upstream: UpstreamID)] {
        var found: [(policy: String, upstream: UpstreamID)] = []
        if let fallback { found.append(("fallback", fallback.upstream)) }
        if let externalAuth { found.append(("external authentication", externalAuth.destination.upstream)) }
        if let mirror { found.append(("mirror", mirror.destination.upstream)) }
        if let upstream = errorPages?.upstream { found.append(("error pages", upstream)) }
        return found
    }
}
