import Model
import TestSupport
import Testing

/// What a client gets over HTTP/2 of what an HTTP/1.1 origin answers.
@Suite struct `A response over HTTP/2` {
    private func answer(
        _ text: String, method: String = "GET", closes: Bool = false, settings: Settings = Settings()
    ) throws -> HTTP2Message {
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.send(text)
                if closes { return }
            }
        }
        let rig = try ProxyRig(Given.model(origin, settings: settings), http2: true)
        let client = try rig.http2()
        return try client.message(client.request(method: method))
    }

    @Test func `in chunks has its trailers passed on`() throws {
        let message = try answer(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\nX-Sum: 42\r\n\r\n")
        #expect(message.text == "onetwo")
        #expect(message["transfer-encoding"] == nil)
        #expect(message.trailers == [Message.Field(name: "x-sum", value: "42")])
    }

    @Test func `that ends with its connection is whole`() throws {
        #expect(try answer("HTTP/1.1 200 OK\r\n\r\nto the end", closes: true).text == "to the end")
    }

    @Test(arguments: [
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, nil as String?),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"a\"\r\n\r\n", 304, "9"),
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", 200, "12"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "0"),
    ])
    func `without content ends with its head`(method: String, text: String, status: Int, length: String?) throws {
        let message = try answer(text, method: method)
        #expect(message.status == status)
        #expect(message["content-length"] == length)
        #expect(message.body.isEmpty)
        #expect(message.resetCode == nil)
    }

    @Test func `comes after its interim responses`() throws {
        let message = try answer(
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(message.interim.map { $0.first?.value } == ["103"])
        #expect(message.interim.first?.last == Message.Field(name: "link", value: "</a.css>"))
        #expect(message.text == "ok")
    }

    @Test func `may have a head of many frames`() throws {
        let value = String(repeating: "v", count: 5000)
        let fields = (0..<30).map { "X-Large-\($0): \(value)\r\n" }.joined()
        let message = try answer(
            "HTTP/1.1 200 OK\r\n\(fields)Content-Length: 2\r\n\r\nok",
            settings: Given.settings { $0.upstream.responseHeadBytes = 256 << 10 })
        #expect(message.status == 200 && message.text == "ok")
        #expect((0..<30).allSatisfy { message["x-large-\($0)"] == value })
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ncut",
    ])
    func `that is cut is reset, never ended`(text: String) throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send(text)
            try gate.wait()
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let stream = try client.request()
        try client.message(stream) { !$0.body.isEmpty }
        gate.open()
        let message = try client.message(stream)
        #expect(message.text == "cut")
        #expect(!message.hasEnded)
        #expect(message.resetCode == HTTP2Frame.Code.internalError)
    }

    @Test func `has names in lower case and nothing of the origin's connection`() throws {
        let message = try answer(
            "HTTP/1.1 200 OK\r\nX-Mixed-Case: Yes\r\nKeep-Alive: timeout=5\r\nConnection: x-secret\r\nX-Secret: 1\r\n"
                + "Upgrade: h2c\r\nProxy-Connection: close\r\nContent-Length: 2\r\n\r\nok")
        #expect(message["x-mixed-case"] == "Yes")
        let forbidden = ["keep-alive", "connection", "upgrade", "proxy-connection", "x-secret", "transfer-encoding"]
        #expect(forbidden.allSatisfy { message[$0] == nil })
        #expect(message.fields.allSatisfy { $0.name == $0.name.lowercased() })
    }

    @Test func `of our own has its page`() throws {
        let rig = try ProxyRig(Given.model([]), http2: true)
        let client = try rig.http2()
        let answer = try client.message(client.request())
        #expect(answer.status == 503)
        #expect(answer["content-type"] == "text/html")
        #expect(answer["content-length"] == "\(answer.body.count)")
        let bare = try client.message(client.request(method: "HEAD"))
        #expect(bare.status == 503)
        #expect(bare.body.isEmpty)
    }
}
