internal import Synchronization

/// What the control plane has done: counted by it, read by a scrape.
public final class ControllerMetrics: Sendable {
    struct Reloads {
        var successes = 0
        var failures = 0
        var lastSucceeded = false
        var lastSuccess = 0
        var nanoseconds: UInt64 = 0
        var lastNanoseconds: UInt64 = 0
        var configurationHash: UInt64 = 0
        var rejectedObjects = 0
    }

    private let state = Mutex(Reloads())

    public init() {}

    /// A configuration went live.
    ///
    /// - Parameters:
    ///   - time: seconds since 1970.
    ///   - duration: from the change to its being live, in nanoseconds.
    ///   - hash: of the configuration; equal on replicas that serve the same.
    ///   - rejected: objects that were left out of it.
    public func reloadSucceeded(at time: Int, duration: UInt64, hash: UInt64, rejected: Int) {
        state.withLock { state in
            state.successes += 1
            state.lastSucceeded = true
            state.lastSuccess = time
            state.nanoseconds += duration
            state.lastNanoseconds = duration
            state.configurationHash = hash
            state.rejectedObjects = rejected
        }
    }

    /// A configuration could not go live; the one before it stays.
    public func reloadFailed() {
        state.withLock { state in
            state.failures += 1
            state.lastSucceeded = false
        }
    }

    var current: Reloads { state.withLock { $0 } }
}
