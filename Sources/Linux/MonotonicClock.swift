import CLinux
import Glibc

/// A point on the clock that never jumps, in nanoseconds since an unspecified start.
public struct Instant: Comparable, Hashable, Sendable {
    public var nanoseconds: UInt64

    @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Later than any other: "no deadline".
    public static var distantFuture: Instant { Instant(nanoseconds: .max) }

    /// The present. One call into the vDSO; loops ask once a turn.
    public static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// That many nanoseconds later; stays at `distantFuture` rather than overflow.
    @inlinable public func advanced(byNanoseconds count: UInt64) -> Instant {
        let (sum, overflowed) = nanoseconds.addingReportingOverflow(count)
        return overflowed ? .distantFuture : Instant(nanoseconds: sum)
    }

    /// Nanoseconds from `earlier` to here; zero when `earlier` is later.
    @inlinable public func nanoseconds(since earlier: Instant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds &- earlier.nanoseconds : 0
    }
}

/// The time of day. For log lines and `Date` only; nothing waits by it.
public enum WallClock {
    /// Seconds and nanoseconds since 1970, UTC.
    public static func now() -> (seconds: Int, nanoseconds: Int) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (time.tv_sec, time.tv_nsec)
    }
}
