import Bytes
public import Model

/// Which endpoint the session of a cookie belongs to (`affinity: cookie`).
///
/// A cookie's value is `<key>|<tag>`. The tag is a digest of the upstream, so that the cookie of a main upstream says
/// nothing to its canary. In mode *persistent* the key is the digest of an endpoint; in mode *balanced* it is any text,
/// hashed onto the ring of the endpoints. Digests are keyed (`SessionCookie.secret`): they tell a client nothing, and
/// one that it makes up is a session that never was. Immutable; no table of sessions is kept, whatever clients send.
public struct SessionTable: Sendable {
    /// What a cookie says.
    public enum Finding: Sendable, Equatable {
        /// Nothing: it is another upstream's, or none of ours.
        case foreign
        /// It is this upstream's, and its endpoint has gone.
        case lost
        /// The endpoint, as an index into the upstream's.
        case endpoint(Int)
    }

    public let mode: SessionCookie.Mode
    /// Whether another endpoint is chosen after a failed attempt.
    public let changesOnFailure: Bool
    /// The digest of the upstream.
    public let tag: SessionKey
    /// In mode *persistent*: the endpoints' digests, in their order.
    let names: ContiguousArray<SessionKey>
    /// The same, sorted, each with its endpoint.
    private let sorted: ContiguousArray<(key: SessionKey, index: Int)>
    /// In mode *balanced*.
    private let ring: ConsistentHash
    private let hash: SipHash

    init(_ cookie: SessionCookie, of upstream: Upstream) {
        mode = cookie.mode
        changesOnFailure = cookie.changesOnFailure
        let hash = Self.keyed(by: cookie.secret)
        self.hash = hash
        tag = Self.digest(hash, "upstream", upstream.id.name)
        if cookie.mode == .persistent {
            let names = ContiguousArray(
                upstream.endpoints.map { Self.digest(hash, "endpoint", "\(upstream.id.name) \($0)") })
            self.names = names
            sorted = ContiguousArray(names.indices.map { (names[$0], $0) }.sorted { $0.key < $1.key })
            ring = ConsistentHash([])
        } else {
            names = []
            sorted = []
            ring = ConsistentHash(upstream.endpoints)
        }
    }

    /// A secret of any length as a key.
    private static func keyed(by secret: String) -> SipHash {
        var hash = SipHash(key: 0x6761_7465_686F_7573, 0x6520_7365_7373_696F)
        hash.combine(secret)
        let key = SessionKey(hash.finish())
        return SipHash(key: key.high, key.low)
    }

    /// `purpose` keeps digests of different things apart.
    private static func digest(_ keyed: SipHash, _ purpose: String, _ text: String) -> SessionKey {
        var hash = keyed
        hash.combine("\(purpose)\n\(text)")
        return SessionKey(hash.finish())
    }

    /// What the value of a cookie says.
    public func find(_ value: Span<UInt8>) -> Finding {
        guard let bar = value.firstIndex(of: UInt8(ascii: "|")),
            SessionKey(value.extracting(bar + 1..<value.count)) == tag
        else { return .foreign }
        let key = value.extracting(0..<bar)
        if mode == .balanced { return ring.isEmpty ? .lost : .endpoint(index(ofText: key)) }
        guard let name = SessionKey(key) else { return .lost }
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].key < name { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low].key == name ? .endpoint(sorted[low].index) : .lost
    }

    private func index(ofText key: Span<UInt8>) -> Int {
        var hash = hash
        hash.combine(key)
        return ring[ring.place(of: SessionKey(hash.finish()).high)]
    }

    /// The endpoint that a new key, as its cookie will show it, belongs to.
    func index(of key: SessionKey) -> Int {
        var hash = hash
        key.combine(into: &hash)
        return ring[ring.place(of: SessionKey(hash.finish()).high)]
    }
}

/// A session that begins.
public struct NewSession: Sendable, Equatable {
    /// The endpoint, as an index into the upstream's.
    public let endpoint: Int
    /// What the cookie is to say.
    public let key: SessionKey
}

extension Balancer {
    /// Begins a session: a random endpoint that may be picked.
    ///
    /// In mode *balanced* random keys are drawn until one belongs to such an endpoint, 20 at most; then the last one's
    /// is taken, whichever it is.
    /// - Parameter seed: two words that nobody can guess, for the keys of *balanced* cookies.
    /// - Returns: nil when the upstream keeps no sessions or has no endpoint.
    public func beginSession(
        avoiding tried: TriedEndpoints, now: UInt64, seed: (UInt64, UInt64), state: inout BalancerState
    ) -> NewSession? {
        guard let sessions, !endpoints.isEmpty else { return nil }
        if sessions.mode == .persistent {
            let start = state.random.next(below: endpoints.count)
            let index =
                nextAllowed(Exclusion(tried, ejectedAt: now), from: start)
                ?? nextAllowed(Exclusion(tried, ejectedAt: .max), from: start) ?? start
            return NewSession(endpoint: index, key: sessions.names[index])
        }
        let exclusion = Exclusion(tried, ejectedAt: now)
        var last: NewSession?
        for draw in 0..<20 as Range<UInt64> {
            let key = SessionKey(high: seed.0, low: draw == 0 ? seed.1 : SplitMix64.mix(seed.1 &+ draw))
            let session = NewSession(endpoint: sessions.index(of: key), key: key)
            if allows(exclusion, session.endpoint) { return session }
            last = session
        }
        return last
    }

    /// Whether an endpoint is left out now because it failed too often.
    public func isEjected(_ index: Int, at now: UInt64) -> Bool { endpoints[index].isEjected(at: now) }
}
