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
}
