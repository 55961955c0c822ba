import TestSupport
import Testing

/// A request over HTTP/2 and what an HTTP/1.1 origin gets of it.
@Suite struct `An HTTP/2 request` {
    @Test func `reaches an origin as HTTP/1.1, and its answer comes back`() throws {
        let origin = try ScriptedOrigin(answering: "hello", fields: ["X-Origin: one", "Connection: keep-alive"])
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let stream = try client.request("/shop?a=b", [("user-agent", "test"), ("x-mine", "1")])
        let answer = try client.message(stream)
        #expect(answer.status == 200)
        #expect(answer.text == "hello")
        #expect(answer["x-origin"] == "one")
        #expect(answer["connection"] == nil)
        #expect(answer["content-length"] == "5")
        let request = try #require(origin.requests.first)
        #expect(request.startLine == "GET /shop?a=b HTTP/1.1")
        #expect(request["Host"] == "shop.example")
        #expect(request["user-agent"] == "test")
        #expect(request["x-mine"] == "1")
        #expect(request["X-Forwarded-Proto"] == "http")
    }

    @Test func `with a body is re-framed`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        #expect(
            try client.message(client.request(method: "POST", [("content-length", "5")], body: "first")).status == 200)
        #expect(try client.message(client.request(method: "POST", body: "second")).status == 200)
        let requests = origin.requests
        #expect(requests.map(\.text) == ["first", "second"])
        #expect(requests.map(\.framing) == [.length(5), .chunked])
    }

    @Test func `runs beside others on its connection`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/slow" { try gate.wait() }
                try connection.respond(request.target)
            }
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let slow = try client.request("/slow")
        let quick = try (0..<20).map { try client.request("/\($0)") }
        for (number, stream) in quick.enumerated() { #expect(try client.message(stream).text == "/\(number)") }
        gate.open()
        #expect(try client.message(slow).text == "/slow")
    }
}
