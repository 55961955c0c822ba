import Bytes
public import Model
import Pattern

/// What routing says of a request. Numbers refer to `Router.virtualHosts` and `Router.routes`.
public enum RoutingOutcome: Sendable, Equatable {
    case route(host: Int, route: Int)
    /// The path lacks the slash that the route's prefix ends in, and no other route is better: answer 301
    /// to the path with a slash behind.
    case slashRedirect(host: Int, route: Int)
    /// The host is known, the path is not: the default upstream's, else 404.
    case noRoute(host: Int)
    /// No virtual host answers for the name: the default upstream's, else 404.
    case noHost
    /// The pattern of a route, or of a host's alias, took too long on this request: answer 500.
    case limitExceeded(host: Int)
}

/// Finds the route of a request: the hosts and routes of a model, compiled.
///
/// Immutable and shared by all workers. What a look-up costs depends on the length of host and path,
/// not on how many hosts and routes there are.
public final class Router: Sendable {
    /// Where a route stands in the model.
    public struct Location: Sendable {
        /// Number of its virtual host.
        public var host: Int
        /// Number in that host's `routes`.
        public var index: Int
    }

    /// The hosts, as given to the compiler.
    public let virtualHosts: [VirtualHost]
    /// Every route, numbered through all hosts in the order of `virtualHosts` and their `routes`.
    public let routes: [Location]
    /// Patterns that could not be compiled. Their routes never match.
    public let diagnostics: [Diagnostic]

    let hostTable: HostTable
    let pathTable: PathTable
    let patterns: PatternList

    init(
        virtualHosts: [VirtualHost], routes: [Location], diagnostics: [Diagnostic], hostTable: consuming HostTable,
        pathTable: consuming PathTable, patterns: PatternList
    ) {
        self.virtualHosts = virtualHosts
        self.routes = routes
        self.diagnostics = diagnostics
        self.hostTable = hostTable
        self.pathTable = pathTable
        self.patterns = patterns
    }

    /// The route with a number of `routes`.
    public subscript(route number: Int) -> Route {
        let location = routes[number]
        return virtualHosts[location.host].routes[location.index]
    }

    /// The number of the virtual host that answers for a name, as for requests: nil when none does, or when a pattern
    /// of an alias went over its limits.
    ///
    /// - Parameter name: in any case, without port and trailing dot.
    public func host(named name: Span<UInt8>, scratch: inout MatchScratch) -> Int? {
        guard case .host(let number) = hostTable.match(name, patterns, &scratch.pattern) else { return nil }
        return number
    }

    /// The route of a request. Allocates nothing.
    /// - Parameters:
    ///   - host: the `Host` field's value, in any case, with or without port and trailing dot.
    ///   - path: the normalised path.
    public func match(host: Span<UInt8>, path: Span<UInt8>, scratch: inout MatchScratch) -> RoutingOutcome {
        match(name: host.extracting(first: host.hostNameLength), path: path, scratch: &scratch)
    }

    /// The route of a request whose host is known by its name.
    /// - Parameters:
    ///   - name: in any case, without port and trailing dot.
    ///   - path: the normalised path.
    public func match(name: Span<UInt8>, path: Span<UInt8>, scratch: inout MatchScratch) -> RoutingOutcome {
        switch hostTable.match(name, patterns, &scratch.pattern) {
        case .none: return .noHost
        case .limitExceeded(let number): return .limitExceeded(host: number)
        case .host(let number):
            switch pathTable.match(host: number, path: path, patterns, &scratch) {
            case .route(let route): return .route(host: number, route: route)
            case .slashRedirect(let route): return .slashRedirect(host: number, route: route)
            case .none: return .noRoute(host: number)
            case .limitExceeded: return .limitExceeded(host: number)
            }
        }
    }
}
