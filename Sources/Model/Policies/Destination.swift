/// Where a request of the proxy's own goes: to a service that authenticates, or to one that gets copies.
///
/// The addresses are those of an upstream of the model, so that a worker never looks a name up.
public struct Destination: Sendable, Hashable {
    public var upstream: UpstreamID
    /// The request goes over TLS. The certificate isn't verified.
    public var isSecure: Bool
    /// The name that is indicated to a TLS server; a literal address indicates none.
    public var serverName: String?
    /// The `Host`: a name or a literal address, with a port where one is to be told.
    public var host: String
    /// The request-target: path and query. May hold variables such as `$request_uri`.
    public var target: String

    public init(
        upstream: UpstreamID, isSecure: Bool = false, serverName: String? = nil, host: String, target: String
    ) {
        self.upstream = upstream
        self.isSecure = isSecure
        self.serverName = serverName
        self.host = host
        self.target = target
    }
}

extension Destination: CustomStringConvertible {
    /// `http://auth.example.com/check (auth/auth.example.com-80)`
    public var description: String { "\(isSecure ? "https" : "http")://\(host)\(target) (\(upstream))" }
}
