import CLinux
import Glibc

/// A counter that wakes a loop of another thread.
public struct EventFD: ~Copyable, Sendable {
    public let descriptor: Descriptor

    public init() throws(Errno) {
        descriptor = Descriptor(adopting: try checked { eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC)) })
    }

    /// Makes the descriptor readable. Safe from any thread.
    public func signal() {
        var one: UInt64 = 1
        _ = write(descriptor.number, &one, 8)
    }

    /// Makes it unreadable again.
    public func clear() {
        var value: UInt64 = 0
        _ = read(descriptor.number, &value, 8)
    }
}
