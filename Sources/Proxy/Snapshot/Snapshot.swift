import Balancing
import Linux
import Model
import Routing
import Telemetry

/// A model, compiled: what the data plane runs. Immutable and shared by all workers.
///
/// It holds what must be the same for all workers (match tables, balancers). What a worker can make for
/// itself when a route is first used is left to `WorkerSnapshot`, so that a model of ten thousand routes
/// is live in milliseconds.
final class Snapshot: Sendable {
    let model: ProxyModel
    let router: Router
    /// Parallel to `model.upstreams`.
    let balancers: ContiguousArray<Balancer>
    let upstreamIndex: [UpstreamID: Int]
    /// What requests of a route are counted under; parallel to the router's routes.
    let series: ContiguousArray<SeriesID>
    let settings: WorkerSettings

    init(
        model: ProxyModel, router: Router, balancers: ContiguousArray<Balancer>, upstreamIndex: [UpstreamID: Int],
        series: ContiguousArray<SeriesID>
    ) {
        self.model = model
        self.router = router
        self.balancers = balancers
        self.upstreamIndex = upstreamIndex
        self.series = series
        settings = WorkerSettings(model.settings)
    }

    /// What runs before the first model arrives: nothing is served.
    static let empty = Snapshot(
        model: ProxyModel(), router: RouterCompiler.compile([]), balancers: [], upstreamIndex: [:], series: [])

    /// Whether an upstream has an endpoint there.
    func sends(to address: SocketAddress) -> Bool { endpointAddresses.contains(address) }

    /// The addresses of all endpoints. Made when first asked for, by a worker that has pools to compare with.
    var endpointAddresses: Set<SocketAddress> {
        var addresses = Set<SocketAddress>()
        for upstream in model.upstreams {
            for endpoint in upstream.endpoints {
                if let address = IPAddress(endpoint.address) {
                    addresses.insert(SocketAddress(address, port: endpoint.port))
                }
            }
        }
        return addresses
    }
}
