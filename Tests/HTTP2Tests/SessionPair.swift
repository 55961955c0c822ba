import Bytes
import HTTP
import TestSupport

@testable import HTTP2

/// A client's and a server's session that talk to each other in memory.
final class SessionPair {
    let client: HTTP2Session
    let server: HTTP2Session
    var buffers = BufferPool(bufferCapacity: 16 << 10, keepingAtMost: 16)
    /// What has happened on the server's streams, in order.
    private(set) var atServer: [(state: HTTP2StreamState, signals: HTTP2StreamState.Signals)] = []
    private(set) var atClient: [(state: HTTP2StreamState, signals: HTTP2StreamState.Signals)] = []
    private let serverPool = HTTP2StreamPool(.server)
    private let clientPool = HTTP2StreamPool(.client)

    /// Pieces of memory that wait for nghttp2 on the server's side.
    var serverPieces: Int { serverPool.memory.waiting }

    init(_ configuration: HTTP2Session.Configuration = .init()) {
        client = HTTP2Session(.client, .init(), pool: clientPool)
        server = HTTP2Session(.server, configuration, pool: serverPool)
    }

    /// Carries bytes to and fro until both have nothing more to say.
    func exchange() {
        while carry(from: client, to: server) || carry(from: server, to: client) {}
    }

    private func carry(from sender: HTTP2Session, to receiver: HTTP2Session) -> Bool {
        var wire = ByteBuffer()
        guard sender.drain(into: &wire, &buffers) else { return false }
        receiver.receive(wire.readable, now: 0, &buffers)
        buffers.takeBack(&wire)
        while let signalled = client.nextSignalled() { atClient.append(signalled) }
        while let signalled = server.nextSignalled() { atServer.append(signalled) }
        return true
    }

    /// Opens a stream with a head in HTTP/1 form.
    func request(_ lines: String..., endsStream: Bool = true) -> HTTP2StreamState? {
        var head = Self.head(lines)
        defer { head.release() }
        return client.request(head, scheme: "https", endsStream: endsStream)
    }

    func respond(_ state: HTTP2StreamState, _ status: Status, _ lines: String..., endsStream: Bool = false) {
        var head = Self.head(["HTTP/1.1 000"] + lines)
        defer { head.release() }
        server.respond(state, status, head, endsStream: endsStream)
    }

    func inform(_ state: HTTP2StreamState, _ status: Status, _ lines: String...) {
        var head = Self.head(["HTTP/1.1 000"] + lines)
        defer { head.release() }
        server.inform(state, status, head)
    }

    /// Adds content to a stream of `session`.
    func send(_ text: String, on state: HTTP2StreamState, of session: HTTP2Session, ends: Bool = false) {
        let bytes = Array(text.utf8)
        buffers.lend(to: &state.output)
        if state.output.room < bytes.count { state.output.grow(to: state.output.count + bytes.count) }
        state.output.append(bytes.span)
        if ends { session.endOutput(state) } else { session.resume(state) }
    }

    private static func head(_ lines: [String]) -> ByteBuffer {
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        var buffer = ByteBuffer(capacity: bytes.count)
        buffer.append(bytes.span)
        return buffer
    }

    /// All that was signalled for a stream of the server.
    func serverSignals(_ state: HTTP2StreamState) -> HTTP2StreamState.Signals {
        atServer.reduce(into: []) { if $1.state === state { $0.formUnion($1.signals) } }
    }

    func clientSignals(_ state: HTTP2StreamState) -> HTTP2StreamState.Signals {
        atClient.reduce(into: []) { if $1.state === state { $0.formUnion($1.signals) } }
    }
}

extension HTTP2StreamState {
    var requestFields: [String] { lines(of: request.headers) }
    var responseFields: [String] { lines(of: response.headers) }
    var trailerFields: [String] { lines(of: trailers) }
    var inputText: String { text(of: input) }
}

private func lines(of block: borrowing HeaderBlock) -> [String] {
    var lines: [String] = []
    for index in 0..<block.count {
        lines.append(
            String(decoding: Array(block.name(index)), as: UTF8.self) + ": "
                + String(decoding: Array(block.value(index)), as: UTF8.self))
    }
    return lines
}

private func text(of buffer: borrowing ByteBuffer) -> String {
    String(decoding: Array(buffer.readable), as: UTF8.self)
}

extension Array<UInt8> {
    init(_ span: Span<UInt8>) {
        self = []
        reserveCapacity(span.count)
        for index in 0..<span.count { append(span[index]) }
    }
}
