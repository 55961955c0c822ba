internal import Bytes
public import Linux
internal import Synchronization

/// Where the access log goes.
public enum LogDestination: Sendable, Hashable {
    case standardOutput
    /// Appended to; made if it is not there.
    case file(String)
}

/// The access log: one thread that writes what the workers hand over.
///
/// Workers never wait for it. When the destination cannot take more, the blocks of the channels fill
/// up and further lines are dropped; when it fails, as on a full disk, the lines of that moment are.
/// Both are counted.
public final class AccessLog: Sendable {
    /// One for each worker.
    public let channels: [LogChannel]
    private let destination: LogDestination
    private let wakeUp: LogWakeUp
    private let reopenWanted = Atomic<Bool>(false)
    /// When the thread must have ended; 0 while it need not.
    private let stopBy = Atomic<UInt64>(0)
    private let lost = Atomic<UInt64>(0)
    private let thread = Mutex<Linux.Thread?>(nil)
    private let onFault: @Sendable (String) -> Void

    /// Opens the destination and starts the thread.
    ///
    /// - Parameter onFault: is told, on the log's thread, that writing or reopening began to fail.
    public init(
        to destination: LogDestination, workers: Int, onFault: @escaping @Sendable (String) -> Void
    ) throws(Errno) {
        self.destination = destination
        self.onFault = onFault
        let wakeUp = try LogWakeUp()
        self.wakeUp = wakeUp
        channels = (0..<workers).map { _ in LogChannel(wakeUp) }
        let output = try Self.open(destination)
        let first = Mutex<LogOutput?>(output)
        let handover = LogOutputBox(first)
        try thread.withLock { (thread: inout Linux.Thread?) throws(Errno) in
            thread = try Linux.Thread(name: "access-log") { [self] in
                if let output = handover.take() { run(output) }
            }
        }
    }

    /// Lines that were lost since the start.
    public var dropped: UInt64 {
        channels.reduce(lost.load(ordering: .relaxed)) { $0 + $1.droppedLines }
    }

    /// Opens a file anew, after it was moved away by a log rotation.
    public func reopen() {
        reopenWanted.store(true, ordering: .relaxed)
        wakeUp.event.signal()
    }

    /// Writes what was handed over and ends the thread; what cannot be written in time is dropped.
    public func stop(within seconds: UInt64 = 2) {
        stopBy.store(Instant.now().advanced(byNanoseconds: seconds * 1_000_000_000).nanoseconds, ordering: .relaxed)
        wakeUp.event.signal()
        guard let running = thread.withLock({ $0.take() }) else { return }
        running.join()
    }

    // MARK: The thread

    private func run(_ first: consuming LogOutput) {
        var output = first
        var isFailing = false
        var blocks: [LogBlock] = []
        blocks.reserveCapacity(LogChannel.blockLimit)
        while true {
            // Both are looked at before the channels, so nothing that came before them is missed.
            let isLast = stopBy.load(ordering: .relaxed) != 0
            if reopenWanted.exchange(false, ordering: .relaxed) { reopen(&output) }
            var idle = true
            for channel in channels {
                channel.takeFilled(&blocks)
                for block in blocks {
                    idle = false
                    write(block, to: output, &isFailing)
                    channel.giveBack(block)
                }
                blocks.removeAll(keepingCapacity: true)
            }
            if idle && isLast { return }
            if idle {
                wakeUp.event.descriptor.waitUntilReadable(milliseconds: -1)
                wakeUp.event.clear()
            }
        }
    }

    private func reopen(_ output: inout LogOutput) {
        do {
            output = try Self.open(destination)
        } catch {
            onFault("access log: cannot reopen: \(error); writing to the old file")
        }
    }

    private func write(_ block: LogBlock, to output: borrowing LogOutput, _ isFailing: inout Bool) {
        while !block.buffer.isEmpty {
            switch output.write(block.buffer.readable) {
            case .bytes(let count):
                block.buffer.consume(count)
                isFailing = false
            case .wouldBlock:
                if mustGiveUp { return drop(block) }
                output.waitUntilWritable(milliseconds: 100)
            case .closed, .failed:
                if !isFailing { onFault("access log: cannot write; lines are dropped until it works again") }
                isFailing = true
                return drop(block)
            }
        }
    }

    private var mustGiveUp: Bool {
        let limit = stopBy.load(ordering: .relaxed)
        return limit != 0 && Instant.now().nanoseconds >= limit
    }

    /// Counts the lines of a block that were not written.
    private func drop(_ block: LogBlock) {
        var lines: UInt64 = 0
        for index in 0..<block.buffer.count where block.buffer[index] == .lineFeed { lines += 1 }
        lost.wrappingAdd(lines, ordering: .relaxed)
    }

    private static func open(_ destination: LogDestination) throws(Errno) -> LogOutput {
        switch destination {
        case .standardOutput: try LogOutput.standardOutput()
        case .file(let path): try LogOutput.file(path)
        }
    }
}

/// Carries the opened destination into the thread.
private final class LogOutputBox: Sendable {
    private let output: Mutex<LogOutput?>
    init(_ output: consuming sending Mutex<LogOutput?>) { self.output = output }
    func take() -> LogOutput? { output.withLock { $0.take() } }
}
