internal import Glibc

/// The moving average of response times, as ingress-nginx computes it for `load-balance: ewma`.
enum PeakEWMA {
    /// How fast the past is forgotten, in seconds.
    static let decayTime = 10.0

    /// What remains of a value after the time between two instants (nanoseconds): e^(−Δt / 10 s).
    static func decay(from past: UInt64, to now: UInt64) -> Double {
        // Another worker's clock may be a turn ahead of ours.
        guard now > past else { return 1 }
        return exp(-Double(now - past) / (decayTime * 1e9))
    }
}

/// A moving average of response times, and when it was last fed.
public struct Latency: Sendable {
    /// In seconds.
    public var average: Double
    /// Monotonic nanoseconds.
    public var updated: UInt64

    /// The average as a price to compare: it fades while nothing is heard, so a slow endpoint gets
    /// another chance.
    public func score(at now: UInt64) -> Double { average * PeakEWMA.decay(from: updated, to: now) }

    /// With one more response time counted in.
    func including(_ seconds: Double, now: UInt64) -> Latency {
        let weight = PeakEWMA.decay(from: updated, to: now)
        return Latency(average: average * weight + seconds * (1 - weight), updated: now)
    }
}

/// Of two random endpoints the faster: close to the best of all, at the price of two looks, and no
/// herd runs to the one that happens to lead.
extension Balancer {
    func fasterOfTwo(_ exclusion: Exclusion, _ now: UInt64, _ state: inout BalancerState) -> Int? {
        let count = endpoints.count
        guard count > 0,
            let first = nextAllowed(exclusion, from: state.random.next(below: count)),
            let second = nextAllowed(exclusion, from: first + 1 + state.random.next(below: count - 1))
        else { return nil }
        if first == second { return first }
        // Both are read before either is priced: a call in between would cost a retain of the endpoint.
        let one = endpoints[first].latency
        let other = endpoints[second].latency
        return other.score(at: now) < one.score(at: now) ? second : first
    }
}
