import Bytes
import HTTP
import Testing

@Suite struct `Head encoder` {
    @Test func `writes start lines`() {
        #expect(encoded { $0.appendStatusLine(.notFound) } == "HTTP/1.1 404 Not Found\r\n")
        #expect(encoded { $0.appendStatusLine(.ok, version: .http10) } == "HTTP/1.0 200 OK\r\n")
        #expect(encoded { $0.appendStatusLine(.ok, reason: bytes("Fine").span) } == "HTTP/1.1 200 Fine\r\n")
        #expect(
            encoded { $0.appendRequestLine(method: bytes("GET").span, target: bytes("/a?b").span) }
                == "GET /a?b HTTP/1.1\r\n")
    }

    @Test func `never writes a longer status line than it says`() {
        for code in 100..<600 {
            let line = encoded { $0.appendStatusLine(Status(rawValue: UInt16(code))) }
            #expect(line.utf8.count <= Status.longestLine)
            #expect(line.hasPrefix("HTTP/1.1 \(code) "))
        }
    }

    @Test func `writes field lines`() {
        #expect(encoded { $0.appendField(.xRealIP, bytes("::1").span) } == "X-Real-IP: ::1\r\n")
        #expect(encoded { $0.appendField(.server, "x") } == "Server: x\r\n")
        #expect(encoded { $0.appendField(.contentLength, decimal: 120) } == "Content-Length: 120\r\n")
        #expect(encoded { $0.appendField(name: bytes("A").span, bytes("b").span) } == "A: b\r\n")
    }

    @Test(arguments: ["b\r\nC: d", "b\n", "\0"])
    func `leaves out fields that would break the message`(bad: String) {
        #expect(encoded { $0.appendField(.server, bytes(bad).span) }.isEmpty)
        #expect(encoded { $0.appendField(name: bytes("A").span, bytes(bad).span) }.isEmpty)
        #expect(encoded { $0.appendField(name: bytes(bad).span, bytes("a").span) }.isEmpty)
    }

    @Test(arguments: [
        // Everything in one piece, then with each kind of interruption.
        ("A: b\r\nC: d\r\nE: f\r\n", "A: b\r\nC: d\r\nE: f\r\n"),
        ("A: b\r\nConnection: close\r\nE: f\r\n", "A: b\r\nE: f\r\n"),
        ("A: b\r\nAccept: x\r\nE: f\r\n", "A: b\r\nE: f\r\n"),
        ("A: b\r\nX_Y: x\r\nE: f\r\n", "A: b\r\nE: f\r\n"),
        ("A:b\r\nC:  d  \r\nE: f\t\r\nG:\th\r\nI:\r\nJ: k\r\n", "A: b\r\nC: d\r\nE: f\r\nG: h\r\nI: \r\nJ: k\r\n"),
        ("Connection: a\r\nA: b\r\nC: d\r\n", "C: d\r\n"),
        ("", ""),
    ])
    func `forwards the fields of a block`(fields: String, expected: String) throws {
        let head = try parsed("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        let text = encoded { $0.appendFields(head.headers, except: [.accept, .host]) }
        #expect(text == expected)
        #expect(text.utf8.count <= head.headers.encodedLength)
    }

    @Test func `forwards edited fields`() throws {
        var head = try parsed("GET http://b/ HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n")
        head.headers.set(name: bytes("A").span, value: bytes("longer than before").span)
        head.headers.append(.xRealIP, value: bytes("1").span)
        head.headers.append(.xScheme, value: "http")
        head.headers.remove(named: bytes("C").span)
        let text = encoded { $0.appendFields(head.headers, except: []) }
        #expect(text == "Host: b\r\nA: longer than before\r\nX-Real-IP: 1\r\nX-Scheme: http\r\n")
        #expect(text.utf8.count <= head.headers.encodedLength)
    }

    @Test func `frames chunks that the decoder takes apart`() {
        var trailers = HeaderBlock()
        trailers.append(name: bytes("X-Sum").span, value: bytes("7").span)
        let body = encoded { buffer in
            for count in [1, 10, 17, 4096] {
                buffer.appendChunkStart(count: count)
                buffer.append(bytes(long(count)).span)
                buffer.appendChunkEnd()
            }
            buffer.appendLastChunk(trailers: trailers)
        }
        #expect(chunkedVerdict(bytes(body)) == .accepted(long(1 + 10 + 17 + 4096) + " | X-Sum: 7"))
        #expect(chunkedVerdict(bytes(encoded { $0.appendLastChunk() })) == .accepted(""))
        #expect(encoded { $0.appendChunkStart(count: Int.max) }.utf8.count == ByteBuffer.longestChunkStart)
    }
}

@Suite struct `Error page` {
    @Test func `is nginx's`() {
        #expect(
            encoded { $0.appendErrorPage(.notFound) } == """
                <html>\r
                <head><title>404 Not Found</title></head>\r
                <body>\r
                <center><h1>404 Not Found</h1></center>\r
                <hr><center>nginx</center>\r
                </body>\r
                </html>\r

                """)
        #expect(ErrorPage.length(.notFound) == 146)
    }

    @Test(arguments: [
        (Status.unauthorized, "401 Authorization Required"), (.forbidden, "403 Forbidden"),
        (.contentTooLarge, "413 Request Entity Too Large"), (.badGateway, "502 Bad Gateway"),
        (.serviceUnavailable, "503 Service Temporarily Unavailable"), (.gatewayTimeout, "504 Gateway Time-out"),
        (.permanentRedirect, "308 Permanent Redirect"), (.requestTimeout, "408 Request Time-out"),
        (.found, "302 Found"),
    ])
    func `is titled as users know it`(status: Status, title: String) {
        let page = encoded { $0.appendErrorPage(status) }
        #expect(page.contains("<title>\(title)</title>") && page.contains("<h1>\(title)</h1>"))
        #expect(page.utf8.count == ErrorPage.length(status))
    }

    @Test func `has the status line that goes with it`() {
        #expect(Status.unauthorized.reason.description == "Unauthorized")
        #expect(Status.found.reason.description == "Moved Temporarily")
    }
}

@Suite struct `HTTP date` {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func `is written as RFC 9110 wants it`(seconds: Int, text: String) {
        #expect(encoded { $0.appendHTTPDate(seconds) } == text)
        #expect(text.utf8.count == HTTPDate.length)
    }
}

@Suite struct `Cookies` {
    @Test(arguments: [
        ("a=b", "a", "b"), ("a=b; c=d", "c", "d"), ("a=b;c=d", "c", "d"), ("a=b;  c = d ", "c", "d"), ("c=", "c", ""),
        ("a=b=c", "a", "b=c"), ("a=\"b\"", "a", "\"b\""), ("a=1; a=2", "a", "1"), ("xa=1; a=2", "a", "2"),
        ("A=b", "a", nil), ("ab=c", "a", nil), ("a", "a", nil), ("a; a=b", "a", "b"), (";;;a=b;;;", "a", "b"),
        ("", "a", nil),
        ("b=a=c", "a", nil),
    ])
    func `are found by name`(field: String, name: String, value: String?) throws {
        let head = try parsed("GET / HTTP/1.1\r\nHost: a\r\nCookie: \(field)\r\n\r\n")
        let found = head.headers.cookie(named: bytes(name).span).map { head.headers.bytes(in: $0).text() }
        #expect(found == value)
    }

    @Test func `are looked for in all fields`() throws {
        let head = try parsed("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\nX: y\r\nCookie: c=d\r\n\r\n")
        let found = head.headers.cookie(named: bytes("c").span).map { head.headers.bytes(in: $0).text() }
        #expect(found == "d")
    }
}

@Suite struct `Request method` {
    @Test(arguments: [
        ("GET", Method.get, true, true), ("HEAD", .head, true, true), ("POST", .post, false, false),
        ("PUT", .put, false, true), ("DELETE", .delete, false, true), ("CONNECT", .connect, false, false),
        ("OPTIONS", .options, true, true), ("TRACE", .trace, true, true), ("PATCH", .patch, false, false),
        ("PROPFIND", .other, false, false), ("get", .other, false, false), ("GETS", .other, false, false),
    ])
    func `knows what it may be used for`(name: String, method: Method, isSafe: Bool, isIdempotent: Bool) {
        #expect(Method(bytes(name).span) == method)
        #expect(method.isSafe == isSafe)
        #expect(method.isIdempotent == isIdempotent)
        if method != .other { #expect(method.name.description == name) }
    }
}
