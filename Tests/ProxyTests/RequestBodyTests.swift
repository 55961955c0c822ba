import Model
import TestSupport
import Testing

@Suite struct `Request bodies` {
    /// Answers with what it got of a request, and how it was framed.
    static func echo() throws -> ScriptedOrigin {
        try ScriptedOrigin { connection in
            while let request = try connection.request() {
                let trailers = request.trailers.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
                try connection.respond("\(request.framing) \(request.text) [\(trailers)]")
            }
        }
    }

    @Test(arguments: [
        ("POST", "Content-Length: 5", "hello", "length(5) hello []"),
        ("POST", "Content-Length: 0", "", "length(0)  []"),
        ("GET", "Content-Length: 2", "ab", "length(2) ab []"),
        ("PUT", "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n", "chunked hello []"),
        ("PUT", "transfer-encoding: Chunked", "0\r\n\r\n", "chunked  []"),
        (
            "PUT", "Transfer-Encoding: chunked", "1;x=\"y\"\r\na\r\n0002\r\nbc\r\n0\r\nX-Sum: 9\r\nHost: evil\r\n\r\n",
            "chunked abc [X-Sum=9]"
        ),
    ])
    func `keep their framing, and lose chunk extensions and unfit trailers`(
        method: String, field: String, body: String, expected: String
    ) throws {
        let origin = try Self.echo()
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        for _ in 0..<2 { #expect(try client.request(method: method, [field], body: body).text == expected) }
        #expect(origin.faults == [])
    }

    @Test(arguments: [10_000, 70_000, 1_000_000])
    func `of any length arrive whole`(length: Int) throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                try connection.respond("\(request.body.count) \(BodyPattern.matches(request.body[...], at: 0))")
            }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        for _ in 0..<2 {
            try client.send(Client.head(method: "PUT", ["Content-Length: \(length)"]))
            try BodyPattern.send(length, to: client.wire)
            try client.send(Client.head("/behind"))
            #expect(try client.response().text == "\(length) true")
            #expect(try client.response().text == "0 true", "nothing of the next request went with the body")
        }
        #expect(origin.connectionCount == 1)
    }

    @Test func `are asked for when the client waits for 100 Continue`() throws {
        let origin = try Self.echo()
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 5", "Expect: 100-continue"]))
        let interim = try #require(try client.reader.head())
        #expect(interim.startLine == "HTTP/1.1 100 Continue")
        #expect(interim.fields.isEmpty)
        try client.send("hello")
        let answer = try client.response()
        #expect(answer.text == "length(5) hello []")
        #expect(answer.interim.isEmpty)
        #expect(origin.requests[0]["Expect"] == nil)
    }

    @Test func `are not asked for when they are there already`() throws {
        let origin = try Self.echo()
        let rig = try ProxyRig(Given.model(origin))
        let answer = try rig.request(method: "POST", ["Content-Length: 2", "Expect: 100-continue"], body: "hi")
        #expect(answer.text == "length(2) hi []")
        #expect(answer.interim.isEmpty)
    }

    @Test func `are never asked for of an HTTP 1.0 client`() throws {
        let origin = try Self.echo()
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", version: "1.0", ["Content-Length: 2", "Expect: 100-continue"]))
        #expect(!client.wire.hasInput(within: 50))
        try client.send("hi")
        #expect(try client.response().text == "length(2) hi []")
    }

    @Test func `with another expectation are refused`() throws {
        let origin = try Self.echo()
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        #expect(try client.request(method: "POST", ["Content-Length: 2", "Expect: 200-ok"], body: "hi").status == 417)
        #expect(try client.isEnded())
        #expect(origin.connectionCount == 0)
    }

    @Test func `that are declared too large are refused before anything reaches the origin`() throws {
        let origin = try Self.echo()
        let rig = try ProxyRig(Given.model(origin) { $0.bodyLimits = BodyLimits(requestBytes: 10) })
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 11", "Expect: 100-continue"]))
        let answer = try client.response()
        #expect(answer.status == 413)
        #expect(answer.interim.isEmpty, "nobody asks for a body that is not wanted")
        #expect(answer["Connection"] == "close")
        #expect(try client.isEnded())
        #expect(origin.connectionCount == 0)
        #expect(try rig.request(method: "POST", ["Content-Length: 10"], body: "0123456789").status == 200)
    }

    @Test func `that are too large may be sent to their end before the client looks at the answer`() throws {
        let size = 40_000_000
        let rig = try ProxyRig(
            Given.model(try Self.echo()) { $0.bodyLimits = BodyLimits(requestBytes: 10) })
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: \(size)"]))
        try BodyPattern.send(size, to: client.wire)
        #expect(try client.response().status == 413)
        #expect(try client.isEnded())
    }

    @Test func `that turn out too large are refused, and the origin gets no whole request`() throws {
        let origin = try Self.echo()
        let rig = try ProxyRig(Given.model(origin) { $0.bodyLimits = BodyLimits(requestBytes: 10) })
        let client = try rig.client()
        let chunks = "5\r\n01234\r\n5\r\n56789\r\n"
        try client.send(Client.head(method: "POST", ["Transfer-Encoding: chunked"]) + chunks + "1\r\nx\r\n")
        let answer = try client.response()
        #expect(answer.status == 413)
        #expect(answer["Connection"] == "close")
        try origin.waitForFinished(1)
        #expect(origin.requests.isEmpty)
        let fitting = try rig.request(method: "POST", ["Transfer-Encoding: chunked"], body: chunks + "0\r\n\r\n")
        #expect(fitting.text == "chunked 0123456789 []")
    }

    @Test func `that are small and not wanted do not cost the connection`() throws {
        let origin = try Self.echo()
        let rig = try ProxyRig(Given.model(origin) { $0.bodyLimits = BodyLimits(requestBytes: 10) })
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 11"]))
        #expect(try client.response().status == 413)
        try client.send("GET / HTTP/" + Client.head("/next"))
        #expect(try client.response().status == 200)
        #expect(origin.requests.map(\.target) == ["/next"], "what looked like a request was a body")
    }

    @Test func `are given up when the client leaves in the middle`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.head()
            #expect(try connection.bytes(3) == Array("abc".utf8))
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 9000"]) + "abc")
        try origin.waitForConnections(1)
        client.wire.close()
        try origin.waitForFinished(1)
        #expect(origin.faults == [])
    }
}

@Suite struct `An answer that comes before the request is whole` {
    @Test func `reaches the client, and the rest of the body is not sent for nothing`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.head()
            try connection.respond("no thanks", status: "403 Forbidden", fields: ["Connection: close"])
        }
        let rig = try ProxyRig(Given.model(origin) { $0.bodyLimits = BodyLimits(requestBytes: nil) })
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 100000000"]) + "some of it")
        let answer = try client.response()
        #expect(answer.status == 403)
        #expect(answer.text == "no thanks")
        #expect(answer["Connection"] == "close", "the connection cannot be kept with most of a body missing")
        try origin.waitForFinished(1)
    }

    @Test func `reaches the client, though the connection broke before anybody had looked at it`() throws {
        let (hasHead, mayAnswer) = (Gate(), Gate())
        let origin = try ScriptedOrigin { connection in
            _ = try connection.head()
            hasHead.open()
            try mayAnswer.wait()
            try connection.respond("no thanks", status: "403 Forbidden", fields: ["Connection: close"])
            connection.reset()
        }
        let worker = try HeldWorker(Given.model(origin))
        let client = try worker.rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 100000"]) + "some of it")
        try hasHead.wait()
        // The worker meets more of the body first, and then the answer with the reset.
        try worker.hold()
        try client.send("more of it")
        mayAnswer.open()
        try origin.waitForFinished(1)
        worker.letGo()
        let answer = try client.response()
        #expect(answer.status == 403)
        #expect(answer.text == "no thanks")
    }

    @Test func `lets a small rest of the body pass, and the next request is found`() throws {
        let origin = try ScriptedOrigin { connection in
            guard connection.number == 0 else {
                while try connection.request() != nil { try connection.respond("next") }
                return
            }
            _ = try connection.head()
            try connection.respond("early", fields: ["Connection: close"])
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 10"]) + "01234")
        let answer = try client.response()
        #expect(answer.text == "early")
        if answer["Connection"] == "close" {
            #expect(try client.isEnded())
        } else {
            try client.send("56789")
            #expect(try client.request().text == "next")
        }
    }

    @Test func `is complete even while the origin goes on reading the request`() throws {
        let origin = try ScriptedOrigin { connection in
            while let head = try connection.head() {
                try connection.respond("early")
                try connection.readBody(.length(Int(head["Content-Length"] ?? "0")!))
            }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Content-Length: 10"]) + "01234")
        #expect(try client.response().text == "early")
    }
}
