import Bytes

/// The `Sec-WebSocket-Key` that an HTTP/1 origin wants of a client that opened its WebSocket over HTTP/2, where
/// there is none (RFC 8441 §5.1, RFC 6455 §4.1).
enum WebSocketKey {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// Writes 16 random bytes in base64: 24 bytes.
    static func write(_ words: (UInt64, UInt64), to key: inout ByteBuffer) {
        let letters = alphabet.bytes
        // 128 bits are 21 letters and two bits of one more.
        for place in 0..<22 {
            var sextet = 0
            for bit in 0..<6 {
                let position = place * 6 + bit
                let word = position < 64 ? words.0 : words.1
                let isSet = position < 128 && word >> UInt64(63 - position % 64) & 1 == 1
                sextet = sextet << 1 | (isSet ? 1 : 0)
            }
            key.append(letters[sextet])
        }
        key.append("==")
    }
}
