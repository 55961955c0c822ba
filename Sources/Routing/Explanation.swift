/// Why a request goes where it goes: every host and route that competed, and why each but one lost.
public struct Explanation: Sendable {
    /// A virtual host that answers for the name.
    public struct HostCandidate: Sendable, Equatable {
        /// Number of the virtual host.
        public var host: Int
        public var evidence: HostEvidence
        /// Why another answers; nil for the one that does.
        public var whyNot: String?
    }

    /// A route of the host that answers.
    public struct RouteCandidate: Sendable, Equatable {
        /// Number of the route in the router.
        public var route: Int
        /// Nil when the route does not match, or when its pattern took too long to tell.
        public var evidence: MatchEvidence?
        /// Why it does not get the request; nil for the one that does.
        public var whyNot: String?
    }

    public var outcome: RoutingOutcome
    /// The name that was looked up, without port and trailing dot.
    public var name: String
    /// The normalised path that was looked up.
    public var path: String
    /// Best first.
    public var hosts: [HostCandidate]
    /// The winner, then those that match by rank, then the rest with those closest to the path first.
    public var routes: [RouteCandidate]
}
