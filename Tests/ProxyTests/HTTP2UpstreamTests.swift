import Model
import TestSupport
import Testing

/// Shorthand for models whose endpoints speak HTTP/2 in the clear.
extension Given {
    static func http2(
        _ origins: ScriptedOrigin..., settings: Settings = Settings(),
        policy change: (inout RoutePolicy) -> Void = { _ in }
    ) -> ProxyModel {
        model(origins.map { endpoint($0) }, settings: settings) { policy in
            policy.transport.speaks = .http2
            change(&policy)
        }
    }
}

extension ScriptedOrigin {
    /// Answers every request of HTTP/2 with 200 and what the script says of it.
    convenience init(
        http2 settings: [(id: UInt16, value: UInt32)] = [],
        each answer: @escaping @Sendable (HTTP2Peer, HTTP2Message) throws -> Void = {
            try $0.respond(to: $1.stream, body: "ok")
        }
    ) throws {
        try self.init { connection in
            let peer = try connection.http2(settings)
            while let request = try peer.message() { try answer(peer, request) }
        }
    }
}

@Suite struct `A request to an endpoint of HTTP/2` {
    @Test func `has pseudo-header fields, and none that concern a connection`() throws {
        let seen = Watched<HTTP2Message?>(nil)
        let origin = try ScriptedOrigin { peer, request in
            seen.change { $0 = request }
            try peer.respond(to: request.stream, body: "ok")
        }
        let rig = try ProxyRig(Given.http2(origin))
        let fields = ["X-Mixed-Case: Value", "Connection: keep-alive, x-drop", "Keep-Alive: 5", "Upgrade: websocket"]
        let answer = try rig.request("/a?b=c", fields)
        #expect(answer.status == 200 && answer.text == "ok")
        let request = try #require(seen.current)
        #expect(request.fields.prefix(4).map(\.name) == [":method", ":scheme", ":authority", ":path"])
        #expect(request[":method"] == "GET" && request[":scheme"] == "http" && request[":path"] == "/a?b=c")
        #expect(request[":authority"] == "shop.example")
        #expect(request["x-mixed-case"] == "Value")
        #expect(request["x-forwarded-proto"] == "http" && request["x-request-id"]?.count == 32)
        for name in ["connection", "keep-alive", "upgrade", "host", "transfer-encoding", "te"] {
            #expect(request[name] == nil, "\(name)")
        }
        #expect(request.body.isEmpty && request.hasEnded)
    }

    @Test(arguments: [1, 16_384, 16_385, 65_000])
    func `carries a body that comes over HTTP/2, as much at a time as a window holds`(size: Int) throws {
        let origin = try ScriptedOrigin { peer, request in
            try peer.respond(to: request.stream, body: "\(request.body.count)")
        }
        let rig = try ProxyRig(Given.http2(origin), http2: true)
        let client = try rig.http2()
        let stream = try client.request(method: "POST", [("content-type", "application/grpc")], endStream: false)
        let body = [UInt8](repeating: 7, count: size)
        // All that the windows allow in one write: it is in the proxy's hands before the endpoint takes any of it.
        let pieces = stride(from: 0, to: size, by: 16_384).map { body[$0..<min($0 + 16_384, size)] }
        try client.wire.send(
            pieces.enumerated().flatMap {
                HTTP2Frame.data(stream, Array($0.element), endStream: $0.offset == pieces.count - 1).encoded
            })
        #expect(try client.message(stream).text == "\(size)")
    }

    @Test func `may have a head of many frames`() throws {
        let value = String(repeating: "v", count: 5000)
        let origin = try ScriptedOrigin { peer, request in
            let isWhole = (0..<30).allSatisfy { request["x-large-\($0)"] == value }
            try peer.respond(to: request.stream, body: "\(isWhole)")
        }
        let rig = try ProxyRig(Given.http2(origin, settings: Given.settings { $0.client.headerBytes = 256 << 10 }))
        #expect(try rig.request("/", (0..<30).map { "X-Large-\($0): \(value)" }).text == "true")
    }

    @Test(arguments: [0, 1, 5_000, 300_000])
    func `carries a body of declared length`(size: Int) throws {
        let origin = try ScriptedOrigin { peer, request in
            try peer.respond(to: request.stream, body: "\(request["content-length"] ?? "none") \(request.body.count)")
        }
        let rig = try ProxyRig(Given.http2(origin))
        let body = String(repeating: "x", count: size)
        let answer = try rig.request(method: "POST", ["Content-Length: \(size)"], body: body)
        #expect(answer.text == "\(size) \(size)")
    }

    @Test func `carries chunks as content, and their trailers behind it`() throws {
        let seen = Watched<HTTP2Message?>(nil)
        let origin = try ScriptedOrigin { peer, request in
            seen.change { $0 = request }
            try peer.respond(to: request.stream, body: "ok")
        }
        let rig = try ProxyRig(Given.http2(origin))
        let answer = try rig.request(
            method: "POST", ["Transfer-Encoding: chunked"], body: "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n")
        #expect(answer.status == 200)
        let request = try #require(seen.current)
        #expect(request.text == "abcde")
        #expect(request["content-length"] == nil)
        #expect(request.trailer("x-sum") == "5")
    }

    @Test func `says that it takes trailers, when the client does`() throws {
        let origin = try ScriptedOrigin { try $0.respond(to: $1.stream, body: $1["te"] ?? "none") }
        let rig = try ProxyRig(Given.http2(origin))
        #expect(try rig.request("/", ["TE: trailers", "Connection: TE"]).text == "trailers")
        #expect(try rig.request().text == "none")
    }

    @Test func `goes out before its body is whole`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            let request = try #require(try peer.head())
            try peer.send(.headers(request.stream, [(":status", "200")].asFields, endStream: false))
            try peer.message(request.stream) { $0.text == "first" }
            try peer.send(.data(request.stream, Array("one".utf8), endStream: false))
            try peer.message(request.stream) { $0.text == "firstsecond" && $0.hasEnded }
            try peer.send(.data(request.stream, Array("two".utf8), endStream: true))
            _ = try peer.message()
        }
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Transfer-Encoding: chunked"]) + "5\r\nfirst\r\n")
        let head = try #require(try client.reader.head())
        #expect(head.status == 200)
        #expect(try client.reader.bytes(8) == Array("3\r\none\r\n".utf8))
        try client.send("6\r\nsecond\r\n0\r\n\r\n")
        #expect(try client.reader.bytes(13) == Array("3\r\ntwo\r\n0\r\n\r\n".utf8))
    }
}

@Suite struct `A response of an endpoint of HTTP/2` {
    @Test func `keeps its declared length`() throws {
        let origin = try ScriptedOrigin {
            try $0.respond(to: $1.stream, [("content-length", "2"), ("x-a", "1"), ("x-a", "2")], body: "ok")
        }
        let rig = try ProxyRig(Given.http2(origin))
        let answer = try rig.request()
        #expect(answer["Content-Length"] == "2" && answer["Transfer-Encoding"] == nil)
        #expect(answer.values("x-a") == ["1", "2"])
        #expect(answer.startLine == "HTTP/1.1 200 OK")
    }

    @Test func `goes on in chunks when its length is not declared, with its trailers behind them`() throws {
        let origin = try ScriptedOrigin {
            try $0.respond(to: $1.stream, body: "hello", trailers: [("x-sum", "5"), ("grpc-status", "0")])
        }
        let rig = try ProxyRig(Given.http2(origin))
        let answer = try rig.request()
        #expect(answer["Transfer-Encoding"] == "chunked" && answer.text == "hello")
        #expect(answer.trailers == [("x-sum", "5"), ("grpc-status", "0")].asFields)
    }

    @Test(arguments: [204, 200, 304, 404])
    func `may be a head alone`(status: Int) throws {
        let origin = try ScriptedOrigin { try $0.respond(to: $1.stream, status: status) }
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client()
        for _ in 0..<3 {
            let answer = try client.request()
            #expect(answer.status == status && answer.body.isEmpty)
        }
        #expect(origin.connectionCount == 1)
    }

    @Test func `to HEAD tells the length and has no body`() throws {
        let origin = try ScriptedOrigin { try $0.respond(to: $1.stream, [("content-length", "100")]) }
        let rig = try ProxyRig(Given.http2(origin))
        let answer = try rig.request(method: "HEAD")
        #expect(answer.status == 200 && answer["Content-Length"] == "100")
    }

    @Test func `may have interim responses before it`() throws {
        let origin = try ScriptedOrigin { peer, request in
            try peer.send(
                .headers(request.stream, [(":status", "103"), ("link", "</a>")].asFields, endStream: false))
            try peer.send(.headers(request.stream, [(":status", "100")].asFields, endStream: false))
            try peer.respond(to: request.stream, body: "ok")
        }
        let rig = try ProxyRig(Given.http2(origin))
        let answer = try rig.request()
        #expect(answer.status == 200 && answer.text == "ok")
        #expect(answer.interim.map(\.status) == [103])
        #expect(answer.interim.first?["link"] == "</a>")
    }

    @Test(arguments: [
        [("x-first", "1"), (":status", "200")], [("x-no-status", "1")], [(":status", "200"), ("Upper", "1")],
        [(":status", "200"), ("connection", "close")], [(":status", "200"), ("x-bad", "a\u{0}b")],
        [(":status", "abc")], [(":status", "013")], [(":status", "000")], [(":status", "101")],
        [(":status", "200"), ("transfer-encoding", "chunked")],
    ])
    func `that is malformed is answered 502`(fields: [(String, String)]) throws {
        let origin = try ScriptedOrigin { peer, request in
            try peer.send(.headers(request.stream, fields.asFields, endStream: true))
        }
        let rig = try ProxyRig(Given.http2(origin))
        #expect(try rig.request().status == 502)
    }

    /// Limits are the same as for endpoints of HTTP/1: 32 KiB and 256 fields.
    @Test(arguments: [
        [("x-long", String(repeating: "x", count: 32_761))],
        [("x-a", String(repeating: "a", count: 17_000)), ("x-b", String(repeating: "b", count: 17_000))],
        (0..<257).map { ("x-\($0)", "") },
    ])
    func `that is too large is answered 502`(fields: [(String, String)]) throws {
        let origin = try ScriptedOrigin { peer, request in
            guard request[":path"] == "/large" else { return try peer.respond(to: request.stream, body: "ok") }
            for frame in Self.frames(request.stream, ([(":status", "200")] + fields).asFields) { try peer.send(frame) }
        }
        let rig = try ProxyRig(Given.http2(origin) { $0.retry.tries = 1 })
        #expect(try rig.request("/large").status == 502)
        #expect(try rig.request().text == "ok")
    }

    @Test func `that is as large as it may be is passed on`() throws {
        let value = String(repeating: "x", count: 32_700)
        let origin = try ScriptedOrigin { peer, request in
            let fields = [(":status", "200"), ("x-long", value)].asFields
            for frame in Self.frames(request.stream, fields) { try peer.send(frame) }
        }
        let answer = try ProxyRig(Given.http2(origin)).request()
        #expect(answer.status == 200)
        #expect(answer["x-long"] == value)
    }

    /// A response without content, in as many frames as its head needs.
    private static func frames(_ stream: UInt32, _ fields: [Message.Field]) -> [HTTP2Frame] {
        var block = HPACK.encode(fields, huffman: false)[...]
        var frames: [HTTP2Frame] = []
        while !block.isEmpty {
            let kind = frames.isEmpty ? HTTP2Frame.Kind.headers : HTTP2Frame.Kind.continuation
            var flags = frames.isEmpty ? HTTP2Frame.Flag.endStream : 0
            if block.count <= 16_384 { flags |= HTTP2Frame.Flag.endHeaders }
            frames.append(HTTP2Frame(kind, flags: flags, stream: stream, Array(block.prefix(16_384))))
            block = block.dropFirst(16_384)
        }
        return frames
    }

    @Test func `whose content is not as long as it says is never whole`() throws {
        let origin = try ScriptedOrigin { try $0.respond(to: $1.stream, [("content-length", "10")], body: "short") }
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client()
        try client.send(Client.head())
        let bytes = try client.wire.receiveToEnd()
        let text = String(decoding: bytes.bytes, as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 502 ") || bytes.ending == .reset)
    }

    @Test(arguments: [HTTP2Frame.Code.internalError, HTTP2Frame.Code.cancel, HTTP2Frame.Code.none])
    func `that is reset in the middle is cut off for the client`(code: UInt32) throws {
        let origin = try ScriptedOrigin { peer, request in
            try peer.send(.headers(request.stream, [(":status", "200")].asFields, endStream: false))
            try peer.send(.data(request.stream, Array("part".utf8), endStream: false))
            try peer.send(.reset(request.stream, code))
        }
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client()
        try client.send(Client.head())
        let (bytes, ending) = try client.wire.receiveToEnd()
        #expect(ending == .reset)
        #expect(!String(decoding: bytes, as: UTF8.self).hasSuffix("0\r\n\r\n"))
        #expect(rig.metric("gatehouse_upstream_failures_total", "truncated_response") == 1)
    }

    /// RFC 9113 §8.1: the endpoint says that it has no use for the rest of the request.
    @Test func `that is whole before its request reaches the client, though the stream is reset`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            let request = try #require(try peer.head())
            try peer.respond(to: request.stream, status: 413, body: "enough")
            try peer.send(.reset(request.stream, HTTP2Frame.Code.none))
            while try peer.frame() != nil {}
        }
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client()
        try client.send(
            Client.head(method: "POST", ["Content-Length: 1000000"]) + String(repeating: "x", count: 100_000))
        let answer = try client.response()
        #expect(answer.status == 413)
        #expect(answer.text == "enough")
    }

    /// What the worker has to send meets a connection that is gone; what the endpoint had said has not been read yet.
    @Test func `that is whole reaches the client, though the connection broke before anybody had looked at it`() throws
    {
        let (hasHead, mayAnswer) = (Gate(), Gate())
        let content = String(repeating: "c", count: 50_000)
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            let request = try #require(try peer.head())
            hasHead.open()
            try mayAnswer.wait()
            try peer.send(.headers(request.stream, [(":status", "200")].asFields, endStream: false))
            for piece in [16_384, 16_384, 16_384, 848] {
                try peer.send(.data(request.stream, Array(content.utf8.prefix(piece)), endStream: false))
            }
            try peer.send(.headers(request.stream, [("grpc-status", "8")].asFields, endStream: true))
            connection.reset()
        }
        let worker = try HeldWorker(Given.http2(origin) { $0.retry.conditions = [] }, http2: true)
        let client = try worker.rig.http2()
        let stream = try client.request(method: "POST", endStream: false)
        try hasHead.wait()
        // In one turn the worker takes in more of the body, and is held before that goes out.
        let held = [
            (":method", "GET"), (":scheme", "http"), (":path", HeldWorker.path), (":authority", "shop.example"),
        ]
        try client.wire.send(
            HTTP2Frame.data(stream, Array("more of it".utf8), endStream: false).encoded
                + HTTP2Frame.headers(stream + 2, held.asFields, endStream: true).encoded)
        try worker.waitUntilHeld()
        mayAnswer.open()
        try origin.waitForFinished(1)
        worker.letGo()
        let answer = try client.message(stream)
        #expect(answer[":status"] == "200" && answer.text == content && answer.trailer("grpc-status") == "8")
    }

    @Test func `that breaks off with its connection is cut off for the client`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            let request = try #require(try peer.message())
            try peer.send(.headers(request.stream, [(":status", "200")].asFields, endStream: false))
            try peer.send(.data(request.stream, Array("part".utf8), endStream: false))
        }
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client()
        try client.send(Client.head())
        #expect(try client.wire.receiveToEnd().ending == .reset)
    }
}
