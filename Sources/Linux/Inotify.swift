import CLinux
import Glibc

/// What happened in a watched folder.
public struct FileEvent: Sendable, Hashable {
    /// What may happen to a watched file or folder.
    public struct Kinds: OptionSet, Sendable, Hashable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// A file that was open for writing was closed.
        public static let written = Kinds(rawValue: UInt32(IN_CLOSE_WRITE))
        public static let created = Kinds(rawValue: UInt32(IN_CREATE))
        public static let deleted = Kinds(rawValue: UInt32(IN_DELETE))
        public static let movedIn = Kinds(rawValue: UInt32(IN_MOVED_TO))
        public static let movedAway = Kinds(rawValue: UInt32(IN_MOVED_FROM))
        public static let modified = Kinds(rawValue: UInt32(IN_MODIFY))
        public static let attributes = Kinds(rawValue: UInt32(IN_ATTRIB))
        /// The watched folder itself was deleted or moved away.
        public static let selfGone = Kinds(rawValue: UInt32(IN_DELETE_SELF | IN_MOVE_SELF))
        /// The event concerns a folder.
        public static let folder = Kinds(rawValue: UInt32(IN_ISDIR))
        /// The kernel dropped events: look at everything anew.
        public static let overflow = Kinds(rawValue: UInt32(IN_Q_OVERFLOW))
        /// The watch has ended.
        public static let ended = Kinds(rawValue: UInt32(IN_IGNORED))
    }

    /// The watch that saw it; -1 for an overflow.
    public var watch: Int32
    public var kinds: Kinds
    /// The entry's name within the folder; empty when the folder itself is meant.
    public var name: String

    public init(watch: Int32, kinds: Kinds, name: String) {
        self.watch = watch
        self.kinds = kinds
        self.name = name
    }
}

/// Watches folders for changes of their entries.
public struct Inotify: ~Copyable, Sendable {
    /// Readable when events wait.
    public let descriptor: Descriptor

    public init() throws(Errno) {
        descriptor = Descriptor(adopting: try checked { inotify_init1(CInt(IN_NONBLOCK | IN_CLOEXEC)) })
    }

    /// Watches the folder at `path`; events carry the number that is returned.
    public func watch(_ path: String, for kinds: FileEvent.Kinds) throws(Errno) -> Int32 {
        let number = descriptor.number
        return try checked { inotify_add_watch(number, path, kinds.rawValue) }
    }

    /// Ends a watch; one that ended by itself does no harm.
    public func unwatch(_ watch: Int32) {
        inotify_rm_watch(descriptor.number, watch)
    }

    /// The events that wait; none when there are none.
    public func readEvents() throws(Errno) -> [FileEvent] {
        var events: [FileEvent] = []
        var failure: Errno?
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { space in
            while true {
                let count = read(descriptor.number, space.baseAddress, space.count)
                if count > 0 {
                    Self.parse(UnsafeRawBufferPointer(rebasing: space[..<count]), into: &events)
                } else if count < 0 && errno == EINTR {
                    continue
                } else {
                    if count < 0 && errno != EAGAIN { failure = .last }
                    return
                }
            }
        }
        if let failure { throw failure }
        return events
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer, into events: inout [FileEvent]) {
        var offset = 0
        let headSize = MemoryLayout<inotify_event>.size
        while offset + headSize <= bytes.count {
            let head = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
            let name = bytes[(offset + headSize)..<(offset + headSize + Int(head.len))].prefix { $0 != 0 }
            events.append(
                FileEvent(
                    watch: head.wd, kinds: FileEvent.Kinds(rawValue: head.mask),
                    name: String(decoding: name, as: UTF8.self)))
            offset += headSize + Int(head.len)
        }
    }
}
