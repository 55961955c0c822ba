import Bytes
import HTTP

/// How a value is written into a target, a `Location` or a `Host`.
enum Escaping {
    /// As it is. The result is checked as a whole.
    case verbatim
    /// As part of a path: what nginx escapes in a changed `$uri`.
    case path
    /// As part of a query or of a URL. Values in decoded form are escaped so that they can't end the component
    /// they stand in; values that are in encoded form only lose what no URL may hold.
    case component
}

extension ByteBuffer {
    /// Appends a value in decoded form, such as a capture. False, when there is no room.
    mutating func append(decoded value: Span<UInt8>, _ escaping: Escaping) -> Bool {
        switch escaping {
        case .verbatim: return append(ifRoom: value)
        case .path:
            let length = PathEscaping.length(value)
            guard length <= room else { return false }
            if length == value.count { append(value) } else { appendEscaped(path: value) }
            return true
        case .component: return append(value, escaping: .component)
        }
    }

    /// Appends a value in encoded form, such as the query. False, when there is no room.
    mutating func append(encoded value: Span<UInt8>, _ escaping: Escaping) -> Bool {
        switch escaping {
        case .verbatim: return append(ifRoom: value)
        case .path: return append(decoded: value, .path)
        case .component: return append(value, escaping: .outsideURL)
        }
    }

    /// Appends a value so that it can be that of a query's argument: nothing but unreserved bytes stay as they are.
    mutating func append(queryValue value: Span<UInt8>) -> Bool { append(value, escaping: .queryValue) }

    /// Appends a value. False, when there is no room.
    mutating func append(ifRoom value: Span<UInt8>) -> Bool {
        guard value.count <= room else { return false }
        append(value)
        return true
    }

    private mutating func append(_ value: Span<UInt8>, escaping bytes: EscapedBytes) -> Bool {
        for index in 0..<value.count {
            guard room >= 3 else { return false }
            let byte = value[index]
            if bytes.contains(byte) {
                append(.percent)
                append(Self.upperHexDigit(byte >> 4))
                append(Self.upperHexDigit(byte & 0xF))
            } else {
                append(byte)
            }
        }
        return true
    }

    private static func upperHexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? .zero + nibble : 0x37 + nibble }
}

/// Classes of bytes that are written as `%XX`. All hold control bytes, space and everything from 0x7F up.
struct EscapedBytes {
    private let low: UInt64
    private let high: UInt64

    /// Bytes that no URL holds: also `"`, `<`, `>`, `\`, `^`, a backquote, `{`, `|` and `}`.
    static let outsideURL = EscapedBytes("\"<>\\^`{|}")
    /// Also the delimiters of a query: `#`, `%`, `&`, `+`, `;` and `?`, as nginx escapes arguments.
    static let component = EscapedBytes("\"<>\\^`{|}#%&+;?")

    /// Also what ends or divides anything in a URL, as ingress-nginx escapes `$escaped_request_uri`.
    static let queryValue = EscapedBytes("\"<>\\^`{|}#%&+;?$,/:=@[]")

    private init(_ characters: StaticString) {
        var low: UInt64 = 0x1_FFFF_FFFF
        var high: UInt64 = 1 << 63
        for scalar in String(describing: characters).utf8 {
            if scalar < 64 { low |= 1 << UInt64(scalar) } else { high |= 1 << UInt64(scalar - 64) }
        }
        self.low = low
        self.high = high
    }

    func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return low &>> UInt64(byte) & 1 == 1 }
        return byte >= 128 || high &>> UInt64(byte &- 64) & 1 == 1
    }
}
