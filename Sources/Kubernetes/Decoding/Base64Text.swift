import Bytes

/// Base64 as Kubernetes reads it: the standard alphabet with padding (RFC 4648, section 4), line breaks passed over.
enum Base64Text {
    /// The bytes that a text stands for; nil when it isn't base64.
    static func decode(_ text: String) -> [UInt8]? {
        let source = Array(text.utf8)
        let span = source.span
        var bytes: [UInt8] = []
        bytes.reserveCapacity(span.count / 4 * 3)
        var group: UInt32 = 0
        var digits = 0
        var padding = 0
        for index in 0..<span.count {
            let byte = span[index]
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { continue }
            // Nothing follows the last group.
            if padding > 0 && digits == 0 { return nil }
            if byte == UInt8(ascii: "=") {
                guard digits >= 2 else { return nil }
                padding += 1
                group <<= 6
            } else {
                guard padding == 0, let digit = byte.base64Value else { return nil }
                group = group << 6 | digit
            }
            digits += 1
            guard digits == 4 else { continue }
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            if padding < 2 { bytes.append(UInt8(truncatingIfNeeded: group >> 8)) }
            if padding < 1 { bytes.append(UInt8(truncatingIfNeeded: group)) }
            group = 0
            digits = 0
        }
        return digits == 0 ? bytes : nil
    }
}
