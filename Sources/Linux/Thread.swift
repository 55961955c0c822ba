import CLinux
import Glibc

/// A thread of the data plane. Joined, never detached: whoever starts one waits for its end.
public struct Thread: ~Copyable, Sendable {
    private let handle: pthread_t

    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts `body` on a new thread.
    ///
    /// - Parameter name: for tools such as `top -H`; at most 15 bytes count.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) {
        var handle = pthread_t()
        let start = Unmanaged.passRetained(Start(body))
        let result = pthread_create(
            &handle, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                Thread.refuseCancellation()
                start.body()
                return nil
            }, start.toOpaque())
        guard result == 0 else {
            start.release()
            throw Errno(result)
        }
        pthread_setname_np(handle, String(name.prefix(15)))
        self.handle = handle
    }

    /// No thread of ours is ever cancelled. The C library makes each blocking call a place where it could be, by a locked
    /// exchange before and another behind the call, unless the thread has its type of cancellation for good.
    private static func refuseCancellation() {
        pthread_setcancelstate(CInt(PTHREAD_CANCEL_DISABLE), nil)
        pthread_setcanceltype(CInt(PTHREAD_CANCEL_ASYNCHRONOUS), nil)
    }

    /// Lets the thread go on by itself until the process ends.
    public consuming func detach() {
        pthread_detach(handle)
    }

    /// Waits for the end of the thread.
    public consuming func join() {
        pthread_join(handle, nil)
    }
}
