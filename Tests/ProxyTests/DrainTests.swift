import Model
import Proxy
import TestSupport
import Testing

@Suite struct `Draining` {
    /// Drains on another thread, as the process' main thread would.
    private func drain(_ rig: ProxyRig, grace: Duration = .seconds(30)) throws -> BackgroundThread {
        let plane = rig.plane
        return try BackgroundThread { plane.drain(grace: grace) }
    }

    @Test func `finishes what is under way, refuses what is new, and closes what is idle`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin(holdingSlowUntil: gate)
        let rig = try ProxyRig(Given.model(origin), workers: 2)
        let idle = try rig.client()
        #expect(try idle.request("/idle").text == "/idle")
        let busy = try (0..<4).map { _ in try rig.client() }
        for client in busy { try client.send(Client.head("/slow")) }
        try origin.waitForRequests(5)
        let draining = try drain(rig)
        #expect(try idle.isEnded())
        try eventually("new connections to be refused") { (try? rig.client()) == nil }
        gate.open()
        for client in busy {
            let answer = try client.response()
            #expect(answer.text == "/slow")
            #expect(answer["Connection"] == "close")
            #expect(try client.isEnded())
            client.wire.close()
        }
        draining.join()
        try origin.waitForFinished(origin.connectionCount)
        #expect(OpenSockets.connected(to: origin.port) + OpenSockets.accepted(on: rig.port) == 0)
    }

    @Test func `lets a response that has begun go on to its end`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            try gate.wait()
            try connection.send("3\r\ntwo\r\n0\r\n\r\n")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head())
        #expect(try client.reader.head()?.status == 200)
        let draining = try drain(rig)
        try eventually("new connections to be refused") { (try? rig.client()) == nil }
        gate.open()
        var body: [UInt8] = []
        try client.reader.readBody(.chunked) { body += $0 }
        #expect(String(decoding: body, as: UTF8.self) == "onetwo")
        #expect(try client.isEnded())
        client.wire.close()
        draining.join()
    }

    @Test func `closes after answers of the proxy's own, and says so`() throws {
        let origin = try ScriptedOrigin { connection in try connection.waitForEnd() }
        let rig = try ProxyRig(
            Given.model(origin) {
                $0.timeouts.read = .milliseconds(500)
                $0.retry.tries = 1
            })
        let client = try rig.client()
        try client.send(Client.head())
        try origin.waitForConnections(1)
        let draining = try drain(rig)
        let answer = try client.response()
        #expect(answer.status == 504)
        #expect(answer["Connection"] == "close")
        client.wire.close()
        draining.join()
    }

    @Test func `takes a request whose head has begun`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        #expect(try client.request().text == "ok")
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n")
        #expect(try rig.request().text == "ok", "the worker has seen the bytes before")
        let draining = try drain(rig)
        try eventually("new connections to be refused") { (try? rig.client()) == nil }
        try client.send("\r\n")
        let answer = try client.response()
        #expect(answer.text == "ok")
        #expect(answer["Connection"] == "close")
        client.wire.close()
        draining.join()
    }

    @Test(arguments: ["1.1", "1.0"], ["Content-Length: 10", "Transfer-Encoding: chunked", "X: until close"])
    func `cuts off what takes longer than the grace, and nobody takes it for whole`(
        version: String, framing: String
    ) throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n4\r\nhalf\r\n")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(version: version))
        #expect(try client.reader.head()?.status == 200)
        let draining = try drain(rig, grace: .milliseconds(100))
        #expect(try client.wire.waitForEnd() == .reset)
        draining.join()
        try origin.waitForFinished(1)
    }

    @Test func `ends a tunnel when the grace is over`() throws {
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        #expect(try client.openWebSocket().status == 101)
        let draining = try drain(rig, grace: .milliseconds(100))
        try client.wire.waitForEnd()
        draining.join()
        try origin.waitForFinished(1)
    }

    @Test func `without a request under way ends at once`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), workers: 2)
        #expect(try rig.request().text == "ok")
        let silent = try rig.client()
        let draining = try drain(rig, grace: .seconds(3600))
        draining.join()
        try silent.wire.waitForEnd()
    }

    /// Other tests run at the same time, so what is left over must show in numbers that they never reach.
    @Test func `gives every descriptor back`() throws {
        let origin = try ScriptedOrigin(answering: String(repeating: "x", count: 200_000))
        let before = OpenDescriptors.count
        for _ in 0..<100 {
            let rig = try ProxyRig(Given.model(origin))
            #expect(try rig.request().status == 200)
            rig.end()
        }
        #expect(OpenDescriptors.count - before < 100)
    }
}
