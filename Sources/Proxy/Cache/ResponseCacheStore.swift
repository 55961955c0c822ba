import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model

/// The responses of a zone that one worker keeps, and who is fetching which.
///
/// A response is found by the digest of its key; where it depends on fields of the request (`Vary`) the names of these
/// stand there, and the response under the digest of both. Keys are digests under a secret of the store's own, so that
/// nobody can make two keys meet. Bounded in bytes and entries: what was used longest ago makes room, and what nobody has
/// wanted for the zone's time is forgotten.
final class ResponseCacheStore {
    /// One worker's share of a zone.
    struct Limits: Equatable {
        var bytes: Int
        var entries: Int
        var inactiveNanoseconds: UInt64

        /// Entries of the smallest share.
        static let fewestEntries = 8

        init(bytes: Int, entries: Int, inactiveNanoseconds: UInt64) {
            self.bytes = bytes
            self.entries = entries
            self.inactiveNanoseconds = inactiveNanoseconds
        }

        init(_ zone: ResponseCacheZone, workers: Int) {
            self.init(
                bytes: zone.bytes / max(workers, 1), entries: max(zone.entries / max(workers, 1), Self.fewestEntries),
                inactiveNanoseconds: zone.inactive.nanoseconds)
        }

        /// No response is larger: one must not drive out all others.
        var responseBytes: Int { min(bytes / 4, ResponseCacheZone.largestResponseBytes) }
    }

    private enum Content {
        /// How often a response was asked for that isn't kept yet.
        case counter
        /// The names of fields that the response depends on.
        case names([UInt8])
        case response(StoredResponse)
    }

    /// An entry, linked in the order of use.
    private struct Entry {
        var key: SipHash.Digest
        var content: Content
        var uses = 0
        var lastUsed: Instant
        var newer = -1
        var older = -1

        var bytes: Int {
            switch content {
            case .counter: ResponseCacheZone.entryBytes
            case .names(let names): ResponseCacheZone.entryBytes + names.count
            case .response(let response): response.bytes
            }
        }
    }

    /// Somebody is fetching a response.
    private struct Fetching {
        var fill: ResponseCacheFill
        var since: Instant
        var waiting: [Exchange] = []
    }

    let name: String
    private(set) var limits: Limits
    /// Nobody knows it, so nobody can choose a key that stands for another's response.
    let hash = SipHash()
    private(set) var bytes = 0
    private var places: [SipHash.Digest: Int] = [:]
    private var entries: ContiguousArray<Entry> = []
    private var free: ContiguousArray<Int> = []
    private var newest = -1
    private var oldest = -1
    private var fetching: [SipHash.Digest: Fetching] = [:]

    init(name: String, _ limits: Limits) {
        self.name = name
        self.limits = limits
    }

    var count: Int { places.count }

    /// Goes on within other bounds.
    func resize(_ limits: Limits) {
        guard limits != self.limits else { return }
        self.limits = limits
        makeRoom()
    }

    // MARK: Finding

    /// What is there under a key.
    struct Finding {
        /// Where the response of this request is, or would be.
        var key: SipHash.Digest
        var response: StoredResponse?
    }

    /// Looks for a response to a request.
    func find(_ primary: SipHash.Digest, for head: borrowing RequestHead, now: Instant) -> Finding {
        forgetInactive(now: now, atMost: 2)
        guard let place = places[primary] else { return Finding(key: primary) }
        touch(place, now)
        switch entries[place].content {
        case .counter: return Finding(key: primary)
        case .response(let response): return Finding(key: primary, response: response)
        case .names(let names):
            let key = variant(of: primary, names, for: head)
            guard let place = places[key], case .response(let response) = entries[place].content else {
                return Finding(key: key)
            }
            touch(place, now)
            return Finding(key: key, response: response)
        }
    }

    /// The key of a response that depends on fields of the request.
    func variant(of primary: SipHash.Digest, _ names: [UInt8], for head: borrowing RequestHead) -> SipHash.Digest {
        var hash = hash
        for word in [primary.high, primary.low] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                hash.combine(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        ResponseVariance.combine(names, of: head.headers, into: &hash)
        return hash.finish()
    }

    /// Counts a request for a response.
    ///
    /// - Returns: how many there were, this one included.
    func countUse(of primary: SipHash.Digest, now: Instant) -> Int {
        if places[primary] == nil { set(.counter, for: primary, now: now) }
        guard let place = places[primary] else { return 1 }
        entries[place].uses &+= 1
        return entries[place].uses
    }

    // MARK: Keeping

    /// Keeps a response.
    ///
    /// - Parameter names: fields of the request that it depends on, with the key of its variant; nil for none.
    func keep(
        _ response: StoredResponse, for primary: SipHash.Digest, varying names: (names: [UInt8], key: SipHash.Digest)?,
        now: Instant
    ) {
        guard response.bytes <= limits.responseBytes else { return }
        if let names {
            set(.names(names.names), for: primary, now: now)
            set(.response(response), for: names.key, now: now)
        } else {
            set(.response(response), for: primary, now: now)
        }
    }

    /// Puts a response in the place of the one that it was made of.
    func replace(_ response: StoredResponse, for key: SipHash.Digest, now: Instant) {
        guard let place = places[key], case .response = entries[place].content else { return }
        set(.response(response), for: key, now: now)
    }

    /// Forgets what nobody has wanted for the zone's time, as far as it is asked for.
    func forgetInactive(now: Instant, atMost limit: Int) {
        for _ in 0..<limit {
            guard oldest >= 0,
                now.nanoseconds(since: entries[oldest].lastUsed) >= limits.inactiveNanoseconds
            else { return }
            remove(oldest)
        }
    }

    private func set(_ content: Content, for key: SipHash.Digest, now: Instant) {
        if let place = places[key] {
            bytes -= entries[place].bytes
            entries[place].content = content
            bytes += entries[place].bytes
            touch(place, now)
            return makeRoom()
        }
        let entry = Entry(key: key, content: content, lastUsed: now)
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[key] = place
        bytes += entry.bytes
        link(place)
        makeRoom()
    }

    private func makeRoom() {
        while oldest >= 0, bytes > limits.bytes || places.count > limits.entries { remove(oldest) }
    }

    private func remove(_ place: Int) {
        unlink(place)
        bytes -= entries[place].bytes
        places[entries[place].key] = nil
        entries[place].content = .counter
        free.append(place)
    }

    // MARK: Order of use

    private func touch(_ place: Int, _ now: Instant) {
        entries[place].lastUsed = now
        guard place != newest else { return }
        unlink(place)
        link(place)
    }

    private func link(_ place: Int) {
        entries[place].newer = -1
        entries[place].older = newest
        if newest >= 0 { entries[newest].newer = place }
        newest = place
        if oldest < 0 { oldest = place }
    }

    private func unlink(_ place: Int) {
        let (newer, older) = (entries[place].newer, entries[place].older)
        if newer >= 0 { entries[newer].older = older } else { newest = older }
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    }

    // MARK: Fetching

    /// Whether somebody is fetching the response of a key.
    func isFetching(_ key: SipHash.Digest) -> Bool { fetching[key] != nil }

    /// Notes who fetches a response; whoever came first stays noted.
    func begin(_ fill: ResponseCacheFill, for key: SipHash.Digest, now: Instant) {
        if fetching[key] == nil { fetching[key] = Fetching(fill: fill, since: now) }
    }

    /// Whether one request more may be sent for a response that somebody has been fetching for so long; it counts as
    /// begun anew then.
    func admitsAnother(for key: SipHash.Digest, after nanoseconds: UInt64, now: Instant) -> Bool {
        guard let since = fetching[key]?.since, now.nanoseconds(since: since) >= nanoseconds else { return false }
        fetching[key]?.since = now
        return true
    }

    /// Has an exchange resumed when nobody fetches the response any more.
    func wait(_ exchange: Exchange, for key: SipHash.Digest) { fetching[key]?.waiting.append(exchange) }

    /// The exchange no longer waits.
    func stopWaiting(_ exchange: Exchange, for key: SipHash.Digest) {
        fetching[key]?.waiting.removeAll { $0 === exchange }
    }

    /// A response has come whole, or will not come: those who wait for it look again.
    func end(_ fill: ResponseCacheFill, for key: SipHash.Digest) {
        guard let over = fetching[key] else { return }
        // One that was sent after the first has been under way for too long frees those who wait, too.
        if over.fill === fill { fetching[key] = nil } else { fetching[key]?.waiting = [] }
        for exchange in over.waiting { exchange.lookAgain() }
    }
}

extension ContiguousArray<ResponseCacheStore> {
    /// A store for each zone, in their order. What is in those of the same name stays.
    init(_ zones: [ResponseCacheZone], workers: Int, after former: ContiguousArray<ResponseCacheStore>) {
        self.init()
        for zone in zones {
            let limits = ResponseCacheStore.Limits(zone, workers: workers)
            let store = former.first { $0.name == zone.name } ?? ResponseCacheStore(name: zone.name, limits)
            store.resize(limits)
            append(store)
        }
    }
}
