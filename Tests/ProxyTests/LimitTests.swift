import Model
import TestSupport
import Testing

@Suite struct `A request head` {
    private func rig(_ change: (inout Settings) -> Void = { _ in }) throws -> (ProxyRig, ScriptedOrigin) {
        let origin = try ScriptedOrigin(answering: "ok")
        return (try ProxyRig(Given.model(origin, settings: Given.settings(change))), origin)
    }

    @Test(arguments: [
        (Client.head("/" + String(repeating: "a", count: 8200)), 414),
        (Client.head("/", ["X: " + String(repeating: "a", count: 8200)]), 431),
        (Client.head("/", (0..<5).map { "X-\($0): " + String(repeating: "a", count: 8000) }), 431),
        (Client.head("/", (0..<100).map { "X-\($0): a" }), 431),
        (Client.head("/", method: String(repeating: "M", count: 33)), 501),
    ])
    func `that is too large is refused, and the connection closes`(head: String, status: Int) throws {
        let (rig, origin) = try rig()
        let client = try rig.client()
        try client.send(head + Client.head("/behind"))
        let answer = try client.response()
        #expect(answer.status == status)
        #expect(answer["Connection"] == "close")
        #expect(try client.isEnded())
        #expect(origin.connectionCount == 0)
    }

    @Test(arguments: [
        Client.head("/" + String(repeating: "a", count: 8100)),
        Client.head("/", ["X: " + String(repeating: "a", count: 8100)]),
        Client.head("/", (0..<4).map { "X-\($0): " + String(repeating: "a", count: 8000) }),
        Client.head("/", (0..<99).map { "X-\($0): a" }),
    ])
    func `that is just small enough is served`(head: String) throws {
        let (rig, origin) = try rig()
        let client = try rig.client()
        for _ in 0..<2 {
            try client.send(head)
            #expect(try client.response().text == "ok")
        }
        #expect(origin.requests[0].startLine == String(head.prefix { $0 != "\r\n" }))
    }

    @Test(arguments: ["G", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r"])
    func `that does not become whole in time is answered 408`(start: String) throws {
        let (rig, origin) = try rig { $0.client.headerTimeout = .milliseconds(100) }
        let client = try rig.client()
        try client.send(start)
        let answer = try client.response()
        #expect(answer.status == 408)
        #expect(answer["Connection"] == "close")
        #expect(try client.isEnded())
        #expect(origin.connectionCount == 0)
        #expect(rig.metric("gatehouse_limits_hit_total", "header_timeout") == 1)
    }

    @Test func `has its time in all, not for each byte`() throws {
        let (rig, _) = try rig { $0.client.headerTimeout = .milliseconds(300) }
        let client = try rig.client()
        try client.send("GET / HTTP/1.1\r\n")
        // Every wait without an answer is shorter than the limit; together they pass it.
        while !client.wire.hasInput(within: 60) { try client.send("X: y\r\n") }
        #expect(try client.response().status == 408)
    }

    @Test func `has its time from its own first byte`() throws {
        let (rig, origin) = try rig { $0.client.headerTimeout = .milliseconds(300) }
        let client = try rig.client()
        #expect(try client.request().text == "ok")
        #expect(!client.wire.hasInput(within: 450), "an idle connection has the keep-alive time")
        #expect(try client.request().text == "ok")
        try client.send("GET")
        #expect(try client.response().status == 408)
        #expect(origin.requests.count == 2)
    }

    @Test func `that never begins costs nobody an answer`() throws {
        let (rig, _) = try rig { $0.client.headerTimeout = .milliseconds(100) }
        #expect(try rig.client().isEnded())
    }
}

@Suite struct `A client that dawdles` {
    @Test(arguments: ["Content-Length: 20", "Transfer-Encoding: chunked"])
    func `over its body is answered 408, and the origin gets no whole request`(framing: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.client.bodyTimeout = .milliseconds(100) }))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", [framing]) + "5\r\nhello\r\n")
        let answer = try client.response()
        #expect(answer.status == 408)
        #expect(answer["Connection"] == "close")
        #expect(try client.isEnded())
        try origin.waitForFinished(1)
        #expect(origin.requests.isEmpty)
    }

    @Test func `over a body that nobody wants loses its connection`() throws {
        let rig = try ProxyRig(
            Given.model([], settings: Given.settings { $0.client.bodyTimeout = .milliseconds(100) }))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 20"]) + "hello")
        #expect(try client.response().status == 503)
        #expect(try client.isEnded())
    }

    @Test func `over reading its answer loses its connection, and the origin's is freed`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
            try? BodyPattern.send(50_000_000, to: connection.wire)
        }
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.client.sendTimeout = .milliseconds(200) }))
        let client = try rig.client(receiveBuffer: 4096)
        try client.send(Client.head())
        try origin.waitForFinished(1)
        #expect(rig.metric("gatehouse_limits_hit_total", "send_timeout") == 1)
        #expect(try client.wire.receiveToEnd().ending == .reset)
        try eventually("the connection to be freed") { OpenSockets.accepted(on: rig.port) == 0 }
    }
}

@Suite struct `An endpoint that dawdles` {
    @Test func `over reading a request is given up with 504`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.head()
            try connection.waitWithoutReading()
        }
        let rig = try ProxyRig(
            Given.model(origin) {
                $0.bodyLimits = BodyLimits(requestBytes: nil)
                $0.timeouts.send = .milliseconds(300)
            })
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 100000000"]))
        _ = try client.wire.sendUntilBlocked(
            BodyPattern.bytes(at: 0, count: 65536), limit: 100_000_000, quiet: 60)
        #expect(try client.response().status == 504)
        try eventually("the connection to be freed") { OpenSockets.connected(to: origin.port) == 0 }
    }

    @Test func `between two requests loses its connection`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.upstream.idleTimeout = .milliseconds(100) }))
        let client = try rig.client()
        #expect(try client.request().text == "ok")
        try origin.waitForFinished(1)
        #expect(try client.request().text == "ok")
        #expect(origin.connectionCount == 2)
    }

    @Test func `has its connection replaced after its share of requests`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.upstream.requestsPerConnection = 2 }))
        let client = try rig.client()
        for _ in 0..<6 { #expect(try client.request().text == "ok") }
        #expect(origin.connectionCount == 3)
    }
}
