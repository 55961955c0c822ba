public import Linux

/// One answer to `/metrics`: the counters of all workers added up, written piece by piece, so that
/// ten thousand series never stand in memory as text.
///
/// Names and meanings are ingress-nginx's where it has them (`nginx_ingress_controller_…`);
/// `gatehouse_…` is what it has not.
public struct Scrape {
    /// Media type of the text.
    public static var contentType: String { PrometheusText.contentType }

    /// Pieces are about this long, in bytes.
    private static let pieceSize = 32 << 10

    private struct Row {
        let labels: [UInt8]
        var duration = HistogramTotal()
        var upstreamDuration = HistogramTotal()
        var requestBytes: UInt64 = 0
        var responseBytes: UInt64 = 0
        var bodyBytes: UInt64 = 0
        var count: UInt64 = 0
    }

    private var text = PrometheusText()
    private let rows: [Row]
    private var families = RequestFamily.allCases[...]
    private var nextRow = 0

    /// Reads every counter now.
    ///
    /// - Parameter now: for gauges of age.
    public init(_ metrics: Metrics, now: Instant) {
        let common = Self.commonLabels(metrics.identity)
        rows = Self.collect(metrics, common)
        text.writeController(metrics, common)
        text.writeProcess(metrics, common, now: now)
        text.writeWorkers(metrics, common)
    }

    /// The next piece; nil after the last.
    public mutating func next() -> [UInt8]? {
        while let family = families.first, text.bytes.count < Self.pieceSize {
            write(family)
        }
        guard !text.bytes.isEmpty else { return nil }
        let piece = text.bytes
        text.removeAll()
        return piece
    }

    private mutating func write(_ family: RequestFamily) {
        if nextRow == 0 { text.family(family.name, family.kind, family.help) }
        // At least one row goes with the head, however full the piece is: the head comes once.
        repeat {
            guard nextRow < rows.count else { break }
            write(family, rows[nextRow])
            nextRow += 1
        } while text.bytes.count < Self.pieceSize
        if nextRow == rows.count {
            nextRow = 0
            families.removeFirst()
        }
    }

    private mutating func write(_ family: RequestFamily, _ row: Row) {
        switch family {
        case .requests: text.sample(family.name, row.labels, row.count)
        case .duration: text.histogram(family.name, row.labels, row.duration)
        case .upstreamDuration:
            if !row.upstreamDuration.isEmpty { text.histogram(family.name, row.labels, row.upstreamDuration) }
        case .requestSize: text.sum(family.name, row.labels, sum: row.requestBytes, count: row.count)
        case .responseSize: text.sum(family.name, row.labels, sum: row.responseBytes, count: row.count)
        case .bytesSent: text.sum(family.name, row.labels, sum: row.bodyBytes, count: row.count)
        }
    }

    // MARK: Adding up

    /// One row for each live series and status class that was ever counted.
    private static func collect(_ metrics: Metrics, _ common: [UInt8]) -> [Row] {
        var parts: [Int: [SeriesCells]] = [:]
        for cells in metrics.shards.lazy.flatMap({ $0.publishedSeries() }) {
            parts[Int(cells.series.index) * StatusClass.count + cells.statusClass, default: []].append(cells)
        }
        var rows: [Row] = []
        for (id, labels) in metrics.registry.liveSeries() {
            for statusClass in 0..<StatusClass.count {
                let found = parts[Int(id.index) * StatusClass.count + statusClass]?.filter { $0.series == id }
                guard let found, !found.isEmpty else { continue }
                rows.append(add(found, to: Row(labels: render(labels, statusClass, common))))
            }
        }
        return rows
    }

    private static func add(_ parts: [SeriesCells], to row: Row) -> Row {
        var row = row
        for cells in parts {
            cells.durations.add(.request, to: &row.duration)
            cells.durations.add(.upstream, to: &row.upstreamDuration)
            row.requestBytes += cells.requestBytes.current
            row.responseBytes += cells.responseBytes.current
            row.bodyBytes += cells.bodyBytes.current
        }
        for index in row.duration.buckets.indices { row.count += row.duration.buckets[index] }
        return row
    }

    private static func render(_ labels: MetricLabels, _ statusClass: Int, _ common: [UInt8]) -> [UInt8] {
        let own = PrometheusText.labels([
            ("namespace", labels.namespace), ("ingress", labels.ingress), ("service", labels.service),
            ("host", labels.host), ("canary", labels.canary), ("status", StatusClass.labels[statusClass]),
        ])
        return common + [0x2C] + own
    }

    private static func commonLabels(_ identity: MetricIdentity) -> [UInt8] {
        PrometheusText.labels([
            ("controller_class", identity.controllerClass), ("controller_namespace", identity.namespace),
            ("controller_pod", identity.pod),
        ])
    }
}

/// The families that have a series for each Ingress, Service, host and status class.
private enum RequestFamily: String, CaseIterable {
    case requests
    case duration = "request_duration_seconds"
    case upstreamDuration = "response_duration_seconds"
    case requestSize = "request_size"
    case responseSize = "response_size"
    case bytesSent = "bytes_sent"

    var name: String { "nginx_ingress_controller_" + rawValue }
    var kind: PrometheusText.Kind { self == .requests ? .counter : .histogram }

    var help: String {
        switch self {
        case .requests: "Requests of clients."
        case .duration: "Seconds from the first byte of a request to the last of its response."
        case .upstreamDuration: "Seconds that the upstream took for its response."
        case .requestSize: "Bytes of requests: line, header and body."
        case .responseSize: "Bytes of responses: line, header and body."
        case .bytesSent: "Bytes of response bodies."
        }
    }
}
