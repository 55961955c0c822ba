import Model
import TestSupport
import Testing

/// A request over HTTP/2 and what an HTTP/1.1 origin gets of it.
@Suite struct `An HTTP/2 request` {
    @Test func `reaches an origin as HTTP/1.1, and its answer comes back`() throws {
        let origin = try ScriptedOrigin(answering: "hello", fields: ["X-Origin: one", "Connection: keep-alive"])
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let stream = try client.request("/shop?a=b", [("user-agent", "test"), ("x-mine", "1")])
        let answer = try client.message(stream)
        #expect(answer.status == 200)
        #expect(answer.text == "hello")
        #expect(answer["x-origin"] == "one")
        #expect(answer["connection"] == nil)
        #expect(answer["content-length"] == "5")
        let request = try #require(origin.requests.first)
        #expect(request.startLine == "GET /shop?a=b HTTP/1.1")
        #expect(request["Host"] == "shop.example")
        #expect(request["user-agent"] == "test")
        #expect(request["x-mine"] == "1")
        #expect(request["X-Forwarded-Proto"] == "http")
        #expect(rig.metric("gatehouse_http2_connections_total") == 1)
    }

    @Test func `leaves HTTP/1.1 on the same port as it was`() throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        #expect(try rig.request("/one").text == "hello")
        let client = try rig.client()
        try client.sendByteByByte(Client.head("/two", method: "PROPFIND"))
        #expect(try client.response().text == "hello")
        #expect(origin.requests.map(\.target) == ["/one", "/two"])
    }

    @Test func `is refused where HTTP/2 in the clear was not asked for`() throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let rig = try ProxyRig(Given.model(origin))
        let answer = try #require(try rig.answer(to: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        #expect(answer.status == 505)
    }

    @Test func `may come byte by byte`() throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = HTTP2Peer(try Wire(toPort: rig.port))
        let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "shop.example")]
        let bytes =
            HTTP2Frame.preface + HTTP2Frame.settings().encoded
            + HTTP2Frame.headers(1, fields.asFields, endStream: true, huffman: true).encoded
        for byte in bytes { try client.wire.send([byte]) }
        #expect(try client.message(1).text == "hello")
    }

    @Test func `with a body is re-framed`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let declared = try client.request(method: "POST", [("content-length", "5")], body: "first")
        #expect(try client.message(declared).status == 200)
        let open = try client.request(method: "POST", body: "second", endStream: false)
        try origin.waitForConnections(1)
        try client.send(.data(open, Array(" part".utf8), endStream: true))
        #expect(try client.message(open).status == 200)
        #expect(origin.requests.map(\.text) == ["first", "second part"])
    }

    @Test func `runs beside others on its connection`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin(holdingSlowUntil: gate)
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let slow = try client.request("/slow")
        let quick = try (0..<20).map { try client.request("/\($0)") }
        for (number, stream) in quick.enumerated() { #expect(try client.message(stream).text == "/\(number)") }
        gate.open()
        #expect(try client.message(slow).text == "/slow")
    }

    @Test func `has its cookies joined`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let fields = [("cookie", "a=1"), ("x-between", "x"), ("cookie", "b=2"), ("cookie", "c=3")]
        #expect(try client.message(client.request("/", fields)).status == 200)
        #expect(origin.requests.first?.values("Cookie") == ["a=1; b=2; c=3"])
    }

    @Test func `may have more cookies than fields, which are one field to the origin`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let cookies = (0..<150).map { "c\($0)=1" }
        #expect(try client.message(client.request("/", cookies.map { ("cookie", $0) })).status == 200)
        #expect(origin.requests.first?.values("Cookie") == [cookies.joined(separator: "; ")])
    }

    @Test func `may name its host as a field, alone or as its authority does`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        #expect(try client.message(client.request("/", authority: nil, [("host", "a.example")])).status == 200)
        #expect(try client.message(client.request("/", authority: "b.example", [("host", "B.example")])).status == 200)
        #expect(origin.requests.map { $0.values("Host") } == [["a.example"], ["b.example"]])
    }

    @Test func `keeps TE only for trailers, and never a name that the proxy speaks for`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let fields = [("te", "trailers"), ("x-real-ip", "6.6.6.6"), ("x_real_ip", "6.6.6.6"), ("proxy", "evil")]
        #expect(try client.message(client.request("/", fields)).status == 200)
        let request = try #require(origin.requests.first)
        #expect(request["TE"] == "trailers")
        #expect(request.values("X-Real-IP") == ["127.0.0.1"])
        #expect(request["x_real_ip"] == nil)
        #expect(request["proxy"] == nil)
    }

    @Test(arguments: [
        ("/a%00b", 400), ("/../up", 400), ("/bad%zz", 400), ("/" + String(repeating: "a", count: 9000), 414),
        ("/caf\u{E9}", 400), ("/a?caf\u{E9}", 400), ("/a'/./\u{94}/../b?x=%zz", 400),
    ])
    func `obeys the rules of targets`(path: String, status: Int) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        #expect(try client.message(client.request(path)).status == status)
        #expect(try client.message(client.request("/good")).status == 200)
        #expect(origin.requests.map(\.target) == ["/good"])
    }

    @Test(arguments: ["a b.example", "user@shop.example", "shop.example:99999", "shop.example/x", "..", ""])
    func `obeys the rules of hosts`(authority: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let answer = try client.message(client.request("/", authority: authority))
        // nghttp2 resets for bytes that no authority may hold; ours answers for the rest.
        #expect(answer.status == 400 || answer.resetCode == HTTP2Frame.Code.protocolError)
        #expect(origin.connectionCount == 0)
    }

    @Test func `with too many or too large fields gets 431, and its connection goes on`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let many = (0..<120).map { ("x-\($0)", "1") }
        #expect(try client.message(client.request("/", many)).status == 431)
        #expect(
            try client.message(client.request("/", [("x-long", String(repeating: "a", count: 9000))])).status == 431)
        #expect(try client.message(client.request()).status == 200)
        #expect(rig.metric("gatehouse_limits_hit_total", "limit=\"header_count\"") == 1)
    }

    @Test func `may not be CONNECT or TRACE`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let fields = [(":method", "CONNECT"), (":authority", "shop.example:443")]
        try client.send(.headers(1, fields.asFields, endStream: false))
        #expect(try client.message(1).status == 405)
        let other = try rig.http2()
        #expect(try other.message(other.request(method: "TRACE")).status == 405)
    }

    @Test func `that waits for 100 gets it, then sends its body`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let stream = try client.request(
            method: "POST", [("expect", "100-continue"), ("content-length", "4")], endStream: false)
        let begun = try client.message(stream) { !$0.interim.isEmpty }
        #expect(begun.interim.first?.first?.value == "100")
        try client.send(.data(stream, Array("body".utf8), endStream: true))
        #expect(try client.message(stream).status == 200)
        #expect(origin.requests.first?.text == "body")
        #expect(origin.requests.first?["Expect"] == nil)
    }

    @Test func `has its trailers passed on`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let stream = try client.request(method: "POST", body: "text", endStream: false)
        try client.send(
            .headers(stream, [("x-sum", "42"), ("host", "evil"), ("authorization", "x")].asFields, endStream: true))
        #expect(try client.message(stream).status == 200)
        let request = try #require(origin.requests.first)
        #expect(request.text == "text")
        #expect(request.trailers == [Message.Field(name: "x-sum", value: "42")])
    }

    static let excessiveTrailers: [[(String, String)]] = [
        [("x-long", String(repeating: "a", count: 1100))],
        (0..<3).map { ("x-\($0)", String(repeating: "a", count: 900)) },
        (0..<21).map { ("x-\($0)", "1") },
    ]

    @Test(arguments: excessiveTrailers)
    func `with trailers beyond what a head may hold is reset, and its connection goes on`(
        trailers: [(String, String)]
    ) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let settings = Given.settings {
            $0.client.headerLineBytes = 1000
            $0.client.headerBytes = 2000
            $0.client.headerCount = 20
        }
        let rig = try ProxyRig(Given.model(origin, settings: settings), http2: true)
        let client = try rig.http2()
        let stream = try client.request(method: "POST", body: "text", endStream: false)
        try client.send(.headers(stream, trailers.asFields, endStream: true))
        #expect(try client.message(stream).resetCode == HTTP2Frame.Code.enhanceYourCalm)
        // The room of trailers is their own, and each request's anew.
        for _ in 0..<2 {
            let good = try client.request(
                method: "POST", [("x-long", String(repeating: "a", count: 900))], body: "text", endStream: false)
            let fields = [
                ("x-long", String(repeating: "a", count: 900)), ("x-more", String(repeating: "a", count: 900)),
            ]
            try client.send(.headers(good, fields.asFields, endStream: true))
            #expect(try client.message(good).status == 200)
        }
        #expect(origin.requests.filter { $0.trailers.count == 2 }.count == 2)
    }

    @Test func `with such trailers over and over ends the connection`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        client.answersPings = false
        let trailers = [("x-long", String(repeating: "a", count: 9000))].asFields
        // The proxy may be gone before all of it is sent.
        for _ in 0..<12 {
            guard let stream = try? client.request(method: "POST", body: "text", endStream: false) else { break }
            try? client.send(.headers(stream, trailers, endStream: true))
        }
        do {
            while try client.frame() != nil {}
        } catch WireFault.reset {}
        let goodbye = try #require(client.frames.last { $0.kind == HTTP2Frame.Kind.goAway })
        #expect(HTTP2Frame.word(goodbye.payload[4...]) == HTTP2Frame.Code.enhanceYourCalm)
        #expect(rig.metric("gatehouse_limits_hit_total", "limit=\"http2_headers\"") == 1)
    }

    @Test func `larger than the limit gets 413 and is not read on`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(origin) { $0.bodyLimits = BodyLimits(requestBytes: 10) }, http2: true)
        let client = try rig.http2()
        let declared = try client.request(method: "POST", [("content-length", "1000")], endStream: false)
        let answer = try client.message(declared)
        #expect(answer.status == 413)
        #expect(try client.frame(HTTP2Frame.Kind.reset).payload == HTTP2Frame.bytes(of: HTTP2Frame.Code.none))
        #expect(try client.message(client.request()).status == 200)
    }

    @Test func `that is reset frees its upstream at once`() throws {
        let ended = Gate()
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                guard request.target == "/stay" else {
                    try connection.respond()
                    continue
                }
                try connection.waitForEnd()
                ended.open()
                return
            }
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let stream = try client.request("/stay")
        try origin.waitForRequests(1)
        try client.send(.reset(stream, HTTP2Frame.Code.cancel))
        try ended.wait()
        #expect(try client.message(client.request("/next")).status == 200)
    }
}
