import Bytes
import HTTP

/// The demo backend's side of a connection, without the socket: requests in, reports out.
///
/// HTTP/1.1 with keep-alive, one request after another, and WebSocket after an upgrade.
struct DemoExchange: ~Copyable {
    private enum Phase {
        case head
        case counted(remaining: Int)
        case chunked
        case webSocket
        case finished
    }

    /// Room that input needs for the largest request head or WebSocket frame.
    static let inputBytes = 80 << 10

    /// What is to be sent.
    var output = ByteBuffer(capacity: 4 << 10)
    private var phase = Phase.head
    private var parser = RequestHeadParser(underscores: .keep)
    private var head = RequestHead()
    private var chunks = ChunkedDecoder()
    private var trailers = HeaderBlock()
    private var report: DemoReport?

    /// Whether the connection closes once `output` has been sent.
    var isFinished: Bool { if case .finished = phase { true } else { false } }

    /// Takes what it can from what has arrived.
    /// - Returns: whether it could.
    mutating func advance(_ input: inout ByteBuffer) -> Bool {
        guard !input.isEmpty else { return false }
        do throws(HTTP1Error) {
            switch phase {
            case .head: return try takeHead(&input)
            case .counted(let remaining): return takeBody(&input, remaining)
            case .chunked: return try takeChunks(&input)
            case .webSocket: return takeFrame(&input)
            case .finished: return false
            }
        } catch {
            respond("\(error.status.rawValue) Refused", Array("\(error.reason)\n".utf8), keepsAlive: false)
            return true
        }
    }

    private mutating func send(_ bytes: [UInt8]) {
        if output.room < bytes.count { output.grow(to: output.count + bytes.count) }
        output.append(bytes.span)
    }

    // MARK: Requests

    private mutating func takeHead(_ input: inout ByteBuffer) throws(HTTP1Error) -> Bool {
        guard let length = try parser.parse(input.readable, into: &head) else { return false }
        input.consume(length)
        if head.upgrade == .webSocket, let key = webSocketKey {
            send(Array(upgradeResponse(to: key).utf8))
            phase = .webSocket
            return true
        }
        report = DemoReport(head)
        let framing = try BodyFraming.request(head)
        if head.expectsContinue, framing != .none { send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        switch framing {
        case .length(let count) where count > 0: phase = .counted(remaining: count)
        case .chunked:
            chunks = ChunkedDecoder()
            trailers.clear()
            phase = .chunked
        default: finish()
        }
        return true
    }

    private mutating func takeBody(_ input: inout ByteBuffer, _ remaining: Int) -> Bool {
        let count = min(remaining, input.count)
        report?.add(input.readable.extracting(first: count))
        input.consume(count)
        if count == remaining { finish() } else { phase = .counted(remaining: remaining - count) }
        return true
    }

    private mutating func takeChunks(_ input: inout ByteBuffer) throws(HTTP1Error) -> Bool {
        switch try chunks.next(input.readable, trailers: &trailers) {
        case .needMore(let consumed):
            input.consume(consumed)
            return false
        case .data(let skip, let count):
            input.consume(skip)
            report?.add(input.readable.extracting(first: count))
            input.consume(count)
        case .end(let consumed):
            input.consume(consumed)
            finish()
        }
        return true
    }

    private mutating func finish() {
        respond("200 OK", report?.content ?? [], keepsAlive: head.keepsAlive)
        report = nil
    }

    private mutating func respond(_ status: String, _ content: [UInt8], keepsAlive: Bool) {
        var lines =
            "HTTP/1.1 \(status)\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: \(content.count)\r\n"
        if !keepsAlive {
            lines += "Connection: close\r\n"
        } else if head.version == .http10 {
            lines += "Connection: keep-alive\r\n"
        }
        send(Array("\(lines)\r\n".utf8) + (head.method == .head ? [] : content))
        phase = keepsAlive ? .head : .finished
    }

    // MARK: WebSocket

    private var webSocketKey: String? {
        guard head.method == .get, let index = head.headers.firstIndex(of: .secWebSocketKey) else { return nil }
        return head.headers.value(index).text()
    }

    private func upgradeResponse(to key: String) -> String {
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(WebSocketEcho.acceptValue(for: key))\r\n\r\n"
    }

    private mutating func takeFrame(_ input: inout ByteBuffer) -> Bool {
        guard case .frame(let consumed, let reply, let isLast) = WebSocketEcho.step(input.readable) else {
            return false
        }
        input.consume(consumed)
        send(reply)
        if isLast { phase = .finished }
        return true
    }
}
