/// How an endpoint of an upstream is chosen (`load-balance` in ingress-nginx).
public enum LoadBalancing: String, Sendable, Hashable, CaseIterable {
    /// In turn, in proportion to weights, spread smoothly.
    case roundRobin = "round_robin"
    /// The endpoint with the fewest requests in flight over all workers, in proportion to weights.
    case leastConnections = "least_conn"
    /// Of two random endpoints the one with the lower moving average of response time (peak EWMA).
    case ewma
    /// By a hash of the client's address, so that a client keeps its endpoint.
    case addressHash = "ip_hash"
}
