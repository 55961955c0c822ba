/// Reads HTTP/1 messages from a wire, strictly, one after another.
public final class MessageReader {
    public let wire: Wire
    private var buffer: [UInt8] = []
    private var position = 0

    public init(_ wire: Wire) { self.wire = wire }

    /// Bytes that have been received and not yet been read as part of a message.
    public var unread: [UInt8] { Array(buffer[position...]) }

    // MARK: Messages

    /// The next request with its body; nil when the connection ended before one began.
    public func request() throws -> Message? {
        guard var message = try head() else { return nil }
        try readBody(of: &message, try message.requestFraming())
        return message
    }

    /// The next final response with its body; heads with 1xx are kept in `interim`.
    public func response(to method: String = "GET") throws -> Message {
        var interim: [Message] = []
        while true {
            guard var message = try head() else { throw WireFault.ended }
            if (100...199).contains(message.status) && message.status != 101 {
                interim.append(message)
                continue
            }
            message.interim = interim
            if message.status == 101 { return message }
            try readBody(of: &message, try message.responseFraming(to: method))
            return message
        }
    }

    /// The next head; nil when the connection ended before a byte of it.
    public func head() throws -> Message? {
        var searched = 0
        while true {
            if let end = endOfHead(from: position + searched) {
                let text = String(decoding: buffer[position..<end], as: UTF8.self)
                position = end + 4
                return try Message(head: text)
            }
            searched = max(0, buffer.count - position - 3)
            guard try fill() else {
                if buffer.count == position { return nil }
                throw WireFault.ended
            }
        }
    }

    private func endOfHead(from start: Int) -> Int? {
        guard buffer.count >= start + 4 else { return nil }
        return (start...buffer.count - 4).first {
            buffer[$0] == 0x0D && buffer[$0 + 1] == 0x0A && buffer[$0 + 2] == 0x0D && buffer[$0 + 3] == 0x0A
        }
    }

    // MARK: Bodies

    private func readBody(of message: inout Message, _ framing: Message.Framing) throws {
        message.framing = framing
        var body: [UInt8] = []
        message.trailers = try readBody(framing) { body += $0 }
        message.body = body
    }

    /// Hands a body on piece by piece, for those that are too large to keep.
    ///
    /// - Returns: the trailers.
    @discardableResult
    public func readBody(_ framing: Message.Framing, each: (ArraySlice<UInt8>) throws -> Void) throws -> [Message.Field]
    {
        switch framing {
        case .none: break
        case .length(let count): try take(count, each)
        case .untilClose:
            try take(buffer.count - position, each)
            while try fill() { try take(buffer.count - position, each) }
        case .chunked: return try readChunks(each)
        }
        return []
    }

    private func readChunks(_ each: (ArraySlice<UInt8>) throws -> Void) throws -> [Message.Field] {
        while true {
            let line = try line()
            guard let size = Int(line, radix: 16), size >= 0 else { throw WireFault.malformed("chunk size \(line)") }
            if size == 0 { break }
            try take(size, each)
            guard try self.line().isEmpty else { throw WireFault.malformed("bytes behind a chunk") }
        }
        var lines: [String] = []
        while true {
            let line = try line()
            if line.isEmpty { return try Message.fields(lines) }
            lines.append(line)
        }
    }

    /// The next line, without its CR and LF.
    public func line() throws -> String {
        var length = 0
        while true {
            while position + length + 1 < buffer.count {
                if buffer[position + length] == 0x0D && buffer[position + length + 1] == 0x0A {
                    let text = String(decoding: buffer[position..<position + length], as: UTF8.self)
                    position += length + 2
                    return text
                }
                length += 1
            }
            guard try fill() else { throw WireFault.ended }
        }
    }

    /// Exactly so many bytes.
    public func bytes(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try take(count) { bytes += $0 }
        return bytes
    }

    private func take(_ count: Int, _ each: (ArraySlice<UInt8>) throws -> Void) throws {
        var left = count
        while left > 0 {
            if position == buffer.count {
                guard try fill() else { throw WireFault.ended }
            }
            let part = min(left, buffer.count - position)
            try each(buffer[position..<position + part])
            position += part
            left -= part
        }
    }

    /// Receives more; false at the end of the stream. May move the bytes that are unread.
    private func fill() throws -> Bool {
        if position == buffer.count {
            buffer = []
            position = 0
        }
        let more = try wire.receive()
        if buffer.isEmpty { buffer = more } else { buffer += more }
        return !more.isEmpty
    }
}
