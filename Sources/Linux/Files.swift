import CLinux
import Glibc

/// What a path leads to.
public struct FileStatus: Sendable, Hashable {
    /// What stands at a path.
    public enum Kind: Sendable, Hashable {
        case regular, folder, link
        /// A pipe, socket or device: it can be read once at most.
        case other
    }

    public var kind: Kind
    /// Names of the file; more than one for hard links.
    public var links: Int
    /// The same for all paths to one file, for as long as it exists.
    public var identity: FileIdentity
    public var version: FileVersion
}

/// Which content a file has: another one, as a rule, once it was written to or replaced.
public struct FileVersion: Sendable, Hashable {
    public var identity: FileIdentity
    public var count: Int
    /// When it was written to last: seconds since 1970, and nanoseconds.
    public var seconds: Int
    public var nanoseconds: Int
}

/// Tells files apart whatever their paths.
public struct FileIdentity: Sendable, Hashable {
    public var device: UInt64
    public var number: UInt64
}

/// Looking at files and folders without opening them for long.
public enum Files {
    /// - Parameter followingLinks: whether a symbolic link stands for what it leads to.
    public static func status(of path: String, followingLinks: Bool = true) throws(Errno) -> FileStatus {
        var raw = stat()
        _ = try checked { followingLinks ? stat(path, &raw) : lstat(path, &raw) }
        return FileStatus(raw)
    }

    /// The bytes of a file, at most `limitBytes` of them. Reads pipes to their end, too.
    public static func contents(of path: String, limitBytes: Int) throws(Errno) -> [UInt8] {
        let descriptor = Descriptor(adopting: try checked { open(path, O_RDONLY | O_CLOEXEC) })
        return try contents(of: descriptor.number, limitBytes: limitBytes)
    }

    /// What comes from standard input until its end, at most `limitBytes`.
    public static func standardInput(limitBytes: Int) throws(Errno) -> [UInt8] {
        try contents(of: STDIN_FILENO, limitBytes: limitBytes)
    }

    private static func contents(of descriptor: CInt, limitBytes: Int) throws(Errno) -> [UInt8] {
        var raw = stat()
        _ = try checked { fstat(descriptor, &raw) }
        var bytes: [UInt8] = []
        // One more than the size, so that the end shows without growing.
        var capacity = min(max(Int(raw.st_size) + 1, 4096), limitBytes)
        var failure: Errno?
        while bytes.count < limitBytes {
            let before = bytes.count
            let wanted = min(capacity, limitBytes - before)
            let part = [UInt8](unsafeUninitializedCapacity: wanted) { space, count in
                do throws(Errno) {
                    count = try checked { Glibc.read(descriptor, space.baseAddress, wanted) }
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if part.isEmpty { break }
            if bytes.isEmpty { bytes = part } else { bytes += part }
            capacity = max(capacity - part.count, 1 << 16)
        }
        return bytes
    }

    /// The names in a folder with their kinds, links not followed; neither `.` nor `..`, in no order.
    public static func entries(of folder: String) throws(Errno) -> [(name: String, kind: FileStatus.Kind)] {
        guard let stream = opendir(folder) else { throw .last }
        defer { closedir(stream) }
        var entries: [(name: String, kind: FileStatus.Kind)] = []
        while let entry = Glibc.readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            let kind: FileStatus.Kind =
                switch Int(entry.pointee.d_type) {
                case Int(DT_REG): .regular
                case Int(DT_DIR): .folder
                case Int(DT_LNK): .link
                case Int(DT_UNKNOWN): (try? status(of: "\(folder)/\(name)", followingLinks: false).kind) ?? .other
                default: .other
                }
            entries.append((name, kind))
        }
        return entries
    }

    /// What a symbolic link says, relative to its folder unless it begins with a slash; nil when `path` is no link.
    public static func linkTarget(of path: String) -> String? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { space in
            guard let start = space.baseAddress else { return nil }
            let count = readlink(path, start, space.count)
            return count < 0 ? nil : String(decoding: space.prefix(count), as: UTF8.self)
        }
    }
}

extension FileStatus {
    fileprivate init(_ raw: stat) {
        kind =
            switch raw.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        links = Int(raw.st_nlink)
        identity = FileIdentity(device: UInt64(raw.st_dev), number: UInt64(raw.st_ino))
        version = FileVersion(
            identity: identity, count: Int(raw.st_size), seconds: raw.st_mtim.tv_sec, nanoseconds: raw.st_mtim.tv_nsec)
    }
}
