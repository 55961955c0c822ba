public import Linux
internal import Synchronization
public import Telemetry

/// One thing that must be well for the process to be.
public struct HealthCheck: Sendable, Equatable {
    /// As in `/healthz/<name>`.
    public var name: String
    /// What is wrong; nil when nothing is.
    public var fault: String?

    public init(_ name: String, fault: String? = nil) {
        self.name = name
        self.fault = fault
    }
}

/// Whether the process can serve: what `/healthz` and `/readyz` answer.
///
/// As with ingress-nginx it fails before the first configuration is live, while draining, and when
/// the proxy is gone: here, when a worker's loop has not come round for `longestSilence`.
public final class Health: Sendable {
    /// A worker that has been silent for longer, in nanoseconds, is stuck.
    public static let longestSilence: UInt64 = 30_000_000_000

    private let shards: [MetricShard]
    private let isConfigured = Atomic<Bool>(false)
    private let isDraining = Atomic<Bool>(false)

    /// - Parameter shards: those of the workers.
    public init(_ shards: [MetricShard]) { self.shards = shards }

    /// The first configuration is live and the listeners are open.
    public func begin() { isConfigured.store(true, ordering: .relaxed) }

    /// The process has been asked to end.
    public func drain() { isDraining.store(true, ordering: .relaxed) }

    /// Every check, in the order in which they are shown.
    public func checks(now: Instant) -> [HealthCheck] {
        let configured = isConfigured.load(ordering: .relaxed)
        return [
            HealthCheck("ping"),
            HealthCheck("configuration", fault: configured ? nil : "no configuration is live yet"),
            HealthCheck("draining", fault: isDraining.load(ordering: .relaxed) ? "shutting down" : nil),
            HealthCheck("workers", fault: configured ? silence(now) : nil),
        ]
    }

    private func silence(_ now: Instant) -> String? {
        for (index, shard) in shards.enumerated() {
            let silent = now.nanoseconds(since: shard.lastBeat)
            if silent > Self.longestSilence {
                return "worker \(index) has been silent for \(silent / 1_000_000_000) seconds"
            }
        }
        return nil
    }
}
