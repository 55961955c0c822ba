public import Model

/// Passive health: when an endpoint that fails is left out, and for how long.
///
/// After `failures` consecutive failures it is out for `time`. When that has passed it is tried
/// again, and a single further failure ejects it for twice as long, up to `longestFactor` times. One
/// success ends it all. When every endpoint is out, none is (`Balancer`): a guess beats a sure 503.
public struct EjectionPolicy: Sendable, Equatable {
    /// Consecutive failures that eject; zero is never.
    public var failures: UInt32
    /// How long the first time, in nanoseconds.
    public var time: UInt64

    /// The longest ejection, in multiples of the first.
    public static let longestFactor: UInt64 = 10

    public init(failures: Int, time: Duration) {
        self.failures = UInt32(clamping: failures)
        let (seconds, attoseconds) = time.components
        self.time = UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
    }

    public init(_ settings: UpstreamSettings) {
        self.init(failures: settings.failuresBeforeEjection, time: settings.ejectionTime)
    }

    /// When an ejection that begins now ends.
    func end(now: UInt64, ejectionsBefore: UInt32) -> UInt64 {
        let factor = ejectionsBefore < 4 ? UInt64(1) << UInt64(ejectionsBefore) : Self.longestFactor
        return now &+ time &* factor
    }
}
