/// One HTTP/2 frame as it is on the wire (RFC 9113 §4.1). Everything may be wrong with it.
public struct HTTP2Frame: Equatable, Sendable {
    public enum Kind {
        public static let data: UInt8 = 0
        public static let headers: UInt8 = 1
        public static let priority: UInt8 = 2
        public static let reset: UInt8 = 3
        public static let settings: UInt8 = 4
        public static let pushPromise: UInt8 = 5
        public static let ping: UInt8 = 6
        public static let goAway: UInt8 = 7
        public static let windowUpdate: UInt8 = 8
        public static let continuation: UInt8 = 9
    }

    public enum Flag {
        public static let acknowledgement: UInt8 = 0x01
        public static let endStream: UInt8 = 0x01
        public static let endHeaders: UInt8 = 0x04
        public static let padded: UInt8 = 0x08
        public static let priority: UInt8 = 0x20
    }

    public var kind: UInt8
    public var flags: UInt8
    public var stream: UInt32
    public var payload: [UInt8]

    public init(_ kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    public func has(_ flag: UInt8) -> Bool { flags & flag != 0 }

    /// Frame header and payload.
    public var encoded: [UInt8] {
        let count = UInt32(payload.count)
        return [UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF), kind, flags]
            + Self.bytes(of: stream) + payload
    }

    /// Big-endian.
    public static func bytes(of word: UInt32) -> [UInt8] {
        [UInt8(word >> 24), UInt8(word >> 16 & 0xFF), UInt8(word >> 8 & 0xFF), UInt8(word & 0xFF)]
    }

    public static func word(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// What a client says first (RFC 9113 §3.4).
    public static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
}

extension HTTP2Frame {
    /// Error codes (RFC 9113 §7).
    public enum Code {
        public static let none: UInt32 = 0
        public static let protocolError: UInt32 = 1
        public static let internalError: UInt32 = 2
        public static let flowControl: UInt32 = 3
        public static let settingsTimeout: UInt32 = 4
        public static let streamClosed: UInt32 = 5
        public static let frameSize: UInt32 = 6
        public static let refusedStream: UInt32 = 7
        public static let cancel: UInt32 = 8
        public static let compression: UInt32 = 9
        public static let connect: UInt32 = 10
        public static let enhanceYourCalm: UInt32 = 11
    }

    /// Settings (RFC 9113 §6.5.2, RFC 8441 §3).
    public enum Setting {
        public static let headerTableSize: UInt16 = 1
        public static let enablePush: UInt16 = 2
        public static let maxConcurrentStreams: UInt16 = 3
        public static let initialWindowSize: UInt16 = 4
        public static let maxFrameSize: UInt16 = 5
        public static let maxHeaderListSize: UInt16 = 6
        public static let enableConnectProtocol: UInt16 = 8
    }

    public static func settings(_ values: [(id: UInt16, value: UInt32)] = []) -> HTTP2Frame {
        HTTP2Frame(
            Kind.settings, values.flatMap { [UInt8($0.id >> 8), UInt8($0.id & 0xFF)] + bytes(of: $0.value) })
    }

    public static func headers(
        _ stream: UInt32, _ fields: [Message.Field], endStream: Bool, huffman: Bool = false
    ) -> HTTP2Frame {
        HTTP2Frame(
            Kind.headers, flags: Flag.endHeaders | (endStream ? Flag.endStream : 0), stream: stream,
            HPACK.encode(fields, huffman: huffman))
    }

    /// The frames that it takes to send a head of any size: what is too long for one goes on in others.
    var continued: [HTTP2Frame] {
        let limit = 16_384
        let pieces = stride(from: 0, to: max(payload.count, 1), by: limit).map {
            Array(payload[$0..<min($0 + limit, payload.count)])
        }
        return pieces.enumerated().map { number, piece in
            let ends = number == pieces.count - 1 ? Flag.endHeaders : 0
            if number > 0 { return HTTP2Frame(Kind.continuation, flags: ends, stream: stream, piece) }
            return HTTP2Frame(kind, flags: flags & ~Flag.endHeaders | ends, stream: stream, piece)
        }
    }

    public static func data(_ stream: UInt32, _ bytes: [UInt8], endStream: Bool) -> HTTP2Frame {
        HTTP2Frame(Kind.data, flags: endStream ? Flag.endStream : 0, stream: stream, bytes)
    }

    public static func reset(_ stream: UInt32, _ code: UInt32) -> HTTP2Frame {
        HTTP2Frame(Kind.reset, stream: stream, bytes(of: code))
    }

    public static func goAway(lastStream: UInt32, _ code: UInt32 = Code.none) -> HTTP2Frame {
        HTTP2Frame(Kind.goAway, bytes(of: lastStream) + bytes(of: code))
    }

    public static func ping(_ payload: [UInt8], isAnswer: Bool = false) -> HTTP2Frame {
        HTTP2Frame(Kind.ping, flags: isAnswer ? Flag.acknowledgement : 0, payload)
    }

    public static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> HTTP2Frame {
        HTTP2Frame(Kind.windowUpdate, stream: stream, bytes(of: increment))
    }
}
