import Bytes
import Linux
import Model
import Testing

@testable import gatehouse

@Suite struct `Demo backend` {
    /// Sends a request and reads until the backend closes.
    private func ask(_ port: UInt16, _ request: String) throws -> String {
        let begun = try Socket.connect(to: SocketAddress(.loopbackV4, port: port))
        var epoll = try Epoll(capacity: 1)
        try epoll.add(begun.socket, tag: 0)
        var received = ByteBuffer(capacity: 64 << 10)
        let bytes = Array(request.utf8)
        var sent = 0
        while true {
            if sent < bytes.count, case .bytes(let count) = begun.socket.write(bytes.span.extracting(sent...)) {
                sent += count
                continue
            }
            switch begun.socket.read(into: &received) {
            case .bytes: continue
            case .closed, .failed: return received.readable.text()
            case .wouldBlock: break
            }
            try #require(try epoll.wait(milliseconds: 10_000) > 0)
        }
    }

    @Test func `answers on its port until it is stopped`() throws {
        let backend = try DemoBackend()
        let endpoint = backend.endpoint
        #expect(endpoint.address == "127.0.0.1")
        for number in 1...20 {
            let text = try ask(endpoint.port, "GET /\(number) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(text.contains("GET /\(number) HTTP/1.1"))
        }
        backend.stop()
        #expect(try ask(endpoint.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").isEmpty)
    }

    @Test func `takes a body larger than any buffer`() throws {
        let backend = try DemoBackend()
        let body = String(repeating: "b", count: 3 << 20)
        let request = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        let text = try ask(backend.endpoint.port, request + body)
        #expect(text.contains("with a body of \(3 << 20) bytes"))
        backend.stop()
    }
}
