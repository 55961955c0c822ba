import Model
import Translation

/// Laying the snippets of a host over its routes.
extension HostAssembly {
    /// What the first Ingress that has a `server-snippet` says, and then what the ConfigMap says; nil for nothing.
    func serverSnippet(of shares: [HostShare]) -> ServerSnippet? {
        let own = shares.lazy.compactMap(\.ingress.content.server).first
        guard let own, !own.isEmpty else { return common.isEmpty ? nil : common }
        guard !common.isEmpty else { return own }
        var both = own
        both.steps += common.steps
        both.headers.append(common.headers)
        both.addressRules = own.addressRules ?? common.addressRules
        both.locations += common.locations
        both.readsBody = own.readsBody || common.readsBody
        both.errors = own.errors.beside(common.errors)
        both.limits = own.limits.beside(common.limits)
        both.compression = own.compression ?? common.compression
        both.responseCache = own.responseCache.within(common.responseCache)
        both.bandwidth = own.bandwidth ?? common.bandwidth
        both.cookieFlags = own.cookieFlags ?? common.cookieFlags
        both.substitution = own.substitution.within(common.substitution)
        both.bodyTimeout = own.bodyTimeout ?? common.bodyTimeout
        both.keepAlive = own.keepAlive ?? common.keepAlive
        both.silencesLog = own.silencesLog || common.silencesLog
        return both
    }

    /// - Parameter entries: the routes of the host with the Ingresses that they come from.
    mutating func lay(_ server: ServerSnippet, over host: inout VirtualHost, _ entries: [RegexMode.Entry]) {
        let words = Dictionary(
            entries.map { ($0.route.origin, ownWord(of: $0.share, within: server)) },
            uniquingKeysWith: { first, _ in first }
        )
        for index in host.routes.indices {
            server.apply(to: &host.routes[index], words[host.routes[index].origin] ?? .init())
        }
        var first: [Route] = []
        var last: [Route] = []
        for location in server.locations {
            if let owner = host.routes.first(where: { $0.match == location.route.match }) {
                noteTaken(location.route, by: owner.origin)
                continue
            }
            var route = location.route
            route.labels.host = host.name == .any ? "" : host.name.description
            if let id = location.target.flatMap({ renamed[$0] }) { route.action = .forward(id) }
            settleTLS(ofLocation: &route)
            server.apply(to: &route, location.own)
            if location.goesFirst || host.ranking == .mostSpecific { first.append(route) } else { last.append(route) }
        }
        host.routes = first + host.routes + last
        noteLater()
    }
}

extension HostAssembly {
    /// Names the locations that `error_page` leads to and that the host doesn't have.
    mutating func noteMissingLocations(_ host: VirtualHost) {
        guard host.routes.contains(where: { $0.policy.errorRoutes != nil }) else { return }
        let known = Set(host.routes.compactMap(\.match.path.name))
        var missing: Set<String> = []
        for route in host.routes {
            for case .named(let name) in route.policy.errorRoutes?.rules.map(\.target) ?? []
            where !known.contains(name) && missing.insert(name).inserted {
                diagnostics.append(
                    Diagnostic(
                        .warning, route.origin, field: annotationField("server-snippet"),
                        "\(host.name) has no location @\(name), which error_page names: such errors are answered as they are",
                        remedy: "write location @\(name) { … } into server-snippet"))
            }
        }
    }
}

extension SnippetHeaders {
    /// Behind these directives those of another place of the same kind.
    mutating func append(_ other: SnippetHeaders) {
        if !saysExpiry { expiry = other.expiry }
        saysExpiry = saysExpiry || other.saysExpiry
        response += other.response
        added += other.added
        input += other.input
        upstream += other.upstream
        passed += other.passed
        var around = other.charset
        around.append(charset)
        charset = around
    }
}
