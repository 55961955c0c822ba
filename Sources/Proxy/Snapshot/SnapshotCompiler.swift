import Balancing
import GeoIP
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
    private let clients: ClientTable
    private let registry: MetricRegistry
    private var previous = Snapshot.empty
    /// Upstreams that are split, and where to.
    private var previousSplits: [UpstreamID: UpstreamID] = [:]
    /// The number of each host's first route.
    private var previousStarts: [Int] = []

    init(endpoints: EndpointRegistry, clients: ClientTable, series registry: MetricRegistry) {
        self.endpoints = endpoints
        self.clients = clients
        self.registry = registry
    }

    mutating func compile(_ model: ProxyModel, _ geo: GeoDatabases? = nil) -> Snapshot {
        let (balancers, index) = compileUpstreams(model.upstreams)
        let splits = splits(of: model.upstreams)
        let hasSameHosts = model.virtualHosts == previous.model.virtualHosts
        let router =
            hasSameHosts ? previous.router : RouterCompiler.compile(model.virtualHosts, reusing: previous.router)
        var series = previous.series
        var splitSeries = previous.splitSeries
        if !hasSameHosts || splits != previousSplits {
            (series, splitSeries) = registerSeries(of: router, splits)
        }
        let snapshot = Snapshot(
            model: model, router: router, balancers: balancers, upstreamIndex: index, series: series,
            splitSeries: splitSeries, endpointAddresses: addresses(of: model.upstreams),
            geo: geo)
        previous = snapshot
        return snapshot
    }

    private func compileUpstreams(_ upstreams: [Upstream]) -> (ContiguousArray<Balancer>, [UpstreamID: Int]) {
        let now = Instant.now().nanoseconds
        let unchanged = UnchangedParts(of: upstreams, since: previous.model.upstreams)
        var balancers = ContiguousArray<Balancer>()
        balancers.reserveCapacity(upstreams.count)
        var kept = 0
        for number in upstreams.indices {
            if let place = unchanged.formerPlace(of: number) {
                kept += 1
                balancers.append(previous.balancers[place])
                continue
            }
            let upstream = upstreams[number]
            if let balancer = reusableBalancer(for: upstream) {
                kept += 1
                balancers.append(balancer)
            } else {
                let states = endpoints.states(of: upstream, now: now)
                balancers.append(Balancer(upstream, endpoints: states, clients: clients))
            }
        }
        let index = index(of: upstreams, unchanged)
        if kept < previous.balancers.count { endpoints.keep(only: Set(index.keys)) }
        return (balancers, index)
    }

    /// Where upstreams stand: as before, when none came or went.
    private func index(of upstreams: [Upstream], _ unchanged: UnchangedParts) -> [UpstreamID: Int] {
        let former = previous.model.upstreams
        let isSame =
            upstreams.count == former.count
            && upstreams.indices.allSatisfy { number in
                unchanged.formerPlace(of: number) == number || upstreams[number].id == former[number].id
            }
        if isSame { return previous.upstreamIndex }
        return Dictionary(uniqueKeysWithValues: upstreams.indices.lazy.map { (upstreams[$0].id, $0) })
    }

    private func splits(of upstreams: [Upstream]) -> [UpstreamID: UpstreamID] {
        var splits: [UpstreamID: UpstreamID] = [:]
        for upstream in upstreams {
            if let split = upstream.split { splits[upstream.id] = split.upstream }
        }
        return splits
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
            before.hashing == upstream.hashing, before.affinity == upstream.affinity
        else { return nil }
        return previous.balancers[index]
    }

    /// A series for each route, and one for each route whose upstream is split, with the other upstream's name.
    ///
    /// Hosts that stay as they are keep theirs, but for those that found no room among the series before.
    private mutating func registerSeries(
        of router: Router, _ splits: [UpstreamID: UpstreamID]
    ) -> (ContiguousArray<SeriesID>, [Int: SeriesID]) {
        let isKept = splits == previousSplits && !previous.series.contains(.unmatched)
        let former = isKept ? previous.router.virtualHosts : []
        let unchanged = UnchangedParts(of: router.virtualHosts, since: former)
        var series = ContiguousArray<SeriesID>()
        var splitSeries: [Int: SeriesID] = [:]
        var starts: [Int] = []
        series.reserveCapacity(router.routes.count)
        starts.reserveCapacity(router.virtualHosts.count)
        for (number, location) in router.routes.enumerated() {
            while starts.count <= location.host { starts.append(number) }
            if let place = unchanged.formerPlace(of: location.host) {
                let formerNumber = previousStarts[place] + location.index
                series.append(previous.series[formerNumber])
                splitSeries[number] = previous.splitSeries[formerNumber]
                continue
            }
            let route = router.virtualHosts[location.host].routes[location.index]
            var labels = MetricLabels(
                namespace: route.labels.namespace, ingress: route.labels.object, service: route.labels.service,
                host: route.labels.host)
            series.append(registry.series(labels))
            guard !splits.isEmpty, case .forward(let id) = route.action, let other = splits[id] else { continue }
            labels.canary = other.name
            splitSeries[number] = registry.series(labels)
        }
        while starts.count < router.virtualHosts.count { starts.append(series.count) }
        previousStarts = starts
        previousSplits = splits
        registry.keep(only: Array(series) + Array(splitSeries.values))
        return (series, splitSeries)
    }
}
