import Bytes
import Synchronization

/// Leaky buckets by key, shared by all workers: one limit, however many threads count for it.
///
/// A bucket is one word, the theoretical arrival time (ITU-T I.371's generic cell rate algorithm): when the next request
/// would come if all had kept to the rate. A request within the tolerance of it moves it on by one interval, with one
/// compare-and-swap. Beside it stands the key's hash. A bucket whose time has passed says nothing any more, so no word
/// ever needs to be cleaned up.
///
/// The table has a fixed size. A key lives in one of the eight places of its set; when all hold buckets that still say
/// something, the one that would be forgotten soonest is (nginx forgets the oldest). Two workers that meet a new key at
/// the same instant may each make a bucket of it: one request more each, once.
final class RateTable: Sendable {
    enum Outcome: Equatable {
        /// Passed; the bucket is empty again after so many nanoseconds.
        case admitted(backlog: UInt64)
        /// Too early by so many nanoseconds.
        case refused(wait: UInt64)
    }

    private static let ways = 8
    /// A set: the hashes of its keys in one cache line, their times in the next.
    private static let stride = 2 * ways

    private let words: AtomicWords
    private let setMask: UInt64
    private let forgotten = Atomic<Int>(0)

    /// - Parameter sets: a power of two; each holds eight buckets in 128 bytes.
    init(sets: Int) {
        precondition(sets > 0 && sets & (sets - 1) == 0, "the number of sets is a power of two")
        words = AtomicWords(count: sets * Self.stride)
        setMask = UInt64(sets - 1)
    }

    /// Buckets that had to make room while they still said something.
    var forgottenBuckets: Int { forgotten.load(ordering: .relaxed) }
    var byteCount: Int { words.byteCount }

    /// Lets one request of a key through, or not. A refused one is not counted.
    ///
    /// - Parameters:
    ///   - key: a keyed hash of zone and client.
    ///   - now: monotonic nanoseconds.
    ///   - interval: nanoseconds between two requests at the rate; at least 1.
    ///   - tolerance: how much earlier than that a request may come.
    func admit(_ key: UInt64, now: UInt64, interval: UInt64, tolerance: UInt64) -> Outcome {
        // A set that changes under our eyes again and again has more to do than to keep this one out.
        guard let index = bucket(of: key, now: now) else { return .admitted(backlog: interval) }
        var arrival = words.load(index)
        while true {
            let start = max(arrival, now)
            let early = start - now
            guard early <= tolerance else { return .refused(wait: early - tolerance) }
            let result = words.compareExchange(index, expected: arrival, desired: start + interval)
            if result.exchanged { return .admitted(backlog: early + interval) }
            arrival = result.original
        }
    }

    /// Takes back what an admitted request counted for.
    func giveBack(_ key: UInt64, interval: UInt64) {
        let set = firstWord(of: key)
        for way in 0..<Self.ways where words.load(set + way) == hash(key) {
            let arrival = words.load(set + Self.ways + way)
            // Whoever changed it in the meantime has taken the place over, or counts for the same client: let it be.
            guard arrival >= interval else { return }
            _ = words.compareExchange(set + Self.ways + way, expected: arrival, desired: arrival - interval)
            return
        }
    }

    private func firstWord(of key: UInt64) -> Int { Int(key >> 20 & setMask) * Self.stride }

    /// Zero is an empty place.
    private func hash(_ key: UInt64) -> UInt64 { key == 0 ? 1 : key }

    /// The word with the time of a key's bucket, which is made if there is none.
    private func bucket(of key: UInt64, now: UInt64) -> Int? {
        let set = firstWord(of: key)
        for _ in 0..<Self.ways {
            var place = 0
            var tenant: UInt64 = 0
            var soonest = UInt64.max
            for way in 0..<Self.ways {
                let found = words.load(set + way)
                if found == hash(key) { return set + Self.ways + way }
                let arrival = found == 0 ? 0 : words.load(set + Self.ways + way)
                if arrival < soonest { (place, tenant, soonest) = (way, found, arrival) }
            }
            guard words.compareExchange(set + place, expected: tenant, desired: hash(key)).exchanged else { continue }
            if soonest > now {
                // Should the swap fail, somebody has counted the new key already.
                _ = words.compareExchange(set + Self.ways + place, expected: soonest, desired: 0)
                forgotten.wrappingAdd(1, ordering: .relaxed)
            }
            return set + Self.ways + place
        }
        return nil
    }
}
