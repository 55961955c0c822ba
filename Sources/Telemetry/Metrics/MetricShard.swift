public import Linux
internal import Synchronization

/// One worker's metrics as others may see them: written by that worker alone, read by a scrape.
public final class MetricShard: Sendable {
    let cells = InlineArray<128, Cell> { _ in Cell() }
    private let heartbeat = Cell()
    /// Touched by the worker only when it counts for a series the first time.
    private let series = Mutex<[Int: SeriesCells]>([:])

    init() {}

    /// The worker's loop has come round.
    public func beat(_ now: Instant) { heartbeat.set(now.nanoseconds) }

    /// When the worker's loop last came round; 0 when it never did.
    public var lastBeat: Instant { Instant(nanoseconds: heartbeat.current) }

    /// Makes cells visible to scrapes, in place of those of an earlier series.
    func publish(_ cells: SeriesCells, at place: Int) { series.withLock { $0[place] = cells } }

    /// The cells of every series that the worker has counted for.
    func publishedSeries() -> [SeriesCells] { series.withLock { Array($0.values) } }
}
