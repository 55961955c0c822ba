import Model
import Proxy
import TestSupport
import Testing

/// How HTTP/2 connections end.
@Suite struct `An HTTP/2 connection` {
    private func drain(_ rig: ProxyRig) throws -> BackgroundThread {
        let plane = rig.plane
        return try BackgroundThread { plane.drain(grace: .seconds(30)) }
    }

    @Test func `says goodbye in two steps, and finishes what was begun`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin(holdingSlowUntil: gate)
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        client.answersPings = false
        let slow = try client.request("/slow")
        try origin.waitForRequests(1)
        let draining = try drain(rig)
        let notice = try client.frame(HTTP2Frame.Kind.goAway)
        #expect(HTTP2Frame.word(notice.payload) == 0x7FFF_FFFF)
        #expect(HTTP2Frame.word(notice.payload[4...]) == HTTP2Frame.Code.none)
        // Sent before the client heard of it: served.
        let crossing = try client.request("/crossing")
        let ping = try #require(client.frames.first { $0.kind == HTTP2Frame.Kind.ping })
        try origin.waitForRequests(2)
        try client.send(.ping(ping.payload, isAnswer: true))
        let final = try client.frame(HTTP2Frame.Kind.goAway)
        #expect(HTTP2Frame.word(final.payload) == crossing)
        // Above the last stream: refused in silence, never half-served.
        try client.request("/late")
        gate.open()
        #expect(try client.message(slow).text == "/slow")
        #expect(try client.message(crossing).text == "/crossing")
        #expect(try client.frame() == nil)
        client.wire.close()
        draining.join()
        #expect(origin.requests.map(\.target).sorted() == ["/crossing", "/slow"])
    }

    @Test func `without requests ends when idle`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(
                origin,
                settings: Given.settings { $0.client.keepAliveTimeout = .milliseconds(200) }), http2: true)
        let client = try rig.http2()
        #expect(try client.message(client.request()).status == 200)
        let goodbye = try client.frame(HTTP2Frame.Kind.goAway)
        #expect(HTTP2Frame.word(goodbye.payload[4...]) == HTTP2Frame.Code.none)
        #expect(try client.frame() == nil)
        #expect(rig.metric("gatehouse_limits_hit_total", "limit=\"keep_alive_timeout\"") == 1)
    }

    @Test func `whose first head never ends is closed when its time is over`() throws {
        let settings = Given.settings {
            $0.client.headerTimeout = .milliseconds(100)
            $0.client.sendTimeout = .milliseconds(100)
        }
        let rig = try ProxyRig(Given.model([], settings: settings), http2: true)
        let client = try rig.http2()
        // Without END_HEADERS: the rest never comes.
        try client.send(HTTP2Frame(HTTP2Frame.Kind.headers, stream: 1, HPACK.encode(HTTP2Case.request())))
        while let frame = try client.frame() { _ = frame }
        #expect(client.frames.contains { $0.kind == HTTP2Frame.Kind.goAway })
    }

    @Test func `on which a tunnel's last bytes are never taken is closed when its time is over`() throws {
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            try connection.send(WebSocketFrame("bye"))
        }
        let settings = Given.settings {
            $0.client.keepAliveTimeout = .milliseconds(100)
            $0.client.sendTimeout = .milliseconds(100)
        }
        let rig = try ProxyRig(Given.model(origin, settings: settings), http2: true)
        let client = try rig.http2(settings: [(HTTP2Frame.Setting.initialWindowSize, 0)])
        let stream = try client.request(
            method: "CONNECT", [(":protocol", "websocket"), ("sec-websocket-version", "13")], endStream: false)
        try client.message(stream) { !$0.fields.isEmpty }
        try origin.waitForFinished(1)
        try client.send(.data(stream, [], endStream: true))
        while let frame = try client.frame() { _ = frame }
        #expect(client.frames.contains { $0.kind == HTTP2Frame.Kind.goAway })
    }

    @Test func `takes so many requests and no more`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(
                origin, settings: Given.settings { $0.client.keepAliveRequests = 3 }),
            http2: true)
        let client = try rig.http2()
        for _ in 0..<3 { #expect(try client.message(client.request()).status == 200) }
        while let frame = try client.frame() { _ = frame }
        #expect(client.frames.count { $0.kind == HTTP2Frame.Kind.goAway } == 2)
    }

    @Test func `that its client has taken leave of finishes what was begun, and begins nothing`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin(holdingSlowUntil: gate)
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let slow = try client.request("/slow")
        try origin.waitForRequests(1)
        try client.send(.goAway(lastStream: 0))
        #expect(try client.message(client.request("/late")).resetCode == HTTP2Frame.Code.refusedStream)
        gate.open()
        #expect(try client.message(slow).text == "/slow")
        while let frame = try client.frame() { _ = frame }
        #expect(origin.requests.map(\.target) == ["/slow"])
    }

    @Test func `that breaks off ends the requests on it`() throws {
        let ended = Gate()
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.waitForEnd()
            ended.open()
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        try client.request()
        try origin.waitForRequests(1)
        client.wire.reset()
        try ended.wait()
        try eventually("no connection to be open") { OpenSockets.accepted(on: rig.port) == 0 }
    }

    @Test func `keeps its streams through a change of the configuration`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/slow" { try gate.wait() }
                try connection.respond("old")
            }
        }
        let other = try ScriptedOrigin(answering: "new")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let slow = try client.request("/slow")
        try origin.waitForRequests(1)
        rig.plane.apply(Given.model(other))
        try eventually("the new model to serve") { try client.message(client.request("/")).text == "new" }
        gate.open()
        #expect(try client.message(slow).text == "old")
        #expect(!client.frames.contains { $0.kind == HTTP2Frame.Kind.goAway })
    }

    @Test func `leaves no descriptor or buffer behind`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        for _ in 0..<5 {
            let client = try rig.http2()
            let streams = try (0..<50).map { _ in try client.request() }
            for stream in streams { #expect(try client.message(stream).status == 200) }
            client.wire.close()
        }
        try eventually("every connection to be closed") { OpenSockets.accepted(on: rig.port) == 0 }
    }
}
