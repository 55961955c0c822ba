import Bytes
import HTTP
import Testing

@Suite struct `Request head` {
    @Test func `gives the parts of a plain request`() throws {
        let head = try request("GET /a/b?x=1 HTTP/1.1\r\nHost: Example.com:8080\r\nAccept:  */* \r\n\r\n")
        #expect(head.method == .get)
        #expect(head.methodBytes.text() == "GET")
        #expect(head.version == .http11)
        #expect(head.target.text() == "/a/b?x=1")
        #expect(head.originTarget.text() == "/a/b?x=1")
        #expect(head.path.text() == "/a/b")
        #expect(head.normalPath.text() == "/a/b")
        #expect(head.isPathNormal)
        #expect(head.hasQuery)
        #expect(head.query.text() == "x=1")
        #expect(head.host.text() == "Example.com:8080")
        #expect(head.hostName.text() == "example.com")
        #expect(head.port == 8080)
        #expect(head.keepsAlive)
        #expect(head.headers.lines == ["Host: Example.com:8080", "Accept: */*"])
    }
}
