import Model

/// Keeps each client of one upstream on its endpoint for a time (`sessionAffinity: ClientIP` of a Service).
///
/// A client that comes again within the time goes where it went, whichever endpoints have joined, and the time begins
/// anew. A client that is not known, whose time is over, or whose endpoint left or failed, goes where the consistent hash
/// of its address leads: the same place on every replica, and the same after it was forgotten for want of room.
struct ClientAffinity: Sendable {
    private let table: ClientTable
    /// Keeps the clients of upstreams apart.
    private let upstream: UInt64
    private let seconds: UInt32
    /// What endpoints are remembered by, in their order: an index would mean another endpoint after a change.
    private let digests: ContiguousArray<UInt32>
    /// The same, sorted, each with its endpoint.
    private let sorted: ContiguousArray<(digest: UInt32, index: Int)>

    /// Longest time that is kept to: Kubernetes allows a day.
    private static let limitSeconds: Int64 = 86_400

    init(_ upstream: Upstream, timeout: Duration, in table: ClientTable) {
        self.table = table
        self.upstream = ConsistentHash.hash(of: upstream.id.name)
        seconds = UInt32(clamping: min(max(timeout.components.seconds, 1), Self.limitSeconds))
        let digests = ContiguousArray(
            upstream.endpoints.map { UInt32(truncatingIfNeeded: ConsistentHash.hash(of: $0.description)) })
        self.digests = digests
        sorted = ContiguousArray(digests.indices.map { (digests[$0], $0) }.sorted { $0.digest < $1.digest })
    }

    /// The endpoint that a client is bound to, as an index; its time begins anew.
    ///
    /// - Parameters:
    ///   - key: see `AddressKey`.
    ///   - now: monotonic nanoseconds.
    func endpoint(of key: UInt64, now: UInt64) -> Int? {
        guard let binding = table.binding(of: key ^ upstream, at: Self.whole(now)) else { return nil }
        guard let index = index(of: binding.endpoint) else { return nil }
        // Once a second at most, so that a busy client's cache line stays shared.
        if binding.expires != expiry(from: now) { bind(key, to: index, now: now) }
        return index
    }

    /// Binds a client to an endpoint, given as an index.
    func bind(_ key: UInt64, to index: Int, now: UInt64) {
        table.bind(
            key ^ upstream, ClientTable.Binding(endpoint: digests[index], expires: expiry(from: now)),
            at: Self.whole(now))
    }

    private static func whole(_ nanoseconds: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: nanoseconds / 1_000_000_000)
    }

    /// A second has begun already: nothing ends before its time.
    private func expiry(from now: UInt64) -> UInt32 { Self.whole(now) &+ seconds &+ 1 }

    private func index(of digest: UInt32) -> Int? {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].digest < digest { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low].digest == digest ? sorted[low].index : nil
    }
}
