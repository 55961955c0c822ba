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
        return endpoints[second].latencyScore(at: now) < endpoints[first].latencyScore(at: now) ? second : first
    }
}
