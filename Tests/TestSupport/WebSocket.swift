/// The frames of a WebSocket (RFC 6455 §5), enough of them to talk and to check what is said.
public struct WebSocketFrame: Equatable, Sendable {
    public enum Kind: UInt8, Sendable {
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    public var kind: Kind
    public var payload: [UInt8]

    public init(_ kind: Kind, _ payload: [UInt8]) {
        self.kind = kind
        self.payload = payload
    }

    public init(_ text: String) { self.init(.text, Array(text.utf8)) }

    public var text: String { String(decoding: payload, as: UTF8.self) }

    /// The wire form; a client's frames are masked.
    public func encoded(mask: [UInt8]? = nil) -> [UInt8] {
        var bytes: [UInt8] = [0x80 | kind.rawValue]
        let masked: UInt8 = mask == nil ? 0 : 0x80
        switch payload.count {
        case ..<126: bytes.append(masked | UInt8(payload.count))
        case ..<65536: bytes += [masked | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(masked | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload.count >> shift & 0xFF)) }
        }
        guard let mask else { return bytes + payload }
        bytes += mask
        return bytes + Self.masking(payload, mask)
    }

    private static func masking(_ payload: [UInt8], _ mask: [UInt8]) -> [UInt8] {
        payload.indices.map { payload[$0] ^ mask[$0 & 3] }
    }

    /// Reads a frame.
    ///
    /// - Parameter next: gives exactly so many bytes of the connection.
    public static func read(_ next: (Int) throws -> [UInt8]) throws -> WebSocketFrame {
        let start = try next(2)
        guard start[0] & 0xF0 == 0x80, let kind = Kind(rawValue: start[0] & 0x0F) else {
            throw WireFault.malformed("frame \(start)")
        }
        var length = Int(start[1] & 0x7F)
        if length >= 126 {
            length = try next(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        let mask = start[1] & 0x80 == 0 ? nil : try next(4)
        let payload = try next(length)
        return WebSocketFrame(kind, mask.map { masking(payload, $0) } ?? payload)
    }
}

extension Client {
    /// Asks for a WebSocket; the answer is a 101 when the origin agrees.
    public func openWebSocket(_ target: String = "/", host: String = "shop.example") throws -> Message {
        try request(
            target, host: host,
            [
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ])
    }

    public func send(_ frame: WebSocketFrame) throws {
        try wire.send(frame.encoded(mask: [0x37, 0xFA, 0x21, 0x3D]))
    }

    public func frame() throws -> WebSocketFrame { try WebSocketFrame.read(reader.bytes) }
}

extension OriginConnection {
    /// The answer to the key that `Client.openWebSocket` sends (RFC 6455 §1.3).
    public static let webSocketAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    /// Reads a request for a WebSocket and agrees.
    @discardableResult
    public func acceptWebSocket() throws -> Message? {
        guard let request = try request() else { return nil }
        try send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: \(Self.webSocketAccept)\r\n\r\n")
        return request
    }

    public func send(_ frame: WebSocketFrame) throws { try wire.send(frame.encoded()) }

    public func frame() throws -> WebSocketFrame { try WebSocketFrame.read(bytes) }
}
