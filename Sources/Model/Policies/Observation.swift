/// What is told of the requests of a route.
public struct Observation: Sendable, Hashable {
    /// What becomes of a trace that the client is in (W3C Trace Context).
    public enum Tracing: String, Sendable, Hashable {
        /// The client's fields pass as they are.
        case off
        /// The client's trace goes on; without one a new trace begins.
        case continued
        /// Each request begins a trace of its own.
        case own
    }

    /// Requests are in the access log.
    public var isLogged = true
    /// But for those that go through one of these branches of the route's rules, and through no later one.
    public var unloggedBranches: [Int] = []
    /// Whether the upstream is told of a trace.
    public var tracing = Tracing.off

    public init() {}
}

/// What the access log holds.
public struct ObservationSettings: Sendable, Hashable {
    /// How values are written, as nginx's `escape=`.
    public enum Escaping: String, Sendable, Hashable {
        case standard, json, none
    }

    /// Nil for ingress-nginx's own format.
    public var logFormat: String?
    /// Where the format is written.
    public var formatOrigin = Origin.builtIn
    public var escaping = Escaping.standard
    /// Nothing is logged at all.
    public var isSilent = false
    /// Request-targets that are not logged. A word is compared as it is, in its own case.
    public var unloggedTargets: [TextRule] = []

    public init() {}
}
