public import Bytes
public import HTTP
public import Model

/// Field lines in wire form, made once, and the question which fields they replace.
public final class FieldLines: Sendable {
    /// The lines, each with its line end.
    public let bytes: [UInt8]
    /// The known names among them.
    public let ids: HeaderIDSet
    /// The other names, one behind the other.
    private let names: [UInt8]
    private let nameRanges: [Range<Int>]

    public var isEmpty: Bool { bytes.isEmpty }

    /// No lines.
    public static let none = FieldLines()

    private init() {
        bytes = []
        ids = []
        names = []
        nameRanges = []
    }

    /// - Throws: for names that are no tokens, values with control bytes, and fields that frame a message or
    ///   concern one connection: those are the proxy's own.
    public init(_ fields: [HeaderEdits.Field]) throws(FilterError) {
        var bytes: [UInt8] = []
        var ids: HeaderIDSet = []
        var names: [UInt8] = []
        var ranges: [Range<Int>] = []
        for field in fields {
            let name = Array(field.name.utf8)
            let value = Array(field.value.utf8)
            let id = HeaderID(name: name.span)
            guard FieldSyntax.isName(name.span), FieldSyntax.isValue(value.span), id != .contentLength,
                !HopByHop.fields.contains(id)
            else { throw .badField(field.name) }
            bytes += name + Array(": ".utf8) + value + [.carriageReturn, .lineFeed]
            if id == .other {
                ranges.append(names.count..<names.count + name.count)
                names += name
            } else {
                ids.insert(id)
            }
        }
        self.bytes = bytes
        self.ids = ids
        self.names = names
        nameRanges = ranges
    }

    /// Whether one of the lines takes the place of a field of `headers`: of the same name, or of one that an origin may
    /// take for it (`X_User` for `X-User`).
    public func replaces(_ index: Int, of headers: borrowing HeaderBlock) -> Bool {
        let field = headers[index]
        if field.id != .other { return ids.contains(field.id) }
        let names = self.names
        for range in nameRanges where range.count == field.name.count {
            let name = names.span.extracting(range)
            if headers.name(index).equalsFoldingUnderscores(name) { return true }
        }
        return false
    }

    /// Appends the lines. Needs `bytes.count` bytes.
    public func append(to buffer: inout ByteBuffer) {
        if isEmpty { return }
        let lines = bytes
        buffer.append(lines.span)
    }

    /// Appends the fields that go to the next hop, but for those that the lines replace and `excluded`.
    ///
    /// Needs `headers.encodedLength` bytes at most.
    func appendFields(_ headers: borrowing HeaderBlock, except excluded: HeaderIDSet, to buffer: inout ByteBuffer) {
        guard !nameRanges.isEmpty, headers.contains(.other) else {
            return buffer.appendFields(headers, except: excluded.union(ids))
        }
        for index in 0..<headers.count {
            let field = headers[index]
            if excluded.contains(field.id) || field.isHopByHop || replaces(index, of: headers) { continue }
            buffer.append(headers.name(index))
            buffer.append(": ")
            buffer.append(headers.value(index))
            buffer.append("\r\n")
        }
    }
}
