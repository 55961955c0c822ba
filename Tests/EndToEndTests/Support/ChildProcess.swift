import CLinux
import Foundation
import Glibc
import Linux
import Synchronization
import TestSupport
import Testing

/// A program that a test has started: its output line by line as it comes, and how it ended.
///
/// Killed, if it still runs, when nobody refers to it any more. What a sanitizer has said of it by then fails the test.
final class ChildProcess: Sendable {
    enum Ending: Equatable, Sendable {
        case exited(CInt)
        case killed(bySignal: CInt)
    }

    /// One of the program's two streams.
    struct Transcript: Sendable {
        /// Whole lines, without their line ends; the last may lack one.
        var lines: [String] = []
        /// Whether the program has closed the stream.
        var isOver = false

        var text: String { lines.map { $0 + "\n" }.joined() }

        /// What a sanitizer has found, from its first line on. The thread sanitizer lets the program go on, and one that
        /// is killed has no exit status that could tell.
        var finding: String? {
            let names = ["AddressSanitizer:", "LeakSanitizer:", "ThreadSanitizer:", "runtime error:"]
            let first = lines.firstIndex { line in names.contains { line.contains($0) } }
            return first.map { lines[$0...].prefix(100).joined(separator: "\n") }
        }
    }

    let id: pid_t
    let output = Watched(Transcript())
    let errors = Watched(Transcript())
    private let life: Life
    private let threads = Mutex<[BackgroundThread]>([])

    /// Starts a program that is found by its path, or along `PATH` when it has no slash.
    ///
    /// - Parameter input: what it reads from standard input; empty otherwise.
    init(_ program: String, _ arguments: [String], input: String = "") throws {
        let (inputRead, inputWrite) = try Self.pipe()
        let (outputRead, outputWrite) = try Self.pipe()
        let (errorRead, errorWrite) = try Self.pipe()
        defer { for end in [inputRead, outputWrite, errorWrite] { close(end) } }
        do {
            id = try Self.spawn(program, arguments, streams: [inputRead, outputWrite, errorWrite])
        } catch {
            for end in [inputWrite, outputRead, errorRead] { close(end) }
            throw error
        }
        life = Life(id)
        let (life, output, errors) = (life, output, errors)
        let started = [
            try BackgroundThread { Self.feed(input, to: inputWrite) },
            try BackgroundThread { Self.read(outputRead, into: output) },
            try BackgroundThread { Self.read(errorRead, into: errors) },
            try BackgroundThread { life.follow() },
        ]
        threads.withLock { $0 = started }
    }

    deinit {
        signal(SIGKILL)
        for thread in threads.withLock({ $0 }) { thread.join() }
        if let finding = errors.current.finding { Issue.record("process \(id): \(finding)") }
    }

    /// Sends a signal, unless the process has ended.
    func signal(_ number: CInt) { life.signal(number) }

    /// Waits for the end.
    func end() throws -> Ending {
        try life.ending.wait("the end of process \(id)") { $0 != nil } ?? .exited(0)
    }

    var hasEnded: Bool { life.ending.current != nil }

    // MARK: Streams

    private static func pipe() throws -> (read: CInt, write: CInt) {
        var ends: [CInt] = [-1, -1]
        guard pipe2(&ends, CInt(O_CLOEXEC)) == 0 else { throw Errno.last }
        return (ends[0], ends[1])
    }

    /// Writes what the program shall read. It may end without reading everything; the write then fails.
    private static func feed(_ text: String, to end: CInt) {
        var pipeSignal = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipeSignal, nil)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(end, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        close(end)
    }

    private static func read(_ end: CInt, into transcript: Watched<Transcript>) {
        var partial: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(end, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            var pieces = (partial + block[..<count]).split(separator: 0x0A, omittingEmptySubsequences: false)
            partial = Array(pieces.removeLast())
            guard !pieces.isEmpty else { continue }
            let lines = pieces.map { String(decoding: $0, as: UTF8.self) }
            transcript.change { $0.lines += lines }
        }
        close(end)
        let rest = String(decoding: partial, as: UTF8.self)
        transcript.change {
            if !rest.isEmpty { $0.lines.append(rest) }
            $0.isOver = true
        }
    }

    // MARK: Starting

    /// This process' own. Under the address sanitizer what was freed is soon given back, so that memory in use
    /// can be compared.
    private static func environment() -> [String] {
        let own = ProcessInfo.processInfo.environment
        let options = [own["ASAN_OPTIONS"], "quarantine_size_mb=1"].compactMap(\.self).joined(separator: ":")
        return own.merging(["ASAN_OPTIONS": options]) { $1 }.map { "\($0.key)=\($0.value)" }
    }

    /// - Parameter streams: what become descriptors 0, 1 and 2.
    private static func spawn(_ program: String, _ arguments: [String], streams: [CInt]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream) in streams.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, stream, CInt(number))
        }
        // What this process ignores or blocks is no business of the program's.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var id: pid_t = 0
        let words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let environment = environment().map { strdup($0) } + [nil]
        defer { for entry in environment { free(entry) } }
        let result = posix_spawnp(&id, program, &actions, &attributes, words, environment)
        guard result == 0 else { throw Errno(result) }
        return id
    }
}

/// A process until it has been reaped.
private final class Life: Sendable {
    let ending = Watched<ChildProcess.Ending?>(nil)
    private let id: pid_t
    /// Held while the process is signalled or reaped, so that no signal reaches the next owner of the number.
    private let isReaped = Mutex(false)

    init(_ id: pid_t) { self.id = id }

    func signal(_ number: CInt) {
        isReaped.withLock { if !$0 { kill(id, number) } }
    }

    /// Blocks until the process has ended, and reaps it.
    func follow() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        isReaped.withLock { isReaped in
            var status: CInt = 0
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
            isReaped = true
            let signal = status & 0x7F
            ending.change { $0 = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(bySignal: signal) }
        }
    }
}
