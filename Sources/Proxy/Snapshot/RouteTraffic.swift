import Balancing
import Filters
import Model
import Telemetry

/// What decides between the upstreams and endpoints of a route beside turns, loads and addresses: a split, session
/// cookies, the text that is hashed. A route whose upstream has none of them has no such object.
final class RouteTraffic {
    /// One of the upstreams that requests of the route may go to.
    struct Side {
        let plan: UpstreamPlan
        let hashKey: HashKeyTemplate?
        let cookie: SessionCookieFilter?
    }

    let main: Side
    let split: Split?
    /// Requests that were split off are counted here.
    var splitTally: SeriesTally

    /// The other upstream, and who goes there.
    struct Split {
        let filter: TrafficSplitFilter
        let other: Side
    }

    /// Nil when nothing of it concerns the route.
    ///
    /// A split whose pattern cannot be compiled gives the other upstream nothing; `FilterCheck` has said so before.
    init?(
        _ route: Route, on host: VirtualHost, to plan: UpstreamPlan, splitSeries: SeriesID, _ snapshot: WorkerSnapshot
    ) {
        guard let upstream = snapshot.model(of: plan.id) else { return nil }
        splitTally = SeriesTally(splitSeries)
        var split: Split?
        if let policy = upstream.split, let filter = try? TrafficSplitFilter(policy),
            let other = snapshot.upstream(policy.upstream), let model = snapshot.model(of: policy.upstream)
        {
            split = Split(filter: filter, other: Side(other, model, route, host))
        }
        main = Side(plan, upstream, route, host)
        self.split = split
        if split == nil, main.hashKey == nil, main.cookie == nil { return nil }
    }
}

extension RouteTraffic.Side {
    fileprivate init(_ plan: UpstreamPlan, _ upstream: Upstream, _ route: Route, _ host: VirtualHost) {
        self.plan = plan
        var cookie: SessionCookieFilter?
        if case .cookie(let policy) = upstream.affinity { cookie = SessionCookieFilter(policy, of: route) }
        self.cookie = cookie
        hashKey =
            plan.balancer.keySource == .text
            ? upstream.hashing.flatMap { try? HashKeyTemplate($0, route, host: host) } : nil
    }
}
