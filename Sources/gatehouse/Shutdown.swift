import Glibc
import Linux
import Synchronization

/// The signals that steer a running `serve`.
enum Shutdown {
    private static let handled = [Signals.terminate, Signals.interrupt, Signals.hangUp, Signals.user1]

    /// Keeps the signals for `follow`; from then on they end nothing by themselves.
    static func holdSignals() { Signals.hold(handled) }

    /// What signals ask for.
    struct Actions: Sendable {
        /// SIGHUP: read the manifests again, changed or not.
        var reread: @Sendable () -> Void
        /// SIGUSR1: open log files anew.
        var reopenLogs: @Sendable () -> Void
    }

    /// Carries out what signals ask for until SIGTERM or SIGINT arrives. Waits on a thread of its own.
    ///
    /// A second SIGTERM or SIGINT, while requests are still finishing, ends the process at once with status 130.
    static func follow(_ actions: Actions) async throws(Errno) {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let actions = Steered(actions)
        let thread = try Linux.Thread(name: "signals") {
            var isEnding = false
            while true {
                switch Signals.next() {
                case Signals.hangUp: actions.current?.reread()
                case Signals.user1: actions.current?.reopenLogs()
                default:
                    // Nothing may wait for threads that still serve, as what runs at `exit` might.
                    if isEnding { _exit(130) }
                    isEnding = true
                    end.finish()
                }
            }
        }
        for await _ in ends {}
        // The thread goes on listening for the second signal until the process ends, and keeps nothing else alive.
        actions.letGo()
        thread.detach()
    }

    /// What signals ask for while there is somebody who does it.
    private final class Steered: Sendable {
        private let actions: Mutex<Actions?>

        init(_ actions: Actions) { self.actions = Mutex(actions) }

        var current: Actions? { actions.withLock { $0 } }

        func letGo() { actions.withLock { $0 = nil } }
    }
}
