public import Model
internal import Synchronization

/// What is known of an endpoint at run time: load, latency and health. Shared by all workers, and
/// kept while snapshots come and go, so a reload forgets nothing.
///
/// Identity is the upstream and `address:port`: the same address in two upstreams has two states.
/// Everything is a relaxed atomic: each value stands for itself, and a pick that sees one a moment
/// late is as good. Times are monotonic nanoseconds given by the caller.
///
/// The hot words fill one cache line; the padding behind them keeps a neighbour's hot words off it.
public final class EndpointState: Sendable {
    /// Requests in flight in the low `inFlightBits`, picks since the start above them: a pick costs
    /// one atomic operation.
    private let load = Atomic<UInt64>(0)
    private let latencyAverage: Atomic<UInt64>
    private let latencyUpdated: Atomic<UInt64>
    private let ejectedUntil = Atomic<UInt64>(0)
    private let failures = Atomic<UInt32>(0)
    private let ejections = Atomic<UInt32>(0)
    /// A literal IPv4 or IPv6 address, without brackets.
    public let address: String
    public let port: UInt16
    private let padding = InlineArray<8, UInt64>(repeating: 0)

    private static let inFlightBits: UInt64 = 24
    private static let onePick: UInt64 = 1 << inFlightBits

    /// - Parameters:
    ///   - latency: the moving average that the endpoint starts with, in seconds.
    ///   - now: when that average was made.
    public init(_ endpoint: Endpoint, latency: Double = 0, now: UInt64 = 0) {
        address = endpoint.address
        port = endpoint.port
        latencyAverage = Atomic(latency.bitPattern)
        latencyUpdated = Atomic(now)
    }

    // MARK: Load

    /// A request is sent to the endpoint; each is ended by exactly one `end`.
    public func begin() { load.wrappingAdd(Self.onePick | 1, ordering: .relaxed) }

    /// The request is over, however it went.
    public func end() {
        let before = load.wrappingSubtract(1, ordering: .relaxed).oldValue
        assert(before & (Self.onePick - 1) != 0, "a request ended that never began")
    }

    /// Requests begun and not yet ended, over all workers.
    public var inFlight: Int { Int(load.load(ordering: .relaxed) & (Self.onePick - 1)) }

    /// Requests begun since the endpoint was first seen.
    public var picks: Int { Int(load.load(ordering: .relaxed) >> Self.inFlightBits) }

    // MARK: Latency

    /// Counts the time from connecting to the end of a response into the moving average.
    ///
    /// Two workers at the same instant may lose one of their samples; the average does not suffer.
    public func record(latency seconds: Double, now: UInt64) {
        let next = latency.including(seconds, now: now)
        latencyAverage.store(next.average.bitPattern, ordering: .relaxed)
        latencyUpdated.store(now, ordering: .relaxed)
    }

    /// The moving average of response times.
    public var latency: Latency {
        Latency(
            average: Double(bitPattern: latencyAverage.load(ordering: .relaxed)),
            updated: latencyUpdated.load(ordering: .relaxed))
    }

    // MARK: Health

    /// The endpoint answered: it is whole again, whatever came before.
    public func succeeded() {
        // The common case only reads, so that the cache line stays shared.
        guard failures.load(ordering: .relaxed) != 0 else { return }
        failures.store(0, ordering: .relaxed)
        ejections.store(0, ordering: .relaxed)
        ejectedUntil.store(0, ordering: .relaxed)
    }

    /// The endpoint refused, broke or timed out.
    ///
    /// - Returns: whether this failure ejected it. Failures that arrive while it is out, of requests
    ///   sent before, do not count again.
    public func failed(now: UInt64, policy: EjectionPolicy) -> Bool {
        let count = failures.wrappingAdd(1, ordering: .relaxed).newValue
        guard policy.failures > 0, count >= policy.failures else { return false }
        let until = ejectedUntil.load(ordering: .relaxed)
        guard until <= now else { return false }
        let earlier = ejections.load(ordering: .relaxed)
        let (ejected, _) = ejectedUntil.compareExchange(
            expected: until, desired: policy.end(now: now, ejectionsBefore: earlier), ordering: .relaxed)
        if ejected { ejections.store(earlier &+ 1, ordering: .relaxed) }
        return ejected
    }

    /// Whether the endpoint is left out at that time because it failed too often.
    public func isEjected(at now: UInt64) -> Bool { ejectedUntil.load(ordering: .relaxed) > now }

    /// Failures since the last success.
    public var consecutiveFailures: Int { Int(failures.load(ordering: .relaxed)) }
}
