import Model
import TestSupport
import Testing

@Suite struct `TLS listener` {
    private static let shop = Given.bundle("shop/tls", for: "shop.example")
    private static let wild = Given.bundle("shop/wild", for: "*.shop.example")

    /// One host with a certificate of its own, a wildcard host with another.
    private func rig(
        _ origin: ScriptedOrigin, settings: Settings = Settings(), workers: Int = 1
    ) throws -> ProxyRig {
        let rig = try ProxyRig(
            Given.secureModel(
                origin,
                hosts: [(.exact("shop.example"), "shop/tls"), (.wildcard("shop.example"), "shop/wild")],
                certificates: [Self.shop.0, Self.wild.0], settings: settings), workers: workers)
        rig.companions = [origin]
        return rig
    }

    @Test(arguments: [true, false])
    func `serves requests with the certificate of the host`(tls13: Bool) throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let rig = try rig(origin)
        var options = TLSOptions(authority: Given.authority)
        options.speaksTLS13 = tls13
        let client = try rig.secureClient(options)
        #expect(client.wire.session?.version == (tls13 ? "TLSv1.3" : "TLSv1.2"))
        for _ in 0..<3 { #expect(try client.request().text == "hello") }
        try eventually("a handshake to be counted") { rig.metric("gatehouse_tls_handshakes_total") == 1 }
    }

    @Test(arguments: [
        ("shop.example", shop.1), ("SHOP.example", shop.1), ("shop.example.", shop.1), ("a.shop.example", wild.1),
    ])
    func `finds the certificate by exact name, then by wildcard`(name: String, expected: TestCertificate) throws {
        let rig = try rig(try ScriptedOrigin(answering: ""))
        let client = try rig.secureClient(TLSOptions(name))
        #expect(client.wire.session?.certificate == expected.certificatePEM)
    }

    @Test(arguments: ["other.example", "a.b.shop.example", nil])
    func `serves a certificate of its own making for every other name`(name: String?) throws {
        let rig = try rig(try ScriptedOrigin(answering: ""))
        let client = try rig.secureClient(TLSOptions(name))
        #expect(
            client.wire.session?.subject == "CN=Kubernetes Ingress Controller Fake Certificate,O=Acme Co")
    }

    @Test func `serves the default certificate where one is named`() throws {
        let rig = try ProxyRig(
            Given.secureModel(
                try ScriptedOrigin(answering: ""), hosts: [], certificates: [Self.shop.0],
                defaultCertificate: "shop/tls"))
        #expect(try rig.secureClient(TLSOptions(nil)).wire.session?.certificate == Self.shop.1.certificatePEM)
    }

    @Test func `falls back to the default certificate for a bundle that cannot be loaded`() throws {
        var broken = Self.shop.0
        broken.key = Self.wild.0.key
        let origin = try ScriptedOrigin(answering: "hello")
        let rig = try ProxyRig(
            Given.secureModel(
                origin, hosts: [(.exact("shop.example"), "shop/tls")],
                certificates: [broken]))
        let client = try rig.secureClient()
        #expect(client.wire.session?.subject.contains("Fake") == true)
        #expect(try client.request().text == "hello")
    }

    @Test(arguments: [("shop/tls", false), (nil, false), ("shop/tls", true)])
    func `falls back for a certificate that is too weak for the ciphers`(standard: String?, isAllowed: Bool) throws {
        let (weak, certificate) = Given.bundle("shop/weak", for: "weak.example", kind: .weakRSA)
        var settings = Settings()
        settings.tls.ciphers = "DEFAULT:@SECLEVEL=\(isAllowed ? 0 : 2)"
        let origin = try ScriptedOrigin(answering: "hello")
        let rig = try ProxyRig(
            Given.secureModel(
                origin, hosts: [(.exact("weak.example"), "shop/weak")],
                certificates: [Self.shop.0, weak], defaultCertificate: standard, settings: settings))
        rig.companions = [origin]
        let client = try rig.secureClient(TLSOptions("weak.example"))
        let shown = client.wire.session
        if isAllowed {
            #expect(shown?.certificate == certificate.certificatePEM)
        } else if standard != nil {
            #expect(shown?.certificate == Self.shop.1.certificatePEM)
        } else {
            #expect(shown?.subject.contains("Fake") == true)
        }
        #expect(try client.request(host: "weak.example").status == 200)
    }

    @Test func `tells the upstream of https and port 443`() throws {
        let origin = try ScriptedOrigin(answering: "")
        let rig = try rig(origin)
        _ = try rig.secureClient().request()
        let request = try #require(origin.requests.first)
        #expect(request["X-Forwarded-Proto"] == "https")
        #expect(request["X-Forwarded-Port"] == "443")
    }

    @Test(arguments: [1000, 70_000, 1_000_000])
    func `carries bodies of every size both ways`(size: Int) throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                try connection.respond(String(repeating: request.text, count: 3))
            }
        }
        let rig = try rig(origin)
        let client = try rig.secureClient()
        let body = String(repeating: "0123456789", count: size / 10)
        #expect(
            try client.request(method: "POST", ["Content-Length: \(body.utf8.count)"], body: body).text == body + body
                + body)
        #expect(try client.request(method: "POST", ["Content-Length: 2"], body: "ok").text == "okokok")
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n", "POST /x HTTP/1.1\r\n", "BREW /\r\n"])
    func `answers a plain request with 400`(text: String) throws {
        let rig = try rig(try ScriptedOrigin(answering: ""))
        let client = try Client(toPort: rig.securePort)
        try client.send(text)
        let answer = try client.response()
        #expect(answer.status == 400)
        #expect(answer.text.contains("<center>The plain HTTP request was sent to HTTPS port</center>"))
        #expect(try client.isEnded())
    }

    @Test(arguments: [
        [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0], [0, 0, 0, 0], [0x80, 0x2e, 1, 0, 2], [0x16, 3, 1, 0xff, 0xff],
    ])
    func `ends a connection that brings garbage`(bytes: [UInt8]) throws {
        let rig = try rig(try ScriptedOrigin(answering: ""))
        let wire = try Wire(toPort: rig.securePort)
        try wire.send(bytes)
        wire.finishSending()
        _ = try wire.waitForEnd()
        try eventually("a failure to be counted") { rig.metric("gatehouse_tls_handshake_failures_total") == 1 }
    }

    @Test func `ends a handshake that does not come to an end`() throws {
        let rig = try rig(
            try ScriptedOrigin(answering: ""),
            settings: Given.settings { $0.client.handshakeTimeout = .milliseconds(50) })
        let wire = try Wire(toPort: rig.securePort)
        try wire.send([0x16, 3, 1, 2])
        _ = try wire.waitForEnd()
        try eventually("the timeout to be counted") {
            rig.metric("gatehouse_limits_hit_total", "tls_handshake_timeout") == 1
        }
    }

    @Test func `refuses names that it does not know where that is asked for`() throws {
        let rig = try rig(
            try ScriptedOrigin(answering: "hello"), settings: Given.settings { $0.tls.rejectsUnknownNames = true })
        #expect(try rig.secureClient().request().text == "hello")
        for name in ["other.example", nil] {
            #expect(throws: (any Error).self) { try rig.secureClient(TLSOptions(name)) }
        }
    }

    @Test func `passes a WebSocket through`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.head()
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
            try connection.send(String(decoding: try connection.bytes(5), as: UTF8.self).uppercased())
        }
        let rig = try rig(origin)
        let client = try rig.secureClient()
        try client.send(Client.head("/", ["Upgrade: websocket", "Connection: upgrade"]))
        #expect(try client.response().status == 101)
        try client.send("hello")
        #expect(try client.reader.bytes(5) == Array("HELLO".utf8))
        #expect(try client.wire.waitForEnd() == .closed)
    }

    @Test func `says goodbye when it closes, so that nobody takes an answer for cut off`() throws {
        let rig = try rig(try ScriptedOrigin(answering: "whole"))
        let client = try rig.secureClient()
        #expect(try client.request("/", ["Connection: close"]).text == "whole")
        #expect(try client.wire.waitForEnd() == .closed)
    }

    @Test func `says no goodbye after a body that was cut off`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut")
        }
        let rig = try rig(origin)
        let client = try rig.secureClient()
        try client.send(Client.head())
        #expect(try client.wire.waitForEnd() == .reset)
    }
}
