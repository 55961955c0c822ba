/// Serves requests when the route's upstream has no endpoint (`default-backend` in ingress-nginx).
///
/// The request keeps path and headers and gains `X-Code: 503`, `X-Format`, `X-Namespace`,
/// `X-Ingress-Name`, `X-Service-Name`, `X-Service-Port` and `X-Request-ID`; the fallback's status is used.
public struct Fallback: Sendable, Hashable {
    public var upstream: UpstreamID

    public init(upstream: UpstreamID) { self.upstream = upstream }
}
