public import Bytes
public import HTTP
public import Model

/// Which fields of an upstream's response reach the client. The same for all routes; each route adds its own.
public final class ResponseRules: Sendable {
    private let dropped: HeaderIDSet
    private let hidden: FieldLines

    public init(_ settings: ResponseSettings) throws(FilterError) {
        // `Date` is the proxy's own; the others speak to the proxy (nginx's `proxy_hide_header` defaults).
        var dropped: HeaderIDSet = [
            .date, .xAccelBuffering, .xAccelCharset, .xAccelExpires, .xAccelLimitRate, .xAccelRedirect, .xPad,
        ]
        if !settings.passesServerField { dropped.insert(.server) }
        var names: [HeaderEdits.Field] = []
        for name in settings.hiddenFields {
            let id = HeaderID(name: Array(name.utf8).span)
            if id == .other { names.append(.init(name: name, value: "")) } else { dropped.insert(id) }
        }
        self.dropped = dropped
        hidden = try FieldLines(names)
    }

    /// Bytes that `append` needs at most.
    public func bound(_ headers: borrowing HeaderBlock, setting lines: FieldLines) -> Int {
        headers.encodedLength + lines.bytes.count
    }

    /// Appends the fields of an upstream's response that the client gets, then those that the route sets.
    ///
    /// Left out are hop-by-hop fields, what the rules drop, what `lines` replaces, and `excluded`: what the
    /// caller makes itself. Needs `bound` bytes.
    public func append(
        _ headers: borrowing HeaderBlock, setting lines: FieldLines, except excluded: HeaderIDSet = HeaderIDSet(),
        to buffer: inout ByteBuffer
    ) {
        if hidden.isEmpty {
            lines.appendFields(headers, except: dropped.union(excluded), to: &buffer)
        } else {
            appendVisible(headers, lines, dropped.union(excluded), &buffer)
        }
        lines.append(to: &buffer)
    }

    /// Removes what clients don't get from a response's fields, but for what a route lets pass.
    func drop(from headers: inout HeaderBlock, but passed: HeaderIDSet, _ passedNames: [[UInt8]]) {
        headers.drop(dropped.subtracting(passed))
        guard !hidden.isEmpty else { return }
        var index = 0
        while index < headers.count {
            let isPassed =
                passed.contains(headers[index].id)
                || passedNames.contains { headers.name(index).equalsIgnoringCase($0.span) }
            if !isPassed, hidden.replaces(index, of: headers) { headers.remove(at: index) } else { index += 1 }
        }
    }

    private func appendVisible(
        _ headers: borrowing HeaderBlock, _ lines: FieldLines, _ excluded: HeaderIDSet, _ buffer: inout ByteBuffer
    ) {
        for index in 0..<headers.count {
            let field = headers[index]
            if excluded.contains(field.id) || field.isHopByHop { continue }
            if hidden.replaces(index, of: headers) || lines.replaces(index, of: headers) { continue }
            buffer.append(headers.name(index))
            buffer.append(": ")
            buffer.append(headers.value(index))
            buffer.append("\r\n")
        }
    }
}
