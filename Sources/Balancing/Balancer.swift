public import Model

/// Chooses an endpoint of one upstream for each attempt of a request.
///
/// Compiled once for each upstream of a snapshot and shared by the workers; it never changes. What
/// does change is a `BalancerState` of each worker and the `EndpointState`s, which outlive snapshots.
/// A pick allocates nothing and locks nothing.
public final class Balancer: Sendable {
    /// In the order of the model; a pick is an index into them.
    public let endpoints: ContiguousArray<EndpointState>
    /// What the key that `pick` looks at is made of.
    public enum KeySource: Sendable {
        /// `pick` looks at none.
        case none
        /// The client's address (`AddressKey`).
        case clientAddress
        /// A text made of the request (`KeyHashing`), by `ConsistentHash.key(of:)`.
        case text
    }

    public let keySource: KeySource
    /// The sessions that a cookie keeps; they go before `pick`.
    public let sessions: SessionTable?
    /// Whether picks depend on response times; otherwise nobody need measure them.
    public let needsLatency: Bool
    let weights: ContiguousArray<Int>
    let hasEqualWeights: Bool
    /// Where clients were sent whom the Service keeps on one endpoint.
    private let clients: ClientAffinity?
    private let algorithm: Algorithm
    private let ring: ConsistentHash
    /// Endpoints of a group of the ring; 0 when its nodes are the endpoints themselves.
    private let subsetSize: Int

    private enum Algorithm { case roundRobin, leastConnections, ewma, hash, subsets }

    /// - Parameters:
    ///   - endpoints: the states of `upstream.endpoints`, in the same order.
    ///   - table: where clients are remembered.
    public init(_ upstream: Upstream, endpoints: ContiguousArray<EndpointState>, clients table: ClientTable) {
        precondition(endpoints.count == upstream.endpoints.count, "every endpoint has a state")
        self.endpoints = endpoints
        let weights = ContiguousArray(upstream.endpoints.map { Self.clamp($0.weight) })
        hasEqualWeights = weights.allSatisfy { $0 == weights[0] }
        self.weights = weights
        algorithm = Self.algorithm(of: upstream)
        needsLatency = algorithm == .ewma
        subsetSize = min(upstream.hashing?.subsetSize ?? 0, max(endpoints.count, 1))
        switch algorithm {
        case .hash: ring = ConsistentHash(upstream.endpoints)
        case .subsets: ring = ConsistentHash(groups: (endpoints.count + subsetSize - 1) / subsetSize)
        default: ring = ConsistentHash([])
        }
        if case .clientAddress(let timeout) = upstream.affinity {
            clients = ClientAffinity(upstream, timeout: timeout, in: table)
        } else {
            clients = nil
        }
        if case .cookie(let cookie) = upstream.affinity {
            sessions = SessionTable(cookie, of: upstream)
            keySource = .none
        } else {
            sessions = nil
            keySource = Self.keySource(of: upstream)
        }
    }

    /// Clients that a Service keeps on their endpoints begin where the consistent hash of their address leads.
    private static func algorithm(of upstream: Upstream) -> Algorithm {
        if case .clientAddress = upstream.affinity { return .hash }
        if let hashing = upstream.hashing { return hashing.subsetSize == nil ? .hash : .subsets }
        return switch upstream.loadBalancing {
        case .roundRobin: .roundRobin
        case .leastConnections: .leastConnections
        case .ewma: .ewma
        case .addressHash: .hash
        }
    }

    private static func keySource(of upstream: Upstream) -> KeySource {
        if case .clientAddress = upstream.affinity { return .clientAddress }
        if upstream.hashing != nil { return .text }
        return upstream.loadBalancing == .addressHash ? .clientAddress : .none
    }

    private static func clamp(_ weight: Int) -> Int { min(max(weight, 1), 65_535) }

    /// A worker's own part, starting at a random place so that workers and reloads do not all send
    /// their first requests to the same endpoint.
    public func makeState(seed: UInt64) -> BalancerState { BalancerState(seed: seed, endpoints: endpoints.count) }

    /// The endpoint for the next attempt, or nil when the request has tried every one.
    ///
    /// Ejected endpoints are left out, unless that leaves none.
    /// - Parameters:
    ///   - key: the hash that keeps a client or a text on its endpoint (`keySource`).
    ///   - now: monotonic nanoseconds.
    public func pick(
        avoiding tried: TriedEndpoints, key: UInt64, now: UInt64, state: inout BalancerState
    ) -> Int? {
        guard let clients else { return pickFreely(avoiding: tried, key, now, &state) }
        if let index = clients.endpoint(of: key, now: now), allows(Exclusion(tried, ejectedAt: now), index) {
            return index
        }
        guard let index = pickFreely(avoiding: tried, key, now, &state) else { return nil }
        clients.bind(key, to: index, now: now)
        return index
    }

    private func pickFreely(
        avoiding tried: TriedEndpoints, _ key: UInt64, _ now: UInt64, _ state: inout BalancerState
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
        case .subsets: memberOfSubset(exclusion, key, &state)
        }
    }

    /// The group of a key is found on the ring, and one of its members taken at random. The last group is filled up
    /// with the first endpoints. When no member may be picked the next group is asked.
    private func memberOfSubset(_ exclusion: Exclusion, _ key: UInt64, _ state: inout BalancerState) -> Int? {
        guard !ring.isEmpty, nextAllowed(exclusion, from: 0) != nil else { return nil }
        var place = ring.place(of: key)
        while true {
            let first = ring[place] * subsetSize
            let start = state.random.next(below: subsetSize)
            for offset in 0..<subsetSize {
                let index = (first + (start + offset) % subsetSize) % endpoints.count
                if allows(exclusion, index) { return index }
            }
            place = ring.place(after: place)
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
