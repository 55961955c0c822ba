/// What a run counted.
struct Tally {
    /// Requests or messages answered whole.
    var completed = 0
    /// Requests that were lost: the connection broke, or the status was not 2xx.
    var failed = 0
    /// Connections that the other side ended, with or without a request on them.
    var closed = 0
    /// Body bytes received.
    var bytes = 0
    var latencies = Latencies()

    /// One line of JSON.
    func json(seconds: Double) -> String {
        """
        {"completed": \(completed), "failed": \(failed), "closed": \(closed), "bytes": \(bytes), \
        "seconds": \(seconds), "p50_us": \(latencies.percentile(50)), "p99_us": \(latencies.percentile(99)), \
        "p999_us": \(latencies.percentile(99.9))}
        """
    }
}

/// Latencies to the microsecond up to one second; longer ones count as one second.
struct Latencies {
    private var counts = [UInt32](repeating: 0, count: 1_000_001)
    private var total = 0

    mutating func record(nanoseconds: UInt64) {
        counts[Int(min(nanoseconds / 1000, 1_000_000))] += 1
        total += 1
    }

    /// Microseconds that `percent` of the latencies do not exceed; 0 when there are none.
    func percentile(_ percent: Double) -> Int {
        var left = Int((Double(total) * percent / 100).rounded(.up))
        for (microseconds, count) in counts.enumerated() {
            left -= Int(count)
            if left <= 0 { return microseconds }
        }
        return counts.count - 1
    }
}
