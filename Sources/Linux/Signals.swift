import CLinux
import Glibc
import Synchronization

/// The signals that the process reacts to.
///
/// A handler does nothing but write the signal's number into a pipe; whoever waits reads it there. That
/// works whichever thread the kernel hands a signal to.
public enum Signals {
    public static let terminate = SIGTERM
    public static let interrupt = SIGINT
    public static let hangUp = SIGHUP
    public static let user1 = SIGUSR1

    /// The end that handlers write to; -1 before `hold`.
    private static let writeEnd = Atomic<CInt>(-1)
    private static let readEnd = Atomic<CInt>(-1)

    /// Keeps these signals for `next` from now on. Also ignores SIGPIPE: a peer that has gone is an error of the
    /// write. Called once.
    public static func hold(_ signals: [CInt]) {
        var ends: (CInt, CInt) = (-1, -1)
        let made = withUnsafeMutableBytes(of: &ends) {
            pipe2($0.assumingMemoryBound(to: CInt.self).baseAddress!, O_CLOEXEC)
        }
        precondition(made == 0, "a process that just began has descriptors for a pipe")
        readEnd.store(ends.0, ordering: .sequentiallyConsistent)
        writeEnd.store(ends.1, ordering: .sequentiallyConsistent)
        signal(SIGPIPE, SIG_IGN)
        for number in signals { signal(number) { Signals.pass(on: $0) } }
    }

    /// Runs within a signal handler: touches nothing but the pipe, and leaves `errno` as it was.
    private static func pass(on number: CInt) {
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(writeEnd.load(ordering: .relaxed), &byte, 1)
        errno = saved
    }

    /// Blocks until one of the held signals arrives.
    public static func next() -> CInt {
        var byte: UInt8 = 0
        while read(readEnd.load(ordering: .relaxed), &byte, 1) != 1 {}
        return CInt(byte)
    }
}
