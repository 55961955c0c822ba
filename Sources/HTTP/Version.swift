/// The HTTP version that a head was written in.
public enum Version: UInt8, Sendable {
    case http10, http11, http2

    /// As in a start line and in an access log.
    public var name: StaticString {
        switch self {
        case .http10: "HTTP/1.0"
        case .http11: "HTTP/1.1"
        case .http2: "HTTP/2.0"
        }
    }
}
