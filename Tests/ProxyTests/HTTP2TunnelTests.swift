import Model
import TestSupport
import Testing

/// WebSockets over HTTP/2 (RFC 8441).
@Suite struct `A WebSocket over HTTP/2` {
    private static let fields = [("sec-websocket-version", "13"), ("origin", "http://shop.example")]

    private func open(_ client: HTTP2Peer, _ stream: UInt32 = 1, protocol name: String = "websocket") throws {
        let head = [
            (":method", "CONNECT"), (":protocol", name), (":scheme", "http"), (":path", "/chat"),
            (":authority", "shop.example"),
        ]
        try client.send(.headers(stream, (head + Self.fields).asFields, endStream: false))
    }

    @Test func `is offered in the settings`() throws {
        let rig = try ProxyRig(Given.model([]), http2: true)
        let client = try rig.http2()
        _ = try client.frame(HTTP2Frame.Kind.settings)
        #expect(client.settings[HTTP2Frame.Setting.enableConnectProtocol] == 1)
        #expect(client.settings[HTTP2Frame.Setting.maxConcurrentStreams] == 128)
    }

    @Test func `opens a tunnel to an HTTP/1.1 origin and carries frames both ways`() throws {
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            while true {
                let frame = try connection.frame()
                if frame.kind == .close { return }
                try connection.send(WebSocketFrame("echo " + frame.text))
            }
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        try open(client)
        let head = try client.message(1) { !$0.fields.isEmpty }
        #expect(head.status == 200)
        #expect(head["sec-websocket-accept"] == nil)
        #expect(head["upgrade"] == nil)
        var expected: [UInt8] = []
        for word in ["one", "two"] {
            try client.send(.data(1, WebSocketFrame(word).encoded(mask: [1, 2, 3, 4]), endStream: false))
            expected += WebSocketFrame("echo " + word).encoded()
            #expect(try client.message(1) { $0.body.count >= expected.count }.body == expected)
        }
        try client.send(.data(1, WebSocketFrame(.close, []).encoded(mask: [1, 2, 3, 4]), endStream: true))
        #expect(try client.message(1).hasEnded)
        let request = try #require(origin.requests.first)
        #expect(request.startLine == "GET /chat HTTP/1.1")
        #expect(request["Upgrade"] == "websocket")
        #expect(request["Connection"] == "upgrade")
        #expect(request["Sec-WebSocket-Key"]?.count == 24)
        #expect(request["Sec-WebSocket-Key"]?.hasSuffix("==") == true)
        #expect(rig.metric("gatehouse_tunnels_total") == 1)
    }

    @Test func `that the origin refuses is an ordinary response`() throws {
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil { try connection.respond("no", status: "403 Forbidden") }
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        try open(client)
        let message = try client.message(1)
        #expect(message.status == 403)
        #expect(message.text == "no")
    }

    @Test func `that the origin answers as it would any request is not open`() throws {
        // RFC 8441 §5: any 2xx would tell the client that it is.
        let origin = try ScriptedOrigin(answering: "<html>")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        try open(client)
        #expect(try client.message(1).status == 502)
    }

    @Test func `to an endpoint of HTTP/2 is not open`() throws {
        let origin = try ScriptedOrigin(http2: [])
        let rig = try ProxyRig(Given.http2(origin), http2: true)
        let client = try rig.http2()
        try open(client)
        #expect(try client.message(1).status == 502)
    }

    @Test func `may end on the client's side first`() throws {
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            try connection.waitForEnd()
            try connection.send(WebSocketFrame("last"))
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        try open(client)
        try client.message(1) { !$0.fields.isEmpty }
        try client.send(.data(1, [], endStream: true))
        let message = try client.message(1)
        #expect(message.body == WebSocketFrame("last").encoded())
        #expect(message.hasEnded && message.resetCode == nil)
    }

    @Test func `may end on the origin's side first`() throws {
        let heard = Watched<String?>(nil)
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            connection.wire.finishSending()
            let text = try connection.frame().text
            heard.change { $0 = text }
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        try open(client)
        #expect(try client.message(1).hasEnded)
        try client.send(.data(1, WebSocketFrame("still here").encoded(mask: [1, 2, 3, 4]), endStream: true))
        #expect(try heard.wait("what the client said last") { $0 != nil } == "still here")
        try origin.waitForFinished(1)
        #expect(origin.faults == [])
    }

    @Test func `of another protocol gets 501`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        try open(client, protocol: "connect-udp")
        #expect(try client.message(1).status == 501)
        #expect(origin.connectionCount == 0)
    }

    @Test func `that is reset ends the origin's connection`() throws {
        let ended = Gate()
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            try connection.waitForEnd()
            ended.open()
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        try open(client)
        try client.message(1) { !$0.fields.isEmpty }
        try client.send(.reset(1, HTTP2Frame.Code.cancel))
        try ended.wait()
    }

    @Test func `whose origin goes away ends`() throws {
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            try connection.send(WebSocketFrame("bye"))
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        try open(client)
        let message = try client.message(1)
        #expect(message.body == WebSocketFrame("bye").encoded())
        #expect(message.hasEnded)
    }
}
