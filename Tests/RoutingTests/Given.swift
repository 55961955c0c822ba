import Model
import Routing

/// Shorthand for models in these tests.
enum Given {
    static func route(_ match: PathMatch) -> Route {
        Route(
            match: RouteMatch(path: match), action: .forward(UpstreamID("u")), labels: RouteLabels(), origin: .builtIn)
    }

    static func host(
        _ name: HostName, aliases: [HostAlias] = [], ranking: PathRanking = .mostSpecific,
        _ paths: [PathMatch] = [.prefix("/")]
    ) -> VirtualHost {
        VirtualHost(name: name, aliases: aliases, ranking: ranking, routes: paths.map(route), origin: .builtIn)
    }
}

extension Router {
    /// The outcome for text.
    func match(_ host: String, _ path: String) -> RoutingOutcome {
        var scratch = MatchScratch()
        return match(host: Array(host.utf8).span, path: Array(path.utf8).span, scratch: &scratch)
    }

    /// The number of the virtual host that answers for a name.
    func host(_ name: String) -> Int? {
        switch match(name, "/") {
        case .route(let host, _), .slashRedirect(let host, _), .noRoute(let host), .limitExceeded(let host): host
        case .noHost: nil
        }
    }

    /// Where the route of a path stands among those of the only host, or nil.
    func route(_ path: String) -> Int? {
        if case .route(_, let route) = match("h", path) { route } else { nil }
    }
}
