/// How large a request body may be (`proxy-body-size` in ingress-nginx). Larger ones are answered 413:
/// at once when `Content-Length` tells, else when the limit is passed. And how long one may rest on its way.
public struct BodyLimits: Sendable, Hashable {
    /// Bytes; nil is no limit.
    public var requestBytes: Int?

    /// Between two reads of a body; nil is what holds for the whole proxy (`ClientSettings.bodyTimeout`).
    public var timeout: Duration?

    public init(requestBytes: Int? = 1 << 20, timeout: Duration? = nil) {
        self.requestBytes = requestBytes
        self.timeout = timeout
    }
}
