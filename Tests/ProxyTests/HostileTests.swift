import Model
import Proxy
import TestSupport
import Testing

/// Thousands of messages that are damaged at random, in a fixed order: whatever comes of each, the proxy
/// goes on, and nothing stays open.
@Suite struct `Damaged messages` {
    private struct Damage {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func number(below limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }

        /// Some bytes changed, dropped, doubled or inserted.
        mutating func damage(_ text: String) -> [UInt8] {
            var bytes = Array(text.utf8)
            for _ in 0...number(below: 3) where !bytes.isEmpty {
                let place = number(below: bytes.count)
                switch number(below: 5) {
                case 0: bytes[place] = UInt8(number(below: 256))
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(Array("\r\n:; ,0\u{0}\tA".utf8)[number(below: 10)], at: place)
                case 3: bytes.insert(contentsOf: bytes[place..<min(place + 20, bytes.count)], at: place)
                default: bytes.removeSubrange(place..<min(place + number(below: 30), bytes.count))
                }
            }
            return bytes
        }
    }

    static let requests = [
        "GET /a/../b?c=d HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: x\r\nReferer: y\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\nhello world",
        "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        "GET http://a.example:80/x HTTP/1.0\r\nConnection: keep-alive, X-Y\r\nX-Y: z\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\nframes",
        "HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\nCookie: a=b\r\n\r\n",
    ]

    static let responses = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\nSet-Cookie: a=b\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3;q\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 404 Not Found\r\n\r\nuntil the end", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nframes",
    ]

    @Test(arguments: [true, false])
    func `leave the proxy as it was`(trusts: Bool) throws {
        let origin = try ScriptedOrigin { connection in
            var damage = Damage(seed: UInt64(connection.number))
            while let head = try connection.head() {
                if head.target == "/healthy" {
                    try connection.respond("healthy")
                    continue
                }
                let response = Self.responses[damage.number(below: Self.responses.count)]
                try connection.wire.send(damage.number(below: 2) == 0 ? Array(response.utf8) : damage.damage(response))
                if damage.number(below: 4) == 0 { return damage.number(below: 2) == 0 ? connection.reset() : () }
            }
        }
        let settings = Given.settings {
            $0.client.headerTimeout = .milliseconds(50)
            $0.client.bodyTimeout = .milliseconds(50)
            $0.client.keepAliveTimeout = .milliseconds(200)
            $0.client.keepsUnderscoreNames = trusts
            $0.forwarding.trustsForwardedHeaders = trusts
            $0.forwarding.appendsForwardedFor = trusts
            $0.upstream.failuresBeforeEjection = 0
        }
        let rig = try ProxyRig(
            Given.model(origin, settings: settings) {
                $0.timeouts.read = .milliseconds(50)
                $0.timeouts.send = .milliseconds(50)
                $0.retry = Retry(conditions: [.error, .timeout, .invalidHeader, .status404], tries: 2)
                $0.rewrite = Rewrite(pattern: "^/x(.*)", template: "/y$1")
                $0.headerEdits = HeaderEdits(setOnResponse: [.init(name: "X-Edit", value: "1")])
            }, workers: 2)
        var damage = Damage(seed: trusts ? 1 : 2)
        for _ in 0..<60 {
            let clients = try (0..<16).map { _ in try rig.client() }
            for client in clients {
                let request = Self.requests[damage.number(below: Self.requests.count)]
                let bytes = damage.number(below: 3) == 0 ? Array(request.utf8) : damage.damage(request)
                let cut = damage.number(below: bytes.count + 1)
                try? client.wire.send(Array(bytes[..<cut]))
                try? client.wire.send(Array(bytes[cut...]))
                if damage.number(below: 8) == 0 { client.wire.reset() }
                if damage.number(below: 2) == 0 { client.wire.finishSending() }
            }
            for client in clients {
                _ = client.wire.hasInput(within: 20)
                client.wire.close()
            }
        }
        rig.plane.apply(Given.model(origin))
        for _ in 0..<4 { #expect(try rig.request("/healthy").text == "healthy") }
        try eventually("the connections of clients to be closed") { OpenSockets.accepted(on: rig.port) == 0 }
        rig.plane.apply(ProxyModel())
        try eventually("the connections to the endpoint to be closed") { OpenSockets.connected(to: origin.port) == 0 }
    }
}
