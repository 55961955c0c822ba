import Foundation
import Model
import TestSupport
import Testing

/// A body that shows where a byte is missing or out of place.
private func pattern(_ count: Int) -> String {
    String(decoding: (0..<count).map { UInt8(ascii: "a") + UInt8(($0 / 7 + $0) % 26) }, as: UTF8.self)
}

@Suite struct `The annotation proxy-request-buffering` {
    @Test(.shows(effectOf: "proxy-request-buffering"), arguments: [100, 20_000, 300_000])
    func `on, contacts the backend only when the whole body is here`(size: Int) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["proxy-request-buffering": "on"], origin: origin)
        let client = try gate.client()
        let body = pattern(size)
        try client.send(Client.head("/", method: "POST", ["Content-Length: \(size)"]) + body.dropLast())
        // A request that came later is answered earlier, so the first one has not merely been slow.
        #expect(try gate.request().status == 200)
        #expect(origin.requests.map(\.method) == ["GET"])
        try client.send(String(body.suffix(1)))
        #expect(try client.response().status == 200)
        #expect(origin.requests.last?.text == body)
    }

    @Test func `on, gives a body that came in chunks a length`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["proxy-request-buffering": "on"], origin: origin)
        let client = try gate.client()
        try client.send(Client.head("/", method: "PUT", ["Transfer-Encoding: chunked"]))
        for piece in ["5\r\nhello\r\n", "6\r\n world\r\n", "0\r\n\r\n"] { try client.send(piece) }
        #expect(try client.response().status == 200)
        #expect(origin.requests[0].text == "hello world")
        #expect(origin.requests[0]["Content-Length"] == "11")
        #expect(origin.requests[0]["Transfer-Encoding"] == nil)
        // The connection stands where the next request begins.
        #expect(try client.request().status == 200)
    }

    @Test(arguments: [9_000, 400_000])
    func `on, lets a request of any size be tried again`(size: Int) throws {
        let broken = try ScriptedOrigin { connection in
            _ = try connection.request()
            connection.reset()
        }
        let sound = try ScriptedOrigin(answering: "sound")
        let gate = try Gate(["proxy-request-buffering": "on"], origins: ["web": [broken, sound]])
        let body = pattern(size)
        for _ in 0..<4 { #expect(try gate.request("/", method: "PUT", body: body).text == "sound") }
        #expect(!broken.requests.isEmpty)
        #expect(sound.requests.allSatisfy { $0.text == body })
    }

    @Test func `on, answers 413 to a body in chunks that grows too large, without the backend`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["proxy-request-buffering": "on", "proxy-body-size": "10"], origin: origin)
        let client = try gate.client()
        try client.send(
            Client.head("/", method: "PUT", ["Transfer-Encoding: chunked"]) + "b\r\nhello world\r\n0\r\n\r\n")
        #expect(try client.response().status == 413)
        #expect(origin.requests.isEmpty)
    }

    @Test func `on, tells a client that waits for it to go on`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["proxy-request-buffering": "on"], origin: origin)
        let client = try gate.client()
        try client.send(Client.head("/", method: "PUT", ["Content-Length: 5", "Expect: 100-continue"]))
        #expect(try client.reader.head()?.startLine == "HTTP/1.1 100 Continue")
        try client.send("hello")
        #expect(try client.response().status == 200)
        #expect(origin.requests[0].text == "hello")
    }

    @Test func `on, forgets the body of a client that goes away`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["proxy-request-buffering": "on"], origin: origin)
        do {
            let client = try gate.client()
            try client.send(Client.head("/", method: "PUT", ["Content-Length: 100000"]) + pattern(50_000))
        }
        #expect(try gate.request().status == 200)
        #expect(try gate.accessLogLines().contains { $0.contains("PUT") && $0.contains(" 499 ") })
        #expect(origin.requests.map(\.method) == ["GET"])
    }

    @Test(
        .shows(defaultOf: "proxy-request-buffering"), .shows(badValueOf: "proxy-request-buffering"),
        arguments: [[:], ["proxy-request-buffering": "off"], ["proxy-request-buffering": "maybe"]])
    func `off, absent or unusable, passes a large body on as it arrives`(annotations: [String: String]) throws {
        let arrived = TestSupport.Gate()
        let origin = try ScriptedOrigin { connection in
            guard let head = try connection.head() else { return }
            _ = try connection.bytes(9_000)
            arrived.open()
            _ = try connection.bytes(1_000)
            #expect(head["Content-Length"] == "10000")
            try connection.respond("ok")
        }
        let gate = try Gate(annotations, origin: origin)
        let client = try gate.client()
        try client.send(Client.head("/", method: "PUT", ["Content-Length: 10000"]) + pattern(9_000))
        // The backend has the beginning before the client sent the end.
        try arrived.wait()
        try client.send(pattern(1_000))
        #expect(try client.response().status == 200)
        let isUnusable = annotations.values.first == "maybe"
        #expect(gate.faults(about: "proxy-request-buffering").isEmpty != isUnusable)
    }

    @Test(
        .shows(effectOf: "ConfigMap/proxy-request-buffering"),
        arguments: [([:], "on"), (["proxy-request-buffering": "off"], "off")])
    func `goes before the ConfigMap's`(annotations: [String: String], mode: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(annotations, origin: origin, configMap: ["proxy-request-buffering": "on"])
        let policy = try #require(gate.model.virtualHosts.first?.routes.first?.policy)
        #expect(policy.requestBuffering.mode.rawValue == mode)
        #expect(try gate.request("/", method: "PUT", body: pattern(50_000)).status == 200)
    }
}

@Suite struct `The annotation client-body-buffer-size` {
    /// A body that arrives with its head is kept for another try as long as it fits.
    @Test(
        .shows(effectOf: "client-body-buffer-size"), .shows(defaultOf: "client-body-buffer-size"),
        arguments: [
            ([:], 8_000, 200), ([:], 9_000, 502), (["client-body-buffer-size": "16k"], 9_000, 200),
            (["client-body-buffer-size": "4k"], 8_000, 502),
        ])
    func `is the largest body that is kept without buffering`(annotations: [String: String], size: Int, status: Int)
        throws
    {
        let broken = try ScriptedOrigin { connection in
            _ = try connection.request()
            connection.reset()
        }
        let sound = try ScriptedOrigin(answering: "sound")
        let gate = try Gate(annotations, origins: ["web": [broken, sound]])
        var statuses: Set<Int> = []
        for _ in 0..<2 { statuses.insert(try gate.request("/", method: "PUT", body: pattern(size)).status) }
        #expect(statuses == (status == 200 ? [200] : [200, 502]))
    }

    @Test(.shows(badValueOf: "client-body-buffer-size"))
    func `rejects the Ingress when its value is unusable`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["client-body-buffer-size": "8kb"], origin: origin)
        #expect(try gate.request().status == 404)
        #expect(gate.faults(about: "client-body-buffer-size").count == 1)
    }
}
