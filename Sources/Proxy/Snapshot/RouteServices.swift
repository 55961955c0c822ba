import Balancing
import Linux
import Model

/// Services that the proxy itself has requests for, on behalf of a route.
final class RouteServices {
    /// An upstream and how requests travel to it.
    struct Service {
        let upstream: UpstreamPlan
        let transport: TransportPlan
    }

    /// Is asked whether requests may pass.
    let auth: Service?
    /// Gets copies of requests.
    let mirror: Service?
    /// Answers in place of errors; nil when nobody does who has endpoints.
    let errors: UpstreamPlan?

    /// Nil for a route without such services.
    init?(_ policy: RoutePolicy, _ snapshot: WorkerSnapshot) {
        guard policy.externalAuth != nil || policy.mirror != nil || policy.errorPages != nil else { return nil }
        auth = policy.externalAuth.flatMap { Service($0.destination, snapshot) }
        mirror = policy.mirror.flatMap { Service($0.destination, snapshot) }
        let candidates = policy.errorPages.map { [$0.upstream, snapshot.shared.model.defaultUpstream] } ?? []
        errors = candidates.compactMap { $0.flatMap(snapshot.upstream) }.first { !$0.balancer.endpoints.isEmpty }
    }
}

extension RouteServices.Service {
    /// HTTP/1.1, over TLS where the destination says so: with its name as SNI, and without verification.
    fileprivate init?(_ destination: Destination, _ snapshot: WorkerSnapshot) {
        guard let upstream = snapshot.upstream(destination.upstream) else { return nil }
        self.upstream = upstream
        guard destination.isSecure else {
            transport = TransportPlan(UpstreamTransport(speaks: .http))
            return
        }
        let isName = destination.serverName.map { IPAddress($0) == nil } ?? false
        let tls = UpstreamTLS(
            name: isName ? destination.serverName : nil, indicatesName: isName, versions: TLSVersion.allCases,
            origin: .builtIn)
        transport = TransportPlan(UpstreamTransport(speaks: .https, tls: tls))
    }
}
