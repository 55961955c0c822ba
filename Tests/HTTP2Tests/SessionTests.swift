import Bytes
import HTTP
import HTTP2
import Testing

@Suite struct `A pair of sessions` {
    @Test func `carries a request head as a parsed one would lie`() throws {
        let pair = SessionPair()
        _ = try #require(
            pair.request("GET /shop/a?b=c HTTP/1.1", "Host: Shop.Example:8443", "User-Agent: test", "TE: trailers"))
        pair.exchange()
        let (state, signals) = try #require(pair.atServer.first)
        #expect(signals == [.head, .ended])
        let head = Self.summary(of: state.request)
        #expect(head == ["GET", "/shop/a?b=c", "shop.example", "b=c", "/shop/a", "HTTP/2.0"])
        #expect(state.requestFields == ["host: Shop.Example:8443", "user-agent: test", "te: trailers"])
        let takesTrailers = state.request.acceptsTrailers
        #expect(takesTrailers)
    }

    private static func summary(of request: borrowing RequestHead) -> [String] {
        func text(_ bytes: Span<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
        return [
            text(request.methodBytes), text(request.originTarget), text(request.hostName),
            text(request.query), text(request.normalPath), "\(request.version.name)",
        ]
    }

    @Test func `carries a response with content and trailers`() throws {
        let pair = SessionPair()
        let asked = try #require(pair.request("GET / HTTP/1.1", "Host: shop.example"))
        pair.exchange()
        let (stream, _) = try #require(pair.atServer.first)
        pair.respond(stream, .ok, "Content-Type: text/plain", "Connection: close", "Transfer-Encoding: chunked")
        pair.send("some ", on: stream, of: pair.server)
        pair.exchange()
        stream.outgoingTrailers.append(name: Array("grpc-status".utf8).span, value: Array("0".utf8).span)
        pair.send("text", on: stream, of: pair.server, ends: true)
        pair.exchange()
        #expect(pair.clientSignals(asked) == [.sent, .head, .data, .ended, .closed])
        let status = asked.response.status
        #expect(status == .ok)
        #expect(asked.responseFields == ["content-type: text/plain"])
        #expect(asked.inputText == "some text")
        #expect(asked.trailerFields == ["grpc-status: 0"])
        #expect(asked.closeCode == 0)
        #expect(pair.serverSignals(stream).contains([.taken, .sent, .closed]))
    }

    @Test(arguments: [
        "Connection: x", "Keep-Alive: timeout=5", "Proxy-Connection: x", "Transfer-Encoding: chunked", "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABk", "Host: shop.example",
    ])
    func `carries no field that concerns an HTTP/1 connection`(line: String) throws {
        let pair = SessionPair()
        let asked = try #require(pair.request("GET / HTTP/1.1", "Host: shop.example"))
        pair.exchange()
        let (stream, _) = try #require(pair.atServer.first)
        pair.respond(
            stream, .ok, line, line.lowercased(), "Content-Type: text/plain", line.uppercased(), endsStream: true)
        pair.exchange()
        #expect(asked.responseFields == ["content-type: text/plain"])
    }

    @Test func `carries interim responses before the final one`() throws {
        let pair = SessionPair()
        let asked = try #require(pair.request("GET / HTTP/1.1", "Host: shop.example"))
        pair.exchange()
        let (stream, _) = try #require(pair.atServer.first)
        pair.inform(stream, Status(rawValue: 103), "Link: </a.css>")
        pair.respond(stream, .noContent, endsStream: true)
        pair.exchange()
        #expect(pair.clientSignals(asked) == [.sent, .interim, .head, .ended, .closed])
        let statuses = [asked.interim.status.rawValue, asked.response.status.rawValue]
        #expect(statuses == [103, 204])
    }

    @Test func `opens windows only for content that was taken`() throws {
        let pair = SessionPair(.init(streamWindow: 1000))
        let asked = try #require(
            pair.request("PUT / HTTP/1.1", "Host: shop.example", endsStream: false))
        pair.exchange()
        pair.send(String(repeating: "a", count: 2500), on: asked, of: pair.client, ends: true)
        pair.exchange()
        let (stream, _) = try #require(pair.atServer.first)
        for waiting in [1000, 1000, 500] {
            let count = stream.input.count
            #expect(count == waiting)
            stream.input.consume(count)
            pair.server.consume(stream)
            pair.exchange()
        }
        #expect(stream.hasEnded)
    }

    @Test func `tells of a reset, and its connection goes on`() throws {
        let pair = SessionPair()
        let asked = try #require(pair.request("GET / HTTP/1.1", "Host: shop.example", endsStream: false))
        pair.exchange()
        let (stream, _) = try #require(pair.atServer.first)
        pair.client.reset(asked, .cancel)
        pair.exchange()
        #expect(pair.serverSignals(stream).contains(.closed))
        #expect(stream.closeCode == HTTP2ErrorCode.cancel.rawValue)
        pair.server.recycle(stream, &pair.buffers)
        #expect(pair.request("GET / HTTP/1.1", "Host: shop.example") != nil)
        pair.exchange()
        #expect(pair.atServer.last?.signals == [.head, .ended])
        #expect(pair.server.streamCount == 1)
    }

    @Test func `goes away in two steps, and serves what was begun between`() throws {
        let pair = SessionPair()
        let asked = try #require(pair.request("GET / HTTP/1.1", "Host: shop.example"))
        pair.server.announceShutdown()
        pair.exchange()
        #expect(pair.client.peerGoAway?.lastStream == .max)
        #expect(!pair.client.allowsRequest)
        pair.server.goAway()
        pair.exchange()
        #expect(pair.client.peerGoAway?.lastStream == 1)
        #expect(!pair.server.isOver)
        let (stream, _) = try #require(pair.atServer.first)
        pair.respond(stream, .noContent, endsStream: true)
        pair.exchange()
        #expect(pair.clientSignals(asked).contains(.head))
        #expect(pair.server.isOver)
    }

    @Test func `leaves no buffer behind`() throws {
        let pair = SessionPair()
        let asked = try #require(pair.request("PUT / HTTP/1.1", "Host: shop.example", endsStream: false))
        pair.send("left", on: asked, of: pair.client)
        pair.exchange()
        pair.server.recycleAll(&pair.buffers)
        pair.client.recycleAll(&pair.buffers)
        let outstanding = pair.buffers.outstanding
        #expect(outstanding == 0)
    }
}
