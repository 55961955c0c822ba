import Kubernetes
import Model
import Translation

/// One Ingress's share in a host.
struct HostShare: Sendable {
    let ingress: TranslatedIngress
    private let number: Int

    init(_ ingress: TranslatedIngress, host number: Int) {
        self.ingress = ingress
        self.number = number
    }

    var host: TranslatedIngress.Host { ingress.content.hosts[number] }
}

/// Puts together what all Ingresses say about one host, the oldest first.
struct HostAssembly {
    /// What a host depends on beside its shares.
    struct Surroundings: Equatable {
        /// What answers paths that no rule names, beside the Ingresses' own default backends.
        var defaultUpstream: UpstreamID?
        /// Service ports whose upstreams don't have their usual names.
        var renamed: [ServicePort: UpstreamID] = [:]
        /// What the ConfigMap says about every host.
        var server = ServerSnippet()
    }

    let name: HostName
    let shares: [HostShare]
    private let surroundings: Surroundings
    var diagnostics: [Diagnostic] = []

    init(_ name: HostName, _ shares: [HostShare], _ surroundings: Surroundings) {
        self.name = name
        self.shares = shares
        self.surroundings = surroundings
    }

    mutating func virtualHost() -> VirtualHost? {
        guard let first = shares.first else { return nil }
        var host = VirtualHost(name: name, origin: first.host.origin)
        var entries = claimed()
        closeWithoutVariables(&entries)
        let hasRoot = entries.contains { $0.route.match.path == .prefix("/") }
        let root = hasRoot ? nil : implicitRoot(first)
        let server = serverSnippet(of: shares)
        let isWhole = server == nil && root == nil && entries.count == first.host.routes.count
        if let root { entries.append(root) }
        if let cause = RegexMode.cause(of: shares, hasRoot: hasRoot) {
            host.ranking = .listed
            var mode = RegexMode(host: name, shares: shares, cause: cause)
            host.routes = mode.routes(entries)
            diagnostics += mode.diagnostics
        } else {
            // A list that nothing was done to is shared with the Ingress.
            let isUntouched =
                shares.count == 1 && isWhole && first.ingress.content.snippetTLS == nil
                && surroundings == HostAssembly.Surroundings()
            host.routes = isUntouched ? first.host.routes : entries.map(\.route)
        }
        if let server { lay(server, over: &host, entries) }
        noteMissingLocations(host)
        host.appRoot = appRoot()
        host.tls = tls()
        host.passthrough = passthrough(host.routes)
        if let refusing = shares.first(where: { $0.ingress.content.hostRefusal != nil }) {
            refuseAll(&host, for: refusing)
        }
        return host
    }

    /// The paths in the order of their claims, without those that an older Ingress has.
    private mutating func claimed() -> [RegexMode.Entry] {
        var claims = HostClaims()
        let total = shares.reduce(0) { $0 + $1.host.paths.count }
        var entries: [RegexMode.Entry] = []
        entries.reserveCapacity(total + 1)
        for (number, share) in shares.enumerated() {
            let host = share.host
            for (route, path) in zip(host.routes, host.paths) {
                if total > 1, let owner = claims.claim(route.match.path, by: route.origin) {
                    diagnostics.append(
                        Diagnostic(
                            .warning, route.origin, field: path.field,
                            "\(name) \(route.match.path) is served by \(owner) already, which comes first",
                            remedy: "take one of them out"))
                } else {
                    entries.append(
                        RegexMode.Entry(
                            route: settled(route, path, of: share), type: path.type, place: path.place, share: number))
                }
            }
        }
        return entries
    }

    /// The path `/` of a host whose rules name none: it leads to a default backend, under the annotations of the
    /// host's first Ingress. Left out where the answer is the same without it.
    private func implicitRoot(_ first: HostShare) -> RegexMode.Entry? {
        let content = first.ingress.content
        var backend: Route?
        for share in shares where backend == nil {
            backend = share.ingress.content.defaultBackend.map { settled($0.route, $0.path, of: share) }
        }
        var route = backend ?? unmatched(first)
        var isRefused = false
        if case .refuse(503, _) = route.action { isRefused = true }
        if let redirect = content.redirect, !isRefused { route.action = .redirect(redirect) }
        route.policy = content.policy
        route.policy.secureRedirect = content.secureRedirect.policy(of: "/", hasCertificate: hasCertificate)
        settleTLS(&route, of: first)
        settleFallback(&route, of: first)
        if !isRefused { first.host.root.apply(to: &route) }
        if let reason = content.refusal { route.action = .refuse(status: 503, reason: reason) }
        content.routing.applyRewrite(of: "/", to: &route.policy)
        let isPlain =
            backend == nil && serverSnippet(of: shares) == nil && content.redirect == nil && content.refusal == nil
            && first.host.root.refusal == nil
        let isUnseen =
            surroundings.defaultUpstream == nil
            ? route.policy.isUnseenWithoutUpstream : route.policy == RoutePolicy()
        return isPlain && isUnseen ? nil : RegexMode.Entry(route: route, type: .prefix, place: nil, share: 0)
    }

    /// What answers a path of the host that nobody serves.
    private func unmatched(_ first: HostShare) -> Route {
        let metadata = first.ingress.source.object.metadata
        let labels = RouteLabels(
            namespace: metadata.namespace, object: metadata.name, path: "/",
            host: name == .any ? "" : name.description)
        let action =
            surroundings.defaultUpstream.map(RouteAction.forward)
            ?? .refuse(status: 404, reason: "no rule names the path")
        return Route(
            match: RouteMatch(path: .prefix("/")), action: action, labels: labels, origin: first.host.origin)
    }

    /// The route with the names that its upstreams really have.
    private func settled(_ unsettled: Route, _ path: TranslatedIngress.Path, of share: HostShare) -> Route {
        var route = unsettled
        if path.upstream == nil, let upstream = surroundings.defaultUpstream, case .refuse(404, _) = route.action {
            route.action = .forward(upstream)
        }
        settleTLS(&route, of: share)
        guard !surroundings.renamed.isEmpty else { return route }
        if case .forward = route.action, let id = path.upstream.flatMap({ surroundings.renamed[$0.target] }) {
            route.action = .forward(id)
        }
        settleFallback(&route, of: share)
        return route
    }

    private func settleFallback(_ route: inout Route, of share: HostShare) {
        if let id = share.ingress.content.fallback.flatMap({ surroundings.renamed[$0.target] }) {
            route.policy.fallback = Fallback(upstream: id)
            route.policy.errorPages?.upstream = id
        }
    }

    private mutating func appRoot() -> AppRoot? {
        var chosen: AppRoot?
        for case let root? in shares.map(\.ingress.content.appRoot) {
            if let chosen, chosen.path != root.path {
                diagnostics.append(
                    Diagnostic(
                        .warning, root.origin, field: annotationField("app-root"),
                        "\(name) has the app root of \(chosen.origin) already, which comes first"))
            }
            chosen = chosen ?? root
        }
        return chosen
    }

    // What snippets need to know.

    var common: ServerSnippet { surroundings.server }
    var renamed: [ServicePort: UpstreamID] { surroundings.renamed }

    /// What the paths of an Ingress say themselves, as far as the host's snippet asks.
    func ownWord(of share: Int, within server: ServerSnippet) -> ServerSnippet.OwnWord {
        let content = shares[share].ingress.content
        return .init(
            hasAddedHeaders: content.hasAddedHeaders, saysExpiry: content.saysExpiry,
            hasAddressRules: content.hasAddressRules, saysCompression: content.saysCompression,
            limits: server.limits.isEmpty ? nil : content.limits,
            errors: server.errors.isEmpty ? nil : content.errors,
            cookieFlags: content.cookieFlags, substitution: content.substitution, responseCache: content.responseCache)
    }

    mutating func noteTaken(_ route: Route, by owner: Origin) {
        diagnostics.append(
            Diagnostic(
                .warning, route.origin, field: annotationField("server-snippet"),
                "location \(route.labels.path) of \(name) is served by \(owner) already: it counts as absent",
                remedy: "write what it says into the configuration-snippet of that path"))
    }

    /// Says to later Ingresses of the host that the first one's snippet holds.
    mutating func noteLater() {
        let writers = shares.filter { $0.ingress.content.server?.isEmpty == false }
        for share in writers.dropFirst() {
            diagnostics.append(
                Diagnostic(
                    .warning, share.host.origin, field: annotationField("server-snippet"),
                    "\(name) has the server snippet of \(writers[0].ingress.origin) already, which comes first"))
        }
    }

    /// Closes the whole host for the sake of one Ingress whose annotation applies to all of it.
    private mutating func refuseAll(_ host: inout VirtualHost, for refusing: HostShare) {
        let reason = "\(refusing.ingress.content.hostRefusal ?? "") of \(refusing.ingress.origin)"
        host.appRoot = nil
        host.passthrough = nil
        var routes = host.routes
        for index in routes.indices { routes[index].action = .refuse(status: 503, reason: reason) }
        host.routes = routes
        for share in shares where share.ingress !== refusing.ingress {
            diagnostics.append(
                Diagnostic(
                    .rejected, share.host.origin, field: share.host.field, "\(name) answers 503 \(reason)",
                    remedy: "give the other Ingress a host of its own"))
        }
    }
}

extension RoutePolicy {
    /// Nobody can tell the policy from a plain one where no upstream is asked.
    fileprivate var isUnseenWithoutUpstream: Bool {
        var rest = self
        let plain = RoutePolicy()
        rest.rewrite = nil
        rest.hostOverride = nil
        rest.fallback = nil
        rest.mirror = nil
        rest.bodyLimits = plain.bodyLimits
        rest.timeouts = plain.timeouts
        rest.retry = plain.retry
        rest.transport = plain.transport
        rest.requestBuffering = plain.requestBuffering
        rest.responseBuffering = plain.responseBuffering
        rest.responseRewrite = nil
        rest.substitution = nil
        rest.compression = nil
        rest.responseCache = nil
        rest.givesSessionCookie = false
        rest.ownRedirects = plain.ownRedirects
        return rest == plain
    }
}
