import Bytes
import HTTP
import Testing

@Suite struct `Request head` {
    @Test func `gives the parts of a plain request`() throws {
        let head = try request("GET /a/b?x=1 HTTP/1.1\r\nHost: Example.com:8080\r\nAccept:  */* \r\n\r\n")
        #expect(head.method == .get)
        #expect(head.methodName == "GET")
        #expect(head.version == .http11)
        #expect(head.target == "/a/b?x=1")
        #expect(head.originTarget == "/a/b?x=1")
        #expect(head.path == "/a/b")
        #expect(head.normalPath == "/a/b")
        #expect(head.isPathNormal)
        #expect(head.query == "x=1")
        #expect(head.host == "Example.com:8080")
        #expect(head.hostName == "example.com")
        #expect(head.port == 8080)
        #expect(head.keepsAlive)
        #expect(head.fields == ["Host: Example.com:8080", "Accept: */*"])
    }

    @Test func `has one Host, that of an absolute target`() throws {
        let head = try request("GET http://B.example:81/c HTTP/1.1\r\nA: b\r\nHost: a\r\nC: d\r\n\r\n")
        #expect(head.fields == ["A: b", "Host: B.example:81", "C: d"])
        #expect(head.host == "B.example:81")
        #expect(head.hostName == "b.example")
        #expect(head.port == 81)
        #expect(head.target == "http://B.example:81/c")
        #expect(head.originTarget == "/c")
    }

    @Test func `gets a Host from an absolute target in HTTP/1.0`() throws {
        let head = try request("GET http://b/c HTTP/1.0\r\nA: b\r\n\r\n")
        #expect(head.fields == ["A: b", "Host: b"])
    }

    @Test func `tells an empty query from none`() throws {
        #expect(try request("GET /a? HTTP/1.0\r\n\r\n").query == "")
        #expect(try request("GET /a HTTP/1.0\r\n\r\n").query == nil)
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "close", false), ("HTTP/1.1", "Close", false),
        ("HTTP/1.1", "keep-alive", true), ("HTTP/1.1", "keep-alive, close", false), ("HTTP/1.1", "x, close", false),
        ("HTTP/1.1", "closed", true), ("HTTP/1.0", "", false), ("HTTP/1.0", "Keep-Alive", true),
        ("HTTP/1.0", "keep-alive, close", false), ("HTTP/1.0", "x", false),
    ])
    func `says whether the connection lives on`(version: String, connection: String, keepsAlive: Bool) throws {
        let field = connection.isEmpty ? "" : "Connection: \(connection)\r\n"
        #expect(try request("GET / \(version)\r\nHost: a\r\n\(field)\r\n").keepsAlive == keepsAlive)
    }

    @Test func `reads several Connection fields as one`() throws {
        #expect(try !request("GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n").keepsAlive)
    }

    @Test(arguments: [
        ("upgrade", "websocket", RequestHead.Upgrade.webSocket), ("Upgrade", "WebSocket", .webSocket),
        ("keep-alive, Upgrade", "websocket", .webSocket), ("upgrade", "tcp", .other), ("upgrade", "h2c", .none),
        ("Upgrade, HTTP2-Settings", "h2c", .none), ("upgrade", "websocket, h2c", .none), ("upgrade", "H2C", .none),
        ("keep-alive", "websocket", .none),
    ])
    func `asks for an upgrade when Connection says so`(
        connection: String, protocols: String, upgrade: RequestHead.Upgrade
    ) throws {
        let fields = "Connection: \(connection)\r\nUpgrade: \(protocols)\r\n"
        #expect(try request("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n").upgrade == upgrade)
        #expect(try request("GET / HTTP/1.0\r\nHost: a\r\n\(fields)\r\n").upgrade == .none)
    }

    @Test func `waits for 100 Continue in HTTP/1.1 only`() throws {
        #expect(try request("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expectsContinue)
        #expect(try !request("PUT / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expectsContinue)
    }

    @Test(arguments: [("trailers", true), ("deflate, Trailers", true), ("deflate", false)])
    func `takes trailers when TE says so`(value: String, accepts: Bool) throws {
        #expect(try request("GET / HTTP/1.1\r\nHost: a\r\nTE: \(value)\r\n\r\n").acceptsTrailers == accepts)
    }

    @Test func `keeps underscores when asked to, but for names that shadow known ones`() throws {
        let text =
            "GET / HTTP/1.1\r\nHost: a\r\nmy_name: b\r\nX_Real_IP: c\r\nX-Forwarded_For: d\r\nContent_Length: 9\r\n\r\n"
        #expect(try request(text, underscores: .keep).fields == ["Host: a", "my_name: b"])
        #expect(try request(text).fields == ["Host: a"])
        #expect(try request(text, underscores: .ignore).fields.count == 5)
    }
}

@Suite struct `Request head parser` {
    @Test func `reads pipelined requests one after another`() throws {
        let stream = bytes("GET /1 HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n\r\nPOST /2?b HTTP/1.0\r\n\r\nGET")
        var parser = RequestHeadParser()
        var head = RequestHead()
        var rest = stream.span
        var seen: [SeenRequest] = []
        while let length = try parser.parse(rest, into: &head) {
            seen.append(SeenRequest(head, length: length))
            rest = rest.extracting(droppingFirst: length)
        }
        #expect(seen.map(\.originTarget) == ["/1", "/2?b"])
        #expect(seen.map(\.fields) == [["Host: a", "X: y"], []])
        #expect(seen[1].hostName.isEmpty && !seen[1].keepsAlive)
        #expect(rest.count == 3 && parser.isAmidHead)
    }

    @Test func `starts over after a reset`() throws {
        var parser = RequestHeadParser()
        var head = RequestHead()
        #expect(try parser.parse(bytes("GET /a HTTP/1.1\r\nHost: a\r\nX-").span, into: &head) == nil)
        #expect(parser.isAmidHead)
        parser.reset()
        #expect(!parser.isAmidHead)
        let next = bytes("GET /b HTTP/1.1\r\nHost: b\r\n\r\n")
        #expect(try parser.parse(next.span, into: &head) == next.count)
        #expect(SeenRequest(head, length: next.count).fields == ["Host: b"])
    }

    @Test(arguments: [
        (HeadLimits(startLineBytes: 17), HTTP1Error.requestLineTooLong),
        (HeadLimits(fieldLineBytes: 8), .fieldLineTooLong),
        (HeadLimits(totalFieldBytes: 15), .fieldsTooLarge), (HeadLimits(fieldCount: 1), .tooManyFields),
        (HeadLimits(methodBytes: 2), .methodTooLong),
    ])
    func `holds each limit to the byte`(limits: HeadLimits, error: HTTP1Error) throws {
        let text = "GET /abc HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n"
        #expect(throws: error) { try request(text, limits: limits) }
        let exact = HeadLimits(
            startLineBytes: 19, fieldLineBytes: 9, totalFieldBytes: 17, fieldCount: 2, methodBytes: 3)
        #expect(try request(text, limits: exact).fields == ["Host: a", "B: c"])
    }

    @Test func `names the place of a fault`() {
        #expect(throws: HTTP1Error.badFieldName(at: 26)) { try request("GET / HTTP/1.1\r\nHost: a\r\nA B: c\r\n\r\n") }
        #expect(throws: HTTP1Error.badTarget(at: 6)) { try request("GET /a\u{1}b HTTP/1.1\r\n\r\n") }
    }

    @Test func `reports a fault before the line ends`() {
        var parser = RequestHeadParser()
        var head = RequestHead()
        #expect(throws: HTTP1Error.badFieldName(at: 17)) {
            _ = try parser.parse(bytes("GET / HTTP/1.1\r\nA B").span, into: &head)
        }
    }
}

@Suite struct `A request head that never becomes whole` {
    /// Fields are known by their place before their bytes are taken in; asking for them then would be fatal.
    @Test(arguments: [
        "GET /a HTTP/1.1\r\nHost: a\r\nUser-Agent: b\r\nX-Forwarded-For: c\r\nbad line\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nUser-Agent: b\r\nX-Forwarded-For: c\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nUser-Agent: b\r\nX: y\u{0}\r\n",
    ])
    func `can be asked for its request line, and has no fields`(text: String) throws {
        var parser = RequestHeadParser()
        var head = RequestHead()
        let bytes = Array(text.utf8)
        let length = try? parser.parse(bytes.span, into: &head)
        #expect(length == .some(nil) || length == nil)
        head.dropPartialFields()
        let method = head.methodBytes.text()
        let path = head.normalPath.text()
        let agent = head.headers.firstIndex(of: .userAgent)
        let forwarded = head.headers.contains(.xForwardedFor)
        #expect(method == "GET")
        #expect(path == "/a")
        #expect(agent == nil)
        #expect(!forwarded)
    }

    @Test func `keeps the fields that were taken in`() throws {
        var parser = RequestHeadParser()
        var head = RequestHead()
        let bytes = Array("GET / HTTP/1.1\r\nUser-Agent: b\r\n\r\n".utf8)
        do {
            _ = try parser.parse(bytes.span, into: &head)
            Issue.record("a request without a host")
        } catch {
            #expect(error == .missingHost)
        }
        head.dropPartialFields()
        let found = head.headers.firstIndex(of: .userAgent)
        let index = try #require(found)
        let agent = head.headers.value(index).text()
        #expect(agent == "b")
    }
}
