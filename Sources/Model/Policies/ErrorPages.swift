/// Has another service answer in place of errors (`custom-http-errors` and its kin in ingress-nginx).
///
/// The service gets the request's method, query and body at the path `/`, and `X-Code`, `X-Format`,
/// `X-Original-URI`, `X-Namespace`, `X-Ingress-Name`, `X-Service-Name`, `X-Service-Port` and `X-Request-ID`. Its
/// answer is the client's, status included. When it fails, the client gets the plain error.
public struct ErrorPages: Sendable, Hashable {
    /// The statuses that are replaced, in ascending order.
    public var statuses: [Int]
    /// Who answers (`default-backend`), as long as it has endpoints; else the model's default upstream does.
    public var upstream: UpstreamID?
    /// Errors of the route's upstream are replaced too, not only the proxy's own
    /// (`disable-proxy-intercept-errors: "false"`).
    public var interceptsUpstream: Bool

    public init(statuses: [Int], upstream: UpstreamID? = nil, interceptsUpstream: Bool = true) {
        self.statuses = statuses
        self.upstream = upstream
        self.interceptsUpstream = interceptsUpstream
    }
}

extension ErrorPages: CustomStringConvertible {
    /// `404 503 by shop-sorry-80`
    public var description: String {
        let codes = statuses.map(String.init).joined(separator: " ")
        return
            "\(codes) by \(upstream?.name ?? "the default upstream")\(interceptsUpstream ? "" : ", own errors alone")"
    }
}

extension ErrorPages {
    /// Whether there is a status, and each is one that an error, or a redirect, may have.
    var isValid: Bool { !statuses.isEmpty && statuses.allSatisfy((300...599).contains) }
}
