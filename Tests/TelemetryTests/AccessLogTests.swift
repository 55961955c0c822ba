import Bytes
import Foundation
import Glibc
import Linux
import Telemetry
import Testing

@Suite struct `Access log` {
    private static func writer(_ file: LogFile, worker: Int = 0, _ format: String = "$connection_requests") throws
        -> AccessLogWriter
    {
        AccessLogWriter(file.log.channels[worker], format: try AccessLogFormat(format))
    }

    private static func record(_ number: Int) -> AccessRecord {
        var record = AccessRecord()
        record.connectionRequests = number
        return record
    }

    @Test func `keeps every line of every worker, in each worker's order`() throws {
        let file = try LogFile(workers: 2)
        var first = try Self.writer(file, worker: 0, "a $connection_requests $request")
        var second = try Self.writer(file, worker: 1, "b $connection_requests $request")
        // More than a block for each worker, far less than its blocks hold together.
        for number in 0..<10_000 {
            first.write(Self.record(number), from: ScriptedSource(), now: .now(), wall: (0, 0))
            second.write(Self.record(number), from: ScriptedSource(), now: .now(), wall: (0, 0))
        }
        first.flush()
        second.flush()
        let lines = try file.lines()
        for worker in ["a", "b"] {
            let own = lines.filter { $0.hasPrefix(worker) }
            #expect(own == (0..<10_000).map { "\(worker) \($0) request" })
        }
        #expect(lines.count == 20_000 && file.log.dropped == 0)
    }

    @Test func `hands a line over when it has waited long enough, not before`() throws {
        let file = try LogFile()
        var writer = try Self.writer(file)
        let idle = writer.deadline
        #expect(idle == .distantFuture)
        let start = Instant(nanoseconds: 1_000_000_000)
        writer.write(Self.record(1), from: ScriptedSource(), now: start, wall: (0, 0))
        writer.write(Self.record(2), from: ScriptedSource(), now: start.advanced(byNanoseconds: 50), wall: (0, 0))
        let due = start.advanced(byNanoseconds: AccessLogWriter.longestWait)
        let deadline = writer.deadline
        #expect(deadline == due)
        writer.flushIfDue(now: Instant(nanoseconds: due.nanoseconds - 1))
        let early = writer.deadline
        #expect(early == due)
        writer.flushIfDue(now: due)
        let late = writer.deadline
        #expect(late == .distantFuture)
        #expect(try file.lines() == ["1", "2"])
    }

    @Test func `cuts a line that is too long and begins the next one afresh`() throws {
        let file = try LogFile()
        var writer = try Self.writer(file, "$uri end")
        let long = ScriptedSource(values: [.path: Array(repeating: 0x61, count: 40_000)])
        writer.write(AccessRecord(), from: long, now: .now(), wall: (0, 0))
        let quotes = ScriptedSource(values: [.path: Array(repeating: 0x22, count: 40_000)])
        writer.write(AccessRecord(), from: quotes, now: .now(), wall: (0, 0))
        writer.write(AccessRecord(), from: ScriptedSource(), now: .now(), wall: (0, 0))
        writer.flush()
        let lines = try file.lines()
        #expect(lines.count == 3)
        #expect(lines[0].utf8.count == AccessLogWriter.longestLine - 1)
        #expect(lines[1].utf8.count < AccessLogWriter.longestLine && lines[1].hasPrefix(#"\x22\x22"#))
        #expect(lines[2] == "path end")
    }

    @Test func `takes another format from the next line on`() throws {
        let file = try LogFile()
        var writer = try Self.writer(file)
        writer.write(Self.record(1), from: ScriptedSource(), now: .now(), wall: (0, 0))
        writer.use(try AccessLogFormat("number $connection_requests"))
        writer.write(Self.record(2), from: ScriptedSource(), now: .now(), wall: (0, 0))
        writer.flush()
        #expect(try file.lines() == ["1", "number 2"])
    }

    @Test func `drops and counts lines while the destination takes none`() throws {
        let path = NSTemporaryDirectory() + "access-\(UUID().uuidString).fifo"
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let reader = Descriptor(adopting: open(path, O_RDONLY | O_NONBLOCK))
        try #require(reader.number >= 0)
        let log = try AccessLog(to: .file(path), workers: 1) { _ in }
        var writer = AccessLogWriter(log.channels[0], format: try AccessLogFormat("$connection_requests $uri"))
        let source = ScriptedSource(values: [.path: Array(repeating: 0x61, count: 1000)])
        var written = 0
        while log.dropped == 0 {
            writer.write(Self.record(written), from: source, now: .now(), wall: (0, 0))
            written += 1
            try #require(written < 100_000, "a pipe that nobody reads took everything")
        }
        let later = Instant.now().advanced(byNanoseconds: 1_000_000_000)
        writer.flushIfDue(now: later)
        let deadline = writer.deadline
        #expect(deadline == later.advanced(byNanoseconds: AccessLogWriter.longestWait), "the loop would not sleep")
        // 16 blocks in the channel, one in the writer, and what the pipe itself held.
        #expect(written > 700)
        log.stop(within: 0)
        #expect(log.dropped > 500)
        withExtendedLifetime(reader) {}
    }

    @Test func `drops and counts lines while the disk is full`() throws {
        let faults = Faults()
        let log = try AccessLog(to: .file("/dev/full"), workers: 1) { faults.add($0) }
        var writer = AccessLogWriter(log.channels[0], format: try AccessLogFormat("$connection_requests"))
        for number in 0..<10 { writer.write(Self.record(number), from: ScriptedSource(), now: .now(), wall: (0, 0)) }
        writer.flush()
        writer.write(Self.record(10), from: ScriptedSource(), now: .now(), wall: (0, 0))
        writer.flush()
        log.stop()
        #expect(log.dropped == 11)
        #expect(faults.count == 1)
    }

    @Test func `follows a rotation when asked to reopen`() throws {
        let file = try LogFile()
        var writer = try Self.writer(file)
        writer.write(Self.record(1), from: ScriptedSource(), now: .now(), wall: (0, 0))
        writer.flush()
        try Self.waitForLines(1, at: file.path)
        let old = file.path + ".1"
        try #require(rename(file.path, old) == 0)
        defer { unlink(old) }
        writer.write(Self.record(2), from: ScriptedSource(), now: .now(), wall: (0, 0))
        writer.flush()
        try Self.waitForLines(2, at: old)
        file.log.reopen()
        writer.write(Self.record(3), from: ScriptedSource(), now: .now(), wall: (0, 0))
        writer.flush()
        #expect(try file.lines() == ["3"])
        #expect(try LogFile.lines(at: old) == ["1", "2"])
    }

    @Test func `that cannot be opened says why`() {
        #expect(throws: Errno.noEntry) {
            try AccessLog(to: .file("/no/such/folder/access.log"), workers: 1) { _ in }
        }
    }

    /// Waits until the log's thread has written so many lines, told by the kernel.
    private static func waitForLines(_ count: Int, at path: String) throws {
        let inotify = try Inotify()
        _ = try inotify.watch(path, for: .modified)
        while try LogFile.lines(at: path).count < count {
            inotify.descriptor.waitUntilReadable(milliseconds: 5000)
            _ = try inotify.readEvents()
        }
    }
}

/// What a log complained of.
private final class Faults: @unchecked Sendable {
    private let lock = NSLock()
    private var texts: [String] = []
    func add(_ text: String) { lock.withLock { texts.append(text) } }
    var count: Int { lock.withLock { texts.count } }
}
