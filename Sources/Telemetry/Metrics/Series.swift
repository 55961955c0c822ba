public import Linux

/// What requests are counted by. Bounded by the configuration: these names are written in it, no
/// client can make one up.
///
/// Of ingress-nginx's labels, `path`, `method` and the single status code are left out: they multiply
/// the series without bound or beyond what a small controller can keep. `status` is the class, as
/// with ingress-nginx's `--report-status-classes`.
public struct MetricLabels: Sendable, Hashable {
    public var namespace: String
    /// The Ingress' name.
    public var ingress: String
    public var service: String
    /// The rule's host as written.
    public var host: String
    /// The upstream that took the request in place of the route's own; empty for none.
    public var canary: String

    public init(namespace: String, ingress: String, service: String, host: String, canary: String = "") {
        self.namespace = namespace
        self.ingress = ingress
        self.service = service
        self.host = host
        self.canary = canary
    }
}

/// Names the requests of one label set: what a route of a snapshot holds. Small, and comparable
/// without a look at the labels.
public struct SeriesID: Sendable, Hashable {
    let index: UInt32
    /// Which tenant of the place is meant: places are reused when label sets go.
    let tag: UInt32

    /// Requests that no route of an Ingress answered.
    public static let unmatched = SeriesID(index: 0, tag: 0)
}

/// Classes of status codes, as the `status` label gives them.
enum StatusClass {
    static let labels = ["1xx", "2xx", "3xx", "4xx", "5xx"]
    static let count = 5

    static func index(of status: Int) -> Int { min(max(status / 100, 1), 5) - 1 }
}

/// What one worker has counted for one series and status class. Made when the first such request
/// ends, so that routes nobody asks for cost nothing.
final class SeriesCells: Sendable {
    let series: SeriesID
    let statusClass: Int
    let requestBytes = Cell()
    let responseBytes = Cell()
    let bodyBytes = Cell()
    let durations = DurationCells()

    init(_ series: SeriesID, statusClass: Int) {
        self.series = series
        self.statusClass = statusClass
    }
}

/// A series as a route of a worker holds it: remembers what was counted with last, so that the requests for ten thousand
/// routes need not each wait for the memory of a table and of the cells.
public struct SeriesTally {
    let series: SeriesID
    /// Of the status class that came last.
    private(set) var cells: SeriesCells?
    /// Where they lie, for who knows early that a request of the series will be counted.
    public private(set) var place = MemoryHint()

    public init(_ series: SeriesID) { self.series = series }

    mutating func remember(_ cells: SeriesCells) {
        self.cells = cells
        place = MemoryHint(of: cells)
    }
}

/// How a request went, for its series.
public struct RequestOutcome: Sendable {
    /// The status that the client saw.
    public var status: Int
    /// From the first byte of the request to the last of the response, in nanoseconds.
    public var duration: UInt64
    /// The upstream's part of it; nil when none was asked.
    public var upstreamDuration: UInt64?
    /// Line, header and body.
    public var requestBytes: Int
    /// Line, header and body.
    public var responseBytes: Int
    public var responseBodyBytes: Int

    public init(
        status: Int, duration: UInt64, upstreamDuration: UInt64?, requestBytes: Int, responseBytes: Int,
        responseBodyBytes: Int
    ) {
        self.status = status
        self.duration = duration
        self.upstreamDuration = upstreamDuration
        self.requestBytes = requestBytes
        self.responseBytes = responseBytes
        self.responseBodyBytes = responseBodyBytes
    }
}
