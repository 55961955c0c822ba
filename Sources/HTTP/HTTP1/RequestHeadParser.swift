import Bytes

/// Parses request heads of one downstream connection (RFC 9112 §3, §5), strictly.
///
/// Lines end in CRLF; nothing is repaired, guessed or skipped but one empty line before the request.
/// Call `parse` with the bytes from the start of the request, again with the same start and more bytes
/// until it returns a length; it then stands at the beginning of the next request. After an error the
/// connection is to be closed.
public struct RequestHeadParser: Sendable {
    public let limits: HeadLimits
    public let underscores: UnderscorePolicy

    private enum Phase: UInt8 { case start, method, target, version, fields }

    private var phase = Phase.start
    private var position = 0
    private var lineStart = 0
    private var methodEnd = 0
    private var targetEnd = 0
    private var shift = 0
    private var fields = FieldScanner(at: 0)

    public init(limits: HeadLimits = .request, underscores: UnderscorePolicy = .drop) {
        self.limits = limits
        self.underscores = underscores
    }

    /// Forgets a half-read request.
    public mutating func reset() {
        phase = .start
        position = 0
        lineStart = 0
    }

    /// Whether bytes of a request have been seen and more must come.
    public var isAmidHead: Bool { phase != .start }

    /// Goes on parsing the request whose bytes begin `bytes`.
    ///
    /// - Parameter head: filled in from call to call; of use only when a length is returned.
    /// - Returns: the length of the head, or nil when more bytes are needed.
    /// - Throws: as soon as the bytes can't become a good request, the same for every way to cut them.
    public mutating func parse(
        _ bytes: Span<UInt8>, into head: inout RequestHead
    ) throws(HTTP1Error) -> Int? {
        if phase != .fields {
            guard try parseRequestLine(bytes, into: &head) else { return nil }
        }
        fields.takeOrdinaryLines(bytes, limits: limits, into: &head.headers, shift: shift)
        while true {
            switch try fields.next(bytes, limits: limits, underscores: underscores) {
            case .field(let field): head.headers.add(field.shifted(by: shift))
            case .more: return nil
            case .end:
                let length = fields.position
                head.headers.storage.append(bytes.extracting(position..<length))
                try head.takeFields()
                reset()
                return length
            }
        }
    }

    /// Afterwards `position` is where the fields begin.
    private mutating func parseRequestLine(
        _ bytes: Span<UInt8>, into head: inout RequestHead
    ) throws(HTTP1Error) -> Bool {
        if phase == .start {
            guard try skipEmptyLine(bytes) else { return false }
            head.clear()
            phase = .method
        }
        let bound = lineStart &+ limits.startLineBytes
        let end = min(bytes.count, bound)
        guard try scanRequestLine(bytes, end: end, into: &head) else {
            guard end < bound else { throw .requestLineTooLong }
            return false
        }
        phase = .fields
        fields = FieldScanner(at: position)
        shift = head.headers.storage.count &- position
        return true
    }

    /// RFC 9112 §2.2: one empty line before a request is forgiven.
    private mutating func skipEmptyLine(_ bytes: Span<UInt8>) throws(HTTP1Error) -> Bool {
        guard !bytes.isEmpty else { return false }
        guard bytes[0] == .carriageReturn else { return true }
        guard bytes.count > 1 else { return false }
        guard bytes[1] == .lineFeed else { throw .bareCarriageReturn(at: 0) }
        lineStart = 2
        position = 2
        return true
    }

    private mutating func scanRequestLine(
        _ bytes: Span<UInt8>, end: Int, into head: inout RequestHead
    ) throws(HTTP1Error) -> Bool {
        if phase == .method {
            guard try scanMethod(bytes, end: end) else { return false }
            phase = .target
        }
        if phase == .target {
            position = bytes.firstNonVisible(from: position, to: end)
            guard position < end else { return false }
            switch bytes[position] {
            case .space where position > methodEnd &+ 1: break
            case .carriageReturn: throw .badVersion(at: position)
            case .lineFeed: throw .bareLineFeed(at: position)
            default: throw .badTarget(at: position)
            }
            targetEnd = position
            position &+= 1
            phase = .version
        }
        guard let version = try scanVersion(bytes, end: end) else { return false }
        position &+= 10
        try head.takeRequestLine(
            bytes.extracting(lineStart..<position), method: methodEnd &- lineStart,
            target: methodEnd &+ 1 &- lineStart..<targetEnd &- lineStart, version: version)
        return true
    }

    private mutating func scanMethod(_ bytes: Span<UInt8>, end: Int) throws(HTTP1Error) -> Bool {
        if position == lineStart, end &- position >= 8, limits.methodBytes >= 4 {
            position &+= Self.lengthOfUsualMethod(bytes.word(at: position))
        }
        let longest = lineStart &+ limits.methodBytes
        while position < end {
            let byte = bytes[position]
            if byte == .space, position > lineStart {
                methodEnd = position
                position &+= 1
                return true
            }
            guard byte.isToken else { throw byte == .lineFeed ? .bareLineFeed(at: position) : .badMethod(at: position) }
            guard position < longest else { throw .methodTooLong }
            position &+= 1
        }
        return false
    }

    /// How many bytes a word's method has when it is one of the most usual and a blank follows, else 0.
    private static func lengthOfUsualMethod(_ word: UInt64) -> Int {
        switch word & 0xFFFF_FFFF {
        case 0x2054_4547: 3  // "GET "
        case 0x2054_5550: 3  // "PUT "
        case 0x4441_4548 where word >> 32 & 0xFF == 0x20: 4  // "HEAD "
        case 0x5453_4F50 where word >> 32 & 0xFF == 0x20: 4  // "POST "
        default: 0
        }
    }

    /// `HTTP/1.0` or `HTTP/1.1` and CRLF; `position` stays where the version begins.
    private func scanVersion(_ bytes: Span<UInt8>, end: Int) throws(HTTP1Error) -> Version? {
        let available = min(end &- position, 10)
        if available == 10, bytes[position &+ 8] == .carriageReturn, bytes[position &+ 9] == .lineFeed,
            let version = Version(word: bytes.word(at: position))
        {
            return version
        }
        try VersionSyntax.check(bytes.extracting(position..<position + available), at: position)
        guard available > 8 else { return nil }
        guard bytes[position + 8] == .carriageReturn else {
            throw bytes[position + 8] == .lineFeed
                ? .bareLineFeed(at: position + 8) : .badVersion(at: position + 8)
        }
        guard available > 9 else { return nil }
        throw .bareCarriageReturn(at: position + 8)
    }
}

extension Version {
    /// From the eight bytes of its name, the first of them lowest.
    init?(word: UInt64) {
        switch word {
        case 0x312E_312F_5054_5448: self = .http11
        case 0x302E_312F_5054_5448: self = .http10
        default: return nil
        }
    }
}

enum VersionSyntax {
    /// `HTTP/1.1`; `HTTP/1.0` differs in the lowest bit of the last byte.
    private static var whole: UInt64 { 0x312E_312F_5054_5448 }

    /// Checks as much of `HTTP/1.0` or `HTTP/1.1` as has arrived; further bytes aren't looked at.
    static func check(_ bytes: Span<UInt8>, at offset: Int) throws(HTTP1Error) {
        if bytes.count >= 8, bytes.word(at: 0) | 1 &<< 56 == whole { return }
        let pattern: StaticString = "HTTP/0.0"
        let name = pattern.bytes
        for index in 0..<min(bytes.count, 8) {
            let isGood = name[index] == .zero ? bytes[index].isDigit : bytes[index] == name[index]
            guard isGood else { throw .badVersion(at: offset + index) }
        }
        guard bytes.count >= 8 else { return }
        guard bytes[5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        guard bytes[7] == .zero || bytes[7] == UInt8(ascii: "1") else { throw .badVersion(at: offset + 7) }
    }
}
