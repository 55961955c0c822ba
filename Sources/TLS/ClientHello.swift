/// Looks for the server name in the first bytes of a connection, before anybody has decided what to do with it: for
/// passing TLS through unopened.
///
/// Reads no more than it must: record headers, the handshake header, and the extensions up to `server_name`
/// (RFC 8446, section 4.1.2). Everything is bounded by `limit`.
public enum ClientHello {
    /// What the bytes amount to.
    public enum Peek: Sendable, Equatable {
        /// A ClientHello so far, but not all of it.
        case incomplete
        /// A whole ClientHello, and the name in it.
        case hello(ServerName?)
        /// Anything else: whoever terminates TLS will say what is wrong.
        case other
    }

    /// Most bytes that are looked at.
    public static let limit = Wire.helloLimit

    /// Looks at everything that has arrived so far.
    public static func peek(_ bytes: Span<UInt8>) -> Peek {
        let seen = look(at: bytes.extracting(first: min(bytes.count, limit)))
        return seen == .incomplete && bytes.count >= limit ? .other : seen
    }

    private static func look(at bytes: Span<UInt8>) -> Peek {
        var message: [UInt8] = []
        var position = 0
        while true {
            guard bytes.count >= position + 5 else {
                return bytes.count > position && bytes[position] != 22 ? .other : .incomplete
            }
            let length = Int(bytes[position + 3]) << 8 | Int(bytes[position + 4])
            guard bytes[position] == 22, bytes[position + 1] == 3, length > 0, length <= 16 << 10 else { return .other }
            position += 5
            let present = min(length, bytes.count - position)
            for index in position..<(position + present) { message.append(bytes[index]) }
            position += length
            if message.count >= 4 {
                let needed = 4 + (Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3]))
                guard message[0] == 1, needed <= limit else { return .other }
                if message.count >= needed { return hello(message.span.extracting(4..<needed)) }
            }
            if present < length { return .incomplete }
        }
    }

    private static func hello(_ body: Span<UInt8>) -> Peek {
        var reader = Reader(position: 2 + 32)
        guard reader.skip(body, lengthBytes: 1), reader.skip(body, lengthBytes: 2), reader.skip(body, lengthBytes: 1)
        else { return .other }
        if reader.position == body.count { return .hello(nil) }
        guard let all = reader.number(body, bytes: 2), reader.position + all == body.count else { return .other }
        var name: ServerName?
        while reader.position < body.count {
            guard let type = reader.number(body, bytes: 2), let range = reader.block(body, lengthBytes: 2) else {
                return .other
            }
            if type == 0 && name == nil { name = ServerName(extension: body.extracting(range)) }
        }
        return .hello(name)
    }

    /// A position in a message.
    private struct Reader {
        var position: Int

        mutating func number(_ bytes: Span<UInt8>, bytes count: Int) -> Int? {
            guard position + count <= bytes.count else { return nil }
            var value = 0
            for index in position..<(position + count) { value = value << 8 | Int(bytes[index]) }
            position += count
            return value
        }

        mutating func block(_ bytes: Span<UInt8>, lengthBytes: Int) -> Range<Int>? {
            guard let length = number(bytes, bytes: lengthBytes), position + length <= bytes.count else { return nil }
            defer { position += length }
            return position..<(position + length)
        }

        mutating func skip(_ bytes: Span<UInt8>, lengthBytes: Int) -> Bool {
            block(bytes, lengthBytes: lengthBytes) != nil
        }
    }
}
