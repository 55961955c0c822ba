import Bytes

/// What becomes of field names with `_`, which CGI-like origins cannot tell from names with `-`.
public enum UnderscorePolicy: Sendable {
    /// The field is dropped: the default for requests, as nginx does.
    case drop
    /// The field stays, unless it reads like a known name once `_` is taken for `-`.
    case keep
    /// The field stays: for responses.
    case ignore
}

/// Scans field lines up to the empty line that ends them (RFC 9112 §5), resumable at any byte.
///
/// Positions count from the first byte of the message, which stays the same from call to call. Each
/// byte is looked at once or twice, however the message is cut. An error depends on nothing but the
/// bytes before and at its place, so every way to cut a message ends in the same verdict.
struct FieldScanner {
    enum Event {
        /// A complete field line; ranges count from the first byte of the message.
        case field(HeaderField)
        /// The empty line has been read; `position` is behind it.
        case end
        /// The bytes end before the line does.
        case more
    }

    private enum Phase: UInt8 { case lineStart, name, blanks, value }

    /// Where scanning goes on.
    private(set) var position: Int
    /// Where the current line begins.
    private(set) var lineStart: Int
    private var sectionStart: Int
    private var nameEnd = 0
    private var valueStart = 0
    private var lines = 0
    private var phase = Phase.lineStart
    private var id = HeaderID.other
    private var marks: HeaderField.Marks = []

    init(at start: Int) {
        position = start
        lineStart = start
        sectionStart = start
    }

    /// The caller has dropped `count` bytes from the front of the message.
    mutating func rebase(by count: Int) {
        position -= count
        lineStart -= count
        sectionStart -= count
        nameEnd -= count
        valueStart -= count
    }

    /// The next field that isn't dropped.
    mutating func next(
        _ bytes: Span<UInt8>, limits: HeadLimits, underscores: UnderscorePolicy
    ) throws(HTTP1Error) -> Event {
        while true {
            let bound = min(lineStart &+ limits.fieldLineBytes, sectionStart &+ limits.totalFieldBytes)
            let end = min(bytes.count, bound)
            if phase == .lineStart {
                switch try beginLine(bytes, end: end) {
                case .field: break
                case .end: return .end
                case .more: return try pause(at: end, bound: bound, limits)
                }
            }
            if phase == .name {
                guard try scanName(bytes, end: end) else { return try pause(at: end, bound: bound, limits) }
                phase = .blanks
            }
            guard try scanValue(bytes, end: end) else { return try pause(at: end, bound: bound, limits) }
            let field = finishLine(bytes)
            lines += 1
            guard lines <= limits.fieldCount else { throw .tooManyFields }
            if field.marks.contains(.underscored), isDropped(field, bytes, underscores) { continue }
            return .field(field)
        }
    }

    /// Adds to `block` the fields of all lines that are there in full and ordinary; `next` takes up whatever
    /// comes then. Most heads go through here alone, at half the cost.
    ///
    /// - Parameter shift: how far the bytes lie further on in the block than in the message.
    mutating func takeOrdinaryLines(
        _ bytes: Span<UInt8>, limits: HeadLimits, into block: inout HeaderBlock, shift: Int
    ) {
        guard phase == .lineStart else { return }
        let sectionEnd = min(bytes.count, sectionStart &+ limits.totalFieldBytes)
        var start = position
        while lines < limits.fieldCount {
            let end = min(sectionEnd, start &+ limits.fieldLineBytes)
            // Not beyond the end of the head, into a body without colons.
            guard start < end, bytes[start] > .space else { break }
            let colon = bytes.first(.colon, from: start, to: end)
            guard colon &+ 1 < end, bytes[colon &+ 1] == .space else { break }
            let name = bytes.extracting(start..<colon)
            let known = HeaderID(name: name)
            guard known != .other || FieldSyntax.isOrdinaryName(name) else { break }
            let value = colon &+ 2
            let lineEnd = bytes.firstControl(from: value, to: end)
            guard lineEnd &+ 1 < end, bytes[lineEnd] == .carriageReturn, bytes[lineEnd &+ 1] == .lineFeed,
                lineEnd > value, bytes[value] != .space, bytes[lineEnd &- 1] != .space
            else { break }
            block.add(
                HeaderField(id: known, name: start &+ shift..<colon &+ shift, value: value &+ shift..<lineEnd &+ shift))
            lines &+= 1
            start = lineEnd &+ 2
        }
        position = start
        lineStart = start
    }

    /// Nothing more to see: wait for bytes, unless the limit allows none.
    private func pause(at end: Int, bound: Int, _ limits: HeadLimits) throws(HTTP1Error) -> Event {
        guard end == bound else { return .more }
        throw bound == sectionStart &+ limits.totalFieldBytes ? .fieldsTooLarge : .fieldLineTooLong
    }

    private enum LineKind { case field, end, more }

    private mutating func beginLine(_ bytes: Span<UInt8>, end: Int) throws(HTTP1Error) -> LineKind {
        guard position < end else { return .more }
        switch bytes[position] {
        case .carriageReturn:
            guard position &+ 1 < end else { return .more }
            guard bytes[position &+ 1] == .lineFeed else { throw .bareCarriageReturn(at: position) }
            position &+= 2
            return .end
        case .lineFeed: throw .bareLineFeed(at: position)
        case .space, .tab: throw .foldedLine(at: position)
        default:
            phase = .name
            return .field
        }
    }

    /// Finds the colon. A known name needs no look at its single bytes.
    private mutating func scanName(_ bytes: Span<UInt8>, end: Int) throws(HTTP1Error) -> Bool {
        let colon = bytes.first(.colon, from: position, to: end)
        if colon < end {
            id = HeaderID(name: bytes.extracting(lineStart..<colon))
            nameEnd = colon
        }
        if colon == end || id == .other {
            for index in position..<colon {
                let byte = bytes[index]
                guard byte.isToken else { throw .badFieldName(at: index) }
                if byte == .underscore { marks.insert(.underscored) }
            }
            guard colon > lineStart else { throw .badFieldName(at: colon) }
        }
        position = colon
        guard colon < end else { return false }
        position &+= 1
        return true
    }

    /// Finds the line end, which must be CRLF; `position` stays on the CR.
    private mutating func scanValue(_ bytes: Span<UInt8>, end: Int) throws(HTTP1Error) -> Bool {
        if phase == .blanks {
            while position < end {
                let byte = bytes[position]
                if byte == .tab { marks.insert(.tabPadded) } else if byte != .space { break }
                position &+= 1
            }
            guard position < end else { return false }
            valueStart = position
            phase = .value
        }
        while true {
            position = bytes.firstControl(from: position, to: end)
            guard position < end else { return false }
            switch bytes[position] {
            case .tab: position &+= 1
            case .carriageReturn:
                guard position &+ 1 < end else { return false }
                guard bytes[position &+ 1] == .lineFeed else { throw .bareCarriageReturn(at: position) }
                return true
            case .lineFeed: throw .bareLineFeed(at: position)
            default: throw .badFieldValue(at: position)
            }
        }
    }

    private mutating func finishLine(_ bytes: Span<UInt8>) -> HeaderField {
        var valueEnd = position
        while valueEnd > valueStart {
            let byte = bytes[valueEnd &- 1]
            if byte == .tab { marks.insert(.tabPadded) } else if byte != .space { break }
            valueEnd &-= 1
        }
        let field = HeaderField(id: id, name: lineStart..<nameEnd, value: valueStart..<valueEnd, marks: marks)
        position &+= 2
        lineStart = position
        phase = .lineStart
        id = .other
        marks = []
        return field
    }

    private func isDropped(_ field: HeaderField, _ bytes: Span<UInt8>, _ policy: UnderscorePolicy) -> Bool {
        switch policy {
        case .drop: true
        case .keep: HeaderID(shadowedBy: bytes.extracting(field.name)) != .other
        case .ignore: false
        }
    }
}

extension HeaderID {
    /// The known name that an origin would read when it takes `_` for `-`, or `other`.
    init(shadowedBy name: Span<UInt8>) {
        self = .other
        for known in Self.allCases where known.canonical.utf8CodeUnitCount == name.count {
            if name.equalsFoldingUnderscores(known.canonical) { self = known }
        }
    }
}
