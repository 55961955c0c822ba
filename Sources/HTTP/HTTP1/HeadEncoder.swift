public import Bytes

/// Message heads as bytes. Each says what room it needs; the caller has checked it.
extension ByteBuffer {
    /// Appends `HTTP/1.1 200 OK` and a line end. Needs `Status.longestLine` bytes.
    public mutating func appendStatusLine(_ status: Status, version: Version = .http11) {
        append(version.name)
        append(.space)
        append(decimal: Int(status.rawValue), width: 3)
        append(.space)
        append(status.reason)
        append("\r\n")
    }

    /// Appends a status line with an upstream's own reason phrase. Needs 15 bytes and the reason's.
    public mutating func appendStatusLine(_ status: Status, reason: Span<UInt8>, version: Version = .http11) {
        append(version.name)
        append(.space)
        append(decimal: Int(status.rawValue), width: 3)
        append(.space)
        append(reason)
        append("\r\n")
    }

    /// Appends the status line of an upstream's response in HTTP/1.1, with its own reason phrase.
    /// Needs 15 bytes and the reason's.
    public mutating func appendStatusLine(of head: borrowing ResponseHead) {
        appendStatusLine(head.status, reason: head.reason)
    }

    /// Appends a request line. Needs 12 bytes and those of method and target.
    public mutating func appendRequestLine(
        method: Span<UInt8>, target: Span<UInt8>, version: Version = .http11
    ) {
        append(method)
        append(.space)
        append(target)
        append(.space)
        append(version.name)
        append("\r\n")
    }

    /// Appends a field line. Needs 4 bytes and those of name and value.
    ///
    /// A value with control bytes is left out with its name: it never leaves.
    public mutating func appendField(_ id: HeaderID, _ value: Span<UInt8>) {
        guard FieldSyntax.isValue(value) else { return }
        append(id.canonical)
        append(": ")
        append(value)
        append("\r\n")
    }

    /// Appends a field line with a literal value. Needs 4 bytes and those of name and value.
    public mutating func appendField(_ id: HeaderID, _ value: StaticString) {
        append(id.canonical)
        append(": ")
        append(value)
        append("\r\n")
    }

    /// Appends a field line with a number. Needs 24 bytes and those of the name.
    public mutating func appendField(_ id: HeaderID, decimal value: Int) {
        append(id.canonical)
        append(": ")
        append(decimal: value)
        append("\r\n")
    }

    /// Appends a field line. Needs 4 bytes and those of name and value.
    ///
    /// A field whose name is no token or whose value holds control bytes is left out: it never leaves.
    public mutating func appendField(name: Span<UInt8>, _ value: Span<UInt8>) {
        guard FieldSyntax.isName(name), FieldSyntax.isValue(value) else { return }
        append(name)
        append(": ")
        append(value)
        append("\r\n")
    }

    /// Appends the fields of a block that go to the next hop: all but the hop-by-hop ones and `excluded`.
    ///
    /// Needs `headers.encodedLength` bytes at most. Neighbours that lie in the block as they go out are
    /// copied in one piece.
    public mutating func appendFields(_ headers: borrowing HeaderBlock, except excluded: HeaderIDSet) {
        let dropped = excluded.union(HopByHop.fields)
        let storage = headers.storage.bytes
        var run = 0..<0
        for index in 0..<headers.count {
            let field = headers[index]
            if dropped.contains(field.id) || field.marks.contains(.nominated) { continue }
            let name = field.name
            let value = field.value
            if field.isPlain {
                if run.upperBound &+ 2 == name.lowerBound, !run.isEmpty {
                    run = run.lowerBound..<value.upperBound
                } else {
                    appendRun(run, of: storage)
                    run = name.lowerBound..<value.upperBound
                }
            } else {
                appendRun(run, of: storage)
                run = 0..<0
                append(storage.extracting(name))
                append(": ")
                append(storage.extracting(value))
                append("\r\n")
            }
        }
        appendRun(run, of: storage)
    }

    private mutating func appendRun(_ run: Range<Int>, of storage: Span<UInt8>) {
        guard !run.isEmpty else { return }
        append(storage.extracting(run))
        append("\r\n")
    }

    /// Ends a head, or a section of trailers. Needs 2 bytes.
    public mutating func appendHeadEnd() { append("\r\n") }

    /// The most that `appendChunkStart` needs.
    public static var longestChunkStart: Int { 18 }

    /// Appends the line before `count` bytes of chunk data, at least one. Needs `longestChunkStart` bytes.
    public mutating func appendChunkStart(count: Int) {
        append(hex: count)
        append("\r\n")
    }

    /// Ends a chunk's data. Needs 2 bytes.
    public mutating func appendChunkEnd() { append("\r\n") }

    /// Ends a chunked body without trailers. Needs 5 bytes.
    public mutating func appendLastChunk() { append("0\r\n\r\n") }

    /// Ends a chunked body with trailers. Needs 5 bytes and the trailers' `encodedLength`.
    public mutating func appendLastChunk(trailers: borrowing HeaderBlock) {
        append("0\r\n")
        appendFields(trailers, except: [])
        append("\r\n")
    }
}

extension Status {
    /// The most that `ByteBuffer.appendStatusLine` needs.
    public static var longestLine: Int { 64 }
}

extension HeaderBlock {
    /// The most that the fields need when they are encoded.
    public var encodedLength: Int { storage.count + 4 * count }
}
