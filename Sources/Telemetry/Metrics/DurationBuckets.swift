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

/// A duration histogram that one worker writes.
struct HistogramCells: ~Copyable {
    // The sum stands beside the first bucket, which most requests fall into: one cache line is touched.
    private let sum = Cell()
    private let buckets = InlineArray<12, Cell> { _ in Cell() }

    func record(_ nanoseconds: UInt64) {
        buckets[DurationBuckets.index(of: nanoseconds)].add(1)
        sum.add(nanoseconds)
    }

    func add(to total: inout HistogramTotal) {
        for index in 0..<DurationBuckets.count { total.buckets[index] += buckets[index].current }
        total.nanoseconds += sum.current
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
