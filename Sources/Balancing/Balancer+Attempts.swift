/// What becomes of an attempt, told by the index that `pick` gave.
///
/// The request path goes through these rather than `endpoints`, so that it touches no reference
/// count that workers share.
extension Balancer {
    /// A request is sent to the endpoint; each is ended by exactly one `end`.
    public func begin(_ index: Int) { endpoints[index].begin() }

    /// The request is over, however it went.
    public func end(_ index: Int) { endpoints[index].end() }

    /// The endpoint answered.
    public func succeeded(_ index: Int) { endpoints[index].succeeded() }

    /// The endpoint answered, that many seconds after connecting began; kept where the algorithm
    /// weighs it.
    public func succeeded(_ index: Int, afterSeconds seconds: Double, now: UInt64) {
        endpoints[index].succeeded()
        if needsLatency { endpoints[index].record(latency: seconds, now: now) }
    }

    /// The endpoint refused, broke or timed out.
    ///
    /// - Returns: whether this failure ejected it.
    public func failed(_ index: Int, now: UInt64, policy: EjectionPolicy) -> Bool {
        endpoints[index].failed(now: now, policy: policy)
    }
}
