import Model
import Proxy
import TestSupport
import Testing

/// Clients that leave whenever they like: what they had going on ends with them.
@Suite struct `A client that leaves` {
    enum Way: CaseIterable { case closing, resetting }

    private static func leave(_ client: Client, _ way: Way) {
        if way == .resetting { client.wire.reset() } else { client.wire.close() }
    }

    private static func expectNothingOpen(_ rig: ProxyRig, _ origin: ScriptedOrigin) throws {
        try eventually("every connection to be closed") {
            OpenSockets.connected(to: origin.port) + OpenSockets.accepted(on: rig.port) == 0
        }
    }

    @Test(arguments: Way.allCases)
    func `while its answer is awaited frees the endpoint`(way: Way) throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head())
        try origin.waitForRequests(1)
        Self.leave(client, way)
        try origin.waitForFinished(1)
        try Self.expectNothingOpen(rig, origin)
        #expect(rig.metric("nginx_ingress_controller_requests", "status=\"4xx\"") == 1, "499")
    }

    @Test(arguments: Way.allCases)
    func `while an endpoint is connected to frees it`(way: Way) throws {
        let silent = try SilentPort()
        let rig = try ProxyRig(Given.model([Given.endpoint(silent.port)]))
        let client = try rig.client()
        try client.send(Client.head())
        let fillers = 4
        try eventually("the attempt") { OpenSockets.connected(to: silent.port) == fillers + 1 }
        Self.leave(client, way)
        try eventually("the attempt to end") { OpenSockets.connected(to: silent.port) == fillers }
        try eventually("the connection to be freed") { OpenSockets.accepted(on: rig.port) == 0 }
    }

    @Test(arguments: Way.allCases)
    func `in the middle of a response frees the endpoint`(way: Way) throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\nstart")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head())
        #expect(try client.reader.head()?.status == 200)
        Self.leave(client, way)
        try origin.waitForFinished(1)
        try Self.expectNothingOpen(rig, origin)
    }

    @Test(arguments: Way.allCases)
    func `in the middle of a response that it does not read frees the endpoint`(way: Way) throws {
        let blocked = Gate()
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            _ = try connection.wire.sendUntilBlocked(
                BodyPattern.bytes(at: 0, count: 65536), limit: 100_000_000, quiet: 50)
            blocked.open()
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client(receiveBuffer: 4096)
        try client.send(Client.head())
        try blocked.wait()
        Self.leave(client, way)
        try origin.waitForFinished(1)
        try Self.expectNothingOpen(rig, origin)
    }

    @Test func `by a reset in the middle of a request that the endpoint does not read frees the endpoint`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            _ = try connection.head()
            try gate.wait()
        }
        let rig = try ProxyRig(Given.model(origin) { $0.bodyLimits = BodyLimits(requestBytes: nil) })
        let client = try rig.client()
        try client.send(Client.head(method: "PUT", ["Content-Length: 100000000"]))
        _ = try client.wire.sendUntilBlocked(BodyPattern.bytes(at: 0, count: 65536), limit: 100_000_000, quiet: 50)
        client.wire.reset()
        try Self.expectNothingOpen(rig, origin)
        gate.open()
    }

    @Test func `takes no other client's request with it`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/held" { try gate.wait() }
                try connection.respond(request.target)
            }
        }
        let rig = try ProxyRig(Given.model(origin))
        let leaving = try rig.client()
        let staying = try rig.client()
        try leaving.send(Client.head("/held"))
        try staying.send(Client.head("/held"))
        try origin.waitForRequests(2)
        leaving.wire.reset()
        gate.open()
        #expect(try staying.response().text == "/held")
        #expect(try staying.request("/next").text == "/next")
    }

    /// Two thousand, at every stage of a request.
    @Test func `by the thousand leaves nothing behind`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/hang" { try connection.waitForEnd() } else { try connection.respond("ok") }
            }
        }
        let rig = try ProxyRig(Given.model(origin), workers: 2)
        let stages = [
            "", "G", "GET / HTTP/1.1\r\nHost: a\r\n", Client.head("/hang"), Client.head("/"),
            Client.head("/", method: "POST", ["Content-Length: 10"]) + "half",
            Client.head("/", method: "POST", ["Transfer-Encoding: chunked"]) + "5\r\nhe",
            Client.head("/") + Client.head("/hang") + Client.head("/"), "rubbish\r\n\r\n",
        ]
        for number in 0..<2000 {
            let client = try rig.client()
            try client.send(stages[number % stages.count])
            Self.leave(client, number % 2 == 0 ? .closing : .resetting)
        }
        try eventually("the connections of clients to be closed") { OpenSockets.accepted(on: rig.port) == 0 }
        #expect(try rig.request().text == "ok")
        // What is left are connections that wait for the next request.
        rig.plane.apply(ProxyModel())
        try eventually("the connections to the endpoint to be closed") { OpenSockets.connected(to: origin.port) == 0 }
    }
}
