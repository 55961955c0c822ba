internal import CEpoll
internal import Glibc

/// An edge-triggered epoll set. Every descriptor is watched for both directions from the start, so that no further
/// system call is spent on interest: whoever is told must read and write until the kernel says "later".
public struct Poller: ~Copyable {
    /// What happened to a descriptor.
    public struct Event {
        public let descriptor: Int32
        public let isReadable: Bool
        public let isWritable: Bool
    }

    private let epoll: Int32
    private let slots: UnsafeMutableBufferPointer<epoll_event>

    public init(capacity: Int = 256) {
        epoll = checked(epoll_create1(Int32(EPOLL_CLOEXEC)), "epoll_create1")
        slots = .allocate(capacity: capacity)
    }

    deinit {
        close(epoll)
        slots.deallocate()
    }

    public func watch(_ descriptor: Int32) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.fd = descriptor
        checked(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl")
    }

    /// Waits for events and hands each to `body`.
    /// - Parameter milliseconds: how long to wait at most; -1 waits for ever.
    public func wait(milliseconds: Int32 = -1, _ body: (Event) -> Void) {
        let count = epoll_wait(epoll, slots.baseAddress, Int32(slots.count), milliseconds)
        for index in 0..<max(0, Int(count)) {
            let event = slots[index]
            let troubled = event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue | EPOLLRDHUP.rawValue) != 0
            body(
                Event(
                    descriptor: event.data.fd,
                    isReadable: event.events & EPOLLIN.rawValue != 0 || troubled,
                    isWritable: event.events & EPOLLOUT.rawValue != 0))
        }
    }
}

/// A timer that a `Poller` can watch, exact to a few microseconds where epoll's own timeout counts milliseconds.
public struct Timer: ~Copyable {
    public let descriptor: Int32

    public init() {
        _ = bench_set_timer_slack(1)
        descriptor = checked(timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK)), "timerfd_create")
    }

    deinit { close(descriptor) }

    /// Fires once at `nanoseconds` on the monotonic clock; at once when that has passed.
    public func fire(at nanoseconds: UInt64) {
        var ticks: UInt64 = 0
        _ = read(descriptor, &ticks, 8)
        var spec = itimerspec()
        spec.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
        spec.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        checked(timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &spec, nil), "timerfd_settime")
    }
}

/// Nanoseconds on the monotonic clock.
public func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The result of a system call that must succeed for the measurement to mean anything.
@discardableResult
public func checked(_ result: Int32, _ call: String) -> Int32 {
    guard result >= 0 else { fail("\(call): \(String(cString: strerror(errno)))") }
    return result
}

/// Ends the tool with a reason on standard error.
public func fail(_ reason: String) -> Never {
    bench_complain(reason)
    exit(1)
}
