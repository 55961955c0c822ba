public import Model

/// How long an upstream may take, in nanoseconds; see `Timeouts`.
public struct UpstreamTimes: Sendable, Equatable {
    public let connect: Int64
    public let send: Int64
    public let read: Int64

    init(_ policy: Timeouts) {
        connect = policy.connect.nanoseconds
        send = policy.send.nanoseconds
        read = policy.read.nanoseconds
    }
}

/// When another endpoint is tried; see `Retry`.
public struct RetryRule: Sendable, Equatable {
    public let conditions: Retry.Conditions
    /// Attempts in all; `Int.max` when only the number of endpoints limits them.
    public let tries: Int
    /// Nanoseconds within which a further attempt may start; `Int64.max` for ever.
    public let window: Int64

    init(_ policy: Retry) {
        conditions = policy.conditions
        tries = policy.tries > 0 ? policy.tries : .max
        window = policy.timeout > .zero ? policy.timeout.nanoseconds : .max
    }
}

extension Duration {
    /// Whole nanoseconds, at least 0 and at most what 64 bits hold.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflowed { return seconds < 0 ? 0 : .max }
        let (sum, overflowedAgain) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowedAgain ? .max : max(sum, 0)
    }
}
