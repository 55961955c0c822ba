import Bytes
import Synchronization

/// How many requests each key has under way, shared by all workers.
///
/// A count is one word: 48 bits of the key's hash above 16 bits of count, changed with one compare-and-swap, so that a
/// place never counts for two keys. A place whose count is zero is free. The table has a fixed size; what finds no free
/// place in its set of eight is let through and counted as such.
final class ConnectionTable: Sendable {
    enum Outcome: Equatable {
        /// Counted in this place, which is to be left once.
        case admitted(place: Int)
        case refused
        /// There is no room to count it.
        case uncounted
    }

    static let largestLimit = 65_535
    private static let ways = 8

    private let words: AtomicWords
    private let setMask: UInt64
    private let uncounted = Atomic<Int>(0)

    /// - Parameter sets: a power of two; each counts for eight keys in 64 bytes.
    init(sets: Int) {
        precondition(sets > 0 && sets & (sets - 1) == 0, "the number of sets is a power of two")
        words = AtomicWords(count: sets * Self.ways)
        setMask = UInt64(sets - 1)
    }

    /// Requests that were let through because there was no room to count them.
    var uncountedRequests: Int { uncounted.load(ordering: .relaxed) }
    var byteCount: Int { words.byteCount }

    /// Counts one request more for a key, unless it has `limit` under way.
    func enter(_ key: UInt64, limit: Int) -> Outcome {
        let set = Int(key & setMask) * Self.ways
        let hash = key & ~0xFFFF == 0 ? 1 << 16 : key & ~0xFFFF
        while true {
            var free: (place: Int, word: UInt64)?
            var own: (place: Int, word: UInt64)?
            for way in 0..<Self.ways {
                let word = words.load(set + way)
                if word & ~0xFFFF == hash {
                    own = (set + way, word)
                    break
                }
                if free == nil, word & 0xFFFF == 0 { free = (set + way, word) }
            }
            if let own {
                if own.word & 0xFFFF >= UInt64(min(limit, Self.largestLimit)) { return .refused }
                if words.compareExchange(own.place, expected: own.word, desired: own.word + 1).exchanged {
                    return .admitted(place: own.place)
                }
            } else if let free {
                if words.compareExchange(free.place, expected: free.word, desired: hash | 1).exchanged {
                    return .admitted(place: free.place)
                }
            } else {
                uncounted.wrappingAdd(1, ordering: .relaxed)
                return .uncounted
            }
        }
    }

    /// A request that was admitted to this place is over.
    func leave(_ place: Int) {
        assert(words.load(place) & 0xFFFF > 0, "a request left that never entered")
        words.subtract(1, at: place)
    }
}
