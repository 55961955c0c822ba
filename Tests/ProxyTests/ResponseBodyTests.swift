import Model
import TestSupport
import Testing

@Suite struct `Responses` {
    /// An origin that answers every request with these bytes, then closes if told so.
    static func origin(saying bytes: String, thenClosing closes: Bool = false) throws -> ScriptedOrigin {
        try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.send(bytes)
                if closes { return }
            }
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Message.Framing.length(5), "hello"),
        ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", .length(0), ""),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", .chunked,
            "hello"
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .chunked, ""),
        ("HTTP/1.1 404 Gone Fishing\r\nContent-Length: 2\r\n\r\nno", .length(2), "no"),
        ("HTTP/1.1 299 \r\nContent-Length: 2\r\nConnection: x-mine\r\nX-Mine: 1\r\n\r\nok", .length(2), "ok"),
    ])
    func `keep their framing, and both connections go on`(
        bytes: String, framing: Message.Framing, body: String
    ) throws {
        let origin = try Self.origin(saying: bytes)
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        for _ in 0..<2 {
            let answer = try client.request()
            #expect(answer.framing == framing)
            #expect(answer.text == body)
            #expect(answer.startLine.dropFirst(9).prefix(3) == bytes.dropFirst(9).prefix(3))
            #expect(answer["X-Mine"] == nil)
        }
        #expect(origin.connectionCount == 1)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\n\r\nuntil the end", "HTTP/1.0 200 OK\r\n\r\nuntil the end",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
    ])
    func `that end with the connection become chunked for HTTP 1.1, and end with the connection for 1.0`(
        bytes: String
    ) throws {
        let origin = try Self.origin(saying: bytes, thenClosing: true)
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        for _ in 0..<2 {
            let answer = try client.request()
            #expect(answer.framing == .chunked)
            #expect(answer.text == "until the end")
            #expect(answer.version == "HTTP/1.1")
        }
        let old = try rig.client()
        let answer = try old.request(version: "1.0", ["Connection: keep-alive"])
        #expect(answer.framing == .untilClose)
        #expect(answer.text == "until the end")
        #expect(answer["Connection"] == "close")
        #expect(answer["Transfer-Encoding"] == nil)
    }

    @Test func `that are chunked end with the connection for HTTP 1.0`() throws {
        let origin = try Self.origin(
            saying: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
        let rig = try ProxyRig(Given.model(origin))
        let answer = try rig.request(version: "1.0", ["Connection: keep-alive"])
        #expect(answer.framing == .untilClose)
        #expect(answer.text == "ok")
    }

    @Test func `bring their trailers along`() throws {
        let origin = try Self.origin(
            saying:
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n"
        )
        let rig = try ProxyRig(Given.model(origin))
        let answer = try rig.request("/", ["TE: trailers", "Connection: TE"])
        #expect(answer.text == "a")
        #expect(answer.trailers == [Message.Field(name: "X-Sum", value: "7")])
        #expect(origin.requests[0]["TE"] == "trailers")
    }

    @Test(arguments: [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "1000"),
        ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", nil),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", nil),
        ("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", nil),
        ("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nContent-Length: 7\r\n\r\n", "7"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", nil),
    ])
    func `without a body end with their head`(method: String, bytes: String, length: String?) throws {
        let origin = try Self.origin(saying: bytes)
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        for _ in 0..<2 {
            let answer = try client.request(method: method)
            #expect(answer.body.isEmpty)
            #expect(answer["Content-Length"] == length)
            #expect(answer["Transfer-Encoding"] == nil)
        }
        #expect(client.reader.unread.isEmpty)
        #expect(origin.connectionCount == 1)
    }

    @Test(arguments: [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"), ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\n\r\n"), ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ])
    func `with bytes behind their end cost the origin its connection, and nobody gets the bytes`(
        method: String, bytes: String
    ) throws {
        let evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/first" {
                    try connection.send(bytes + evil)
                } else {
                    try connection.respond("good")
                }
            }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        #expect(try client.request("/first", method: method).status != 502)
        try origin.waitForFinished(1)
        #expect(try client.request("/second").text == "good")
        #expect(origin.connectionCount == 2)
    }

    /// A large body goes through the kernel's pipe, and the client reads slowly: when the body ends, the
    /// bytes behind it have long been in the socket, and no event will tell of them any more.
    @Test(arguments: [70_000, 100_000, 150_000, 200_000])
    func `that are large with bytes behind their end are not trusted either`(length: Int) throws {
        let sent = Gate()
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                guard request.target == "/first" else {
                    try connection.respond("good")
                    continue
                }
                let body = String(repeating: "b", count: length)
                try connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n" + body
                        + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
                sent.open()
            }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client(receiveBuffer: 4096)
        try client.send(Client.head("/first"))
        try sent.wait()
        #expect(try rig.request("/meanwhile").text == "good", "the worker has seen all events")
        #expect(try client.response().body.count == length)
        for _ in 0..<3 { #expect(try client.request("/second").text == "good") }
    }

    @Test func `keep interim responses in front of the final one`() throws {
        let origin = try Self.origin(
            saying: "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                + "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        for _ in 0..<2 {
            let answer = try client.request()
            #expect(answer.text == "ok")
            #expect(answer.interim.map(\.status) == [103, 102], "100 is the proxy's to send")
            #expect(answer.interim.first?["Link"] == "</a.css>")
            #expect(answer.interim.first?["Content-Length"] == nil)
        }
        let old = try rig.request(version: "1.0")
        #expect(old.interim.isEmpty)
        #expect(old.text == "ok")
        #expect(origin.connectionCount == 1)
    }

    @Test func `with too many interim ones are no good`() throws {
        let origin = try Self.origin(
            saying: String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 11)
                + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let rig = try ProxyRig(Given.model(origin) { $0.retry.tries = 1 })
        #expect(try rig.request().status == 502)
    }
}
