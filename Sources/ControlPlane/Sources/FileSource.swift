public import Linux
import Synchronization

/// Keeps an eye on manifest files and says which of them have to be read again.
///
/// A thread of its own waits for the kernel's events and lets them settle: a batch ends 10 ms after
/// its last event, at the latest 100 ms after its first. Where files vanished it waits longer, because
/// some editors delete a file before they write it anew. What has settled is collected until `take`;
/// `onChange` is called each time there is more, on the source's thread.
public final class FileSource: Sendable {
    private static let quietMilliseconds: Int32 = 10
    private static let removalQuietMilliseconds: Int32 = 50
    private static let longestNanoseconds: UInt64 = 100_000_000

    private struct Shared {
        var changes = FileChanges()
        var problems: [String: Errno] = [:]
        var wantsReread = false
        var isStopping = false
        var onChange: (@Sendable () -> Void)?
    }

    private let paths: [String]
    private let isWatching: Bool
    private let shared = Mutex(Shared())
    private let wake: EventFD

    /// - Parameters:
    ///   - paths: Files, folders (read recursively) and `-` for standard input.
    ///   - isWatching: Whether changes are noticed by themselves, not only by `rereadNow`.
    public init(paths: [String], isWatching: Bool) throws(Errno) {
        self.paths = paths
        self.isWatching = isWatching
        wake = try EventFD()
    }

    /// The files there are now, without watching anything.
    public static func files(in paths: [String]) -> Set<String> {
        var tree = ManifestTree(paths, watch: nil)
        return tree.settle().changed
    }

    /// Finds the files and begins to watch them. The first changes, which are all files, wait for `take` afterwards.
    ///
    /// - Parameter onChange: Called on the source's thread; must not block.
    /// - Returns: The running thread, for whoever calls `stop` to join.
    public func start(onChange: @escaping @Sendable () -> Void) throws(Errno) -> Linux.Thread {
        shared.withLock { $0.onChange = onChange }
        var tree = ManifestTree(paths, watch: isWatching ? try FolderWatch() : nil)
        deliver(tree.settle(), tree.takeProblems())
        let box = Handover(tree)
        return try Linux.Thread(name: "file-source") { self.run(box) }
    }

    /// Reads everything again, changed or not.
    public func rereadNow() {
        shared.withLock { $0.wantsReread = true }
        wake.signal()
    }

    /// Ends the thread that `start` began.
    public func stop() {
        shared.withLock { $0.isStopping = true }
        wake.signal()
    }

    /// What has changed since the last call, all in one, and the folders that can't be watched.
    public func take() -> (changes: FileChanges, problems: [String: Errno]) {
        shared.withLock { shared in
            defer {
                shared.changes = FileChanges()
                shared.problems = [:]
            }
            return (shared.changes, shared.problems)
        }
    }

    private func deliver(_ changes: FileChanges, _ problems: [String: Errno]) {
        guard !changes.isEmpty || !problems.isEmpty else { return }
        let onChange = shared.withLock { shared in
            shared.changes.append(changes)
            shared.problems.merge(problems) { $1 }
            return shared.onChange
        }
        onChange?()
    }
}

// MARK: The thread

extension FileSource {
    private enum Tag {
        static let events: UInt64 = 1
        static let wake: UInt64 = 2
    }

    /// Carries the tree, which is no copyable value, to the thread that owns it from then on.
    private final class Handover: Sendable {
        private let tree: Mutex<ManifestTree?>
        init(_ tree: consuming sending ManifestTree) { self.tree = Mutex(tree) }

        func take() -> ManifestTree? {
            tree.withLock { $0.take() }
        }
    }

    private func run(_ handover: Handover) {
        guard var tree = handover.take() else { return }
        do throws(Errno) {
            var epoll = try Epoll(capacity: 2)
            try tree.register(with: epoll, tag: Tag.events)
            try epoll.addLevelTriggered(wake.descriptor, tag: Tag.wake)
            follow(&tree, &epoll)
        } catch {
            // No descriptor or kernel memory is left to watch with; the proxy goes on with what it has.
            deliver(FileChanges(), Dictionary(paths.map { ($0, error) }) { $1 })
        }
    }

    private func follow(_ tree: inout ManifestTree, _ epoll: inout Epoll) {
        var batchStart: Instant?
        while true {
            let quiet = tree.hasRemovals ? Self.removalQuietMilliseconds : Self.quietMilliseconds
            let count = (try? epoll.wait(milliseconds: batchStart == nil ? -1 : quiet)) ?? 0
            var isForced = false
            for index in 0..<count {
                switch epoll.event(at: index).tag {
                case Tag.wake:
                    guard takeWake(&tree) else { return }
                    isForced = true
                default: try? tree.readEvents()
                }
            }
            guard tree.hasChanges else {
                batchStart = nil
                continue
            }
            let start = batchStart ?? Instant.now()
            batchStart = start
            let isOverdue = Instant.now().nanoseconds(since: start) >= Self.longestNanoseconds
            if count == 0 || isForced || isOverdue {
                batchStart = nil
                deliver(tree.settle(), tree.takeProblems())
            }
        }
    }

    /// - Returns: Whether the thread goes on.
    private func takeWake(_ tree: inout ManifestTree) -> Bool {
        wake.clear()
        let (isStopping, wantsReread) = shared.withLock { shared in
            defer { shared.wantsReread = false }
            return (shared.isStopping, shared.wantsReread)
        }
        if wantsReread { tree.scanAnew() }
        return !isStopping
    }
}
