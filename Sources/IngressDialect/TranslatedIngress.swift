import Kubernetes
import Model
import Translation

/// One Ingress, translated as far as it goes without knowing the others. Kept from one translation to the
/// next for as long as the object and what it refers to stay the same.
final class TranslatedIngress: Sendable {
    /// Where a path stands in the rules.
    struct Place: Sendable, CustomStringConvertible {
        let rule: Int32
        let path: Int32

        init(rule: Int, path: Int) {
            self.rule = Int32(clamping: rule)
            self.path = Int32(clamping: path)
        }

        /// `spec.rules[0].http.paths[1]`
        var description: String { "spec.rules[\(rule)].http.paths[\(path)]" }
    }

    /// What a route doesn't say about the path it was made of.
    struct Path: Sendable {
        /// Nil for a path that leads to no Service.
        var upstream: UpstreamRequest?
        /// Upstreams of requests of Gatehouse's own.
        var ownUpstreams: [UpstreamRequest] = []
        var type: Ingress.PathType
        /// Nil for a default backend.
        var place: Place?

        /// The path's field, as diagnostics name it.
        var field: String { place.map { "\($0).path" } ?? "spec.defaultBackend" }
        var backendField: String { place.map { "\($0).backend" } ?? "spec.defaultBackend" }
        var upstreamField: UpstreamRequest.Field {
            place.map { .path(rule: $0.rule, path: $0.path) } ?? .other("spec.defaultBackend.service")
        }
    }

    /// What the Ingress says about one host.
    struct Host: Sendable {
        var name: HostName
        /// Number of the rule that names it first; nil for a default backend.
        var rule: Int?
        /// Where the rule stands.
        var origin: Origin
        /// As they are on a host without regular expressions.
        var routes: [Route] = []
        /// One for each route.
        var paths: [Path] = []
        /// What applies to the path `/` that a host without one gets.
        var root = OwnRequests()
        /// The host's field, as diagnostics name it.
        var field: String { rule.map { "spec.rules[\($0)].host" } ?? "spec.defaultBackend" }
        /// What the Ingress has for clients that speak TLS to the host.
        var certificate = HostCertificate.none
        /// Whether it is enough to put the host into regex mode.
        var usesRegex: Bool
    }

    /// What an Ingress has for clients that speak TLS to one of its hosts.
    enum HostCertificate: Sendable, Equatable {
        /// `spec.tls` doesn't name the host, nor has a certificate for it.
        case none
        /// The default certificate: no Secret is named, or the one that is named can't be used.
        case standard
        case own(CertificateBundle)
    }

    /// `spec.defaultBackend`
    struct DefaultBackend: Sendable {
        var route: Route
        var path: Path
    }

    /// What an Ingress serves; nothing when it is foreign or rejected.
    struct Content: Sendable {
        var hosts: [Host] = []
        var routing = RoutingDraft()
        /// The policy of every path, before rewriting.
        var policy = RoutePolicy()
        /// Where every path redirects to, when it does.
        var redirect: Redirect?
        /// Why every path answers 503, when it does.
        var refusal: String?
        /// Why every path of its hosts answers 503, when they do.
        var hostRefusal: String?
        var defaultBackend: DefaultBackend?
        var appRoot: AppRoot?
        var fallback: UpstreamRequest?
        /// What the Ingress says about its hosts' every path.
        var server: ServerSnippet?
        /// What snippets of the paths need of it.
        var hostVariables = HostVariables()
        /// Upstreams that it names.
        var serverUpstreams: [UpstreamRequest] = []
        /// A snippet of the paths adds headers by `add_header`.
        var hasAddedHeaders = false
        /// A snippet of the paths says something by `expires`.
        var saysExpiry = false
        /// What snippets of the paths say of cookies' flags, if anything.
        var cookieFlags: [CookieFlags]?
        /// What snippets of the paths say of texts to replace.
        var substitution = SubstitutionDraft()
        /// The paths have address rules of their own, which take the place of those of the host and of `block-cidrs`.
        var hasAddressRules = false
        /// What a snippet says of TLS towards the backends where the Ingress names no Secret for it.
        var snippetTLS: UpstreamTLS?
        /// The Ingress has `custom-http-errors` of its own.
        var hasCustomErrors = false
        /// What snippets of the paths say of errors.
        var errors = ErrorRoutesDraft()
        /// What snippets of the paths say of limits in zones.
        var limits = ZoneLimitsDraft()
        /// A snippet of the paths says something about compression.
        var saysCompression = false
        /// What a snippet of the paths says of the cache.
        var responseCache = ResponseCacheDraft()
        /// What it asks for of other Ingresses' requests; such an Ingress has no hosts of its own.
        var canary: Canary?
        var secureRedirect = SecureRedirectRule()
        var tls = TLSDraft()
        /// Where `ssl-passthrough` is written.
        var passthroughOrigin = Origin.builtIn
        var clientCertificate: ClientCertificate?
        /// Where `from-to-www-redirect` is written, when it holds.
        var redirectsWWW: Origin?
        /// `proxy-ssl-location-only`
        var keepsUpstreamTLSToItsIngress = false
    }

    /// The share of a canary Ingress.
    struct Canary: Sendable {
        var draft: CanaryDraft
        var sharesSessions: Bool
        /// The hosts and paths whose requests it wants a part of, and where they would go.
        var hosts: [Host]
    }

    /// Another object that the translation looked at: while its reference stays the same, so does the result.
    struct Dependency: Sendable {
        enum Found: Sendable {
            case service(ObjectTable<Service>.Shared?)
            case configMap(ObjectTable<ConfigMap>.Shared?)
            case secret(ObjectTable<Secret>.Shared?)
        }

        var key: NamespacedName
        var found: Found

        func holds(in store: ObjectStore) -> Bool {
            switch found {
            case .service(let service): store.services.shared(key) === service
            case .configMap(let configMap): store.configMaps.shared(key) === configMap
            case .secret(let secret): store.secrets.shared(key) === secret
            }
        }
    }

    let source: ObjectTable<Ingress>.Shared
    let seniority: Seniority
    let content: Content
    let isRejected: Bool
    let diagnostics: [Diagnostic]
    let dependencies: [Dependency]
    /// When the first of its certificates expires, in seconds since 1970.
    let validUntil: Int64

    init(
        _ source: ObjectTable<Ingress>.Shared, _ content: Content, isRejected: Bool, diagnostics: [Diagnostic],
        dependencies: [Dependency], validUntil: Int64
    ) {
        self.source = source
        self.content = content
        self.isRejected = isRejected
        self.diagnostics = diagnostics
        self.dependencies = dependencies
        self.validUntil = validUntil
        seniority = Seniority(source.object.metadata)
    }

    /// The object's first line.
    var origin: Origin { Origin(source.object) }

    /// Calls `body` with every upstream that the Ingress needs.
    func forEachUpstream(_ body: (UpstreamRequest) -> Void) {
        for host in content.canary?.hosts ?? content.hosts {
            for path in host.paths {
                path.upstream.map(body)
                path.ownUpstreams.forEach(body)
            }
            host.root.upstreams.forEach(body)
        }
        // Without rules the default backend is the path of the catch-all host.
        if !source.object.rules.isEmpty { content.defaultBackend?.path.upstream.map(body) }
        content.fallback.map(body)
        content.serverUpstreams.forEach(body)
    }
}
