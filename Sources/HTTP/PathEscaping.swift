public import Bytes

/// Writing a path that isn't in encoded form, such as a rewritten one, into a request target.
///
/// The bytes that nginx escapes when it sends a changed `$uri`: control bytes, space, `"`, `#`, `%`, `<`, `>`,
/// `?`, `\`, `^`, a backquote, `{`, `|`, `}` and everything from 0x7F up.
public enum PathEscaping {
    /// Bytes that `path` needs when it is escaped.
    public static func length(_ path: Span<UInt8>) -> Int {
        var length = path.count
        for index in 0..<path.count where isEscaped(path[index]) { length += 2 }
        return length
    }

    /// Whether a byte is written as `%XX`.
    static func isEscaped(_ byte: UInt8) -> Bool {
        if byte <= 0x20 || byte >= 0x7F { return true }
        switch byte {
        case .quotationMark, .numberSign, .percent, UInt8(ascii: "<"), UInt8(ascii: ">"), .questionMark, .backslash,
            UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            return true
        default: return false
        }
    }

    static func upperHexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? .zero + nibble : 0x37 + nibble }
}

extension ByteBuffer {
    /// Appends a path, escaped. Needs `PathEscaping.length(path)` bytes, at most three times the path's.
    public mutating func appendEscaped(path: Span<UInt8>) {
        for index in 0..<path.count { appendEscaped(path[index]) }
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        guard PathEscaping.isEscaped(byte) else { return append(byte) }
        append(.percent)
        append(PathEscaping.upperHexDigit(byte >> 4))
        append(PathEscaping.upperHexDigit(byte & 0xF))
    }
}

extension ByteStorage {
    /// Appends a path, escaped.
    public mutating func appendEscaped(path: Span<UInt8>) {
        reserve(PathEscaping.length(path))
        for index in 0..<path.count {
            let byte = path[index]
            guard PathEscaping.isEscaped(byte) else {
                append(byte)
                continue
            }
            append(.percent)
            append(PathEscaping.upperHexDigit(byte >> 4))
            append(PathEscaping.upperHexDigit(byte & 0xF))
        }
    }
}
