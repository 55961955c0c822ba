/// Keeps a client on one endpoint.
public enum Affinity: Sendable, Hashable {
    /// By the client's address, for as long as requests come within `timeout`
    /// (`sessionAffinity: ClientIP` of a Service; Kubernetes' default is three hours).
    case clientAddress(timeout: Duration)
}
