public import Bytes

/// Base64 with the standard alphabet (RFC 4648 §4). Padding may be missing, blanks may not be there.
public enum Base64 {
    /// Appends what `text` stands for.
    ///
    /// - Returns: false when it is no base64, or when the buffer has no room; part may have been appended.
    public static func decode(_ text: Span<UInt8>, to buffer: inout ByteBuffer) -> Bool {
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        guard end % 4 != 1, end == text.count || text.count % 4 == 0, buffer.room >= end / 4 * 3 + 2 else {
            return false
        }
        var word: UInt32 = 0
        var bits = 0
        for index in 0..<end {
            guard let value = text[index].base64Value else { return false }
            word = word << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                buffer.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
            }
        }
        return true
    }

    /// What `text` stands for, or nil.
    public static func decode(_ text: [UInt8]) -> [UInt8]? {
        var buffer = ByteBuffer(capacity: text.count + 4)
        guard decode(text.span, to: &buffer) else { return nil }
        return (0..<buffer.count).map { buffer[$0] }
    }
}
