import Model
import TestSupport
import Testing

@Suite struct `A WebSocket` {
    /// Echoes frames until it is told to close.
    private static func echo() throws -> ScriptedOrigin {
        try ScriptedOrigin { connection in
            guard try connection.acceptWebSocket() != nil else { return }
            while true {
                let frame = try connection.frame()
                try connection.send(frame)
                if frame.kind == .close { return }
            }
        }
    }

    @Test func `carries frames both ways, and ends as its ends agree`() throws {
        let origin = try Self.echo()
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        let answer = try client.openWebSocket("/chat?room=1")
        #expect(answer.startLine == "HTTP/1.1 101 Switching Protocols")
        #expect(answer["Upgrade"] == "websocket")
        #expect(answer["Connection"]?.lowercased() == "upgrade")
        #expect(answer["Sec-WebSocket-Accept"] == OriginConnection.webSocketAccept)
        #expect(answer["Content-Length"] == nil && answer["Transfer-Encoding"] == nil)
        let request = origin.requests[0]
        #expect(request.target == "/chat?room=1")
        #expect(request["Upgrade"] == "websocket")
        #expect(request["Connection"]?.lowercased() == "upgrade")
        #expect(request["Sec-WebSocket-Key"] == "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(request["X-Real-IP"] == "127.0.0.1")
        for size in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
            let frame = WebSocketFrame(.binary, Array(repeating: UInt8(size & 0xFF), count: size))
            try client.send(frame)
            #expect(try client.frame() == frame)
        }
        try client.send(WebSocketFrame(.close, [3, 232]))
        #expect(try client.frame() == WebSocketFrame(.close, [3, 232]))
        #expect(try client.isEnded())
        client.wire.close()
        #expect(origin.faults == [])
        try eventually("both connections to be closed") {
            OpenSockets.connected(to: origin.port) + OpenSockets.accepted(on: rig.port) == 0
        }
    }

    @Test func `carries what was sent before it was open`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
            try connection.wire.send(Array(answer.utf8) + WebSocketFrame("hello").encoded())
            try connection.send(try connection.frame())
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        let head = Client.head("/", ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x"])
        try client.wire.send(Array(head.utf8) + WebSocketFrame("early").encoded(mask: [1, 2, 3, 4]))
        #expect(try client.response().status == 101)
        #expect(try client.frame().text == "hello")
        #expect(try client.frame().text == "early")
    }

    /// Ten heads of thirty kilobytes for a client that reads none of them before the tunnel opens.
    @Test func `opens behind interim responses that still wait to be sent`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            let fields = (0..<4).map { "X-\($0): " + String(repeating: "x", count: 7500) }.joined(separator: "\r\n")
            for _ in 0..<10 { try connection.send("HTTP/1.1 103 Early Hints\r\n\(fields)\r\n\r\n") }
            try connection.send(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            try connection.send(WebSocketFrame("hello"))
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client(receiveBuffer: 4096)
        try client.send(Client.head("/", ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x"]))
        try origin.waitForRequests(1)
        try eventually("the tunnel to open") { rig.metric("gatehouse_tunnels_total") == 1 }
        let answer = try client.response()
        #expect(answer.interim.count == 10)
        #expect(answer.status == 101)
        #expect(try client.frame().text == "hello")
    }

    @Test func `lets one side finish while the other goes on`() throws {
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            #expect(try connection.bytes(3) == Array("abc".utf8))
            #expect(try connection.waitForEnd() == .closed)
            try connection.send("still here")
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        #expect(try client.openWebSocket().status == 101)
        try client.send("abc")
        client.wire.finishSending()
        #expect(String(decoding: try client.reader.bytes(10), as: UTF8.self) == "still here")
        #expect(try client.isEnded())
        try origin.waitForFinished(1)
        #expect(origin.faults == [])
    }

    @Test(arguments: [true, false])
    func `ends on both sides when either is reset`(byClient: Bool) throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            if byClient {
                try connection.waitForEnd()
            } else {
                try gate.wait()
                connection.reset()
            }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        #expect(try client.openWebSocket().status == 101)
        if byClient { client.wire.reset() } else { gate.open() }
        try origin.waitForFinished(1)
        if !byClient { try client.wire.waitForEnd() }
        try eventually("both connections to be closed") {
            OpenSockets.connected(to: origin.port) + OpenSockets.accepted(on: rig.port) == 0
        }
    }

    @Test func `carries a lot of data both ways at once`() throws {
        let size = 8 << 20
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            let sender = try BackgroundThread { try? BodyPattern.send(size, to: connection.wire) }
            var check = PatternCheck()
            try connection.readBody(.length(size)) { check.take($0) }
            sender.join()
            try connection.send(check.isIntact ? "intact" : "broken")
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        #expect(try client.openWebSocket().status == 101)
        let wire = client.wire
        let sender = try BackgroundThread { try? BodyPattern.send(size, to: wire) }
        var check = PatternCheck()
        try client.reader.readBody(.length(size)) { check.take($0) }
        sender.join()
        #expect(check.isIntact)
        #expect(String(decoding: try client.reader.bytes(6), as: UTF8.self) == "intact")
    }

    @Test func `holds a writer back whose reader is slow`() throws {
        let taken = Watched(-1)
        let origin = try ScriptedOrigin { connection in
            try connection.acceptWebSocket()
            let count = try connection.wire.sendUntilBlocked(
                BodyPattern.bytes(at: 0, count: 65536), limit: 200 << 20)
            taken.change { $0 = count }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client(receiveBuffer: 4096)
        #expect(try client.openWebSocket().status == 101)
        #expect(try taken.wait { $0 >= 0 } < 40 << 20)
    }

    @Test func `ends when nothing moves for too long`() throws {
        let origin = try Self.echo()
        let rig = try ProxyRig(Given.model(origin) { $0.timeouts.read = .milliseconds(150) })
        let client = try rig.client()
        #expect(try client.openWebSocket().status == 101)
        try client.send(WebSocketFrame("one"))
        #expect(try client.frame().text == "one")
        #expect(try client.isEnded())
        try origin.waitForFinished(1)
    }
}

@Suite struct `A request to switch protocols` {
    @Test func `that the origin answers as any other leaves the connection as it was`() throws {
        let origin = try ScriptedOrigin(answering: "no")
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        let answer = try client.openWebSocket()
        #expect(answer.status == 200)
        #expect(answer.text == "no")
        #expect(try client.request("/next").text == "no")
        #expect(origin.connectionCount == 1)
    }

    @Test func `is answered 502 when the origin switches to another protocol`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin) { $0.retry.tries = 1 })
        #expect(try rig.client().openWebSocket().status == 502)
        try origin.waitForFinished(1)
    }

    @Test func `that does not name the upgrade in Connection is an ordinary request`() throws {
        let origin = try ScriptedOrigin(answering: "plain")
        let rig = try ProxyRig(Given.model(origin))
        #expect(try rig.request("/", ["Upgrade: websocket"]).text == "plain")
        #expect(origin.requests[0]["Upgrade"] == nil)
    }

    @Test func `to something else than a WebSocket is carried as well`() throws {
        let origin = try ScriptedOrigin { connection in
            guard let request = try connection.request() else { return }
            try connection.send(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: \(request["Upgrade"]!)\r\nConnection: Upgrade\r\n\r\n")
            try connection.send(String(decoding: try connection.bytes(4), as: UTF8.self).uppercased())
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        #expect(try client.request("/", ["Upgrade: echo/1", "Connection: upgrade"]).status == 101)
        try client.send("ping")
        #expect(String(decoding: try client.reader.bytes(4), as: UTF8.self) == "PING")
        #expect(try client.wire.receiveToEnd().bytes.isEmpty)
    }
}
