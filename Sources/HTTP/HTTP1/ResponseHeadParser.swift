import Bytes

/// Parses response heads of one upstream connection (RFC 9112 §4, §5), as strictly as requests.
///
/// Interim responses (1xx) are heads like any other; the caller decides what follows. Used like
/// `RequestHeadParser`. After an error nothing of the connection can be trusted.
public struct ResponseHeadParser: Sendable {
    public let limits: HeadLimits

    private enum Phase: UInt8 { case start, reason, fields }

    private var phase = Phase.start
    private var position = 0
    private var version = Version.http11
    private var status = Status.ok
    private var reasonStart = 0
    private var fields = FieldScanner(at: 0)

    public init(limits: HeadLimits = .response) { self.limits = limits }

    /// Forgets a half-read response.
    public mutating func reset() {
        phase = .start
        position = 0
    }

    /// Goes on parsing the response whose bytes begin `bytes`.
    ///
    /// - Parameter head: filled in from call to call; of use only when a length is returned.
    /// - Returns: the length of the head, or nil when more bytes are needed.
    /// - Throws: as soon as the bytes can't become a good response, the same for every way to cut them.
    public mutating func parse(
        _ bytes: Span<UInt8>, into head: inout ResponseHead
    ) throws(HTTP1Error) -> Int? {
        if phase != .fields {
            guard try parseStatusLine(bytes, into: &head) else { return nil }
        }
        fields.takeOrdinaryLines(bytes, limits: limits, into: &head.headers, shift: 0)
        while true {
            switch try fields.next(bytes, limits: limits, underscores: .ignore) {
            case .field(let field): head.headers.add(field)
            case .more: return nil
            case .end:
                let length = fields.position
                head.headers.storage.append(bytes.extracting(0..<length))
                try head.takeFields()
                reset()
                return length
            }
        }
    }

    private mutating func parseStatusLine(
        _ bytes: Span<UInt8>, into head: inout ResponseHead
    ) throws(HTTP1Error) -> Bool {
        let end = min(bytes.count, limits.startLineBytes)
        guard try scanStatusLine(bytes, end: end) else {
            guard end < limits.startLineBytes else { throw .statusLineTooLong }
            return false
        }
        head.clear()
        head.version = version
        head.status = status
        head.reasonRange = reasonStart..<position
        phase = .fields
        position += 2
        fields = FieldScanner(at: position)
        return true
    }

    /// Afterwards `position` is on the CR.
    private mutating func scanStatusLine(_ bytes: Span<UInt8>, end: Int) throws(HTTP1Error) -> Bool {
        if phase == .start {
            guard end >= 13 else {
                try checkStart(bytes, end: end)
                return false
            }
            try checkStart(bytes, end: end)
            version = bytes[7] == .zero ? .http10 : .http11
            status = Status(rawValue: bytes.extracting(9..<12).statusCode)
            position = bytes[12] == .space ? 13 : 12
            reasonStart = position
            phase = .reason
        }
        while true {
            position = bytes.firstControl(from: position, to: end)
            guard position < end else { return false }
            switch bytes[position] {
            case .tab: position += 1
            case .carriageReturn:
                guard position + 1 < end else { return false }
                guard bytes[position + 1] == .lineFeed else { throw .bareCarriageReturn(at: position) }
                return true
            case .lineFeed: throw .bareLineFeed(at: position)
            default: throw .badStatusLine(at: position)
            }
        }
    }

    /// `HTTP/1.x`, a blank, three digits from 100 up, then a blank or the line's end (many origins leave the
    /// blank out when they give no reason).
    private func checkStart(_ bytes: Span<UInt8>, end: Int) throws(HTTP1Error) {
        try VersionSyntax.check(bytes.extracting(0..<min(end, 8)), at: 0)
        for index in 8..<max(8, min(end, 13)) {
            let byte = bytes[index]
            let isGood =
                switch index {
                case 8: byte == .space
                case 9: byte.isDigit && byte != .zero
                case 10, 11: byte.isDigit
                default: byte == .space || byte == .carriageReturn
                }
            guard isGood else { throw .badStatusLine(at: index) }
        }
    }
}

extension Span<UInt8> {
    /// Three digits as a number.
    fileprivate var statusCode: UInt16 {
        var code: UInt16 = 0
        for index in 0..<count { code = code * 10 + UInt16(self[index] &- .zero) }
        return code
    }
}
