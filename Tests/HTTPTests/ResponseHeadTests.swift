import HTTP
import Testing

@Suite struct `Response head` {
    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "close", false), ("HTTP/1.0", "", false), ("HTTP/1.0", "keep-alive", true),
    ])
    func `says whether the connection lives on`(version: String, connection: String, keepsAlive: Bool) throws {
        let field = connection.isEmpty ? "" : "Connection: \(connection)\r\n"
        #expect(try response("\(version) 200 OK\r\n\(field)\r\n").keepsAlive == keepsAlive)
    }

    @Test func `is read after interim ones on the same connection`() throws {
        let stream = bytes("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n")
        var parser = ResponseHeadParser()
        var head = ResponseHead()
        let first = try #require(try parser.parse(stream.span, into: &head))
        #expect(SeenResponse(head, length: first).status == .continue)
        let second = try #require(try parser.parse(stream.span.extracting(droppingFirst: first), into: &head))
        #expect(SeenResponse(head, length: second).fields == ["A: b"])
        #expect(first + second == stream.count)
    }
}

@Suite struct `Body framing` {
    @Test(arguments: [
        (Method.get, "200 OK", "length(3)"), (.head, "200 OK", "none"), (.get, "204 No Content", "none"),
        (.get, "304 Not Modified", "none"), (.get, "100 Continue", "none"), (.post, "500 Oops", "length(3)"),
    ])
    func `of a response depends on method and status`(method: Method, status: String, framing: String) {
        let text = bytes("HTTP/1.1 \(status)\r\nContent-Length: 3\r\n\r\n")
        let summary = status.split(separator: " ", maxSplits: 1)
        #expect(
            responseVerdict(text, to: method)
                == .accepted("\(summary[0]) (\(summary[1])) \(framing) | Content-Length: 3"))
    }
}
