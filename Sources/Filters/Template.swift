public import Bytes
public import HTTP
public import Pattern

/// Text with captures (`$1`…`$9`) and variables (`$host`, `${http_x_name}`), compiled once per route.
///
/// Evaluation appends to a buffer, allocates nothing and stops when the buffer is full. What is known when
/// the route is compiled (`$namespace`, `$service_name`…) is part of the text by then.
public struct Template: Sendable {
    enum Piece: Sendable {
        /// Bytes of the template's own.
        case literal(Range<Int>)
        /// A group of the pattern that the path matched; empty when it took no part.
        case capture(Int)
        /// Like `capture`, directly behind the host of a URL: begins a path, whatever the group holds.
        case captureBehindHost(Int)
        case variable(Variable)
        /// A variable that holds a group, where `captureBehindHost` would stand.
        case ownBehindHost(Int)
    }

    let bytes: [UInt8]
    let pieces: [Piece]

    /// The text when nothing in it depends on the request, else nil.
    public var constant: [UInt8]? {
        for piece in pieces { guard case .literal = piece else { return nil } }
        return bytes
    }

    /// Whether the text depends on what only `RequestVariables` knows. Without them such parts are empty.
    public var needsVariables: Bool { pieces.contains { $0.needsVariables } }

    /// Appends the text for a request.
    ///
    /// - Parameters:
    ///   - captures: groups in the normalised path; those that `variables` holds from elsewhere go before them.
    /// - Returns: false when there is no room; part of the text may have been appended.
    public func append(
        for head: borrowing RequestHead, _ context: RequestContext, _ captures: Captures,
        variables: RequestVariables? = nil, to buffer: inout ByteBuffer
    ) -> Bool {
        append(for: head, context, captures, .verbatim, variables: variables, to: &buffer)
    }

    func append(
        for head: borrowing RequestHead, _ context: RequestContext, _ captures: Captures, _ escaping: Escaping,
        variables: RequestVariables? = nil, to buffer: inout ByteBuffer
    ) -> Bool {
        for index in pieces.indices {
            guard append(pieces[index], for: head, context, captures, escaping, variables, to: &buffer) else {
                return false
            }
        }
        return true
    }

    func append(
        _ piece: Piece, for head: borrowing RequestHead, _ context: RequestContext, _ captures: Captures,
        _ escaping: Escaping, _ variables: RequestVariables?, to buffer: inout ByteBuffer
    ) -> Bool {
        switch piece {
        case .literal(let range): return buffer.append(ifRoom: bytes.span.extracting(range))
        case .capture(let group):
            if let variables, !variables.hasPathGroups {
                return variables.appendGroup(group, escaping, to: &buffer)
            }
            return Self.append(group, captures, head, escaping, &buffer)
        case .captureBehindHost(let group):
            if let variables, !variables.hasPathGroups {
                return variables.appendGroup(group, escaping, beginsPath: true, to: &buffer)
            }
            if let range = captures[group], !range.isEmpty, head.normalPath[range.lowerBound] != .slash {
                guard buffer.room > 0 else { return false }
                buffer.append(.slash)
            }
            return Self.append(group, captures, head, escaping, &buffer)
        case .variable(let variable): return append(variable, head, context, escaping, variables, &buffer)
        case .ownBehindHost(let number):
            guard let variables else { return true }
            return variables.appendPath(variables.range(of: number), escaping, to: &buffer)
        }
    }

    /// Groups are ranges of the normalised path, which is in decoded form.
    private static func append(
        _ group: Int, _ captures: Captures, _ head: borrowing RequestHead, _ escaping: Escaping,
        _ buffer: inout ByteBuffer
    ) -> Bool {
        guard let range = captures[group], range.upperBound <= head.normalPath.count else { return true }
        return buffer.append(decoded: head.normalPath.extracting(range), escaping)
    }
}

extension RequestVariables {
    /// Appends a group of a match in `text`.
    ///
    /// - Parameter beginsPath: what is appended stands behind a host, and must not complete it.
    func appendGroup(
        _ group: Int, _ escaping: Escaping, beginsPath: Bool = false, to buffer: inout ByteBuffer
    ) -> Bool {
        guard let range = rangeInText(ofGroup: group), !range.isEmpty else { return true }
        if beginsPath { return appendPath(range, escaping, to: &buffer) }
        return Self.append(range, of: text, escaping, to: &buffer)
    }

    /// Appends a part of `text` that begins a path, whatever it holds; nothing when it is empty.
    func appendPath(_ range: Range<Int>, _ escaping: Escaping, to buffer: inout ByteBuffer) -> Bool {
        guard !range.isEmpty else { return true }
        if text[range.lowerBound] != .slash {
            guard buffer.room > 0 else { return false }
            buffer.append(.slash)
        }
        return Self.append(range, of: text, escaping, to: &buffer)
    }

    /// Appends a part of `text`.
    func appendText(_ range: Range<Int>, _ escaping: Escaping, to buffer: inout ByteBuffer) -> Bool {
        Self.append(range, of: text, escaping, to: &buffer)
    }

    private static func append(
        _ range: Range<Int>, of text: borrowing ByteBuffer, _ escaping: Escaping, to buffer: inout ByteBuffer
    ) -> Bool {
        buffer.append(decoded: text.readable.extracting(range), escaping)
    }
}

extension Template.Piece {
    fileprivate var needsVariables: Bool {
        switch self {
        case .literal: false
        case .capture, .captureBehindHost, .ownBehindHost: true
        case .variable(let variable): variable.needsVariables
        }
    }
}
