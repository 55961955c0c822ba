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

/// A generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
