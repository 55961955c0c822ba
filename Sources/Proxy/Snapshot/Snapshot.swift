import Balancing
import GeoIP
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
    /// What requests that a split takes from a route are counted under, by the route's number.
    let splitSeries: [Int: SeriesID]
    /// The addresses of all endpoints: connections to others are not kept.
    let endpointAddresses: Set<SocketAddress>
    let settings: WorkerSettings
    /// Where certificates stand in the model.
    let certificateIndex: [CertificateID: Int]
    /// Some host has its TLS connections passed through.
    let hasPassthrough: Bool
    /// Where addresses are; nil while nobody wants to know.
    let geo: GeoDatabases?

    init(
        model: ProxyModel, router: Router, balancers: ContiguousArray<Balancer>, upstreamIndex: [UpstreamID: Int],
        series: ContiguousArray<SeriesID>, splitSeries: [Int: SeriesID], endpointAddresses: Set<SocketAddress>,
        geo: GeoDatabases? = nil
    ) {
        self.geo = geo
        self.model = model
        self.router = router
        self.balancers = balancers
        self.upstreamIndex = upstreamIndex
        self.series = series
        self.splitSeries = splitSeries
        self.endpointAddresses = endpointAddresses
        settings = WorkerSettings(model.settings)
        certificateIndex = Dictionary(
            model.certificates.indices.lazy.map { (model.certificates[$0].id, $0) },
            uniquingKeysWith: { first, _ in first })
        hasPassthrough = model.virtualHosts.contains { $0.passthrough != nil }
    }

    /// What runs before the first model arrives: nothing is served.
    static let empty = Snapshot(
        model: ProxyModel(), router: RouterCompiler.compile([]), balancers: [], upstreamIndex: [:], series: [],
        splitSeries: [:], endpointAddresses: [])
}
