/// A message that breaks the rules of HTTP/1, or our limits.
///
/// Offsets count from the first byte that was handed to the parser. From a client, the answer is
/// `status`, then the connection closes and what came behind is never read as a request. From an
/// upstream, whatever the case, the answer is 502, or an abort once the head has gone out.
public enum HTTP1Error: Error, Equatable, Sendable {
    // Request line
    case badMethod(at: Int)
    case methodTooLong
    case badTarget(at: Int)
    case badPercentEncoding(at: Int)
    case pathAboveRoot
    case ambiguousPath
    case badVersion(at: Int)
    case unsupportedVersion
    case requestLineTooLong
    // Status line
    case badStatusLine(at: Int)
    case statusLineTooLong
    // Field lines
    case bareCarriageReturn(at: Int)
    case bareLineFeed(at: Int)
    case foldedLine(at: Int)
    case badFieldName(at: Int)
    case badFieldValue(at: Int)
    case fieldLineTooLong
    case fieldsTooLarge
    case tooManyFields
    case tooManyConnectionOptions
    // Host
    case missingHost
    case repeatedHost
    case badHost
    // Framing
    case lengthAndTransferEncoding
    case repeatedContentLength
    case badContentLength
    case transferEncodingInHTTP10
    case badTransferEncoding
    case unknownTransferCoding
    case badChunkSize(at: Int)
    case badChunkExtension(at: Int)
    case chunkExtensionsTooLong
    case badChunkEnd(at: Int)
    // Expectations
    case unknownExpectation
    // Extended CONNECT (RFC 8441)
    case unknownProtocol

    /// What a client that sent this gets.
    public var status: Status {
        switch self {
        case .methodTooLong, .unknownTransferCoding, .unknownProtocol: .notImplemented
        case .requestLineTooLong: .targetTooLong
        case .unsupportedVersion: .versionNotSupported
        case .fieldLineTooLong, .fieldsTooLarge, .tooManyFields: .headersTooLarge
        case .unknownExpectation: .expectationFailed
        default: .badRequest
        }
    }

    /// For logs: what was wrong, without any byte of the message.
    public var reason: StaticString {
        switch self {
        case .badMethod: "method is no token"
        case .methodTooLong: "method is too long"
        case .badTarget: "malformed request target"
        case .badPercentEncoding: "malformed percent-encoding in the path"
        case .pathAboveRoot: "path leads above the root"
        case .ambiguousPath: "dot segments together with encoded separators"
        case .badVersion: "malformed HTTP version"
        case .unsupportedVersion: "HTTP version isn't supported"
        case .requestLineTooLong: "request line is too long"
        case .badStatusLine: "malformed status line"
        case .statusLineTooLong: "status line is too long"
        case .bareCarriageReturn: "carriage return without line feed"
        case .bareLineFeed: "line feed without carriage return"
        case .foldedLine: "folded field line"
        case .badFieldName: "malformed field name"
        case .badFieldValue: "control byte in a field value"
        case .fieldLineTooLong: "field line is too long"
        case .fieldsTooLarge: "fields are too large together"
        case .tooManyFields: "too many fields"
        case .tooManyConnectionOptions: "too many connection options"
        case .missingHost: "no Host"
        case .repeatedHost: "Host is repeated"
        case .badHost: "malformed Host"
        case .lengthAndTransferEncoding: "both Content-Length and Transfer-Encoding"
        case .repeatedContentLength: "Content-Length is repeated"
        case .badContentLength: "malformed Content-Length"
        case .transferEncodingInHTTP10: "Transfer-Encoding in HTTP/1.0"
        case .badTransferEncoding: "malformed Transfer-Encoding"
        case .unknownTransferCoding: "unknown transfer coding"
        case .badChunkSize: "malformed chunk size"
        case .badChunkExtension: "malformed chunk extension"
        case .chunkExtensionsTooLong: "chunk extensions are too long"
        case .badChunkEnd: "chunk doesn't end where it should"
        case .unknownExpectation: "unknown expectation"
        case .unknownProtocol: "unknown protocol to tunnel"
        }
    }
}
