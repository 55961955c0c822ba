internal import Bytes
internal import Linux
internal import Synchronization

/// Filled lines on their way from a worker to the log's thread, or an empty block on its way back.
///
/// `@unchecked Sendable`: a block has one holder at a time, the worker, the channel (under its lock)
/// or the log's thread.
final class LogBlock: @unchecked Sendable {
    var buffer: ByteBuffer
    /// Lines in the buffer.
    var lines = 0

    init() { buffer = ByteBuffer(capacity: LogChannel.blockBytes) }
}

/// The way of one worker's lines to the log's thread: a bounded number of blocks.
///
/// The lock is held for a few instructions, some hundred times a second at most.
public final class LogChannel: Sendable {
    static let blockBytes = 64 << 10
    /// Blocks that may wait; beyond that lines are dropped.
    static let blockLimit = 16

    private struct State {
        var filled: [LogBlock] = []
        var empty: [LogBlock] = []
        var made = 0

        /// There is room for all blocks from the start: handing over never allocates.
        init() {
            filled.reserveCapacity(LogChannel.blockLimit)
            empty.reserveCapacity(LogChannel.blockLimit)
        }
    }

    private let state = Mutex(State())
    /// Counted before a block is handed over and read once it is taken. The lock orders what its holders do with it all
    /// the same; this is what the thread sanitizer sees of it when the lock is contended (`Scripts/races.supp`).
    private let handOvers = Atomic<UInt>(0)
    private let wakeUp: LogWakeUp
    private let dropped = Cell()

    init(_ wakeUp: LogWakeUp) { self.wakeUp = wakeUp }

    /// An empty block for the worker; nil when all are waiting to be written.
    func takeEmpty() -> LogBlock? {
        state.withLock { state in
            if let block = state.empty.popLast() {
                _ = handOvers.load(ordering: .acquiring)
                return block
            }
            guard state.made < Self.blockLimit else { return nil }
            state.made += 1
            return LogBlock()
        }
    }

    /// Hands lines over to the log's thread.
    func submit(_ block: LogBlock) {
        handOvers.add(1, ordering: .releasing)
        state.withLock { $0.filled.append(block) }
        wakeUp.event.signal()
    }

    /// Takes everything that waits to be written, oldest first, and leaves the room of `blocks`, which is empty, for
    /// what comes next.
    func takeFilled(_ blocks: inout [LogBlock]) {
        state.withLock { swap(&$0.filled, &blocks) }
        _ = handOvers.load(ordering: .acquiring)
    }

    /// Gives a block back once its lines are written or given up.
    func giveBack(_ block: LogBlock) {
        block.buffer.clear()
        block.lines = 0
        handOvers.add(1, ordering: .releasing)
        state.withLock { $0.empty.append(block) }
    }

    /// The worker had no room for a line.
    func countDrop() { dropped.add(1) }

    var droppedLines: UInt64 { dropped.current }
}

/// Wakes the log's thread.
final class LogWakeUp: Sendable {
    let event: EventFD
    init() throws(Errno) { event = try EventFD() }
}
