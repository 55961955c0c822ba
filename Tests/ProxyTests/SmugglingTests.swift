import Model
import TestSupport
import Testing

/// Requests that two readers could take for different ones, sent with a second request behind: the origin
/// must see nothing of a refused one, and exactly one request for each that is not.
@Suite struct `Smuggling` {
    static let second = "GET /smuggled HTTP/1.1\r\nHost: shop.example\r\n\r\n"

    static let refused: [(text: String, status: Int)] = [
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \tchunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{B}chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\n\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400), ("GET /\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505), ("GET /#f HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\u{0}: y\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n", 400),
    ]

    @Test(arguments: refused)
    func `attempts are refused, and nothing of them reaches the origin`(text: String, status: Int) throws {
        let origin = try ScriptedOrigin(answering: "reached")
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(text + Self.second)
        #expect(try client.response().status == status)
        if status != 405 {
            #expect(try client.isEnded(), "what comes behind is never read as a request")
            #expect(origin.connectionCount == 0)
        }
    }

    /// The head is good and the body is not: part of it may have gone, but never as a whole request.
    @Test(arguments: [
        "5\nhello\n0\n\n", "5\r\nhelloX\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
        "5_\r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5;\u{0}\r\nhello\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
        "5\r\nhello\r\n0\r\n X: y\r\n\r\n",
        "5\r\nhello\r\n0\nX: y\r\n\r\n", "5;a=\"b\nhello\r\n0\r\n\r\n", "-1\r\n\r\n", "\r\n0\r\n\r\n",
    ])
    func `in a chunked body is refused, and the origin gets no whole request`(body: String) throws {
        let origin = try ScriptedOrigin(answering: "reached")
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Transfer-Encoding: chunked"]) + body + Self.second)
        let answer = try client.response()
        #expect(answer.status == 400)
        #expect(answer["Connection"] == "close")
        #expect(try client.isEnded())
        try origin.waitForFinished(origin.connectionCount)
        #expect(origin.requests.isEmpty)
        #expect(!origin.received.joined().contains("smuggled"))
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 46\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2e\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 0\r\nTransfer_Encoding: x\r\nContent-Length: 46\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: Content-Length\r\nContent-Length: 46\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n2e\r\n",
    ])
    func `in a body stays a body`(head: String) throws {
        #expect(Self.second.utf8.count == 46)
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() { try connection.respond(request.target) }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        let end = head.hasSuffix("2e\r\n") ? "\r\n0\r\n\r\n" : ""
        try client.send(head + Self.second + end + Client.head("/after"))
        #expect(try client.response().text == "/")
        #expect(try client.response().text == "/after")
        #expect(origin.requests.map(\.target) == ["/", "/after"])
        #expect(origin.requests[0].text == Self.second)
        #expect(origin.faults == [])
    }

    @Test func `by upgrade to HTTP 2 is not passed on`() throws {
        let origin = try ScriptedOrigin(answering: "plain")
        let rig = try ProxyRig(Given.model(origin))
        let answer = try rig.request(
            "/",
            [
                "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__",
            ])
        #expect(answer.text == "plain")
        #expect(origin.requests[0]["Upgrade"] == nil)
        #expect(origin.requests[0]["HTTP2-Settings"] == nil)
        #expect(origin.requests[0]["Connection"] == nil)
    }
}
