/// The buckets of duration histograms: ingress-nginx's `--time-buckets`, which are Prometheus' own
/// defaults.
enum DurationBuckets {
    /// Upper bounds in seconds, as they appear in `le` labels.
    static let labels = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]
    static let count = 12

    private static let bounds: InlineArray<11, UInt64> = [
        5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000,
        1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]

    /// The bucket of a duration in nanoseconds. Most requests end in the first look.
    static func index(of nanoseconds: UInt64) -> Int {
        var index = 0
        while index < 11, nanoseconds > bounds[index] { index += 1 }
        return index
    }
}

/// The two duration histograms of a series, written by one worker: of requests, and of the upstream's part.
///
/// Their cells alternate, and the sums stand beside the first buckets, which most requests fall into: counting a
/// request touches one or two cache lines, however many series there are.
struct DurationCells: ~Copyable {
    private let sums = InlineArray<2, Cell> { _ in Cell() }
    private let buckets = InlineArray<24, Cell> { _ in Cell() }

    enum Kind: Int { case request, upstream }

    @inline(__always)
    func record(_ nanoseconds: UInt64, as kind: Kind) {
        sums[kind.rawValue].add(nanoseconds)
        buckets[2 &* DurationBuckets.index(of: nanoseconds) &+ kind.rawValue].add(1)
    }

    func add(_ kind: Kind, to total: inout HistogramTotal) {
        for index in 0..<DurationBuckets.count { total.buckets[index] += buckets[2 * index + kind.rawValue].current }
        total.nanoseconds += sums[kind.rawValue].current
    }
}

/// Histograms of all workers, added up.
struct HistogramTotal {
    /// Each bucket by itself, not cumulative.
    var buckets = InlineArray<12, UInt64>(repeating: 0)
    var nanoseconds: UInt64 = 0

    var isEmpty: Bool {
        for index in buckets.indices where buckets[index] != 0 { return false }
        return true
    }
}
