import Kubernetes
import Model
import Pattern
import Translation

/// Puts together what all Ingresses say about one host, the oldest first.
struct HostAssembly {
    /// One Ingress's share in the host.
    struct Share {
        var ingress: TranslatedIngress
        var served: TranslatedIngress.Served
        var host: TranslatedIngress.Host
    }

    let name: HostName
    let shares: [Share]
    /// What answers paths that no rule names, beside the Ingresses' own default backends.
    let defaultUpstream: UpstreamID?
    /// Service ports whose upstreams do not have their usual names.
    let renamed: [ServicePort: UpstreamID]
    private(set) var diagnostics: [Diagnostic] = []

    init(
        _ name: HostName, _ shares: [Share], defaultUpstream: UpstreamID?, renamed: [ServicePort: UpstreamID]
    ) {
        self.name = name
        self.shares = shares
        self.defaultUpstream = defaultUpstream
        self.renamed = renamed
    }

    mutating func virtualHost() -> VirtualHost? {
        guard let first = shares.first else { return nil }
        var entries = claimed()
        let hasRoot = entries.contains { $0.route.match.path == .prefix("/") }
        if !hasRoot, let root = implicitRoot() { entries.append(root) }
        var host = VirtualHost(name: name, origin: first.host.origin)
        if let flip = RegexMode.cause(of: shares, hasRoot: hasRoot) {
            host.ranking = .listed
            var mode = RegexMode(host: name, shares: shares, cause: flip)
            host.routes = mode.routes(entries)
            diagnostics += mode.diagnostics
        } else {
            host.routes = entries.map(\.route)
        }
        host.appRoot = appRoot()
        if let refusing = shares.first(where: { $0.served.hostRefusal != nil }) { refuseAll(&host, for: refusing) }
        return host
    }

    /// The paths in the order of their claims, without those that an older Ingress has.
    private mutating func claimed() -> [RegexMode.Entry] {
        var claims = HostClaims()
        let total = shares.reduce(0) { $0 + $1.host.paths.count }
        var entries: [RegexMode.Entry] = []
        entries.reserveCapacity(total + 1)
        for (index, share) in shares.enumerated() {
            for path in share.host.paths {
                if total > 1, let owner = claims.claim(path.route.match.path, by: path.route.origin) {
                    diagnostics.append(
                        Diagnostic(
                            .warning, path.route.origin, field: path.field,
                            "\(name) \(path.route.match.path) is served by \(owner) already, which comes first",
                            remedy: "take one of them out"))
                    continue
                }
                entries.append(
                    RegexMode.Entry(route: named(path, of: share), type: path.type, field: path.field, share: index))
            }
        }
        return entries
    }

    /// The path `/` of a host whose rules name none: it leads to a default backend, under the annotations of the
    /// host's first Ingress. Left out where the answer is the same without it.
    private func implicitRoot() -> RegexMode.Entry? {
        guard let first = shares.first else { return nil }
        let owner = shares.first { $0.served.defaultBackend != nil }
        let backend = owner.flatMap { owner in owner.served.defaultBackend.map { named($0, of: owner) } }
        var route = backend ?? unmatched(first)
        var isRefused = false
        if case .refuse(503, _) = route.action { isRefused = true }
        if let redirect = first.served.redirect, !isRefused { route.action = .redirect(redirect) }
        route.policy = first.served.policy(for: route.labels)
        if let target = first.served.fallback?.target, let id = renamed[target] {
            route.policy.fallback = Fallback(upstream: id)
        }
        if let reason = first.served.refusal { route.action = .refuse(status: 503, reason: reason) }
        route.policy.rewrite = first.served.draft.routing.rewrite(of: "/")
        let isPlain = backend == nil && first.served.redirect == nil && first.served.refusal == nil
        if isPlain, defaultUpstream == nil ? route.policy.headerEdits == nil : route.policy == RoutePolicy() {
            return nil
        }
        return RegexMode.Entry(route: route, type: .prefix, field: first.host.field, share: 0)
    }

    /// What answers a path of the host that nobody serves.
    private func unmatched(_ first: Share) -> Route {
        let labels = RouteLabels(
            namespace: first.ingress.origin.namespace, object: first.ingress.origin.name, path: "/",
            host: name == .any ? "" : name.description)
        let action = defaultUpstream.map(RouteAction.forward) ?? .refuse(status: 404, reason: "no rule names the path")
        return Route(match: RouteMatch(path: .prefix("/")), action: action, labels: labels, origin: first.host.origin)
    }

    /// The path's route, with the names that its upstreams really have.
    private func named(_ path: TranslatedIngress.Path, of share: Share) -> Route {
        var route = path.route
        if path.upstream == nil, let defaultUpstream, case .refuse(404, _) = route.action {
            route.action = .forward(defaultUpstream)
        }
        guard !renamed.isEmpty else { return route }
        if case .forward = route.action, let target = path.upstream?.target, let id = renamed[target] {
            route.action = .forward(id)
        }
        if let target = share.served.fallback?.target, let id = renamed[target] {
            route.policy.fallback = Fallback(upstream: id)
        }
        return route
    }

    private mutating func appRoot() -> AppRoot? {
        var chosen: AppRoot?
        for case let root? in shares.map(\.served.appRoot) {
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

    /// Closes the whole host for the sake of one Ingress whose annotation applies to all of it.
    private mutating func refuseAll(_ host: inout VirtualHost, for refusing: Share) {
        let reason = "\(refusing.served.hostRefusal ?? "") of \(refusing.ingress.origin)"
        host.appRoot = nil
        for index in host.routes.indices { host.routes[index].action = .refuse(status: 503, reason: reason) }
        for share in shares where share.ingress !== refusing.ingress {
            diagnostics.append(
                Diagnostic(
                    .rejected, share.host.origin, field: share.host.field, "\(name) answers 503 \(reason)",
                    remedy: "give the other Ingress a host of its own"))
        }
    }
}
