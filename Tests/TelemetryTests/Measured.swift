import Linux
import Telemetry

/// Metrics with their workers' parts, as a test drives them.
struct Measured {
    let metrics: Metrics
    let workers: [WorkerMetrics]
    let web = MetricLabels(namespace: "shop", ingress: "web", service: "cart", host: "shop.example")

    init(workers count: Int = 1, limit: Int = 50_000) {
        let identity = MetricIdentity(namespace: "edge", pod: "gatehouse-0", release: "1.2.3")
        metrics = Metrics(identity: identity, workers: count, registry: MetricRegistry(limit: limit))
        workers = metrics.shards.map { WorkerMetrics($0) }
    }

    /// The whole text, in lines.
    func scrape() -> [String] {
        var scrape = Scrape(metrics, now: .now())
        var bytes: [UInt8] = []
        while let piece = scrape.next() { bytes += piece }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The value of the one sample with that name and all of these label pairs.
    func value(_ name: String, _ labels: String...) -> String? {
        let found = scrape().filter { line in
            (line.hasPrefix(name + "{") || line.hasPrefix(name + " ")) && labels.allSatisfy(line.contains)
        }
        return found.count == 1 ? found[0].split(separator: " ").last.map(String.init) : nil
    }
}

extension WorkerMetrics {
    /// Counts a request for a series that no route has remembered yet.
    func record(_ outcome: RequestOutcome, in series: SeriesID) {
        var tally = SeriesTally(series)
        record(outcome, in: &tally)
    }
}

func outcome(
    _ status: Int = 200, milliseconds: UInt64 = 1, upstream: UInt64? = 1, request: Int = 100, response: Int = 300,
    body: Int = 200
) -> RequestOutcome {
    RequestOutcome(
        status: status, duration: milliseconds * 1_000_000, upstreamDuration: upstream.map { $0 * 1_000_000 },
        requestBytes: request, responseBytes: response, responseBodyBytes: body)
}
