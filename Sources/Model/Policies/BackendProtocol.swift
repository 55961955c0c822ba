/// What the endpoints of a route or an upstream speak.
///
/// HTTP/2 is what gRPC needs; nothing but gRPC's own statuses (which follow the request, not the route) tells a
/// gRPC backend from any other that speaks HTTP/2.
public enum BackendProtocol: String, Sendable, Hashable, CaseIterable {
    /// HTTP/1.1 in the clear.
    case http = "HTTP"
    /// HTTP/1.1 over TLS.
    case https = "HTTPS"
    /// HTTP/2 in the clear, with prior knowledge (RFC 9113 §3.3).
    case http2 = "HTTP/2"
    /// HTTP/2 over TLS (RFC 9113 §3.2).
    case http2OverTLS = "HTTP/2 over TLS"
    /// HTTP/1.1, over TLS when the client's own connection is.
    case asClient = "HTTP, or HTTPS for clients of HTTPS"
}

extension BackendProtocol: CustomStringConvertible {
    public var description: String { rawValue }
}

/// The version of HTTP/1 in which requests go to endpoints that don't speak HTTP/2.
public enum UpstreamHTTPVersion: String, Sendable, Hashable {
    /// No chunks, no upgrades, a connection for each request.
    case http10 = "1.0"
    case http11 = "1.1"
}

/// A fixed `Connection` field towards HTTP/1 endpoints; it takes the place of the one that asks for an upgrade.
public enum UpstreamConnectionField: String, Sendable, Hashable {
    /// A connection for each request.
    case close
    case keepAlive = "keep-alive"
}
