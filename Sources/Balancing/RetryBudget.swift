/// Bounds retries to a share of the requests, so that a failing upstream is not hit by a storm of
/// second attempts on top of the first ones.
///
/// Requests earn: a fifth of a retry each, up to `largestBurst` retries saved. A reserve that fills
/// at `floorPerSecond` keeps retries for quiet services. Belongs to one worker and one upstream.
public struct RetryBudget: Sendable {
    /// Requests that earn one retry: 20 %.
    public static let requestsPerRetry: UInt32 = 5
    /// Retries that busy times may save up.
    public static let largestBurst: UInt32 = 100

    /// In fifths of a retry.
    private var earned: UInt32 = 0
    /// Whole retries, and what the clock has not yet made whole.
    private var reserve: UInt32
    private var filled: UInt64
    private let floorPerSecond: UInt32

    /// - Parameter now: monotonic nanoseconds.
    public init(floorPerSecond: UInt32 = 10, now: UInt64) {
        self.floorPerSecond = floorPerSecond
        reserve = floorPerSecond
        filled = now
    }

    /// A request begins; its retries are not requests.
    public mutating func earn() {
        earned = min(earned + 1, Self.largestBurst * Self.requestsPerRetry)
    }

    /// Takes a retry out of the budget, if it holds one.
    public mutating func spend(now: UInt64) -> Bool {
        if earned >= Self.requestsPerRetry {
            earned -= Self.requestsPerRetry
            return true
        }
        fill(now)
        guard reserve > 0 else { return false }
        reserve -= 1
        return true
    }

    private mutating func fill(_ now: UInt64) {
        guard floorPerSecond > 0, now > filled else { return }
        let step = 1_000_000_000 / UInt64(floorPerSecond)
        let whole = (now - filled) / step
        reserve = UInt32(min(UInt64(reserve) + whole, UInt64(floorPerSecond)))
        filled += whole * step
    }
}
