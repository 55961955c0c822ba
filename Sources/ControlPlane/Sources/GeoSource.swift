public import GeoIP
public import Linux
public import Model
import Synchronization

/// Keeps the databases of places open that lie in a folder, and follows their changes.
///
/// Nothing is read before a configuration asks for places. From then on a thread of its own waits for the kernel to say that
/// something in the folder has changed, for `rereadNow`, and for the time that the configuration sets. A file that can't be used
/// leaves what was read before in use.
public final class GeoSource: Sendable {
    /// What databases there are, in words, each time one was opened.
    public typealias Report = @Sendable (String) -> Void

    /// How long the folder must be quiet before it is looked at.
    private static let quietMilliseconds: Int32 = 20
    /// A change that never ends is looked at all the same after so long.
    private static let longestNanoseconds: UInt64 = 1_000_000_000

    private struct State: ~Copyable {
        var folder: GeoFolder
        var isOn = false
        /// Made anew where the folder has changed; nil while nobody wants places.
        var databases: GeoDatabases?
        var waitMilliseconds: Int32 = -1
        var wantsReread = false
        var isStopping = false
        var isRunning = false
        var thread: Linux.Thread?
        var onChange: (@Sendable () -> Void)?
    }

    public let path: String
    private let isWatching: Bool
    private let minuteMilliseconds: Int
    private let report: Report
    private let wake: EventFD
    private let state: Mutex<State>

    /// - Parameters:
    ///   - path: The folder; it need not exist.
    ///   - isWatching: Whether changes are noticed by themselves.
    ///   - report: Called on any thread.
    public convenience init(path: String, isWatching: Bool, report: @escaping Report) throws(Errno) {
        try self.init(path: path, isWatching: isWatching, minuteMilliseconds: 60_000, report: report)
    }

    /// - Parameter minuteMilliseconds: How long a minute is, for tests that can't wait for one.
    init(path: String, isWatching: Bool, minuteMilliseconds: Int, report: @escaping Report) throws(Errno) {
        self.minuteMilliseconds = minuteMilliseconds
        self.path = FilePaths.trimmed(path)
        self.isWatching = isWatching
        self.report = report
        wake = try EventFD()
        state = Mutex(State(folder: GeoFolder(self.path)))
    }

    /// Who is told when other databases are open; must not block.
    public func notify(_ onChange: @escaping @Sendable () -> Void) { state.withLock { $0.onChange = onChange } }

    /// What is open; nil while nobody wants places.
    public var databases: GeoDatabases? { state.withLock { $0.databases } }

    /// Does what a configuration says, and tells it what is open. Reads the folder where it first asks for that.
    ///
    /// - Returns: what is wrong with the folder.
    public func follow(_ settings: inout GeoSettings) -> [Diagnostic] {
        let wanted = settings
        let outcome = state.withLock { state -> Outcome in self.follow(wanted, &state) }
        for line in outcome.news { report(line) }
        if outcome.startsNow { start() } else { wake.signal() }
        settings.databases = wanted.isOn ? outcome.states : [:]
        guard wanted.isOn else { return [] }
        return said(outcome.states.isEmpty, outcome.faults, wanted.origin)
    }

    /// What became of a configuration.
    private struct Outcome {
        var news: [String]
        var states: [GeoEdition: GeoSettings.Database]
        var faults: [GeoEdition: String]
        var startsNow: Bool
    }

    private func follow(_ settings: GeoSettings, _ state: inout State) -> Outcome {
        let isNew = settings.isOn && !state.isOn
        let startsNow = settings.isOn && !state.isRunning && !state.isStopping
        state.isOn = settings.isOn
        state.isRunning = state.isRunning || startsNow
        state.waitMilliseconds =
            settings.rereadMinutes == 0 ? -1 : Int32(clamping: settings.rereadMinutes * minuteMilliseconds)
        let news = isNew ? state.folder.read() : []
        if isNew { state.databases = state.folder.databases }
        if !settings.isOn {
            state.databases = nil
            state.folder.close()
        }
        return Outcome(
            news: news, states: state.folder.states, faults: state.folder.faults, startsNow: startsNow)
    }

    /// Reads every file again, changed or not.
    public func rereadNow() {
        state.withLock { $0.wantsReread = true }
        wake.signal()
    }

    /// Ends the thread.
    public func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            return state.thread.take()
        }
        wake.signal()
        thread?.join()
    }

    /// What there is to say of the folder.
    private func said(_ isEmpty: Bool, _ faults: [GeoEdition: String], _ origin: Origin) -> [Diagnostic] {
        let field = "data.use-geoip2"
        var found: [Diagnostic] = []
        if isEmpty {
            found.append(
                Diagnostic(
                    .warning, origin, field: field,
                    "\(path) holds no database: every $geoip2_… is empty, and rules that ask for one answer 503",
                    remedy:
                        "put GeoLite2-City.mmdb, GeoLite2-ASN.mmdb or another edition there (geoipupdate fetches them), or "
                        + "name their folder with --geoip-directory"))
        }
        for (_, fault) in faults.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            found.append(Diagnostic(.warning, origin, field: field, fault, remedy: "fetch it again: geoipupdate"))
        }
        return found
    }
}

// MARK: The thread

extension GeoSource {
    private enum Tag {
        static let events: UInt64 = 1
        static let wake: UInt64 = 2
    }

    private func start() {
        state.withLock { $0.thread = try? Linux.Thread(name: "geoip") { self.run() } }
    }

    /// Without descriptors to watch with, the files are read when they are asked for.
    private func run() {
        guard var epoll = try? Epoll(capacity: 2) else { return }
        try? epoll.addLevelTriggered(wake.descriptor, tag: Tag.wake)
        guard isWatching, var watch = try? FolderWatch() else { return follow(&epoll) }
        try? watch.register(with: epoll, tag: Tag.events)
        follow(&watch, &epoll)
    }

    private func follow(_ watch: inout FolderWatch, _ epoll: inout Epoll) {
        try? watch.watch(path)
        // What changed before the watch began.
        read(isForced: false)
        var changedAt: Instant?
        while true {
            let wait = changedAt == nil ? state.withLock { $0.waitMilliseconds } : Self.quietMilliseconds
            let count = (try? epoll.wait(milliseconds: wait)) ?? 0
            var isForced = false
            for index in 0..<count {
                if epoll.event(at: index).tag == Tag.wake {
                    guard takeWake(&isForced) else { return }
                } else if Self.isChange(&watch), changedAt == nil {
                    changedAt = .now()
                }
            }
            let isOverdue = changedAt.map { Instant.now().nanoseconds(since: $0) >= Self.longestNanoseconds } ?? false
            guard count == 0 || isForced || isOverdue else { continue }
            changedAt = nil
            // The folder may have come, or come back, since.
            try? watch.watch(path)
            read(isForced: isForced)
        }
    }

    private func follow(_ epoll: inout Epoll) {
        while true {
            let count = (try? epoll.wait(milliseconds: state.withLock { $0.waitMilliseconds })) ?? 0
            var isForced = false
            if count > 0 {
                guard takeWake(&isForced) else { return }
                guard isForced else { continue }
            }
            read(isForced: isForced)
        }
    }

    /// Files that are being written don't count until they are closed.
    private static func isChange(_ watch: inout FolderWatch) -> Bool {
        guard let events = try? watch.events() else { return true }
        return events.contains {
            !$0.kinds.isDisjoint(with: [.written, .movedIn, .movedAway, .deleted, .attributes, .selfGone])
        }
    }

    /// - Returns: whether the thread goes on.
    private func takeWake(_ isForced: inout Bool) -> Bool {
        wake.clear()
        let (isStopping, wantsReread) = state.withLock { state in
            defer { state.wantsReread = false }
            return (state.isStopping, state.wantsReread)
        }
        isForced = isForced || wantsReread
        return !isStopping
    }

    private func read(isForced: Bool) {
        let (news, onChange) = state.withLock { state in
            guard state.isOn else { return ([String](), (@Sendable () -> Void)?.none) }
            let former = state.folder.faults
            let news = state.folder.read(isForced: isForced)
            guard !news.isEmpty || former != state.folder.faults else { return ([], nil) }
            state.databases = state.folder.databases
            return (news, state.onChange)
        }
        for line in news { report(line) }
        onChange?()
    }
}
