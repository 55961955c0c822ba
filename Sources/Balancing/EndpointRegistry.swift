public import Model
internal import Synchronization

/// Where the states of endpoints live between snapshots. Asked by the compiler of snapshots, never
/// by a worker.
///
/// An endpoint that stays keeps its state through any number of reloads; one that left is forgotten
/// with the last snapshot that holds it, and starts anew should it come back.
public final class EndpointRegistry: Sendable {
    private let upstreams = Mutex<[UpstreamID: ContiguousArray<EndpointState>]>([:])

    public init() {}

    /// The states of an upstream's endpoints, in their order. From then on these are the upstream's.
    ///
    /// New endpoints start at the mean latency of those that stay, so that they are neither flooded
    /// nor starved under `ewma`.
    /// - Parameter now: monotonic nanoseconds.
    public func states(of upstream: Upstream, now: UInt64) -> ContiguousArray<EndpointState> {
        upstreams.withLock { known in
            let states = Self.update(known[upstream.id] ?? [], to: upstream.endpoints, now: now)
            known[upstream.id] = states
            return states
        }
    }

    /// Forgets every upstream that is not among these.
    public func keep(only ids: Set<UpstreamID>) {
        upstreams.withLock { known in known = known.filter { ids.contains($0.key) } }
    }

    /// How many upstreams are known.
    public var count: Int { upstreams.withLock { $0.count } }

    private static func update(
        _ old: ContiguousArray<EndpointState>, to endpoints: [Endpoint], now: UInt64
    ) -> ContiguousArray<EndpointState> {
        if old.elementsEqual(endpoints, by: { $0.address == $1.address && $0.port == $1.port }) { return old }
        let byName = Dictionary(old.map { (Name($0.address, $0.port), $0) }, uniquingKeysWith: { first, _ in first })
        let staying = endpoints.compactMap { byName[Name($0.address, $0.port)] }
        let mean = staying.isEmpty ? 0 : staying.reduce(0) { $0 + $1.latency.average } / Double(staying.count)
        return ContiguousArray(
            endpoints.map { byName[Name($0.address, $0.port)] ?? EndpointState($0, latency: mean, now: now) })
    }

    /// What makes two endpoints of an upstream the same: weight is not part of it.
    private struct Name: Hashable {
        let address: String
        let port: UInt16

        init(_ address: String, _ port: UInt16) {
            self.address = address
            self.port = port
        }
    }
}
