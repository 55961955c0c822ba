/// What a worker counts with: plain additions to cells of its own, no lock and no shared line.
///
/// Made on the worker's thread and never leaves it; scrapes read the `MetricShard`.
public final class WorkerMetrics {
    public let shard: MetricShard
    /// By series and status class; nil where nothing was counted yet.
    private var table: ContiguousArray<SeriesCells?> = []
    private var unmatched = SeriesTally(.unmatched)

    public init(_ shard: MetricShard) { self.shard = shard }

    /// Counts one more, or several at once.
    public func count(_ counter: WorkerCounter, _ amount: Int = 1) {
        shard.cells[ShardLayout.counters + counter.rawValue].add(UInt64(truncatingIfNeeded: amount))
    }

    /// Counts a failed attempt at an endpoint.
    public func count(_ failure: UpstreamFailure) { shard.cells[ShardLayout.failures + failure.rawValue].add(1) }

    /// Counts that a limit was hit.
    public func count(_ limit: Limit) { shard.cells[ShardLayout.limits + limit.rawValue].add(1) }

    /// A client connection begins in a state.
    public func enter(_ state: ConnectionState) {
        shard.cells[ShardLayout.connections + state.rawValue].add(signed: 1)
    }

    /// A client connection ends in a state.
    public func leave(_ state: ConnectionState) {
        shard.cells[ShardLayout.connections + state.rawValue].add(signed: -1)
    }

    /// A client connection goes from one state to another.
    public func move(from old: ConnectionState, to new: ConnectionState) {
        leave(old)
        enter(new)
    }

    /// Counts a request that is over. Series that are no longer configured are not counted.
    public func record(_ outcome: RequestOutcome, in tally: inout SeriesTally) {
        let statusClass = StatusClass.index(of: outcome.status)
        if let cells = tally.cells, cells.statusClass == statusClass { return Self.add(outcome, to: cells) }
        guard let cells = cells(of: tally.series, statusClass) else { return }
        tally.remember(cells)
        Self.add(outcome, to: cells)
    }

    /// Counts a request that is over and that no route of an Ingress answered.
    public func recordUnmatched(_ outcome: RequestOutcome) { record(outcome, in: &unmatched) }

    private func cells(of series: SeriesID, _ statusClass: Int) -> SeriesCells? {
        let place = Int(series.index) * StatusClass.count + statusClass
        if place < table.count, let cells = table[place], cells.series.tag == series.tag { return cells }
        return makeCells(series, statusClass, at: place)
    }

    private static func add(_ outcome: RequestOutcome, to cells: SeriesCells) {
        cells.durations.record(outcome.duration, as: .request)
        if let upstream = outcome.upstreamDuration { cells.durations.record(upstream, as: .upstream) }
        cells.requestBytes.add(UInt64(truncatingIfNeeded: outcome.requestBytes))
        cells.responseBytes.add(UInt64(truncatingIfNeeded: outcome.responseBytes))
        cells.bodyBytes.add(UInt64(truncatingIfNeeded: outcome.responseBodyBytes))
    }

    /// The place is new or had another tenant.
    private func makeCells(_ series: SeriesID, _ statusClass: Int, at place: Int) -> SeriesCells? {
        while table.count <= place { table.append(nil) }
        // A request of an old snapshot must not push out the series that has taken its place.
        if let present = table[place], present.series.tag &- series.tag < .max / 2 { return nil }
        let cells = SeriesCells(series, statusClass: statusClass)
        table[place] = cells
        shard.publish(cells, at: place)
        return cells
    }
}
