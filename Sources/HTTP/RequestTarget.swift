import Bytes

/// The parts of a request-target (RFC 9112 §3.2), as ranges over the bytes that it was read from.
struct RequestTarget {
    /// The four forms of RFC 9112 §3.2.
    enum Form: Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`
        case absolute
        /// `host:port`, for CONNECT only
        case authority
        /// `*`, for OPTIONS only
        case asterisk
    }

    var form: Form
    /// Empty unless the form is absolute or authority.
    var authority: Range<Int>
    /// As sent; empty for `http://host` and in authority form.
    var path: Range<Int>
    /// Without the question mark; nil when there is none.
    var query: Range<Int>?
    /// The path is in normal form as it stands.
    var isNormal: Bool

    /// Reads a target of visible ASCII.
    static func parse(_ bytes: Span<UInt8>, in range: Range<Int>, method: Method) throws(HTTP1Error) -> RequestTarget {
        let start = range.lowerBound
        if method == .connect {
            return RequestTarget(
                form: .authority, authority: range, path: range.upperBound..<range.upperBound, query: nil,
                isNormal: true)
        }
        if bytes[start] == .slash { return try parsePath(bytes, in: range, form: .origin, authority: start..<start) }
        if bytes[start] == .asterisk, range.count == 1, method == .options {
            return RequestTarget(form: .asterisk, authority: start..<start, path: range, query: nil, isNormal: true)
        }
        let target = bytes.extracting(range)
        let scheme = target.startsFoldingCase("http://") ? 7 : target.startsFoldingCase("https://") ? 8 : 0
        guard scheme > 0 else { throw .badTarget(at: 0) }
        var end = start + scheme
        while end < range.upperBound, bytes[end] != .slash, bytes[end] != .questionMark, bytes[end] != .numberSign {
            end += 1
        }
        return try parsePath(
            bytes, in: end..<range.upperBound, form: .absolute, authority: start + scheme..<end)
    }

    private static func parsePath(
        _ bytes: Span<UInt8>, in range: Range<Int>, form: Form, authority: Range<Int>
    ) throws(HTTP1Error) -> RequestTarget {
        var isNormal = true
        var afterSlash = false
        var index = range.lowerBound
        scan: while index < range.upperBound {
            let byte = bytes[index]
            switch byte {
            case 0x5D...: afterSlash = false  // Letters come first: nothing above a backslash matters.
            case .slash:
                if afterSlash { isNormal = false }
                afterSlash = true
            case .dot:
                if afterSlash { isNormal = false }
                afterSlash = false
            case .questionMark: break scan
            case .numberSign: throw .badTarget(at: index)
            case .percent, .backslash:
                isNormal = false
                afterSlash = false
            default: afterSlash = false
            }
            index &+= 1
        }
        let path = range.lowerBound..<index
        var query: Range<Int>?
        if index < range.upperBound {
            query = index &+ 1..<range.upperBound
            let fragment = bytes.first(.numberSign, from: index, to: range.upperBound)
            guard fragment == range.upperBound else { throw .badTarget(at: fragment) }
        }
        return RequestTarget(form: form, authority: authority, path: path, query: query, isNormal: isNormal)
    }
}
