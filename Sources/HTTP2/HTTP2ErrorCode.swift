/// Error codes of HTTP/2 (RFC 9113 §7) that owners of sessions use.
public enum HTTP2ErrorCode: UInt32, Sendable {
    case none = 0x0
    case protocolError = 0x1
    case internalError = 0x2
    case refusedStream = 0x7
    case cancel = 0x8
    case connectError = 0xA
    case enhanceYourCalm = 0xB
    case http11Required = 0xD
}
