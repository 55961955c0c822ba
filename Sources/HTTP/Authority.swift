import Bytes

/// The host and port of a `Host` field or an absolute target (RFC 3986 §3.2.2, RFC 9110 §7.2).
public struct Authority {
    /// The host without port and without a trailing dot; an IPv6 literal keeps its brackets.
    public let name: Range<Int>
    /// The port, or nil when none is given (or an empty one, `host:`).
    public let port: Int?
    /// Whether the name has ASCII capitals.
    let hasCapitals: Bool

    /// Reads `uri-host [":" port]`. Bytes from 0x80 up pass as they are (names that should be IDNA-encoded
    /// but aren't); user information, empty hosts and empty labels don't.
    ///
    /// - Returns: nil when it isn't that.
    public init?(_ bytes: Span<UInt8>, in range: Range<Int>) {
        guard !range.isEmpty else { return nil }
        let hostEnd: Int
        if bytes[range.lowerBound] == .leftBracket {
            guard let end = Self.literalEnd(bytes, range) else { return nil }
            hostEnd = end
            name = range.lowerBound..<end
            hasCapitals = true
        } else {
            guard let host = RegisteredName(bytes, in: range) else { return nil }
            hostEnd = host.end
            name = range.lowerBound..<host.endOfName
            hasCapitals = host.hasCapitals
        }
        guard hostEnd &+ 1 < range.upperBound else {
            port = nil
            return
        }
        guard let port = Self.port(bytes.extracting(hostEnd &+ 1..<range.upperBound)) else { return nil }
        self.port = port
    }

    /// One to five digits, at most 65,535.
    private static func port(_ digits: Span<UInt8>) -> Int? {
        guard digits.count <= 5 else { return nil }
        var port = 0
        for index in 0..<digits.count {
            guard digits[index].isDigit else { return nil }
            port = port &* 10 &+ Int(digits[index] &- .zero)
        }
        return port <= 65535 ? port : nil
    }

    private static func literalEnd(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        let close = bytes.first(.rightBracket, from: range.lowerBound, to: range.upperBound)
        guard close < range.upperBound,
            IPv6Syntax.isAddress(bytes.extracting(range.lowerBound + 1..<close)),
            close + 1 == range.upperBound || bytes[close + 1] == .colon
        else { return nil }
        return close + 1
    }
}

/// A host that isn't an IP literal: labels between dots.
private struct RegisteredName {
    /// At the port's colon, or at the end of the range.
    let end: Int
    /// The same without a trailing dot.
    let endOfName: Int
    let hasCapitals: Bool

    init?(_ bytes: Span<UInt8>, in range: Range<Int>) {
        var index = range.lowerBound
        var afterDot = true
        var capitals = false
        scan: while index < range.upperBound {
            let label = index
            index = bytes.firstOutsidePlainLabel(from: index, to: range.upperBound)
            if index > label { afterDot = false }
            guard index < range.upperBound else { break }
            let byte = bytes[index]
            switch byte {
            case .dot:
                if afterDot { return nil }
                afterDot = true
            case .colon: break scan
            case .percent:
                guard index &+ 2 < range.upperBound, bytes[index &+ 1].hexValue != nil,
                    bytes[index &+ 2].hexValue != nil
                else { return nil }
                afterDot = false
            default:
                guard byte.isRegisteredName else { return nil }
                capitals = capitals || byte &- 0x41 < 26
                afterDot = false
            }
            index &+= 1
        }
        end = index
        endOfName = afterDot ? index &- 1 : index
        hasCapitals = capitals
        // Nothing but a dot, or nothing at all.
        guard endOfName > range.lowerBound else { return nil }
    }
}

extension UInt8 {
    /// A byte of a registered name (RFC 3986 §3.2.2) besides percent-encodings: unreserved, sub-delims,
    /// and everything from 0x80 up.
    fileprivate var isRegisteredName: Bool {
        if isLetter || isDigit || self >= 0x80 { return true }
        switch self {
        case .hyphen, .dot, .underscore, UInt8(ascii: "~"): return true
        case .exclamationMark, .dollar, .ampersand, UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"),
            .asterisk, UInt8(ascii: "+"), .comma, .semicolon, .equals:
            return true
        default: return false
        }
    }
}

/// The textual form of an IPv6 address (RFC 4291 §2.2).
enum IPv6Syntax {
    static func isAddress(_ bytes: Span<UInt8>) -> Bool {
        var groups = 0
        var compressed = false
        var index = 0
        if bytes.starts(with: "::") {
            compressed = true
            index = 2
        }
        while index < bytes.count {
            let start = index
            while index < bytes.count, bytes[index].hexValue != nil { index += 1 }
            if index < bytes.count, bytes[index] == .dot {
                guard isIPv4(bytes.extracting(start..<bytes.count)) else { return false }
                groups += 2
                index = bytes.count
                break
            }
            guard index > start, index - start <= 4 else { return false }
            groups += 1
            guard index < bytes.count else { break }
            guard bytes[index] == .colon, index + 1 < bytes.count else { return false }
            index += 1
            if bytes[index] == .colon {
                guard !compressed else { return false }
                compressed = true
                index += 1
            }
        }
        return compressed ? groups < 8 : groups == 8
    }

    private static func isIPv4(_ bytes: Span<UInt8>) -> Bool {
        var parts = 0
        var start = 0
        while start <= bytes.count {
            let end = bytes.firstIndex(of: .dot, from: start) ?? bytes.count
            guard end - start <= 3, let value = bytes.extracting(start..<end).decimalValue, value <= 255 else {
                return false
            }
            parts += 1
            start = end + 1
        }
        return parts == 4
    }
}
