import Bytes

/// How the end of a message's body is found (RFC 9112 §6.3).
///
/// The single judge of framing: every body that is read, forwarded or drained is measured by what this
/// type says, and ambiguity is an error, so that no two readers of a message can disagree.
public enum BodyFraming: Equatable, Sendable {
    /// No body.
    case none
    /// Exactly so many bytes.
    case length(Int)
    /// Chunks, then trailers; see `ChunkedDecoder`.
    case chunked
    /// Responses only: all bytes until the connection closes.
    case untilClose

    /// The length is not known before the end.
    public var isOpen: Bool { self == .chunked || self == .untilClose }

    /// How a request's body ends.
    public static func request(_ head: borrowing RequestHead) throws(HTTP1Error) -> BodyFraming {
        guard head.headers.containsAny(of: fields) else { return .none }
        return try declared(in: head.headers, version: head.version) ?? .none
    }

    /// How the body of a response to `method` ends.
    public static func response(
        _ head: borrowing ResponseHead, to method: Method
    ) throws(HTTP1Error) -> BodyFraming {
        if method == .head || head.status.forbidsBody { return .none }
        return try declared(in: head.headers, version: head.version) ?? .untilClose
    }

    /// The fields that say how a body ends: made anew for each hop.
    public static let fields = HeaderIDSet(.contentLength, .transferEncoding)

    private static func declared(
        in headers: borrowing HeaderBlock, version: Version
    ) throws(HTTP1Error) -> BodyFraming? {
        if let index = headers.firstIndex(of: .transferEncoding) {
            guard !headers.contains(.contentLength) else { throw .lengthAndTransferEncoding }
            guard version == .http11 else { throw .transferEncodingInHTTP10 }
            guard headers.firstIndex(of: .transferEncoding, from: index + 1) == nil,
                !headers[index].marks.contains(.tabPadded)
            else { throw .badTransferEncoding }
            guard headers.value(index).equalsFoldingCase("chunked") else { throw fault(headers.value(index)) }
            return .chunked
        }
        guard let index = headers.firstIndex(of: .contentLength) else { return nil }
        guard headers.firstIndex(of: .contentLength, from: index + 1) == nil else { throw .repeatedContentLength }
        guard !headers[index].marks.contains(.tabPadded), let length = headers.value(index).decimalValue else {
            throw .badContentLength
        }
        return .length(length)
    }

    /// What is wrong with a value other than `chunked`: a well-formed list of codings that we don't know,
    /// with `chunked` at most at its end, or something that hides what it means.
    private static func fault(_ value: Span<UInt8>) -> HTTP1Error {
        var start = 0
        var chunkedSeen = false
        while start <= value.count {
            let end = value.firstIndex(of: .comma, from: start) ?? value.count
            let element = value.extracting(start..<end)
            let coding = element.extracting(element.trimmed)
            guard FieldSyntax.isName(coding), !chunkedSeen else { return .badTransferEncoding }
            chunkedSeen = coding.equalsFoldingCase("chunked")
            start = end + 1
        }
        return .unknownTransferCoding
    }
}
