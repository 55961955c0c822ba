/// How a route's requests travel to their endpoints: which protocol, and on which terms.
public struct UpstreamTransport: Sendable, Hashable {
    /// Nil: what the upstream says of itself (`Upstream.speaks`), else HTTP/1.1 in the clear.
    public var speaks: BackendProtocol?
    /// Of requests to endpoints that don't speak HTTP/2.
    public var version: UpstreamHTTPVersion
    /// Nil: `upgrade` where the client asks for one, else none.
    public var connection: UpstreamConnectionField?
    /// How TLS is spoken where it is; nil verifies nothing and indicates no name.
    public var tls: UpstreamTLS?

    public init(
        speaks: BackendProtocol? = nil, version: UpstreamHTTPVersion = .http11,
        connection: UpstreamConnectionField? = nil, tls: UpstreamTLS? = nil
    ) {
        self.speaks = speaks
        self.version = version
        self.connection = connection
        self.tls = tls
    }
}

extension UpstreamTransport {
    /// One line for each part that differs from its default.
    var lines: [String] {
        var lines: [String] = []
        if let speaks { lines.append("backend speaks \(speaks)") }
        if version != .http11 { lines.append("HTTP/\(version.rawValue) for the upstream") }
        if let connection { lines.append("Connection: \(connection.rawValue) for the upstream") }
        if let tls { lines.append("TLS to the upstream \(tls)") }
        return lines
    }
}
