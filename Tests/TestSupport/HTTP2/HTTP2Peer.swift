/// One end of an HTTP/2 connection in a test's hand: sends whatever frames and takes apart what comes.
///
/// Acknowledges settings and answers pings by itself, and gives windows back as data is read, unless told not to.
/// Calls block; a call that would block for ever throws `WireFault.silence`.
public final class HTTP2Peer {
    public let wire: Wire
    /// Whether windows are given back as data arrives.
    public var givesWindowsBack = true
    /// Whether pings are answered.
    public var answersPings = true
    /// The other side's settings, as they came.
    public private(set) var settings: [UInt16: UInt32] = [:]
    /// Everything that has come, in order.
    public private(set) var frames: [HTTP2Frame] = []

    private var decoder = HPACKDecoder()
    private var buffer: [UInt8] = []
    private var position = 0
    private var messages: [UInt32: HTTP2Message] = [:]
    private var nextStream: UInt32 = 1

    public init(_ wire: Wire) { self.wire = wire }

    /// A client on a connection of its own, with prior knowledge.
    public convenience init(toPort port: UInt16, settings: [(id: UInt16, value: UInt32)] = []) throws {
        self.init(try Wire(toPort: port))
        try beginAsClient(settings)
    }

    /// Says the preface and these settings.
    public func beginAsClient(_ settings: [(id: UInt16, value: UInt32)] = []) throws {
        try wire.send(HTTP2Frame.preface + HTTP2Frame.settings(settings).encoded)
    }

    /// Reads the client's preface and says these settings.
    public func beginAsServer(_ settings: [(id: UInt16, value: UInt32)] = []) throws {
        guard try bytes(HTTP2Frame.preface.count) == HTTP2Frame.preface else {
            throw WireFault.malformed("no HTTP/2 preface")
        }
        try send(.settings(settings))
    }

    // MARK: Sending

    public func send(_ frames: HTTP2Frame...) throws { try wire.send(frames.flatMap(\.encoded)) }

    /// Sends a request on a stream of its own.
    ///
    /// - Returns: the stream.
    @discardableResult
    public func request(
        _ path: String = "/", method: String = "GET", authority: String? = "shop.example", scheme: String = "http",
        _ fields: [(String, String)] = [], body: String? = nil, endStream: Bool = true
    ) throws -> UInt32 {
        let stream = nextStream
        nextStream += 2
        var all = [(":method", method), (":scheme", scheme), (":path", path)]
        if let authority { all.append((":authority", authority)) }
        try send(.headers(stream, (all + fields).asFields, endStream: body == nil && endStream))
        if let body { try send(.data(stream, Array(body.utf8), endStream: endStream)) }
        return stream
    }

    /// Sends a whole response; trailers go in a header block of their own.
    public func respond(
        to stream: UInt32, status: Int = 200, _ fields: [(String, String)] = [], body: String = "",
        trailers: [(String, String)] = []
    ) throws {
        let hasMore = !body.isEmpty || !trailers.isEmpty
        let head = HTTP2Frame.headers(stream, ([(":status", "\(status)")] + fields).asFields, endStream: !hasMore)
        try wire.send(head.continued.flatMap(\.encoded))
        if !body.isEmpty { try send(.data(stream, Array(body.utf8), endStream: trailers.isEmpty)) }
        if !trailers.isEmpty { try send(.headers(stream, trailers.asFields, endStream: true)) }
    }

    // MARK: Receiving

    /// The next frame, after what is done for it of itself; nil when the connection ended in order.
    public func frame() throws -> HTTP2Frame? {
        guard let header = try bytesOrEnd(9) else { return nil }
        let count = Int(HTTP2Frame.word([0] + header[..<3]))
        let frame = HTTP2Frame(
            header[3], flags: header[4], stream: HTTP2Frame.word(header[5...]) & 0x7FFF_FFFF, try bytes(count))
        frames.append(frame)
        try answer(frame)
        try collect(frame)
        return frame
    }

    /// Reads until a frame of that kind comes.
    public func frame(_ kind: UInt8, stream: UInt32? = nil) throws -> HTTP2Frame {
        while let frame = try frame() {
            if frame.kind == kind, stream == nil || frame.stream == stream { return frame }
        }
        throw WireFault.ended
    }

    /// Reads until the message of a stream is over, and returns it.
    public func message(_ stream: UInt32) throws -> HTTP2Message {
        while true {
            if let message = messages[stream], message.isOver {
                messages[stream] = nil
                return message
            }
            guard try frame() != nil else { throw WireFault.ended }
        }
    }

    /// Reads until the message of a stream is as wanted, and returns what there is of it.
    @discardableResult
    public func message(_ stream: UInt32, until isWanted: (HTTP2Message) -> Bool) throws -> HTTP2Message {
        while true {
            if let message = messages[stream], isWanted(message) { return message }
            guard try frame() != nil else { throw WireFault.ended }
        }
    }

    /// The next message that is over, of whatever stream; nil when the connection ended.
    public func message() throws -> HTTP2Message? {
        while true {
            if let message = messages.values.filter(\.isOver).min(by: { $0.stream < $1.stream }) {
                messages[message.stream] = nil
                return message
            }
            guard try frame() != nil else { return nil }
        }
    }

    /// The next message of which the head has come; the rest may still be on its way. Nil at the end.
    public func head() throws -> HTTP2Message? {
        var known = Set(messages.values.filter { !$0.fields.isEmpty }.map(\.stream))
        while let frame = try frame() {
            if let message = messages[frame.stream], !message.fields.isEmpty, known.insert(frame.stream).inserted {
                return message
            }
        }
        return nil
    }

    private func answer(_ frame: HTTP2Frame) throws {
        switch frame.kind {
        case HTTP2Frame.Kind.settings where !frame.has(HTTP2Frame.Flag.acknowledgement):
            for start in stride(from: 0, to: frame.payload.count - 5, by: 6) {
                let id = UInt16(frame.payload[start]) << 8 | UInt16(frame.payload[start + 1])
                settings[id] = HTTP2Frame.word(frame.payload[(start + 2)...])
            }
            try send(HTTP2Frame(HTTP2Frame.Kind.settings, flags: HTTP2Frame.Flag.acknowledgement))
        case HTTP2Frame.Kind.ping where !frame.has(HTTP2Frame.Flag.acknowledgement) && answersPings:
            try send(.ping(frame.payload, isAnswer: true))
        case HTTP2Frame.Kind.data where givesWindowsBack && !frame.payload.isEmpty:
            let count = UInt32(frame.payload.count)
            if frame.has(HTTP2Frame.Flag.endStream) {
                try send(.windowUpdate(0, count))
            } else {
                try send(.windowUpdate(0, count), .windowUpdate(frame.stream, count))
            }
        default: break
        }
    }

    private func collect(_ frame: HTTP2Frame) throws {
        guard frame.stream > 0 else { return }
        var message = messages[frame.stream] ?? HTTP2Message(stream: frame.stream)
        switch frame.kind {
        case HTTP2Frame.Kind.headers, HTTP2Frame.Kind.continuation:
            message.block += frame.kind == HTTP2Frame.Kind.headers ? frame.content : frame.payload
            if frame.kind == HTTP2Frame.Kind.headers { message.endsWithBlock = frame.has(HTTP2Frame.Flag.endStream) }
            guard frame.has(HTTP2Frame.Flag.endHeaders) else { break }
            message.add(try decoder.decode(message.block))
            message.block = []
        case HTTP2Frame.Kind.data:
            message.body += frame.content
            message.hasEnded = frame.has(HTTP2Frame.Flag.endStream)
        case HTTP2Frame.Kind.reset: message.resetCode = HTTP2Frame.word(frame.payload)
        default: return
        }
        messages[frame.stream] = message
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        guard let bytes = try bytesOrEnd(count) else { throw WireFault.ended }
        return bytes
    }

    /// Nil when the connection ended before the first of them.
    private func bytesOrEnd(_ count: Int) throws -> [UInt8]? {
        while buffer.count - position < count {
            let more = try wire.receive()
            if more.isEmpty {
                if buffer.count == position { return nil }
                throw WireFault.ended
            }
            if position > 1 << 16 {
                buffer.removeFirst(position)
                position = 0
            }
            buffer += more
        }
        defer { position += count }
        return Array(buffer[position..<position + count])
    }
}

/// A request or response of one stream, as far as it has come.
public struct HTTP2Message: Sendable {
    public let stream: UInt32
    /// Pseudo-header fields included.
    public fileprivate(set) var fields: [Message.Field] = []
    public fileprivate(set) var body: [UInt8] = []
    public fileprivate(set) var trailers: [Message.Field] = []
    /// Heads with 1xx that came before a response.
    public fileprivate(set) var interim: [[Message.Field]] = []
    /// The sender has finished.
    public fileprivate(set) var hasEnded = false
    /// The error code with which the stream was reset.
    public fileprivate(set) var resetCode: UInt32?

    fileprivate var block: [UInt8] = []
    fileprivate var endsWithBlock = false

    fileprivate init(stream: UInt32) { self.stream = stream }

    /// Nothing more comes.
    public var isOver: Bool { hasEnded || resetCode != nil }
    public var text: String { String(decoding: body, as: UTF8.self) }
    public var status: Int { Int(self[":status"] ?? "") ?? 0 }

    /// The value of the first field of that name.
    public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
    public func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
    /// The value of a trailer field.
    public func trailer(_ name: String) -> String? { trailers.first { $0.name == name }?.value }

    fileprivate mutating func add(_ decoded: [Message.Field]) {
        if decoded.first?.name == ":status", decoded[0].value.hasPrefix("1"), !endsWithBlock {
            interim.append(decoded)
        } else if fields.isEmpty {
            fields = decoded
        } else {
            trailers += decoded
        }
        if endsWithBlock { hasEnded = true }
    }
}

extension HTTP2Frame {
    /// The payload without padding and priority.
    var content: [UInt8] {
        var bytes = payload[...]
        if has(Flag.padded), let count = bytes.popFirst() { bytes = bytes.dropLast(Int(count)) }
        if kind == Kind.headers, has(Flag.priority) { bytes = bytes.dropFirst(5) }
        return Array(bytes)
    }
}

extension [(String, String)] {
    /// As fields of a message.
    public var asFields: [Message.Field] { map { Message.Field(name: $0.0, value: $0.1) } }
}

extension OriginConnection {
    /// Speaks HTTP/2 on the connection: reads the client's preface and says these settings.
    public func http2(_ settings: [(id: UInt16, value: UInt32)] = []) throws -> HTTP2Peer {
        let peer = HTTP2Peer(wire)
        try peer.beginAsServer(settings)
        return peer
    }
}
