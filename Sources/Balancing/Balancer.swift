public import Model

/// Chooses an endpoint of one upstream for each attempt of a request.
///
/// Compiled once for each upstream of a snapshot and shared by the workers; it never changes. What
/// does change is a `BalancerState` of each worker and the `EndpointState`s, which outlive snapshots.
/// A pick allocates nothing and locks nothing.
public final class Balancer: Sendable {
    /// In the order of the model; a pick is an index into them.
    public let endpoints: ContiguousArray<EndpointState>
    /// Whether `pick` looks at `key`; otherwise any value will do.
    public let needsKey: Bool
    /// Whether picks depend on response times; otherwise nobody need measure them.
    public let needsLatency: Bool
    let weights: ContiguousArray<Int>
    let hasEqualWeights: Bool
    private let algorithm: Algorithm
    private let ring: ConsistentHash

    private enum Algorithm { case roundRobin, leastConnections, ewma, hash }

    /// - Parameter endpoints: the states of `upstream.endpoints`, in the same order.
    public init(_ upstream: Upstream, endpoints: ContiguousArray<EndpointState>) {
        precondition(endpoints.count == upstream.endpoints.count, "every endpoint has a state")
        self.endpoints = endpoints
        let weights = ContiguousArray(upstream.endpoints.map { Self.clamp($0.weight) })
        hasEqualWeights = weights.allSatisfy { $0 == weights[0] }
        self.weights = weights
        algorithm = Self.algorithm(of: upstream)
        needsKey = algorithm == .hash
        needsLatency = algorithm == .ewma
        ring = algorithm == .hash ? ConsistentHash(upstream.endpoints) : ConsistentHash([])
    }

    /// `sessionAffinity: ClientIP` is kept by the consistent hash of the address: a client stays on
    /// its endpoint, on every worker and every replica, with no table that could overflow and no
    /// timeout to expire early. Against a table with a timeout: the binding never ages, and when the
    /// endpoints change about 1/N of the clients move.
    private static func algorithm(of upstream: Upstream) -> Algorithm {
        if case .clientAddress = upstream.affinity { return .hash }
        return switch upstream.loadBalancing {
        case .roundRobin: .roundRobin
        case .leastConnections: .leastConnections
        case .ewma: .ewma
        case .addressHash: .hash
        }
    }

    private static func clamp(_ weight: Int) -> Int { min(max(weight, 1), 65_535) }

    /// A worker's own part, starting at a random place so that workers and reloads do not all send
    /// their first requests to the same endpoint.
    public func makeState(seed: UInt64) -> BalancerState { BalancerState(seed: seed, endpoints: endpoints.count) }

    /// The endpoint for the next attempt, or nil when the request has tried every one.
    ///
    /// Ejected endpoints are left out, unless that leaves none.
    /// - Parameters:
    ///   - key: the hash that keeps a client on its endpoint (`AddressKey`).
    ///   - now: monotonic nanoseconds.
    public func pick(
        avoiding tried: TriedEndpoints, key: UInt64, now: UInt64, state: inout BalancerState
    ) -> Int? {
        if endpoints.count == 1 { return tried.isEmpty ? 0 : nil }
        if let index = choose(Exclusion(tried, ejectedAt: now), key, now, &state) { return index }
        // Nobody is ejected at the end of time.
        return choose(Exclusion(tried, ejectedAt: .max), key, now, &state)
    }

    private func choose(_ exclusion: Exclusion, _ key: UInt64, _ now: UInt64, _ state: inout BalancerState) -> Int? {
        switch algorithm {
        case .roundRobin: nextInTurn(exclusion, &state)
        case .leastConnections: leastLoaded(exclusion, &state)
        case .ewma: fasterOfTwo(exclusion, now, &state)
        case .hash: nearestOnRing(exclusion, key)
        }
    }

    private func nearestOnRing(_ exclusion: Exclusion, _ key: UInt64) -> Int? {
        guard !ring.isEmpty else { return nil }
        var place = ring.place(of: key)
        if allows(exclusion, ring[place]) { return ring[place] }
        // Only then is the walk round the ring sure to end.
        guard nextAllowed(exclusion, from: 0) != nil else { return nil }
        repeat { place = ring.place(after: place) } while !allows(exclusion, ring[place])
        return ring[place]
    }
}

/// Who may not be picked: what the request tried, and what is ejected.
struct Exclusion {
    let tried: TriedEndpoints
    let time: UInt64

    init(_ tried: TriedEndpoints, ejectedAt time: UInt64) {
        self.tried = tried
        self.time = time
    }
}

extension Balancer {
    func allows(_ exclusion: Exclusion, _ index: Int) -> Bool {
        !endpoints[index].isEjected(at: exclusion.time) && !exclusion.tried.contains(index)
    }

    /// The first endpoint at or after `start`, in a circle, that may be picked.
    func nextAllowed(_ exclusion: Exclusion, from start: Int) -> Int? {
        let count = endpoints.count
        var index = start
        for _ in 0..<count {
            if index >= count { index -= count }
            if allows(exclusion, index) { return index }
            index += 1
        }
        return nil
    }
}
