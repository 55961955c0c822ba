import HTTP
import Model

/// How a route's requests travel to its upstreams, as a worker runs it.
final class TransportPlan {
    private let policy: UpstreamTransport
    /// The route says nothing about it, so that upstreams are spoken to as they wish.
    private let isStandard: Bool
    /// Requests to HTTP/1 endpoints go out in HTTP/1.0: without chunks and upgrades, on a connection of their own.
    let usesHTTP10: Bool
    /// The fixed `Connection` field towards HTTP/1 endpoints.
    let connectionField: UpstreamConnectionField?
    /// Connectors that were asked for; a route has few upstreams.
    private var known: [Known] = []

    private struct Known {
        let upstream: UpstreamPlan
        let isSecure: Bool
        let connector: Connector
    }

    init(_ policy: UpstreamTransport) {
        self.policy = policy
        isStandard = policy.speaks == nil && policy.tls == nil
        usesHTTP10 = policy.version == .http10
        connectionField = policy.connection
    }

    /// Whether a client may ask an HTTP/1 endpoint for another protocol.
    var passesUpgrades: Bool { !usesHTTP10 && connectionField == nil }
    /// Whether another request may follow on the connection.
    var keepsConnections: Bool {
        @inline(__always) get { !usesHTTP10 && connectionField != .close }
    }

    /// What makes connections to the endpoints of an upstream.
    ///
    /// - Parameter isSecure: whether the client's own connection is encrypted.
    func connector(to upstream: UpstreamPlan, isSecure: Bool, of worker: Worker) -> Connector {
        if isStandard { return upstream.ownConnector(of: worker) }
        for entry in known where entry.upstream === upstream && entry.isSecure == isSecure {
            entry.connector.isStale = false
            return entry.connector
        }
        let spoken = upstream.isDemonstration ? .http : policy.speaks ?? upstream.speaks ?? .http
        let connector = worker.connector(
            ConnectorID(spoken, policy.tls, upstream: upstream.id, isSecure: isSecure))
        known.append(Known(upstream: upstream, isSecure: isSecure, connector: connector))
        return connector
    }
}
