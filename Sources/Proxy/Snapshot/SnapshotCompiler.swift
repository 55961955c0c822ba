import Balancing
import Linux
import Model
import Routing
import Telemetry

/// Compiles models into snapshots, off the workers.
///
/// What did not change is taken over from the snapshot before: an upstream with the same endpoints and
/// policy keeps its balancer, and endpoints keep their state even when their neighbours come and go.
struct SnapshotCompiler {
    private let endpoints: EndpointRegistry
    private let registry: MetricRegistry
    private var previous = Snapshot.empty

    init(endpoints: EndpointRegistry, series registry: MetricRegistry) {
        self.endpoints = endpoints
        self.registry = registry
    }

    mutating func compile(_ model: ProxyModel) -> Snapshot {
        let (balancers, index) = compileUpstreams(model.upstreams)
        let router: Router
        let series: ContiguousArray<SeriesID>
        if model.virtualHosts == previous.model.virtualHosts {
            (router, series) = (previous.router, previous.series)
        } else {
            router = RouterCompiler.compile(model.virtualHosts, reusing: previous.router)
            series = registerSeries(of: router)
        }
        let snapshot = Snapshot(
            model: model, router: router, balancers: balancers, upstreamIndex: index, series: series,
            endpointAddresses: addresses(of: model.upstreams))
        previous = snapshot
        return snapshot
    }

    private func compileUpstreams(_ upstreams: [Upstream]) -> (ContiguousArray<Balancer>, [UpstreamID: Int]) {
        let now = Instant.now().nanoseconds
        var balancers = ContiguousArray<Balancer>()
        var index: [UpstreamID: Int] = [:]
        balancers.reserveCapacity(upstreams.count)
        index.reserveCapacity(upstreams.count)
        var kept = 0
        for upstream in upstreams {
            index[upstream.id] = balancers.count
            if let balancer = reusableBalancer(for: upstream) {
                kept += 1
                balancers.append(balancer)
            } else {
                balancers.append(Balancer(upstream, endpoints: endpoints.states(of: upstream, now: now)))
            }
        }
        if kept < previous.balancers.count { endpoints.keep(only: Set(index.keys)) }
        return (balancers, index)
    }

    private func addresses(of upstreams: [Upstream]) -> Set<SocketAddress> {
        if upstreams == previous.model.upstreams { return previous.endpointAddresses }
        var addresses = Set<SocketAddress>(minimumCapacity: upstreams.count)
        for upstream in upstreams {
            for endpoint in upstream.endpoints {
                if let address = IPAddress(endpoint.address) {
                    addresses.insert(SocketAddress(address, port: endpoint.port))
                }
            }
        }
        return addresses
    }

    private func reusableBalancer(for upstream: Upstream) -> Balancer? {
        guard let index = previous.upstreamIndex[upstream.id] else { return nil }
        let before = previous.model.upstreams[index]
        guard before.endpoints == upstream.endpoints, before.loadBalancing == upstream.loadBalancing,
            before.affinity == upstream.affinity
        else { return nil }
        return previous.balancers[index]
    }

    private func registerSeries(of router: Router) -> ContiguousArray<SeriesID> {
        let series = ContiguousArray(
            router.routes.map { location in
                let labels = router.virtualHosts[location.host].routes[location.index].labels
                return registry.series(
                    MetricLabels(
                        namespace: labels.namespace, ingress: labels.object, service: labels.service,
                        host: labels.host))
            })
        registry.keep(only: Set(series))
        return series
    }
}
