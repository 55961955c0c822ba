import Model
import Translation

/// What a `server-snippet` says about a host, compiled: laid over every route of the host.
struct ServerSnippet: Sendable, Equatable {
    var steps: [RequestRules.Step] = []
    var headers = SnippetHeaders()
    var addressRules: AddressRules?
    /// The host's own paths, each before regular expressions or not.
    var locations: [Location] = []
    /// Names that its `set` gives a value.
    var variables: Set<String> = []

    struct Location: Sendable, Equatable {
        var route: Route
        /// Where its requests go, when the location names a backend.
        var target: ServicePort?
        var goesFirst: Bool
        /// What the block says itself.
        var own: OwnWord
    }

    /// What a place says itself, which takes the place of what the host says of it.
    struct OwnWord: Sendable, Equatable {
        /// An `add_header`.
        var hasAddedHeaders = false
        /// An `expires`.
        var saysExpiry = false
        /// Which addresses may come in: by annotations, the ConfigMap's lists for paths, `allow` or `deny`.
        var hasAddressRules = false
        /// Something about compression.
        var saysCompression = false
        /// Of limits in zones; nil where its policy has them already and the host says nothing.
        var limits: ZoneLimitsDraft?
        /// Of errors, likewise.
        var errors: ErrorRoutesDraft?
        /// Of cookies' flags, if anything.
        var cookieFlags: [CookieFlags]?
        /// Of texts to replace.
        var substitution = SubstitutionDraft()
        /// What it says of the cache.
        var responseCache = ResponseCacheDraft()
    }

    /// A text asks for `$request_body`.
    var readsBody = false
    /// `error_page` and its kin
    var errors = ErrorRoutesDraft()

    /// `limit_req`, `limit_conn` and their kin
    var limits = ZoneLimitsDraft()
    /// What `http-snippet` says of them.
    var limitsAround = ZoneLimitsDraft()

    /// `limit_rate` and `limit_rate_after`
    var bandwidth: Bandwidth?
    /// `proxy_cookie_flags`
    var cookieFlags: [CookieFlags]?
    /// `sub_filter` and its kin
    var substitution = SubstitutionDraft()
    /// `access_log off`
    var silencesLog = false
    /// `client_body_timeout`
    var bodyTimeout: Duration?
    /// `keepalive_timeout`
    var keepAlive: ClientKeepAlive?
    /// `gzip` and its kin, over what the ConfigMap says; nil when the server says nothing of it.
    var compression: CompressionDraft?
    /// `proxy_cache` and its kin, and what holds around the server.
    var responseCache = ResponseCacheDraft()
    private var commonCache = ResponseCacheDraft()

    var isEmpty: Bool {
        steps.isEmpty && headers.isEmpty && addressRules == nil && locations.isEmpty && !silencesLog
            && bodyTimeout == nil && compression == nil && limits.isEmpty && errors.isEmpty && responseCache.isEmpty
            && !readsBody && substitution.isEmpty && cookieFlags == nil && bandwidth == nil && keepAlive == nil
    }

    init() {}

    /// - Parameters:
    ///   - origin: where the text stands.
    ///   - defaults: what holds where the text says nothing of it.
    init(
        _ compiled: SnippetCompiler, labels: RouteLabels, origin: Origin, over defaults: IngressDraft
    ) {
        steps = compiled.steps
        headers = compiled.headers
        variables = compiled.variables
        silencesLog = compiled.silencesLog
        bodyTimeout = compiled.bodyTimeout
        keepAlive = compiled.keepAlive
        limits = compiled.limits
        errors = compiled.errors
        substitution = compiled.substitution
        cookieFlags = compiled.cookieFlags
        bandwidth = compiled.bandwidth
        readsBody = compiled.readsBody
        if !compiled.compression.isEmpty {
            var draft = defaults.compression
            for setting in compiled.compression { draft.apply(setting) }
            self.compression = draft
        }
        responseCache = compiled.responseCache
        commonCache = defaults.responseCache
        locations = compiled.locations.map { Location($0, labels: labels, origin: origin) }
    }

    /// Puts what the host says before what a route says.
    func apply(to route: inout Route, _ own: OwnWord) {
        if let compression, !own.saysCompression { route.policy.compression = compression.policy() }
        if !responseCache.isEmpty, case .forward = route.action {
            route.policy.responseCache = own.responseCache.within(responseCache).within(commonCache).policy()
        }
        if !substitution.isEmpty, case .forward = route.action {
            route.policy.substitution = own.substitution.within(substitution).policy()
        }
        route.policy.bandwidth = route.policy.bandwidth ?? bandwidth
        if let cookieFlags, own.cookieFlags == nil, case .forward = route.action {
            var rewrite = route.policy.responseRewrite ?? ResponseRewrite()
            rewrite.cookieFlags = cookieFlags
            route.policy.responseRewrite = rewrite
        }
        if !steps.isEmpty {
            var rules = route.policy.rules ?? RequestRules()
            rules.ofHost += steps
            route.policy.rules = rules
        }
        route.policy.bodyLimits.timeout = route.policy.bodyLimits.timeout ?? bodyTimeout
        route.policy.clientKeepAlive = route.policy.clientKeepAlive ?? keepAlive
        if readsBody { route.policy.readBody() }
        own.errors?.apply(to: &route.policy, within: errors)
        own.limits?.apply(to: &route.policy, within: [limits, limitsAround])
        if silencesLog { route.policy.observation.isLogged = false }
        // `block-cidrs` holds where neither the path nor its host has rules.
        if let addressRules, !own.hasAddressRules { route.policy.addressRules = addressRules }
        var headers = headers
        if own.hasAddedHeaders { headers.added = [] }
        if own.saysExpiry { headers.expiry = [] }
        guard !headers.isEmpty else { return }
        var edits = headers.edits()
        if let own = route.policy.headerEdits { edits.append(own) }
        route.policy.headerEdits = edits
    }
}

extension SnippetCompiler {
    /// What `limit_rate` and `limit_rate_after` say.
    fileprivate var bandwidth: Bandwidth? {
        var limits = LimitDraft()
        for override in overrides {
            let kibibytes = min(Int(override.value) ?? 0, 1_000_000_000)
            switch override.annotation {
            case "limit-rate": limits.responseRate = kibibytes
            case "limit-rate-after": limits.responseRateAfter = kibibytes
            default: break
            }
        }
        return limits.bandwidth()
    }
}

extension ServerSnippet.Location {
    fileprivate init(_ location: SnippetLocation, labels: RouteLabels, origin: Origin) {
        var policy = RoutePolicy()
        let compiled = location.compiled
        var steps = compiled.steps
        var reason = "the location of the snippet names no backend"
        var status = 404
        if compiled.isRefused {
            (steps, status, reason) = ([], 503, "the location of the snippet is not understood")
        } else if SnippetAccess.rules(compiled.access) == SnippetAccess.nobody {
            steps.append(.answer(.page(403)))
        }
        policy.rules = location.rules(steps)
        let edits = compiled.headers.edits()
        policy.headerEdits = edits.isEmpty ? nil : edits
        policy.isInternal = compiled.isInternal
        policy.clientKeepAlive = compiled.keepAlive
        policy.observation.isLogged = !compiled.silencesLog
        policy.observation.unloggedBranches = compiled.unloggedBranches
        var labels = labels
        labels.path = location.text
        labels.service = ""
        labels.servicePort = ""
        route = Route(
            match: RouteMatch(path: location.match), action: .refuse(status: status, reason: reason), policy: policy,
            labels: labels, origin: origin)
        goesFirst = location.goesFirst
        own = ServerSnippet.OwnWord(
            hasAddedHeaders: !compiled.headers.added.isEmpty, saysExpiry: compiled.headers.saysExpiry,
            hasAddressRules: !compiled.access.isEmpty,
            saysCompression: !compiled.compression.isEmpty, limits: compiled.limits, errors: compiled.errors,
            cookieFlags: compiled.cookieFlags, substitution: compiled.substitution,
            responseCache: compiled.responseCache)
    }
}
