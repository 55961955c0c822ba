/// A client that says exactly what a test makes it say, and takes answers apart.
public final class Client {
    public let wire: Wire
    public let reader: MessageReader

    /// Connects to a loopback port.
    public init(toPort port: UInt16, receiveBuffer: Int? = nil) throws {
        wire = try Wire(toPort: port, receiveBuffer: receiveBuffer)
        reader = MessageReader(wire)
    }

    public func send(_ text: String) throws { try wire.send(text) }

    /// Sends a text byte by byte, each in a segment of its own.
    public func sendByteByByte(_ text: String) throws {
        for byte in text.utf8 { try wire.send([byte]) }
    }

    /// The next response, whole.
    public func response(to method: String = "GET") throws -> Message { try reader.response(to: method) }

    /// Sends a request and waits for its response.
    public func request(
        _ target: String = "/", method: String = "GET", host: String? = "shop.example", version: String = "1.1",
        _ fields: [String] = [], body: String = ""
    ) throws -> Message {
        try send(Self.head(target, method: method, host: host, version: version, fields) + body)
        return try response(to: method)
    }

    /// A request head.
    public static func head(
        _ target: String = "/", method: String = "GET", host: String? = "shop.example", version: String = "1.1",
        _ fields: [String] = []
    ) -> String {
        let lines = ["\(method) \(target) HTTP/\(version)"] + (host.map { ["Host: \($0)"] } ?? []) + fields
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// Whether the proxy ends the connection now and sends not one byte more.
    public func isEnded() throws -> Bool {
        guard reader.unread.isEmpty else { return false }
        return try wire.receiveToEnd().bytes.isEmpty
    }
}
