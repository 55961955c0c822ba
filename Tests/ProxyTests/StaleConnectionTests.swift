import Model
import TestSupport
import Testing

/// The endpoint closes a connection that waits in the pool just when it is used again.
@Suite struct `A stale connection` {
    /// Answers one request on the first connection, then closes it when the next request has arrived.
    private static func origin(resetting: Bool) throws -> ScriptedOrigin {
        try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if connection.number == 0 && request.target != "/first" {
                    return resetting ? connection.reset() : ()
                }
                try connection.respond(request.method + request.text)
            }
        }
    }

    @Test(arguments: ["GET", "PUT", "DELETE"], [true, false])
    func `never shows, even where nothing is retried`(method: String, resetting: Bool) throws {
        let origin = try Self.origin(resetting: resetting)
        let rig = try ProxyRig(Given.model(origin) { $0.retry = Retry(conditions: [], tries: 1) })
        let client = try rig.client()
        #expect(try client.request("/first").text == "GET")
        #expect(try client.request("/second", method: method, ["Content-Length: 2"], body: "hi").text == method + "hi")
        #expect(origin.connectionCount == 2)
    }

    @Test func `never shows when a WebSocket is opened`() throws {
        let origin = try ScriptedOrigin { connection in
            if connection.number == 0 {
                _ = try connection.request()
                try connection.respond("first")
                _ = try connection.request()
            } else {
                try connection.acceptWebSocket()
                try connection.send(try connection.frame())
            }
        }
        let rig = try ProxyRig(Given.model(origin))
        #expect(try rig.request().text == "first")
        let client = try rig.client()
        #expect(try client.openWebSocket().status == 101)
        try client.send(WebSocketFrame("hello"))
        #expect(try client.frame().text == "hello")
    }

    @Test func `is no reason to send a POST twice`() throws {
        let origin = try Self.origin(resetting: false)
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        #expect(try client.request("/first").text == "GET")
        #expect(try client.request("/second", method: "POST", ["Content-Length: 2"], body: "hi").status == 502)
        #expect(origin.requests.map(\.target) == ["/first", "/second"])
    }

    @Test func `that closed while it was idle is not used at all`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.respond("ok")
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        for number in 1...5 {
            #expect(try client.request(method: "POST", ["Content-Length: 2"], body: "hi").text == "ok")
            try origin.waitForFinished(number)
            try eventually("the proxy to close its end") { OpenSockets.connected(to: origin.port) == 0 }
        }
        #expect(origin.connectionCount == 5)
    }

    @Test func `that says something unasked while idle is closed`() throws {
        let speaks = Gate()
        let origin = try ScriptedOrigin { connection in
            guard try connection.request() != nil else { return }
            try connection.respond("ok")
            guard connection.number == 0 else { return }
            try speaks.wait()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        #expect(try client.request().text == "ok")
        speaks.open()
        try origin.waitForFinished(1)
        #expect(try client.request().text == "ok")
        #expect(rig.metric("gatehouse_upstream_unasked_answers_total") == 1)
    }

    /// A worker that stands still learns of the request and of what came on the idle connection in one turn, and of the
    /// request first.
    @Test(arguments: [true, false], ["GET", "POST"])
    func `is not used when what came on it is heard of in the same turn as the request`(
        speaks: Bool, method: String
    ) throws {
        let mayEnd = Gate()
        let hasEnded = Gate()
        let origin = try ScriptedOrigin { connection in
            guard try connection.request() != nil else { return }
            try connection.respond("good \(connection.number)")
            guard connection.number == 0 else { return }
            try mayEnd.wait()
            if speaks {
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            } else {
                connection.wire.finishSending()
            }
            try connection.wire.waitUntilTaken()
            hasEnded.open()
            try connection.waitForEnd()
        }
        let worker = try HeldWorker(Given.model(origin) { $0.retry = Retry(conditions: [], tries: 1) })
        let client = try worker.rig.client()
        #expect(try client.request().text == "good 0")
        try worker.hold()
        try client.send(Client.head(method: method, ["Content-Length: 2"]) + "hi")
        try client.wire.waitUntilTaken()
        mayEnd.open()
        try hasEnded.wait()
        worker.letGo()
        #expect(try client.response().text == "good 1")
        #expect(origin.requests.count == 2)
        #expect(worker.rig.metric("gatehouse_upstream_unasked_answers_total") == (speaks ? 1 : 0))
    }
}
