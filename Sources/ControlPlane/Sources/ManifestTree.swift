import Linux

/// The files that the given paths lead to, and what watching their folders says about them.
///
/// Works out of events alone which files have to be read again; the folders themselves are walked only
/// at the start, when a folder is new, when a link to one changes, and when the kernel lost events.
/// A file that is being written is left alone until its writer closes it.
struct ManifestTree: ~Copyable {
    private let roots: [String]
    private var watch: FolderWatch?

    private(set) var files: Set<String> = []
    /// Folders that belong to the tree, whose entries count.
    private var folders: Set<String> = []
    /// For each link on the way to a file or folder, and for the paths of roots: what is reached through it.
    private var dependents: [String: Set<String>] = [:]
    /// The other way round: the links on the way to each of those.
    private var trails: [String: [String]] = [:]

    private var dirty: Set<String> = []
    private var beingWritten: Set<String> = []
    private var needsScan = true
    private var mayLoseFiles = false
    /// Folders that can't be watched, and why; taken by `takeProblems`.
    private var problems: [String: Errno] = [:]

    private static let depthLimit = 64

    /// - Parameters:
    ///   - roots: Files and folders as the user gave them.
    ///   - watch: Nil when nothing is to be watched.
    init(_ roots: [String], watch: consuming FolderWatch?) {
        self.roots = roots.map(FilePaths.trimmed)
        self.watch = watch
    }

    /// Makes the next `settle` look at everything, whether it seems to have changed or not.
    mutating func scanAnew() { needsScan = true }

    /// Whether something waits for `settle`.
    var hasChanges: Bool { needsScan || !dirty.subtracting(beingWritten).isEmpty }

    /// Whether files may be gone. Some editors delete a file before they write it anew, so this deserves
    /// a longer look.
    var hasRemovals: Bool { mayLoseFiles }

    mutating func takeProblems() -> [String: Errno] {
        defer { problems = [:] }
        return problems
    }

    // MARK: Events

    func register(with epoll: borrowing Epoll, tag: UInt64) throws(Errno) {
        try watch?.register(with: epoll, tag: tag)
    }

    /// Takes in what has happened.
    mutating func readEvents() throws(Errno) {
        guard watch != nil else { return }
        guard let events = try watch?.events() else {
            beingWritten = []
            needsScan = true
            return
        }
        for event in events { note(event) }
    }

    private mutating func note(_ event: FolderWatch.Event) {
        guard !event.name.isEmpty else {
            if event.kinds.contains(.selfGone), folders.contains(event.folder) { loseFolder(event.folder) }
            return
        }
        let path = event.path
        if let reached = dependents[path] { noteChange(of: path, for: reached, event.kinds) }
        if folders.contains(event.folder), !FilePaths.isHidden(event.name) {
            if event.kinds.contains(.folder) {
                noteFolder(path, event.kinds)
            } else if FilePaths.isManifest(event.name) || isLinkToFolder(path, event.kinds) {
                noteChange(of: path, for: [path], event.kinds)
            }
        }
    }

    /// A file that `reached` lead to was touched: `path` is one of them or lies on the way.
    private mutating func noteChange(of path: String, for reached: Set<String>, _ kinds: FileEvent.Kinds) {
        if !kinds.isDisjoint(with: [.deleted, .movedAway]) {
            beingWritten.subtract(reached)
            mayLoseFiles = true
        } else if kinds.contains(.created), isFreshFile(path) {
            beingWritten.formUnion(reached)
        } else if kinds.contains(.modified) {
            beingWritten.formUnion(reached)
        } else if !kinds.contains(.attributes) {
            beingWritten.subtract(reached)
        }
        for item in reached {
            if files.contains(item) || folders.contains(FilePaths.split(item).folder) && !folders.contains(item) {
                dirty.insert(item)
            }
            // A link on the way to a folder, or a root: what it leads to may be something else altogether.
            if folders.contains(item) || roots.contains(item) && !isStillFile(item) { needsScan = true }
        }
    }

    private mutating func noteFolder(_ path: String, _ kinds: FileEvent.Kinds) {
        if !kinds.isDisjoint(with: [.deleted, .movedAway]) {
            loseFolder(path)
        } else if !kinds.isDisjoint(with: [.created, .movedIn]) {
            let before = files
            walk(path, depth: 0, above: [])
            dirty.formUnion(files.subtracting(before))
        }
    }

    private mutating func loseFolder(_ path: String) {
        mayLoseFiles = true
        if roots.contains(path) { needsScan = true }
        folders = folders.filter { $0 != path && !$0.hasPrefix(path + "/") }
        for file in files where file.hasPrefix(path + "/") { dirty.insert(file) }
    }

    /// A file that was made by opening it, whose writer will close it; not a link to one that is whole.
    private func isFreshFile(_ path: String) -> Bool {
        guard let status = try? Files.status(of: path, followingLinks: false) else { return false }
        return status.kind == .regular && status.links == 1
    }

    private func isStillFile(_ path: String) -> Bool {
        files.contains(path) && (try? Files.status(of: path).kind) != .folder
    }

    private mutating func isLinkToFolder(_ path: String, _ kinds: FileEvent.Kinds) -> Bool {
        if folders.contains(path) { return true }
        guard !kinds.isDisjoint(with: [.created, .movedIn]), Files.linkTarget(of: path) != nil,
            (try? Files.status(of: path).kind) == .folder
        else { return false }
        needsScan = true
        return false
    }

    // MARK: Settling

    /// What has changed since the last call. Files that are being written stay for a later one.
    mutating func settle() -> FileChanges {
        mayLoseFiles = false
        if needsScan { return settleByScan() }
        var changes = FileChanges()
        for path in dirty.subtracting(beingWritten) {
            dirty.remove(path)
            if mayBeRead(path) {
                files.insert(path)
                changes.changed.insert(path)
                if Files.linkTarget(of: path) != nil || roots.contains(path) { follow(path) }
            } else if files.remove(path) != nil {
                changes.removed.insert(path)
            }
        }
        return changes
    }

    /// Whether there is something at `path` that reading comes to an end of. A pipe in a folder is nobody's manifest, and
    /// opening one waits for whoever writes to it; what was given by its own path is read all the same.
    private func mayBeRead(_ path: String) -> Bool {
        guard (try? Files.status(of: path, followingLinks: false)) != nil else { return false }
        return roots.contains(path) || (try? Files.status(of: path).kind) != .other
    }

    private mutating func settleByScan() -> FileChanges {
        let before = files
        needsScan = false
        files = []
        folders = []
        dependents = [:]
        dirty = []
        trails = [:]
        watch?.beginRenewal()
        for root in roots {
            if root == FilePaths.standardInput {
                files.insert(root)
                continue
            }
            follow(root)
            if (try? Files.status(of: root).kind) == .folder {
                walk(root, depth: 0, above: [])
            } else {
                files.insert(root)
            }
        }
        watch?.endRenewal()
        dirty = files.intersection(beingWritten)
        return FileChanges(changed: files.subtracting(beingWritten), removed: before.subtracting(files))
    }

    /// Watches everything that decides where `path` leads.
    private mutating func follow(_ path: String) {
        for step in trails[path] ?? [] { dependents[step]?.remove(path) }
        let trail = FilePaths.linksPassed(by: path) + [path]
        trails[path] = trail
        for step in trail {
            dependents[step, default: []].insert(path)
            observe(FilePaths.split(step).folder)
        }
    }

    /// Adds a folder and everything in it.
    private mutating func walk(_ folder: String, depth: Int, above: Set<FileIdentity>) {
        guard depth < Self.depthLimit, let identity = try? Files.status(of: folder).identity,
            !above.contains(identity)
        else { return }
        folders.insert(folder)
        // First the watch, then the look: what comes between is seen twice rather than never.
        observe(folder)
        for (name, kind) in (try? Files.entries(of: folder)) ?? [] where !FilePaths.isHidden(name) {
            let path = FilePaths.join(folder, name)
            switch kind {
            case .folder: walk(path, depth: depth + 1, above: above.union([identity]))
            case .regular where FilePaths.isManifest(name): files.insert(path)
            case .link:
                let target = try? Files.status(of: path).kind
                if target == .folder {
                    follow(path)
                    walk(path, depth: depth + 1, above: above.union([identity]))
                } else if FilePaths.isManifest(name), target != .other {
                    follow(path)
                    files.insert(path)
                }
            case .regular, .other: break
            }
        }
    }

    private mutating func observe(_ folder: String) {
        do throws(Errno) {
            try watch?.watch(folder)
        } catch {
            problems[folder] = error
        }
    }
}
