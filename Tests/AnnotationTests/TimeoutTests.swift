import Model
import TestSupport
import Testing

/// What whole seconds do is shown by a second that passes; nothing here depends on how much more it takes.
@Suite struct `The annotation proxy-read-timeout` {
    @Test(.shows(effectOf: "proxy-read-timeout"))
    func `ends waiting for a response with 504, and the connection goes on`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/hangs" { try connection.waitForEnd() }
                try connection.respond("ok")
            }
        }
        let gate = try Gate(
            ["proxy-read-timeout": "1", "proxy-next-upstream-tries": "1"], origins: ["web": [origin]])
        let client = try gate.client()
        #expect(try client.request("/hangs").status == 504)
        #expect(try client.request().text == "ok")
    }

    @Test func `cuts off a response that stops in its middle, and a tunnel that is silent`() throws {
        let origin = try ScriptedOrigin { connection in
            guard let request = try connection.head() else { return }
            try connection.send(
                request["Upgrade"] == nil
                    ? "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
                    : "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
            try connection.waitForEnd()
        }
        let gate = try Gate(["proxy-read-timeout": "1"], origin: origin)
        #expect(throws: (any Error).self) { try gate.request() }
        let client = try gate.client()
        try client.send(Client.head("/", ["Upgrade: websocket", "Connection: upgrade"]))
        #expect(try client.response().status == 101)
        #expect(try client.isEnded())
    }
}

@Suite struct `The annotation proxy-connect-timeout` {
    @Test(.shows(effectOf: "proxy-connect-timeout"))
    func `ends connecting with 504`() throws {
        let silent = try SilentPort()
        let gate = try Gate(
            manifests: [
                Manifests.ingress(
                    ["proxy-connect-timeout": "1", "proxy-next-upstream-tries": "1"], service: "silent"),
                Manifests.service("silent"), Manifests.slice(of: "silent", 0, port: silent.port),
            ], origins: [:])
        #expect(try gate.request().status == 504)
    }
}

@Suite struct `The annotation proxy-send-timeout` {
    @Test(.shows(effectOf: "proxy-send-timeout"))
    func `ends sending to a backend that takes nothing with 504`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.head()
            try connection.waitWithoutReading()
        }
        let gate = try Gate(
            ["proxy-send-timeout": "1", "proxy-body-size": "0", "proxy-next-upstream": "off"], origin: origin)
        let client = try gate.client()
        let size = 64 << 20
        try client.send(Client.head("/", method: "POST", ["Content-Length: \(size)"]))
        // As much as fits into the buffers on the way; the proxy answers while the rest has not been sent.
        _ = try client.wire.sendUntilBlocked(Array(repeating: UInt8(ascii: "x"), count: 64 << 10), limit: size)
        #expect(try client.response(to: "POST").status == 504)
    }
}

@Suite struct `The annotations for timeouts` {
    private static let names = ["proxy-connect-timeout", "proxy-send-timeout", "proxy-read-timeout"]
    private static let defaults = [5, 60, 60]

    private func timeouts(_ gate: Gate) throws -> [Duration] {
        let timeouts = try #require(gate.model.virtualHosts.first?.routes.first?.policy.timeouts)
        return [timeouts.connect, timeouts.send, timeouts.read]
    }

    @Test(.shows(defaultOf: "proxy-connect-timeout", "proxy-send-timeout", "proxy-read-timeout"))
    func `have the defaults of ingress-nginx`() throws {
        let gate = try Gate([:], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().status == 200)
        #expect(try timeouts(gate) == Self.defaults.map { .seconds($0) })
    }

    @Test(
        .shows(badValueOf: "proxy-connect-timeout", "proxy-send-timeout", "proxy-read-timeout"), arguments: names,
        ["60s", "0", "-1", "1.5", "soon", "99999999999999999999"])
    func `keep their defaults when a value is unusable`(name: String, value: String) throws {
        let gate = try Gate([name: value], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try timeouts(gate) == Self.defaults.map { .seconds($0) })
        #expect(gate.faults(about: name).count == 1)
        #expect(try gate.request().status == 200)
    }

    @Test(arguments: names)
    func `go before the ConfigMap's`(name: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let place = try #require(Self.names.firstIndex(of: name))
        let global = try Gate([:], origin: origin, configMap: [name: "7"])
        #expect(try timeouts(global)[place] == .seconds(7))
        let own = try Gate([name: "9"], origin: origin, configMap: [name: "7"])
        #expect(try timeouts(own)[place] == .seconds(9))
    }
}
