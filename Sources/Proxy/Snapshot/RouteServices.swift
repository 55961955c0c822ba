import Balancing
import Model

/// Services that the proxy itself has requests for, on behalf of a route.
final class RouteServices {
    /// Is asked whether requests may pass.
    let auth: UpstreamPlan?
    /// Gets copies of requests.
    let mirror: UpstreamPlan?
    /// Answers in place of errors; nil when nobody does who has endpoints.
    let errors: UpstreamPlan?

    /// Nil for a route without such services.
    init?(_ policy: RoutePolicy, _ snapshot: WorkerSnapshot) {
        guard policy.externalAuth != nil || policy.mirror != nil || policy.errorPages != nil else { return nil }
        auth = policy.externalAuth.flatMap { snapshot.upstream($0.destination.upstream) }
        mirror = policy.mirror.flatMap { snapshot.upstream($0.destination.upstream) }
        let candidates = policy.errorPages.map { [$0.upstream, snapshot.shared.model.defaultUpstream] } ?? []
        errors = candidates.compactMap { $0.flatMap(snapshot.upstream) }.first { !$0.balancer.endpoints.isEmpty }
    }
}
