/// What applies to the requests of a route: small independent values, each absent by default.
///
/// A policy never refers to another. Where an absent value has a default for the whole proxy, that
/// default stands in the policy itself.
public struct RoutePolicy: Sendable, Hashable {
    public var rateLimit: RateLimit?
    public var addressRules: AddressRules?
    public var satisfy = Satisfy.all
    public var rewrite: Rewrite?
    public var hostOverride: HostOverride?
    public var headerEdits: HeaderEdits?
    public var bodyLimits = BodyLimits()
    public var timeouts = Timeouts()
    public var retry = Retry()
    public var fallback: Fallback?
    public var transport = UpstreamTransport()
    public var requestBuffering = RequestBuffering()
    public var responseBuffering = ResponseBuffering()
    public var responseRewrite: ResponseRewrite?
    /// Whether responses give out the session cookie of the upstream, where it has one (`Affinity.cookie`).
    public var givesSessionCookie = false

    /// Redirects plain HTTP to HTTPS.
    public var secureRedirect: SecureRedirect?
    public var ownRedirects = OwnRedirects()

    public init() {}
}
