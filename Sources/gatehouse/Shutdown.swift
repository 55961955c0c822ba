import Foundation
import Linux

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
        let thread = try Linux.Thread(name: "signals") {
            var isEnding = false
            while true {
                switch Signals.next() {
                case Signals.hangUp: actions.reread()
                case Signals.user1: actions.reopenLogs()
                default:
                    if isEnding { exit(130) }
                    isEnding = true
                    end.finish()
                }
            }
        }
        for await _ in ends {}
        // The thread goes on listening for the second signal until the process ends.
        thread.detach()
    }
}
