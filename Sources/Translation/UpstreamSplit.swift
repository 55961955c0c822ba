public import Model

/// A split that an object asks for, and what becomes of sessions.
public struct UpstreamSplit: Sendable, Equatable {
    public var split: TrafficSplit
    /// The other upstream keeps sessions by the main one's cookie, so that they stay on their side. Otherwise only the
    /// main one does, and what goes to the other is decided anew for each request.
    public var sharesSessions: Bool

    public init(_ split: TrafficSplit, sharesSessions: Bool) {
        self.split = split
        self.sharesSessions = sharesSessions
    }
}

extension [Upstream] {
    /// The upstreams, ordered by identifier as they are, with their splits. The other upstream of a split has the
    /// affinity of the main one, or none, as ingress-nginx has it.
    func split(by splits: [UpstreamID: UpstreamSplit]) -> [Upstream] {
        var upstreams = self
        for (id, wish) in splits.sorted(by: { $0.key < $1.key }) {
            guard let main = upstreams.index(of: id), let other = upstreams.index(of: wish.split.upstream) else {
                continue
            }
            upstreams[main].split = wish.split
            guard case .cookie? = upstreams[main].affinity, wish.sharesSessions else { continue }
            upstreams[other].affinity = upstreams[main].affinity
        }
        return upstreams
    }
}
