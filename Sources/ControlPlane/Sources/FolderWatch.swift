import Linux

/// Watches folders, and says of each event at which paths it happened.
///
/// One watch serves all files of a folder, and a folder that is reached by several paths is watched
/// once but known by all of them.
struct FolderWatch: ~Copyable {
    private let inotify: Inotify
    private var paths: [Int32: Set<String>] = [:]
    private var watches: [String: Int32] = [:]
    private var stale: Set<Int32> = []

    private static let kinds: FileEvent.Kinds = [
        .written, .created, .deleted, .movedIn, .movedAway, .modified, .attributes, .selfGone,
    ]

    init() throws(Errno) { inotify = try Inotify() }

    /// Makes `epoll` report waiting events under `tag`.
    func register(with epoll: borrowing Epoll, tag: UInt64) throws(Errno) {
        try epoll.addLevelTriggered(inotify.descriptor, tag: tag)
    }

    /// Starts watching the folder at `path`; nothing happens when it is watched under this path already.
    mutating func watch(_ path: String) throws(Errno) {
        guard watches[path] == nil else { return }
        let watch = try inotify.watch(path, for: Self.kinds)
        stale.remove(watch)
        watches[path] = watch
        paths[watch, default: []].insert(path)
    }

    /// Begins to set all watches anew: those that `watch` doesn't ask for again go with `endRenewal`.
    /// The others stay as they are, so that none of their events is lost.
    mutating func beginRenewal() {
        stale = Set(paths.keys)
        paths = [:]
        watches = [:]
    }

    mutating func endRenewal() {
        for watch in stale { inotify.unwatch(watch) }
        stale = []
    }

    /// Something that happened to the entry `name` of the folder at `folder`.
    struct Event {
        var folder: String
        var name: String
        var kinds: FileEvent.Kinds

        var path: String { FilePaths.join(folder, name) }
    }

    /// What has happened since the last call; nil when events were lost.
    mutating func events() throws(Errno) -> [Event]? {
        var events: [Event] = []
        var isComplete = true
        for event in try inotify.readEvents() {
            if event.kinds.contains(.overflow) { isComplete = false }
            for folder in paths[event.watch] ?? [] {
                events.append(Event(folder: folder, name: event.name, kinds: event.kinds))
            }
            if event.kinds.contains(.ended), let ended = paths.removeValue(forKey: event.watch) {
                for path in ended where watches[path] == event.watch { watches[path] = nil }
            }
        }
        return isComplete ? events : nil
    }
}
