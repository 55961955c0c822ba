import CLinux
import Glibc

/// What a descriptor is ready for.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes, a connection or the end of the stream can be read.
    public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    public static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The other side has finished sending; bytes before that may still wait.
    public static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// Both directions are gone.
    public static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue)
    public static let failed = Readiness(rawValue: EPOLLERR.rawValue)
}

/// The kernel's list of watched descriptors.
///
/// Edge-triggered: each change is told once, so that a busy connection costs no further system calls
/// to rearm it. A reader goes on until it would block or got less than it asked for.
public struct Epoll: ~Copyable {
    private let descriptor: Descriptor
    private let events: UnsafeMutablePointer<epoll_event>
    private let capacity: Int

    /// - Parameter capacity: most events taken at once.
    public init(capacity: Int = 512) throws(Errno) {
        descriptor = Descriptor(adopting: try checked { epoll_create1(CInt(EPOLL_CLOEXEC)) })
        self.capacity = capacity
        events = .allocate(capacity: capacity)
    }

    deinit { events.deallocate() }

    /// Watches `target` for everything, edge-triggered; events carry `tag`. Closing the descriptor ends it.
    public func add(_ target: borrowing Descriptor, tag: UInt64) throws(Errno) {
        let all = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        try control(EPOLL_CTL_ADD, target, all, tag)
    }

    /// Watches `target` for reading, level-triggered: for listeners and wake-ups.
    public func addLevelTriggered(_ target: borrowing Descriptor, tag: UInt64) throws(Errno) {
        try control(EPOLL_CTL_ADD, target, EPOLLIN.rawValue, tag)
    }

    /// Stops watching a descriptor that stays open.
    public func remove(_ target: borrowing Descriptor) throws(Errno) {
        try control(EPOLL_CTL_DEL, target, 0, 0)
    }

    private func control(
        _ operation: CInt, _ target: borrowing Descriptor, _ interest: UInt32, _ tag: UInt64
    ) throws(Errno) {
        var event = epoll_event(events: interest, data: epoll_data_t(u64: tag))
        let (own, other) = (descriptor.number, target.number)
        _ = try checked { epoll_ctl(own, operation, other, &event) }
    }

    /// Waits for events; says how many there are, to be read with `event(at:)`.
    ///
    /// - Parameter milliseconds: longest wait; -1 is without limit, 0 looks only.
    public mutating func wait(milliseconds: Int32) throws(Errno) -> Int {
        let count = epoll_wait(descriptor.number, events, CInt(capacity), milliseconds)
        if count >= 0 { return Int(count) }
        if errno == EINTR { return 0 }
        throw Errno.last
    }

    /// One of the events of the last `wait`.
    public func event(at index: Int) -> (tag: UInt64, readiness: Readiness) {
        precondition(index >= 0 && index < capacity, "no such event")
        return (events[index].data.u64, Readiness(rawValue: events[index].events))
    }
}
