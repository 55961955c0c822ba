import Bytes
import HTTP

/// Pieces of heads that are copied from one message to another.
extension ByteBuffer {
    /// Appends the status line of an upstream's response, with its own reason.
    mutating func appendStatusLine(of response: borrowing ResponseHead) {
        appendStatusLine(response.status, reason: response.reason)
    }

    /// Appends the first field of a name, if there is one.
    mutating func appendField(_ id: HeaderID, of headers: borrowing HeaderBlock) {
        if let index = headers.firstIndex(of: id) { appendField(id, headers.value(index)) }
    }

    /// Appends a field whose value waits in a buffer.
    mutating func appendField(_ id: HeaderID, _ value: borrowing ByteBuffer) {
        appendField(id, value.readable)
    }
}

extension HeaderBlock {
    /// The length that the fields declare, if they do so once and without a doubt.
    var soleLength: Int? {
        guard let index = firstIndex(of: .contentLength), firstIndex(of: .contentLength, from: index + 1) == nil,
            !contains(.transferEncoding)
        else { return nil }
        return value(index).decimalValue
    }
}
