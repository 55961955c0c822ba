import Model
import TestSupport
import Testing

/// Each hit of a limit is counted under the limit's name; those that other suites meet are counted there.
@Suite struct `A limit that is hit` {
    private func count(_ limit: String, on rig: ProxyRig) -> Int {
        rig.metric("gatehouse_limits_hit_total", "\"\(limit)\"")
    }

    @Test(arguments: [
        ("chunk_extensions", "5;a=" + String(repeating: "x", count: 5000) + "\r\nhello\r\n0\r\n\r\n"),
        ("trailers", "5\r\nhello\r\n0\r\nX: " + String(repeating: "x", count: 9000) + "\r\n\r\n"),
        ("trailers", "5\r\nhello\r\n0\r\n" + String(repeating: "X: y\r\n", count: 101) + "\r\n"),
    ])
    func `within a request body is counted`(limit: String, body: String) throws {
        let origin = try ScriptedOrigin { connection in _ = try? connection.request() }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Transfer-Encoding: chunked"]) + body)
        #expect(try client.response().status == 400)
        #expect(count(limit, on: rig) == 1)
    }

    @Test func `between requests is counted`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.client.keepAliveTimeout = .milliseconds(100) }))
        let client = try rig.client()
        #expect(try client.request().text == "ok")
        #expect(try client.isEnded())
        #expect(count("keep_alive_timeout", on: rig) == 1)
    }

    @Test func `by a connection's last request is counted`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin, settings: Given.settings { $0.client.keepAliveRequests = 2 }))
        let client = try rig.client()
        for _ in 0..<2 { #expect(try client.request().text == "ok") }
        #expect(try client.isEnded())
        try eventually("the limit to be counted") { count("keep_alive_requests", on: rig) == 1 }
    }

    @Test func `by a body that nobody reads is counted`() throws {
        let rig = try ProxyRig(Given.model([]))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 1000000"]) + "hello")
        #expect(try client.response().status == 503)
        #expect(try client.isEnded())
        try eventually("the limit to be counted") { count("discarded_body", on: rig) == 1 }
    }

    @Test(arguments: ["X: " + String(repeating: "x", count: 40_000), String(repeating: "X: y\r\n", count: 300)])
    func `by a response's head is counted`(fields: String) throws {
        let origin = try ScriptedOrigin { connection in
            guard try connection.request() != nil else { return }
            try? connection.respond(fields: [fields])
        }
        let rig = try ProxyRig(Given.model(origin) { $0.retry.tries = 1 })
        #expect(try rig.request().status == 502)
        #expect(count("response_head", on: rig) == 1)
    }

    @Test func `by idle connections to endpoints is counted`() throws {
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil { try connection.respond("ok") }
        }
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.upstream.idleConnections = 1 }))
        let clients = try (0..<2).map { _ in try rig.client() }
        for client in clients { try client.send(Client.head(method: "POST", ["Content-Length: 2"]) + "a") }
        try origin.waitForConnections(2)
        for client in clients { try client.send("b") }
        for client in clients { #expect(try client.response().text == "ok") }
        try eventually("the limit to be counted") { count("idle_upstream_connections", on: rig) == 1 }
    }

    @Test func `by attempts is counted`() throws {
        let refusing = try RefusingPort()
        let rig = try ProxyRig(
            Given.model([Given.endpoint(refusing.port)]) { $0.retry.tries = 2 })
        #expect(try rig.request().status == 502)
        #expect(count("attempts", on: rig) == 1)
    }

    @Test func `by a body that comes too slowly is counted and answered 408`() throws {
        let origin = try ScriptedOrigin { connection in _ = try? connection.request() }
        let settings = Given.settings {
            $0.client.minimumBodyRate = 1_000_000
            $0.client.bodyRateGrace = .milliseconds(20)
        }
        let rig = try ProxyRig(Given.model(origin, settings: settings))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 1000000"]))
        try eventually("the rate to be judged") {
            try? client.send("x")
            return count("body_rate", on: rig) == 1
        }
        #expect(try client.response().status == 408)
        #expect(try client.isEnded())
    }

    @Test func `by the buffers of a worker is counted and answered 503`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let settings = Given.settings { $0.client.bufferBytesPerWorker = 16 << 10 }
        let rig = try ProxyRig(Given.model(origin, settings: settings))
        #expect(try rig.request().text == "ok")
        let client = try rig.client()
        // The second request waits in a buffer while the first begins.
        try client.send(Client.head("/first") + Client.head("/second"))
        #expect(try client.response().status == 503)
        #expect(try client.response().text == "ok")
        #expect(count("buffer_budget", on: rig) == 1)
    }
}
