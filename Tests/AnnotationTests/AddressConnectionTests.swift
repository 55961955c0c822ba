import TestSupport
import Testing

@Suite struct `Connections of one address` {
    private func gate(
        _ origin: ScriptedOrigin, workers: Int = 1, also keys: [String: String] = [:]
    ) throws -> Gate {
        let keys = keys.merging(["gatehouse-client-connections": "3"]) { $1 }
        return try Gate([:], origin: origin, configMap: keys, workers: workers)
    }

    private func isRefused(_ client: Client) throws -> Bool {
        // Refused before it was read, so what was sent may come back as a reset.
        _ = try? client.send(Client.head())
        return try client.wire.receiveToEnd().bytes.isEmpty
    }

    @Test(arguments: [1, 2])
    func `are as many as the limit for all workers together, and each that closes makes room`(workers: Int) throws {
        let gate = try gate(ScriptedOrigin(answering: "ok"), workers: workers)
        var clients = try (0..<3).map { _ in
            let client = try gate.client()
            #expect(try client.request().text == "ok")
            return client
        }
        #expect(try isRefused(gate.client()))
        #expect(gate.metric("gatehouse_limits_hit_total", "\"client_connections\"") == 1)
        clients.removeLast().wire.close()
        try eventually("the place to be free") {
            guard let client = try? gate.client(), let answer = try? client.request() else { return false }
            clients.append(client)
            return answer.text == "ok"
        }
        #expect(try isRefused(gate.client()))
        #expect(try clients[0].request().text == "ok")
    }

    @Test(arguments: [[:], ["gatehouse-client-connections": "many"], ["gatehouse-client-connections": "-1"]])
    func `are without limit by default and with a value that means nothing`(keys: [String: String]) throws {
        let gate = try Gate([:], origin: ScriptedOrigin(answering: "ok"), configMap: keys)
        let clients = try (0..<30).map { _ in try gate.client() }
        for client in clients { #expect(try client.request().text == "ok") }
    }

    @Test(.shows(effectOf: "ConfigMap/use-proxy-protocol"))
    func `are counted for the client that a PROXY header names`() throws {
        let gate = try gate(ScriptedOrigin(answering: "ok"), also: ["use-proxy-protocol": "true"])
        func connect(from address: String) throws -> Client {
            let client = try gate.client()
            try client.send("PROXY TCP4 \(address) 198.51.100.1 56324 80\r\n")
            return client
        }
        let clients = try (0..<3).map { _ in try connect(from: "203.0.113.9") }
        for client in clients { #expect(try client.request().text == "ok") }
        #expect(try isRefused(connect(from: "203.0.113.9")))
        #expect(try connect(from: "203.0.113.10").request().text == "ok")
    }

    @Test func `are counted over TLS, each once whatever runs on it`() throws {
        let gate = try Gate(
            manifests: [Manifests.ingress([:])], origins: ["web": [ScriptedOrigin(answering: "ok")]],
            configMap: ["gatehouse-client-connections": "2"], speaksTLS: true)
        var peers = [try gate.http2OverTLS(), try gate.http2OverTLS()]
        for peer in peers {
            let streams = try (0..<20).map { try peer.request("/\($0)", scheme: "https") }
            for stream in streams { #expect(try peer.message(stream).status == 200) }
        }
        #expect(throws: (any Error).self) { try gate.http2OverTLS() }
        #expect(throws: (any Error).self) { try gate.secureClient(TLSOptions("shop.example")) }
        #expect(gate.metric("gatehouse_limits_hit_total", "\"client_connections\"") == 2)
        peers.removeLast().wire.close()
        try eventually("the place to be free") {
            guard let peer = try? gate.http2OverTLS() else { return false }
            peers.append(peer)
            return true
        }
        #expect(try peers[1].message(peers[1].request(scheme: "https")).status == 200)
    }

    @Test func `count while they are tunnels`() throws {
        let origin = try ScriptedOrigin { connection in
            guard let request = try connection.request() else { return }
            if request["Upgrade"] == nil { return try connection.respond("ok") }
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
            _ = try connection.waitForEnd()
        }
        let gate = try gate(origin)
        let clients = try (0..<3).map { _ in try gate.client() }
        for client in clients {
            #expect(try client.request("/", ["Connection: upgrade", "Upgrade: x"]).status == 101)
        }
        #expect(try isRefused(gate.client()))
    }
}
