import CLinux
import Glibc

/// The signals that the process reacts to, taken by waiting for them rather than by handlers.
public enum Signals {
    public static let terminate = SIGTERM
    public static let interrupt = SIGINT
    public static let hangUp = SIGHUP
    public static let user1 = SIGUSR1

    /// Keeps these signals for `wait`; call before any thread starts, since threads inherit it.
    /// Also ignores SIGPIPE: a peer that has gone is an error of the write.
    public static func hold(_ signals: [CInt]) {
        var set = Self.set(of: signals)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Blocks until one of the signals arrives.
    public static func wait(for signals: [CInt]) -> CInt {
        var set = Self.set(of: signals)
        var received: CInt = 0
        while sigwait(&set, &received) != 0 {}
        return received
    }

    private static func set(of signals: [CInt]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }
}
