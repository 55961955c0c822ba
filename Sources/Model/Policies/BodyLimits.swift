/// How large a request body may be (`proxy-body-size` in ingress-nginx). Larger ones are answered 413:
/// at once when `Content-Length` tells, else when the limit is passed.
public struct BodyLimits: Sendable, Hashable {
    /// Bytes; nil is no limit.
    public var requestBytes: Int?

    public init(requestBytes: Int? = 1 << 20) { self.requestBytes = requestBytes }
}
