import Bytes
import Foundation
import Testing

@testable import gatehouse

@Suite struct `Demo exchange` {
    /// What the demo backend sends for these bytes, arriving in pieces of a size.
    private func answer(_ request: String, piece: Int = .max) -> (text: String, isFinished: Bool) {
        var exchange = DemoExchange()
        var input = ByteBuffer(capacity: DemoExchange.inputBytes)
        let bytes = Array(request.utf8)
        var position = 0
        while position < bytes.count {
            let end = min(position + min(piece, bytes.count), bytes.count)
            input.append(bytes.span.extracting(position..<end))
            while exchange.advance(&input) {}
            position = end
        }
        return (exchange.output.readable.text(), exchange.isFinished)
    }

    @Test func `shows what was chosen and the request without that`() {
        let (text, isFinished) = answer(
            """
            GET /cart?id=1 HTTP/1.1\r
            Host: shop.example\r
            X-Gatehouse-Ingress: shop/web\r
            X-Gatehouse-Rule: shop.example\r
            X-Gatehouse-Path: /cart\r
            X-Gatehouse-Service: web:80\r
            X-Gatehouse-Endpoint: demo\r
            Accept: */*\r
            \r

            """)
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        for line in [
            "  Ingress   shop/web\n", "  Host      shop.example\n", "  Path      /cart\n", "  Service   web:80\n",
            "  Endpoint  demo\n", "  GET /cart?id=1 HTTP/1.1\n  Host: shop.example\n  Accept: */*\n",
        ] {
            #expect(text.contains(line))
        }
        #expect(!text.contains("X-Gatehouse"))
        #expect(!isFinished)
    }

    @Test(arguments: [1, 3, 1000])
    func `shows bodies of both framings, in whatever pieces they come`(piece: Int) {
        let counted = answer("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", piece: piece)
        #expect(counted.text.hasSuffix("with a body of 5 bytes:\n\nhello\n"))
        let chunked = answer(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            piece: piece)
        #expect(chunked.text.hasSuffix("with a body of 5 bytes:\n\nhello\n"))
    }

    @Test func `shows a large body in part and counts it whole`() {
        let body = String(repeating: "x", count: 70_000)
        let (text, _) = answer("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n\(body)", piece: 10_000)
        #expect(text.contains("with a body of 70000 bytes, the first 16384 of them:"))
        #expect(text.count < 18_000)
    }

    @Test func `answers requests one after another`() {
        let (text, isFinished) = answer(
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        #expect(text.components(separatedBy: "200 OK").count == 4)
        #expect(text.contains("GET /1") && !text.contains("HEAD /2") && text.contains("GET /3"))
        #expect(text.contains("Connection: close"))
        #expect(isFinished)
    }

    @Test func `sends 100 Continue when asked to`() {
        let (text, _) = answer("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(text == "HTTP/1.1 100 Continue\r\n\r\n")
    }

    @Test func `closes an HTTP/1.0 connection`() {
        #expect(answer("GET / HTTP/1.0\r\n\r\n").isFinished)
    }

    @Test func `refuses what is no request`() {
        let (text, isFinished) = answer("GET  / HTTP/1.1\r\n")
        #expect(text.hasPrefix("HTTP/1.1 400 "))
        #expect(isFinished)
    }

    @Test func `speaks WebSocket after an upgrade`() {
        let (text, isFinished) = answer(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\u{1}\u{0}")
        #expect(text.contains("101 Switching Protocols"))
        #expect(text.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        // What followed is an unmasked frame, which a client must not send.
        #expect(isFinished)
    }
}
