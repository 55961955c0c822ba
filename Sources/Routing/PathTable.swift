import Bytes
import Pattern

/// Finds the route of a path among the routes of one host.
///
/// Routes that compete by specificity are found by hash: one pass over the path gives the hash of each
/// of its prefixes that ends at a segment, and only those of a length that occurs are looked up.
/// Routes that compete by their order in a list are found by the literal text with which their
/// patterns begin; only those whose literal begins the path are tried, in the order of the list.
struct PathTable: ~Copyable, Sendable {
    /// The routes of a path and of the same path with a slash behind; -1 for none.
    struct Named: BitwiseCopyable, Sendable {
        var exact: Int32 = -1
        var exactSlash: Int32 = -1
        var prefix: Int32 = -1
        var prefixSlash: Int32 = -1
    }

    /// The candidates that share a literal, in the order of the list.
    struct Run: BitwiseCopyable, Sendable {
        var start: UInt32
        var end: UInt32
    }

    /// A route that is tried in its turn.
    struct Candidate: Sendable {
        enum Test: Sendable {
            /// The literal, already compared, is all there is to match.
            case literal
            /// A pattern, by number.
            case pattern(UInt32)
            /// The path exactly; where its bytes lie in `texts`.
            case exact(start: UInt32, count: UInt32)
            /// The path or anything beneath it.
            case prefix(start: UInt32, count: UInt32)
        }

        var test: Test
        var route: Int32
        /// Place in the host's list.
        var rank: UInt32
    }

    /// What a virtual host has. One cache line.
    struct Host: BitwiseCopyable, Sendable {
        /// Paths without their trailing slash; the path `/` is not among them.
        var named = KeyRegion()
        /// Literals of candidates.
        var listed = KeyRegion()
        /// The routes of the path `/`.
        var rootExact: Int32 = -1
        var rootPrefix: Int32 = -1
    }

    enum Outcome: Equatable {
        case route(Int)
        /// The path lacks the slash that the route's prefix ends in.
        case slashRedirect(Int)
        case none
        case limitExceeded(Int)
    }

    var named: KeyTable<Named>
    var listed: KeyTable<Run>
    var candidates: ContiguousArray<Candidate> = []
    /// Exact and prefix paths of candidates.
    var texts: ContiguousArray<UInt8> = []
    var hosts = PlainList<Host>(capacity: 1)
    private let stays = StaysInPlace()

    /// An exact path wins, then the first candidate that matches, then the longest prefix.
    func match(
        host: Int, path: Span<UInt8>, _ patterns: PatternList, _ scratch: inout MatchScratch
    ) -> Outcome {
        let host = hosts[host]
        let (best, isExact) = bestNamed(host, path)
        if isExact || host.listed.longest < 0 { return best }
        let chosen = firstListed(host, path, patterns, &scratch)
        return chosen == .none ? best : chosen
    }

    // MARK: By specificity

    private func bestNamed(_ host: Host, _ path: Span<UInt8>) -> (Outcome, isExact: Bool) {
        guard path.count > 0, path[0] == .slash else { return (.none, false) }
        if path.count == 1, host.rootExact >= 0 { return (.route(Int(host.rootExact)), true) }
        var best = host.rootPrefix >= 0 ? Outcome.route(Int(host.rootPrefix)) : .none
        guard host.named.longest >= 0 else { return (best, false) }

        var hash = KeyedHash(named.hashKey)
        hash.absorb(.slash)
        let reach = Int(host.named.longest)
        let last = path.count - 1
        var offset = 1
        while offset <= last, offset <= reach {
            let byte = path[offset]
            if byte == .slash, host.named.mayHold(keyOf: offset),
                let entry = named.value(for: hash, startOf: path, in: host.named)
            {
                if offset == last, entry.exactSlash >= 0 { return (.route(Int(entry.exactSlash)), true) }
                if entry.prefixSlash >= 0 {
                    best = .route(Int(entry.prefixSlash))
                } else if entry.prefix >= 0 {
                    best = .route(Int(entry.prefix))
                }
            }
            hash.absorb(byte)
            offset &+= 1
        }
        guard offset > last, path[last] != .slash, host.named.mayHold(keyOf: path.count),
            let entry = named.value(for: hash, startOf: path, in: host.named)
        else { return (best, false) }
        if entry.exact >= 0 { return (.route(Int(entry.exact)), true) }
        if entry.prefix >= 0 { return (.route(Int(entry.prefix)), false) }
        if entry.prefixSlash >= 0 { return (.slashRedirect(Int(entry.prefixSlash)), false) }
        return (best, false)
    }

    // MARK: By list

    private func firstListed(
        _ host: Host, _ path: Span<UInt8>, _ patterns: PatternList, _ scratch: inout MatchScratch
    ) -> Outcome {
        selectCandidates(host, path, &scratch)
        while let candidate = nextCandidate(&scratch) {
            switch candidate.test {
            case .literal:
                scratch.pattern.captures.removeAll()
                return .route(Int(candidate.route))
            case .pattern(let number):
                switch patterns.match(at: Int(number), path, &scratch.pattern) {
                case .match: return .route(Int(candidate.route))
                case .noMatch: continue
                case .limitExceeded: return .limitExceeded(Int(candidate.route))
                }
            case .exact(let start, let count):
                guard path.count == Int(count), begins(path, start: start, count: count) else { continue }
                return .route(Int(candidate.route))
            case .prefix(let start, let count):
                guard begins(path, start: start, count: count),
                    count == 0 || texts[Int(start + count) - 1] == .slash || path.count == Int(count)
                        || path[Int(count)] == .slash
                else { continue }
                return .route(Int(candidate.route))
            }
        }
        return .none
    }

    /// Leaves a cursor in the scratch for each literal that begins the path.
    private func selectCandidates(_ host: Host, _ path: Span<UInt8>, _ scratch: inout MatchScratch) {
        scratch.cursors.removeAll(keepingCapacity: true)
        var hash = KeyedHash(listed.hashKey)
        let reach = min(Int(host.listed.longest), path.count)
        var length = 0
        while true {
            if host.listed.mayHold(keyOf: length),
                let run = listed.value(for: hash, startOf: path, in: host.listed)
            {
                scratch.cursors.append(MatchScratch.Cursor(next: run.start, end: run.end))
            }
            guard length < reach else { return }
            hash.absorb(path[length].lowercased)
            length &+= 1
        }
    }

    /// Takes the candidate that comes first in the host's list from the cursors.
    @inline(__always)
    private func nextCandidate(_ scratch: inout MatchScratch) -> Candidate? {
        var best = -1
        var bestRank = UInt32.max
        for index in scratch.cursors.indices where scratch.cursors[index].next < scratch.cursors[index].end {
            let rank = candidates[Int(scratch.cursors[index].next)].rank
            if rank < bestRank {
                bestRank = rank
                best = index
            }
        }
        guard best >= 0 else { return nil }
        let candidate = candidates[Int(scratch.cursors[best].next)]
        scratch.cursors[best].next += 1
        return candidate
    }

    private func begins(_ path: Span<UInt8>, start: UInt32, count: UInt32) -> Bool {
        guard path.count >= Int(count) else { return false }
        for offset in 0..<Int(count) where path[offset] != texts[Int(start) + offset] { return false }
        return true
    }
}
