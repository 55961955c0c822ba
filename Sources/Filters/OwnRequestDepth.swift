import Bytes
public import HTTP

/// How often a request has been made by a proxy like this one, for the sake of another: what keeps a question about
/// a question, or a copy of a copy, from going on for ever when a service that is asked is served here too.
///
/// Clients may send the field as well; they only keep themselves out.
public enum OwnRequestDepth {
    static let name = "X-Gatehouse-Depth"
    /// Requests with more get no question of their own.
    static let limit = 3

    private static let bytes = Array(name.utf8)

    /// The depth that a request says; one that says anything else is as deep as can be.
    static func of(_ head: borrowing RequestHead) -> Int {
        guard let index = head.headers.firstIndex(named: bytes.span) else { return 0 }
        return min(head.headers.value(index).decimalValue ?? limit, limit)
    }

    /// Whether a question about the request may be asked.
    static func allowsQuestion(about head: borrowing RequestHead) -> Bool { of(head) < limit }

    /// Whether the request is a client's own, so that it may be copied.
    public static func allowsCopy(of head: borrowing RequestHead) -> Bool { of(head) == 0 }

    /// Appends the field for a request that is made for the sake of this one. Needs 24 bytes.
    static func append(below head: borrowing RequestHead, to buffer: inout ByteBuffer) {
        buffer.append("X-Gatehouse-Depth: ")
        buffer.append(decimal: of(head) + 1)
        buffer.append("\r\n")
    }
}
