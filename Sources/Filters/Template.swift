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
    }

    let bytes: [UInt8]
    let pieces: [Piece]

    /// The text when nothing in it depends on the request, else nil.
    public var constant: [UInt8]? {
        for piece in pieces { guard case .literal = piece else { return nil } }
        return bytes
    }

    /// Appends the text for a request.
    ///
    /// - Returns: false when there is no room; part of the text may have been appended.
    public func append(
        for head: borrowing RequestHead, _ context: RequestContext, _ captures: Captures,
        to buffer: inout ByteBuffer
    ) -> Bool {
        append(for: head, context, captures, .verbatim, to: &buffer)
    }

    func append(
        for head: borrowing RequestHead, _ context: RequestContext, _ captures: Captures, _ escaping: Escaping,
        to buffer: inout ByteBuffer
    ) -> Bool {
        for index in pieces.indices {
            let fits: Bool
            switch pieces[index] {
            case .literal(let range): fits = buffer.append(ifRoom: bytes.span.extracting(range))
            case .capture(let group): fits = Self.append(group, captures, head, escaping, &buffer)
            case .captureBehindHost(let group):
                if let range = captures[group], !range.isEmpty, head.normalPath[range.lowerBound] != .slash {
                    guard buffer.room > 0 else { return false }
                    buffer.append(.slash)
                }
                fits = Self.append(group, captures, head, escaping, &buffer)
            case .variable(let variable): fits = append(variable, head, context, escaping, &buffer)
            }
            guard fits else { return false }
        }
        return true
    }

    /// Groups are ranges of the normalised path, which is in decoded form.
    private static func append(
        _ group: Int, _ captures: Captures, _ head: borrowing RequestHead, _ escaping: Escaping,
        _ buffer: inout ByteBuffer
    ) -> Bool {
        guard let range = captures[group] else { return true }
        return buffer.append(decoded: head.normalPath.extracting(range), escaping)
    }
}
