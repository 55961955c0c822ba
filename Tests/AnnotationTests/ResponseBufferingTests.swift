import Foundation
import Model
import TestSupport
import Testing

/// A backend that sends until nobody takes more, and a client that reads nothing until then.
private struct SlowClient {
    /// How much the backend got rid of before the client read.
    let taken = Watched<Int?>(nil)
    let origin: ScriptedOrigin
    let gate: Gate
    let size: Int

    /// - Parameter getsRidOfAll: the backend is expected to; on a busy machine that may take pauses.
    init(
        _ annotations: [String: String], size: Int = 16 << 20, chunked: Bool = false, fields: [String] = [],
        configMap: [String: String] = [:], getsRidOfAll: Bool = true
    ) throws {
        let taken = self.taken
        let quiet: CInt = getsRidOfAll ? 10_000 : 300
        self.size = size
        let block = Array(repeating: UInt8(ascii: "x"), count: 64 << 10)
        origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            guard connection.number == 0 else { return try connection.respond("new", fields: ["Connection: close"]) }
            let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(size)"
            let lines = ["HTTP/1.1 200 OK", framing] + fields
            try connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
            if chunked { try connection.send("\(String(size, radix: 16))\r\n") }
            let count = try connection.wire.sendUntilBlocked(block, limit: size, quiet: quiet)
            taken.change { $0 = count }
            try connection.wire.send(Array(repeating: UInt8(ascii: "x"), count: size - count))
            if chunked { try connection.send("\r\n0\r\n\r\n") }
            while try connection.request() != nil { try connection.respond("next") }
        }
        gate = try Gate(annotations, origin: origin, configMap: configMap)
    }

    /// Asks, waits until the backend gets rid of nothing more, then takes the response.
    ///
    /// - Returns: what the backend got rid of before.
    func takenBeforeReading() throws -> Int {
        let client = try Client(toPort: gate.port, receiveBuffer: 4096)
        try client.send(Client.head())
        let count = try taken.wait("the backend") { $0 != nil } ?? 0
        #expect(try client.response().body.count == size)
        return count
    }
}

@Suite struct `The annotation proxy-buffering` {
    @Test(.shows(defaultOf: "proxy-max-temp-file-size"), .shows(effectOf: "proxy-buffering"), arguments: [false, true])
    func `on, takes a large response before the client does`(chunked: Bool) throws {
        let slow = try SlowClient(["proxy-buffering": "on"], chunked: chunked)
        #expect(try slow.takenBeforeReading() == 16 << 20)
    }

    @Test func `on, frees the backend's connection while the client still takes the response`() throws {
        let slow = try SlowClient(["proxy-buffering": "on"])
        let client = try Client(toPort: slow.gate.port, receiveBuffer: 4096)
        try client.send(Client.head())
        #expect(try slow.taken.wait("the backend") { $0 != nil } == 16 << 20)
        // Other connections are closed after their request, so only the first can be used again.
        try eventually("the connection to be free") { try slow.gate.request().text == "next" }
        #expect(try client.response().body.count == 16 << 20)
    }

    @Test func `on, passes on at once what a client that keeps up can take`() throws {
        let more = TestSupport.Gate()
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            try more.wait()
            try connection.send("0\r\n\r\n")
        }
        let gate = try Gate(["proxy-buffering": "on"], origin: origin)
        let client = try gate.client()
        try client.send(Client.head())
        var seen = ""
        while !seen.contains("hello") { seen += String(decoding: try client.wire.receive(), as: UTF8.self) }
        more.open()
    }

    @Test(
        .shows(defaultOf: "proxy-buffering"), .shows(badValueOf: "proxy-buffering"),
        arguments: [
            ([:], [String: String](), [String](), false),
            (["proxy-buffering": "off"], ["proxy-buffering": "on"], [], false),
            (["proxy-buffering": "true"], [:], [], false),
            (["proxy-buffering": "on"], [:], ["X-Accel-Buffering: no"], false),
            ([:], ["proxy-buffering": "on"], [], true), ([:], [:], ["X-Accel-Buffering: yes"], true),
        ])
    func `is off by default, and X-Accel-Buffering of the backend goes before it`(
        annotations: [String: String], configMap: [String: String], fields: [String], isBuffered: Bool
    ) throws {
        // 64 MiB fit into no socket buffers on the way, so whoever does not buffer cannot have taken them.
        let size = (isBuffered ? 16 : 64) << 20
        let slow = try SlowClient(
            annotations, size: size, fields: fields, configMap: configMap, getsRidOfAll: isBuffered)
        #expect((try slow.takenBeforeReading() == size) == isBuffered)
        #expect(slow.gate.faults(about: "proxy-buffering").isEmpty == (annotations.values.first != "true"))
    }

    @Test func `on, a response that breaks off never looks whole`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhello")
        }
        let gate = try Gate(["proxy-buffering": "on"], origin: origin)
        #expect(throws: (any Error).self) { try gate.request() }
    }
}

@Suite struct `The annotation proxy-max-temp-file-size` {
    @Test(.shows(effectOf: "proxy-max-temp-file-size"), .shows(defaultOf: "proxy-buffers-number"))
    func `0 keeps responses in memory alone`() throws {
        let slow = try SlowClient(
            ["proxy-buffering": "on", "proxy-max-temp-file-size": "0"], getsRidOfAll: false)
        #expect(try slow.takenBeforeReading() < 16 << 20)
    }

    @Test(.shows(badValueOf: "proxy-max-temp-file-size"))
    func `is 1024m by default, and when its value is unusable`() throws {
        let slow = try SlowClient(["proxy-buffering": "on", "proxy-max-temp-file-size": "some"])
        #expect(try slow.takenBeforeReading() == 16 << 20)
        #expect(slow.gate.faults(about: "proxy-max-temp-file-size").count == 1)
    }
}

@Suite struct `The annotations proxy-buffers-number and proxy-buffer-size` {
    /// Without a file it is memory that must hold the response.
    @Test(
        .shows(effectOf: "proxy-buffers-number"),
        arguments: [
            (["proxy-buffers-number": "64", "proxy-buffer-size": "256k"]), (["proxy-buffers-number": "4096"]),
        ])
    func `are how much of a response waits in memory`(annotations: [String: String]) throws {
        let all = ["proxy-buffering": "on", "proxy-max-temp-file-size": "0"].merging(annotations) { $1 }
        let slow = try SlowClient(all, size: 15 << 20)
        #expect(try slow.takenBeforeReading() == 15 << 20)
    }

    @Test(
        .shows(effectOf: "proxy-buffer-size"), .shows(defaultOf: "proxy-buffer-size"),
        .shows(badValueOf: "proxy-buffer-size"),
        arguments: [
            ([:], 30_000, 200), ([:], 40_000, 502), (["proxy-buffer-size": "64k"], 40_000, 200),
            (["proxy-buffer-size": "4k"], 30_000, 200), (["proxy-buffer-size": "64k"], 70_000, 502),
            (["proxy-buffer-size": "64kb"], 40_000, 502),
        ])
    func `proxy-buffer-size allows larger response heads`(annotations: [String: String], size: Int, status: Int) throws
    {
        let field = "X-Large: \(String(repeating: "x", count: size))"
        let origin = try ScriptedOrigin(answering: "ok", fields: [field])
        let gate = try Gate(annotations, origin: origin)
        #expect(try gate.request().status == status)
        #expect(gate.faults(about: "proxy-buffer-size").isEmpty == (annotations.values.first != "64kb"))
    }

    @Test(arguments: [
        ([:], 30_000, 200), ([:], 40_000, 502), (["proxy-buffer-size": "64k"], 40_000, 200),
        (["proxy-buffer-size": "64k"], 70_000, 502), (["proxy-buffer-size": "1m"], 900_000, 200),
    ])
    func `proxy-buffer-size allows larger heads of gRPC backends as well`(
        annotations: [String: String], size: Int, status: Int
    ) throws {
        let fields = stride(from: 0, to: size, by: 10_000).map {
            ("x-large-\($0)", String(repeating: "x", count: min(10_000, size - $0)))
        }
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            while let request = try peer.message() { try peer.respond(to: request.stream, fields, body: "ok") }
        }
        let gate = try Gate(annotations.merging(["backend-protocol": "GRPC"]) { $1 }, origin: origin)
        let response = try gate.request()
        #expect(response.status == status)
        #expect(gate.metric("gatehouse_limits_hit_total", "\"response_head\"") == (status == 200 ? 0 : 1))
        if status == 200 { #expect(fields.allSatisfy { response[$0.0] == $0.1 }) }
    }

    @Test func `proxy-buffer-size is one path's alone where several share a connection to a gRPC backend`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            while let request = try peer.message() {
                try peer.respond(
                    to: request.stream, [("x-large", String(repeating: "x", count: 40_000))], body: "ok")
            }
        }
        let grpc = ["backend-protocol": "GRPC"]
        let gate = try Gate(
            manifests: [
                Manifests.ingress(grpc.merging(["proxy-buffer-size": "64k"]) { $1 }, name: "large", path: "/large"),
                Manifests.ingress(grpc, name: "web"),
            ], origins: ["web": [origin]])
        for _ in 1...2 {
            #expect(try gate.request("/large").status == 200)
            #expect(try gate.request("/").status == 502)
        }
        #expect(origin.connectionCount == 1)
    }

    @Test(.shows(badValueOf: "proxy-buffers-number"))
    func `proxy-buffers-number is 4 when its value is unusable`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["proxy-buffers-number": "none"], origin: origin)
        #expect(try gate.request().text == "ok")
        #expect(gate.faults(about: "proxy-buffers-number").count == 1)
        #expect(gate.model.virtualHosts.first?.routes.first?.policy.responseBuffering == ResponseBuffering())
    }
}

@Suite struct `Buffering in the ConfigMap` {
    @Test(.shows(effectOf: "ConfigMap/proxy-buffering", "ConfigMap/proxy-buffers-number"))
    func `holds where no annotation says otherwise`() throws {
        let configMap = ["proxy-buffering": "on", "proxy-buffers-number": "4096"]
        let whole = try SlowClient(["proxy-max-temp-file-size": "0"], size: 15 << 20, configMap: configMap)
        #expect(try whole.takenBeforeReading() == 15 << 20)
        let own = try SlowClient(
            ["proxy-buffering": "off"], size: 15 << 20, configMap: configMap, getsRidOfAll: false)
        #expect(try own.takenBeforeReading() < 15 << 20)
    }
}

@Suite struct `The annotation proxy-busy-buffers-size` {
    @Test(.shows(effectOf: "proxy-busy-buffers-size"))
    func `changes nothing, and says so`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["proxy-busy-buffers-size": "16k"], origin: origin)
        #expect(try gate.request().status == 200)
        #expect(gate.faults(about: "proxy-busy-buffers-size").count == 1)
    }
}
