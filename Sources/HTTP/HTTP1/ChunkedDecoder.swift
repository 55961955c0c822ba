import Bytes

/// Finds the data in a chunked body (RFC 9112 §7.1), strictly, without copying it.
///
/// The caller offers what it has read and not yet consumed; the decoder says how many of these bytes are
/// framing to skip, and how many behind them are data. Lines end in CRLF exactly; extensions are checked
/// against their grammar and dropped.
public struct ChunkedDecoder: Sendable {
    /// What the offered bytes begin with. The caller consumes what a step names, then asks again.
    public enum Step: Equatable, Sendable {
        /// `consumed` bytes of framing; then more bytes are needed.
        case needMore(consumed: Int)
        /// `skip` bytes of framing, then `count` bytes of data, at least one.
        case data(skip: Int, count: Int)
        /// `consumed` bytes of framing; the body has ended and what follows isn't part of the message.
        case end(consumed: Int)
    }

    /// Bytes of chunk extensions that a whole message may hold.
    public static let extensionLimit = 4096

    private enum State: UInt8 { case size, extensions, sizeLineFeed, data, dataEnd, dataLineFeed, trailers, ended }

    private var state = State.size
    private var digits = 0
    private var remaining = 0
    private var extensionBytes = 0
    private var extensionSyntax = ChunkExtensionSyntax()
    private var trailerScanner = FieldScanner(at: 0)
    private let limits: HeadLimits

    /// - Parameter limits: for the trailers, which count as fields do.
    public init(limits: HeadLimits = .request) { self.limits = limits }

    /// Whether the body has ended as it should.
    public var isComplete: Bool { state == .ended }

    /// Looks at the bytes at the front of what is unconsumed.
    ///
    /// - Parameter trailers: gets the trailer fields, but for those that may not be trailers.
    /// - Throws: what has been forwarded of the body must then be aborted, never completed.
    public mutating func next(
        _ bytes: Span<UInt8>, trailers: inout HeaderBlock
    ) throws(HTTP1Error) -> Step {
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            switch state {
            case .size: try takeSize(byte, at: position)
            case .extensions: try takeExtension(byte, at: position)
            case .sizeLineFeed:
                guard byte == .lineFeed else { throw .badChunkSize(at: position) }
                state = remaining > 0 ? .data : .trailers
                if state == .trailers { trailerScanner = FieldScanner(at: 0) }
            case .data:
                let count = min(remaining, bytes.count - position)
                remaining -= count
                if remaining == 0 { state = .dataEnd }
                return .data(skip: position, count: count)
            case .dataEnd:
                guard byte == .carriageReturn else { throw .badChunkEnd(at: position) }
                state = .dataLineFeed
            case .dataLineFeed:
                guard byte == .lineFeed else { throw .badChunkEnd(at: position) }
                state = .size
                digits = 0
            case .trailers: return try takeTrailers(bytes, from: position, into: &trailers)
            case .ended: return .end(consumed: position)
            }
            position += 1
        }
        return state == .ended ? .end(consumed: position) : .needMore(consumed: position)
    }

    private mutating func takeSize(_ byte: UInt8, at position: Int) throws(HTTP1Error) {
        if let digit = byte.hexValue {
            digits += 1
            guard digits <= 16, remaining <= Int.max >> 4 else { throw .badChunkSize(at: position) }
            remaining = remaining << 4 | Int(digit)
            return
        }
        guard digits > 0 else { throw .badChunkSize(at: position) }
        switch byte {
        case .carriageReturn: state = .sizeLineFeed
        case .semicolon, .space, .tab:
            state = .extensions
            extensionSyntax = ChunkExtensionSyntax()
            try takeExtension(byte, at: position)
        default: throw .badChunkSize(at: position)
        }
    }

    private mutating func takeExtension(_ byte: UInt8, at position: Int) throws(HTTP1Error) {
        if byte == .carriageReturn {
            guard extensionSyntax.mayEnd else { throw .badChunkExtension(at: position) }
            state = .sizeLineFeed
            return
        }
        extensionBytes += 1
        guard extensionBytes <= Self.extensionLimit else { throw .chunkExtensionsTooLong }
        guard extensionSyntax.take(byte) else { throw .badChunkExtension(at: position) }
    }

    /// Trailers are consumed line by line, so that the caller's buffer needs to hold one line only.
    private mutating func takeTrailers(
        _ bytes: Span<UInt8>, from start: Int, into trailers: inout HeaderBlock
    ) throws(HTTP1Error) -> Step {
        let section = bytes.extracting(start..<bytes.count)
        var consumed = 0
        while true {
            switch try trailerScanner.next(section, limits: limits, underscores: .drop) {
            case .field(let field):
                consumed = trailerScanner.position
                guard !Self.forbiddenTrailers.contains(field.id), !field.isHopByHop else { continue }
                trailers.append(name: section.extracting(field.name), value: section.extracting(field.value))
            case .end:
                state = .ended
                return .end(consumed: start + trailerScanner.position)
            case .more:
                consumed = trailerScanner.lineStart
                trailerScanner.rebase(by: consumed)
                return .needMore(consumed: start + consumed)
            }
        }
    }

    /// Framing, routing, authentication, cookies and what describes the content (RFC 9110 §6.5.1), and the
    /// fields that a proxy sets and an origin trusts: too late in a trailer, and dropped.
    static let forbiddenTrailers: HeaderIDSet = [
        .host, .contentLength, .contentEncoding, .contentType, .contentRange, .expect, .maxForwards, .cacheControl,
        .pragma, .range, .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .ifRange, .authorization,
        .wwwAuthenticate, .cookie, .setCookie, .location, .age, .expires, .date, .retryAfter, .vary, .xForwardedFor,
        .xForwardedHost, .xForwardedPort, .xForwardedProto, .xForwardedScheme, .xForwardedPrefix, .xForwardedServer,
        .xScheme, .xRealIP, .xRequestID, .xOriginalForwardedFor, .xOriginalForwardedHost, .xOriginalURI,
        .xOriginalURL, .xOriginalMethod, .xAuthRequestRedirect, .sslClientVerify, .sslClientSubjectDN,
        .sslClientIssuerDN, .sslClientCert, .forwarded, .via, .origin, .referer,
    ]
}

/// The grammar of chunk extensions (RFC 9112 §7.1.1), a byte at a time:
/// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`.
struct ChunkExtensionSyntax: Sendable {
    private enum State: UInt8 {
        case blanks, beforeName, name, afterName, beforeValue, value, quoted, escaped, afterValue
    }

    private var state = State.blanks

    /// Whether the line may end here.
    var mayEnd: Bool { state == .name || state == .value || state == .afterValue }

    /// - Returns: false when the byte can't follow.
    mutating func take(_ byte: UInt8) -> Bool {
        let isBlank = byte == .space || byte == .tab
        switch state {
        case .blanks: return byte == .semicolon ? go(.beforeName) : isBlank
        case .beforeName: return byte.isToken ? go(.name) : isBlank
        case .name:
            if byte.isToken { return true }
            return byte == .equals ? go(.beforeValue) : byte == .semicolon ? go(.beforeName) : isBlank && go(.afterName)
        case .afterName: return byte == .equals ? go(.beforeValue) : byte == .semicolon ? go(.beforeName) : isBlank
        case .beforeValue: return byte.isToken ? go(.value) : byte == .quotationMark ? go(.quoted) : isBlank
        case .value: return byte.isToken || (byte == .semicolon ? go(.beforeName) : isBlank && go(.blanks))
        case .quoted:
            if byte == .quotationMark { return go(.afterValue) }
            return byte == .backslash ? go(.escaped) : byte.isFieldValue
        case .escaped: return byte.isFieldValue && go(.quoted)
        case .afterValue: return byte == .semicolon ? go(.beforeName) : isBlank && go(.blanks)
        }
    }

    private mutating func go(_ next: State) -> Bool {
        state = next
        return true
    }
}
