import Model
import TestSupport
import Testing

/// What costs us more than its sender ends the connection with ENHANCE_YOUR_CALM, and is counted.
@Suite struct `An HTTP/2 flood` {
    struct Flood: Sendable, CustomTestStringConvertible {
        let name: String
        let limit: String
        let frames: @Sendable () -> [UInt8]
        var testDescription: String { name }
    }

    private static let get = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "shop.example")]
        .asFields

    private static func repeated(_ count: Int, _ frame: (UInt32) -> HTTP2Frame) -> [UInt8] {
        (0..<UInt32(count)).flatMap { frame($0).encoded }
    }

    static let floods = [
        Flood(name: "of settings", limit: "http2_settings") { repeated(200) { _ in .settings() } },
        Flood(name: "of pings", limit: "http2_pings") {
            repeated(2000) { _ in .ping([UInt8](repeating: 0, count: 8)) }
        },
        Flood(name: "of priorities", limit: "http2_priorities") {
            repeated(3000) { HTTP2Frame(HTTP2Frame.Kind.priority, stream: 2 * $0 + 1, [0, 0, 0, 0, 1]) }
        },
        Flood(name: "of empty data", limit: "http2_empty_data") {
            HTTP2Frame.headers(1, get, endStream: false).encoded
                + repeated(1000) { _ in .data(1, [], endStream: false) }
        },
        Flood(name: "of window updates", limit: "http2_window_updates") {
            repeated(5000) { _ in .windowUpdate(0, 1) }
        },
        Flood(name: "of unknown frames", limit: "http2_unknown_frames") {
            repeated(1000) { _ in HTTP2Frame(0xEE) }
        },
        Flood(name: "of resets", limit: "http2_resets") {
            repeated(600) {
                let stream = 2 * ($0 / 2) + 1
                return $0 % 2 == 0 ? .headers(stream, get, endStream: true) : .reset(stream, HTTP2Frame.Code.cancel)
            }
        },
        Flood(name: "of resets that the client provokes", limit: "http2_provoked_resets") {
            // A window that overflows, on one stream after the other.
            repeated(1000) {
                let stream = 2 * ($0 / 2) + 1
                return $0 % 2 == 0 ? .headers(stream, get, endStream: true) : .windowUpdate(stream, 0x7FFF_FFFF)
            }
        },
        Flood(name: "of continuations", limit: "http2_continuations") {
            HTTP2Frame(HTTP2Frame.Kind.headers, stream: 1, HPACK.encode(get)).encoded
                + repeated(100) { _ in HTTP2Frame(HTTP2Frame.Kind.continuation, stream: 1) }
        },
        Flood(name: "of header bombs", limit: "http2_headers") {
            // One large entry in the table, and a thousand times its index.
            repeated(200) { number in
                let large = [Message.Field(name: "x-large", value: String(repeating: "a", count: 3900))]
                let block =
                    HPACK.encode(get) + (number == 0 ? HPACK.encode(large, form: .withIndexing) : [])
                    + [UInt8](repeating: 0x80 | 62, count: 1000)
                return HTTP2Frame(HTTP2Frame.Kind.headers, flags: 0x05, stream: 2 * number + 1, block)
            }
        },
    ]

    @Test(arguments: floods)
    func `ends its connection`(flood: Flood) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        client.answersPings = false
        // The proxy may be gone before all of it is sent.
        try? client.wire.send(flood.frames())
        #expect(try Self.goodbye(to: client) == HTTP2Frame.Code.enhanceYourCalm)
        #expect(rig.metric("gatehouse_limits_hit_total", "limit=\"\(flood.limit)\"") == 1)
        // Others are served as before.
        let other = try rig.http2()
        #expect(try other.message(other.request()).status == 200)
    }

    /// The code of the last GOAWAY before the connection ends.
    private static func goodbye(to client: HTTP2Peer) throws -> UInt32? {
        do {
            while try client.frame() != nil {}
        } catch WireFault.reset {}
        return client.frames.last { $0.kind == HTTP2Frame.Kind.goAway }.map { HTTP2Frame.word($0.payload[4...]) }
    }

    @Test func `is none of pings that each follow a frame of data, as clients measure their bandwidth`() throws {
        let size = 24 << 20
        let origin = try ScriptedOrigin { connection in
            guard try connection.request() != nil else { return }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            try BodyPattern.send(size, to: connection.wire)
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let stream = try client.request()
        var pings = 0
        while let frame = try client.frame() {
            guard frame.kind == HTTP2Frame.Kind.data else { continue }
            try client.send(.ping([UInt8](repeating: 0, count: 8)))
            pings += 1
            if frame.has(HTTP2Frame.Flag.endStream) { break }
        }
        #expect(pings > 1000)
        #expect(try client.message(stream).body.count == size)
    }

    @Test func `is none of window updates of many calls, as gRPC's clients send several for each`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.client.keepAliveRequests = 10_000 }), http2: true)
        let client = try rig.http2()
        for _ in 0..<300 {
            let streams = try (0..<5).map { _ in try client.request() }
            for stream in streams {
                for _ in 0..<4 { try client.send(.windowUpdate(0, 1)) }
                try client.send(HTTP2Frame(HTTP2Frame.Kind.priority, stream: stream + 1_000_000, [0, 0, 0, 0, 1]))
            }
            for stream in streams { #expect(try client.message(stream).status == 200) }
        }
        #expect(!client.frames.contains { $0.kind == HTTP2Frame.Kind.goAway })
    }

    @Test func `is none of resets of answers that had begun, as of streams that a client has heard enough of`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        for _ in 0..<400 {
            let stream = try client.request()
            #expect(try client.message(stream) { !$0.fields.isEmpty }.status == 200)
            try client.send(.reset(stream, HTTP2Frame.Code.cancel))
        }
        #expect(try client.message(client.request()) { !$0.body.isEmpty }.text == "first")
    }

    @Test func `of requests that are reset at once costs the origin nothing`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        var bytes: [UInt8] = []
        for number in 0..<UInt32(100) {
            bytes += HTTP2Frame.headers(2 * number + 1, Self.get, endStream: true).encoded
            bytes += HTTP2Frame.reset(2 * number + 1, HTTP2Frame.Code.cancel).encoded
        }
        bytes += HTTP2Frame.headers(201, Self.get, endStream: true).encoded
        try client.wire.send(bytes)
        #expect(try client.message(201).status == 200)
        #expect(origin.requests.count <= 3)
    }

    @Test func `of concurrent requests is refused beyond the limit`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/hold" { try gate.wait() }
                try connection.respond()
            }
        }
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.http2.concurrentStreams = 4 }), http2: true)
        // A request that was answered shows that the settings hold.
        #expect(try rig.request("/first").status == 200)
        let client = try rig.http2()
        let streams = try (0..<5).map { _ in try client.request("/hold") }
        #expect(try client.message(streams[4]).resetCode == HTTP2Frame.Code.refusedStream)
        gate.open()
        for stream in streams.prefix(4) { #expect(try client.message(stream).status == 200) }
    }
}
