public import Linux

/// A failed attempt at an endpoint, for the log of whoever runs the proxy.
public struct UpstreamFault: Sendable, Equatable {
    /// The upstream's name.
    public let upstream: String
    public let endpoint: SocketAddress
    /// What went wrong, in words of ours; never anything that the endpoint or a client sent.
    public let cause: String
    /// How often the same went wrong since it was last told.
    public let repetitions: Int
}

extension UpstreamFault: CustomStringConvertible {
    /// `upstream shop-web-443, endpoint 10.0.0.1:8443: TLS failed: certificate verify failed`
    public var description: String {
        let more = repetitions > 0 ? " (and \(repetitions) times since it was last told)" : ""
        return "upstream \(upstream), endpoint \(endpoint): \(cause)\(more)"
    }
}

/// Decides which faults are told: one line for each cause and endpoint in a while, whatever happens how often.
///
/// One worker's own; bounded, so that no number of endpoints makes it grow.
struct FaultThrottle {
    private struct Cause: Hashable {
        var endpoint: SocketAddress
        var failure: Failure
    }

    private struct Record {
        var toldAt: Instant
        var repetitions = 0
    }

    private var records: [Cause: Record] = [:]

    /// How long a cause is quiet after it was told.
    static let quietNanoseconds: UInt64 = 10_000_000_000
    /// Causes that are remembered; beyond it only new ones of the next quiet time are told.
    static let capacity = 256

    /// Whether a fault is to be told now.
    ///
    /// - Returns: how often it came about untold; nil to keep quiet.
    mutating func admit(_ failure: Failure, at endpoint: SocketAddress, now: Instant) -> Int? {
        let cause = Cause(endpoint: endpoint, failure: failure)
        if let record = records[cause] {
            guard now.nanoseconds(since: record.toldAt) >= Self.quietNanoseconds else {
                records[cause]?.repetitions += 1
                return nil
            }
            records[cause] = Record(toldAt: now)
            return record.repetitions
        }
        if records.count >= Self.capacity {
            records = records.filter { now.nanoseconds(since: $0.value.toldAt) < Self.quietNanoseconds }
            guard records.count < Self.capacity else { return nil }
        }
        records[cause] = Record(toldAt: now)
        return 0
    }
}
