import Bytes

/// What a message says about its connection, and which of its fields end at this hop (RFC 9110 §7.6.1).
///
/// Nominations by `Connection` are honoured only for names that mean nothing to the proxy: a client that
/// nominates `Authorization` or `X-Forwarded-For` must not make them disappear on the way to the origin.
public enum HopByHop {
    /// Names that are never forwarded. `TE: trailers`, `Transfer-Encoding`, `Trailer` and an accepted
    /// `Upgrade` are made anew for the next hop; `Proxy` has no meaning but to poison CGI environments.
    public static let fields: HeaderIDSet = [
        .connection, .keepAlive, .proxyConnection, .proxyAuthenticate, .proxyAuthorization, .te, .transferEncoding,
        .trailer, .upgrade, .http2Settings, .proxy,
    ]

    /// Nominations that are looked at in one message; more make it malformed.
    static let nominationLimit = 32

    /// The options of all `Connection` fields that the proxy acts upon.
    struct Options {
        var close = false
        var keepAlive = false
        var upgrade = false
    }

    /// Reads the `Connection` fields and marks the nominated ones. A message without `Connection`, or with
    /// only the usual options, costs no look at any other field.
    static func apply(to headers: inout HeaderBlock) throws(HTTP1Error) -> Options {
        var options = Options()
        var nominations = 0
        var next = 0
        while let index = headers.firstIndex(of: .connection, from: next) {
            next = index + 1
            if headers.value(index).equalsFoldingCase("keep-alive") {
                options.keepAlive = true
                continue
            }
            var list = TokenList(headers[index].value)
            while let token = list.next(in: headers) {
                if headers.bytes(in: token).equalsFoldingCase("keep-alive") {
                    options.keepAlive = true
                } else if headers.bytes(in: token).equalsFoldingCase("close") {
                    options.close = true
                } else if headers.bytes(in: token).equalsFoldingCase("upgrade") {
                    options.upgrade = true
                } else {
                    nominations += 1
                    guard nominations <= nominationLimit else { throw .tooManyConnectionOptions }
                    nominate(token, in: &headers)
                }
            }
        }
        return options
    }

    private static func nominate(_ token: Range<Int>, in headers: inout HeaderBlock) {
        guard HeaderID(name: headers.bytes(in: token)) == .other, !isProtected(headers.bytes(in: token)) else { return }
        for index in 0..<headers.count where headers[index].id == .other {
            if headers.name(index).equalsIgnoringCase(headers.bytes(in: token)) {
                headers.fields[index].marks.insert(.nominated)
            }
        }
    }

    /// Families of names that a proxy sets and an origin trusts.
    private static func isProtected(_ name: Span<UInt8>) -> Bool {
        name.startsFoldingCase("x-forwarded-") || name.startsFoldingCase("x-original-")
            || name.startsFoldingCase("x-auth-") || name.startsFoldingCase("ssl-client-")
    }
}

/// Walks the elements of a comma-separated list in a field's value. Empty elements are skipped (RFC 9110 §5.6.1).
struct TokenList {
    private var rest: Range<Int>

    init(_ value: Range<Int>) { rest = value }

    /// The next element without blanks around it, or nil at the end.
    mutating func next(in headers: borrowing HeaderBlock) -> Range<Int>? {
        let bytes = headers.storage.bytes
        while !rest.isEmpty {
            let end = bytes.first(.comma, from: rest.lowerBound, to: rest.upperBound)
            let element = rest.lowerBound..<end
            rest = min(end + 1, rest.upperBound)..<rest.upperBound
            let trimmed = bytes.extracting(element).trimmed
            if !trimmed.isEmpty {
                return element.lowerBound + trimmed.lowerBound..<element.lowerBound + trimmed.upperBound
            }
        }
        return nil
    }
}
