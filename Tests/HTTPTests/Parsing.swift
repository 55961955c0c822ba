import Bytes
import HTTP

/// The bytes of a test text; every scalar below 0x100 is one byte, so that "\u{80}" is the byte 0x80.
func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

/// A request parsed as a whole.
func request(
    _ text: String, limits: HeadLimits = .request, underscores: UnderscorePolicy = .drop
) throws(HTTP1Error) -> RequestHead {
    var parser = RequestHeadParser(limits: limits, underscores: underscores)
    var head = RequestHead()
    guard try parser.parse(bytes(text).span, into: &head) != nil else { preconditionFailure("incomplete: \(text)") }
    return head
}

/// A response parsed as a whole.
func response(_ text: String, limits: HeadLimits = .response) throws(HTTP1Error) -> ResponseHead {
    var parser = ResponseHeadParser(limits: limits)
    var head = ResponseHead()
    guard try parser.parse(bytes(text).span, into: &head) != nil else { preconditionFailure("incomplete: \(text)") }
    return head
}

extension HeaderBlock {
    /// All fields as text, for comparison.
    var lines: [String] { (0..<count).map { "\(name($0).text()): \(value($0).text())" } }
}

/// What `write` appends to a buffer.
func encoded(capacity: Int = 65536, _ write: (inout ByteBuffer) -> Void) -> String {
    var buffer = ByteBuffer(capacity: capacity)
    write(&buffer)
    return buffer.readable.text()
}
