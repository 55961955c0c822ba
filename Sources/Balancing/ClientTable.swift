import Bytes
import Synchronization

/// Which endpoint each client was sent to, for Services that keep their clients on one (`sessionAffinity: ClientIP`).
/// Shared by all workers, and kept while snapshots come and go.
///
/// A client is two words: the hash of its upstream and address, and its endpoint's digest with the time until which that
/// holds. It lives in one of the eight places of its set. The table has a fixed size: when all eight still hold, the one
/// that would expire soonest is forgotten, and its client is where it would be without the table (`ClientAffinity`). What
/// has expired is written over when its place is needed, so nothing ever has to be cleaned up.
///
/// Two workers that write to one place at the same instant may leave one's binding with the other's client: a client
/// that goes elsewhere once, to an endpoint that serves it as well.
public final class ClientTable: Sendable {
    /// Where a client was sent.
    struct Binding: Equatable {
        let endpoint: UInt32
        /// Whole seconds of the monotonic clock.
        let expires: UInt32

        init(endpoint: UInt32, expires: UInt32) {
            self.endpoint = endpoint
            self.expires = expires
        }

        fileprivate init(_ word: UInt64) {
            self.init(endpoint: UInt32(truncatingIfNeeded: word >> 32), expires: UInt32(truncatingIfNeeded: word))
        }

        fileprivate var word: UInt64 { UInt64(endpoint) << 32 | UInt64(expires) }
    }

    private static let ways = 8
    /// A set: the hashes of its clients in one cache line, their bindings in the next.
    private static let stride = 2 * ways

    private let words: AtomicWords
    private let setMask: UInt64
    /// Nobody outside knows which clients share a set.
    private let seed: UInt64
    private let forgotten = Atomic<Int>(0)

    /// - Parameter sets: a power of two; each holds eight clients in 128 bytes. By default two million in 32 MiB, of
    ///   which the system gives what is used.
    public init(sets: Int = 1 << 18, seed: UInt64 = .random(in: 0...UInt64.max)) {
        precondition(sets > 0 && sets & (sets - 1) == 0, "the number of sets is a power of two")
        words = AtomicWords(count: sets * Self.stride)
        setMask = UInt64(sets - 1)
        self.seed = seed
    }

    /// The memory that the table takes at most.
    public var byteCount: Int { words.byteCount }
    /// Clients that had to make room before their time.
    public var forgottenClients: Int { forgotten.load(ordering: .relaxed) }

    /// Where a client was sent, while that holds.
    func binding(of key: UInt64, at now: UInt32) -> Binding? {
        let key = hash(key)
        let set = firstWord(of: key)
        for way in 0..<Self.ways where words.load(set + way) == key {
            let binding = Binding(words.load(set + Self.ways + way))
            return binding.expires > now ? binding : nil
        }
        return nil
    }

    /// Remembers where a client is sent.
    func bind(_ key: UInt64, _ binding: Binding, at now: UInt32) {
        let key = hash(key)
        let set = firstWord(of: key)
        // A set that others change again and again has no room for this one.
        for _ in 0..<Self.ways {
            var place = 0
            var tenant: UInt64 = 0
            var soonest = UInt32.max
            for way in 0..<Self.ways {
                let found = words.load(set + way)
                if found == key { return write(binding, at: set + Self.ways + way) }
                let expires = found == 0 ? 0 : Binding(words.load(set + Self.ways + way)).expires
                if expires < soonest { (place, tenant, soonest) = (way, found, expires) }
            }
            guard words.compareExchange(set + place, expected: tenant, desired: key).exchanged else { continue }
            if soonest > now { forgotten.wrappingAdd(1, ordering: .relaxed) }
            return write(binding, at: set + Self.ways + place)
        }
    }

    /// Should somebody else write at the same moment, that is as good.
    private func write(_ binding: Binding, at index: Int) {
        _ = words.compareExchange(index, expected: words.load(index), desired: binding.word)
    }

    private func firstWord(of hash: UInt64) -> Int { Int(hash >> 20 & setMask) * Self.stride }

    /// Zero is an empty place.
    private func hash(_ key: UInt64) -> UInt64 { max(SplitMix64.mix(key ^ seed), 1) }
}
