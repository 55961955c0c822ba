import Kubernetes
import Model

/// What the annotations of one Ingress ask for, a part for each group. Rows of the annotation table write
/// its fields; the groups' own files turn the fields into policies.
///
/// A new draft holds ingress-nginx's defaults; the controller's ConfigMap is laid over it before the
/// annotations are.
struct IngressDraft: Sendable, Equatable {
    var routing = RoutingDraft()
    var redirects = RedirectDraft()
    var secureRedirects = SecureRedirectDraft()
    var tls = TLSDraft()
    var clientCertificates = ClientCertificateDraft()
    var upstreamTLS = UpstreamTLSDraft()
    var balancing = BalancingDraft()
    var headers = HeaderDraft()
    var bodies = BodyDraft()
    var transfer = TransferDraft()
    var backendProtocol = ProtocolDraft()
    var errors = ErrorDraft()
    var canary = CanaryDraft()
    var affinity = AffinityDraft()
    var limits = LimitDraft()
    var addresses = AddressDraft()
    var externalAuth = ExternalAuthDraft()
    var mirror = MirrorDraft()
    var snippets = SnippetDraft()
    var passwords = PasswordDraft()
    var cors = CORSDraft()
    var observation = ObservationDraft()
    var compression = CompressionDraft()
    var responseCache = ResponseCacheDraft()
    var protection = ProtectionDraft()

    /// The policy of the paths, but for what depends on the path and on other objects: rewrite, header
    /// edits, fallback, external authentication and mirror.
    func policy() -> RoutePolicy {
        var policy = RoutePolicy()
        policy.hostOverride = routing.upstreamHost.map(HostOverride.init)
        policy.bodyLimits = bodies.limits()
        policy.ownRedirects = redirects.own()
        policy.clientKeepAlive = transfer.clientKeepAlive
        policy.timeouts = transfer.timeouts()
        policy.retry = transfer.retry()
        policy.addressRules = addresses.rules()
        policy.satisfy = addresses.satisfy
        policy.errorPages = errors.pages()
        policy.cors = cors.policy()
        policy.bandwidth = limits.bandwidth()
        policy.observation = observation.policy()
        policy.transport = UpstreamTransport(
            speaks: backendProtocol.spoken, version: backendProtocol.version, connection: backendProtocol.connection)
        policy.requestBuffering = bodies.requestBuffering()
        policy.responseBuffering = bodies.responseBuffering()
        policy.responseRewrite = bodies.rewriting.policy()
        policy.compression = compression.policy()
        policy.responseCache = responseCache.policy()
        policy.givesSessionCookie = affinity.givesCookie()
        return policy
    }
}

/// What annotations that are not honoured do to the Ingress all the same, so that nobody is served whom
/// they would have kept out.
struct ProtectionDraft: Sendable, Equatable {
    /// Annotations for whose sake the paths of the Ingress answer 503.
    var refusingPaths: [String] = []
    /// Annotations for whose sake every path of the Ingress's hosts answers 503, whoever wrote it.
    var refusingHosts: [String] = []
}
