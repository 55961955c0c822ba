import Model

/// The compiled table as JSON: a model without what is the same everywhere.
struct RoutesReport: Encodable {
    struct Host: Encodable {
        var name: String
        var aliases: [String]
        /// Whether the first route of the list wins, rather than the most specific path.
        var isListed: Bool
        var appRoot: String?
        var origin: Place
        var routes: [Route]
    }

    struct Route: Encodable {
        var match: String
        var action: String
        /// Nil unless the action is to forward.
        var upstream: String?
        var service: String
        var policies: [String]
        var origin: Place
    }

    struct Upstream: Encodable {
        var id: String
        var balancing: String
        var affinity: String?
        /// What is done with the requests beside `balancing`, as text.
        var choices: [String]
        var endpoints: [String]
        var isDemonstration: Bool
        var origin: Place
    }

    var hosts: [Host]
    var upstreams: [Upstream]
    var defaultUpstream: String?
    var settings: [String]

    init(_ model: ProxyModel) {
        hosts = model.virtualHosts.map { host in
            Host(
                name: host.name.description, aliases: host.aliases.map(\.description),
                isListed: host.ranking == .listed, appRoot: host.appRoot?.path, origin: Place(host.origin),
                routes: host.routes.map { Route($0) })
        }
        upstreams = model.upstreams.map { Upstream($0) }
        defaultUpstream = model.defaultUpstream?.name
        settings = model.settings.lines
    }
}

extension RoutesReport.Route {
    init(_ route: Model.Route) {
        var upstream: String?
        if case .forward(let id) = route.action { upstream = id.name }
        let labels = route.labels
        self.init(
            match: route.match.path.description, action: route.action.description, upstream: upstream,
            service: labels.service.isEmpty ? "" : "\(labels.namespace)/\(labels.service):\(labels.servicePort)",
            policies: route.policy.lines, origin: Place(route.origin))
    }
}

extension RoutesReport.Upstream {
    init(_ upstream: Model.Upstream) {
        self.init(
            id: upstream.id.name, balancing: upstream.loadBalancing.rawValue,
            affinity: upstream.affinity?.description, choices: upstream.choiceLines,
            endpoints: upstream.endpoints.map(\.description),
            isDemonstration: upstream.isDemonstration, origin: Place(upstream.origin))
    }
}
