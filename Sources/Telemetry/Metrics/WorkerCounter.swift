/// What a worker counts besides requests by route: each case is one cell of its shard.
public enum WorkerCounter: Int, CaseIterable, Sendable {
    case connectionsAccepted, connectionsHandled, requests, bytesReceived, bytesSent
    case upstreamConnectionsOpened, upstreamConnectionsReused
    case retries, retriesDenied, ejections, tunnels, http2Connections
    case authRequests, authCacheHits, authFailures, mirrorRequests, mirrorFailures
    case tlsHandshakes, tlsResumptions, tlsFailures
    /// Requests that others' responses have answered.
    case responseCacheAnswers
    /// Connections to endpoints that said what nobody had asked for.
    case unaskedAnswers
}

/// Client connections by what they are doing. Each open connection is in exactly one of the latter
/// three; `active` is their sum.
public enum ConnectionState: Int, CaseIterable, Sendable {
    case reading, writing, waiting
}

/// Why an attempt at an endpoint failed.
public enum UpstreamFailure: Int, CaseIterable, Sendable {
    case noEndpoint, refused, connectTimeout, sendTimeout, readTimeout, reset
    case invalidResponse, truncatedResponse, streamRefused
    /// The endpoint's TLS is not as configured.
    case tls
    /// Descriptors, addresses or memory ran out on our side.
    case exhausted
}

/// The limits that protect the proxy; each hit is counted under the limit's name.
public enum Limit: Int, CaseIterable, Sendable {
    case requestLine, headerLine, headerBytes, headerCount, method, chunkExtensions, trailers, requestBody
    case headerTimeout, bodyTimeout, bodyRate, sendTimeout, keepAliveTimeout, keepAliveRequests
    case connections, descriptors, bufferBudget, temporaryFiles, discardedBody
    case responseHead, interimResponses, idleUpstreamConnections, attempts, pattern, tunnelTimeout
    /// Requests refused by a route's limits for each client.
    case clientRequests
    /// Copies of requests that were left out for want of room.
    case mirror
    case tlsHandshakeTimeout, tlsHello, proxyHeader, proxyHeaderTimeout
    /// Requests refused because too many passwords wait to be checked.
    case passwordChecks
    /// Client connections that were ended for what they did too often (`HTTP2Flood`).
    case http2Settings, http2Pings, http2Priorities, http2EmptyData, http2WindowUpdates, http2UnknownFrames
    case http2Resets, http2ProvokedResets, http2Continuations, http2Headers, http2UnreadAnswers
    /// Connections closed because their address holds as many as it may.
    case clientConnections
}

/// Where the cells of these enums stand in a shard.
enum ShardLayout {
    static let counters = 0
    static let connections = 32
    static let failures = 36
    static let limits = 64
    static let capacity = 128
}

extension UpstreamFailure {
    /// The value of the `reason` label.
    var label: String { snakeCase("\(self)") }
}

extension Limit {
    /// The value of the `limit` label.
    var label: String { snakeCase("\(self)") }
}

/// `readTimeout` as `read_timeout`.
private func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
}
