import Model
import TestSupport
import Testing

@Suite struct `Client connections` {
    @Test func `carry one request after another`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() { try connection.respond(request.target) }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        for number in 0..<20 {
            let answer = try client.request("/\(number)")
            #expect(answer.status == 200)
            #expect(answer.text == "/\(number)")
            #expect(answer["Connection"] == nil)
        }
        #expect(origin.connectionCount == 1)
        #expect(origin.faults == [])
    }

    @Test func `answer pipelined requests in order, whatever they are`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() { try connection.respond(request.target + request.text) }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(
            Client.head("/a") + Client.head("/b", method: "POST", ["Content-Length: 3"]) + "xyz"
                + Client.head("/c", method: "HEAD")
                + Client.head("/d", method: "PUT", ["Transfer-Encoding: chunked"]) + "2\r\nuv\r\n0\r\n\r\n"
                + Client.head("/e", method: "TRACE") + Client.head("/f"))
        #expect(try client.response().text == "/a")
        #expect(try client.response().text == "/bxyz")
        let head = try client.response(to: "HEAD")
        #expect(head["Content-Length"] == "2")
        #expect(try client.response().text == "/duv")
        #expect(try client.response().status == 405)
        #expect(try client.response().text == "/f")
        #expect(origin.requests.map(\.target) == ["/a", "/b", "/c", "/d", "/f"])
    }

    @Test func `do not begin a pipelined request before the one in front is answered`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin(holdingSlowUntil: gate)
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head("/slow") + Client.head("/quick"))
        try origin.waitForRequests(1)
        #expect(try rig.request("/other").text == "/other")
        #expect(origin.requests.map(\.target) == ["/slow", "/other"])
        gate.open()
        #expect(try client.response().text == "/slow")
        #expect(try client.response().text == "/quick")
    }

    @Test func `are read however the bytes are cut`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() { try connection.respond(request.text) }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.sendByteByByte(
            Client.head("/", method: "POST", ["Transfer-Encoding: chunked"])
                + "3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nX-T: 1\r\n\r\n"
                + Client.head("/", method: "POST", ["Content-Length: 4"]) + "efgh")
        #expect(try client.response().text == "abcd")
        #expect(try client.response().text == "efgh")
    }

    @Test(arguments: [
        ("1.1", ["Connection: close"], "close"), ("1.0", [], "close"), ("1.0", ["Connection: close"], "close"),
    ])
    func `close when the client does not want to keep them`(
        version: String, fields: [String], connection: String
    ) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        let answer = try client.request(version: version, fields)
        #expect(answer.text == "ok")
        #expect(answer["Connection"] == connection)
        #expect(try client.isEnded())
        #expect(origin.requests[0]["Connection"] == nil)
        #expect(try rig.request().text == "ok")
        #expect(origin.connectionCount == 1, "the upstream's connection has nothing to do with the client's")
    }

    @Test func `are kept in HTTP 1.0 when the client asks for it`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        for _ in 0..<3 {
            let answer = try client.request(version: "1.0", ["Connection: keep-alive"])
            #expect(answer.text == "ok")
            #expect(answer["Connection"] == "keep-alive")
        }
    }

    @Test func `close after their share of requests, and say so`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin, settings: Given.settings { $0.client.keepAliveRequests = 3 }))
        let client = try rig.client()
        #expect(try client.request()["Connection"] == nil)
        #expect(try client.request()["Connection"] == nil)
        #expect(try client.request()["Connection"] == "close")
        #expect(try client.isEnded())
    }

    @Test func `close when they have been idle for too long`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.client.keepAliveTimeout = .milliseconds(100) }))
        let client = try rig.client()
        #expect(try client.request().text == "ok")
        #expect(try client.isEnded())
    }

    @Test func `are not kept at all where keeping them is turned off`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin, settings: Given.settings { $0.client.keepAliveTimeout = .zero }))
        let client = try rig.client()
        #expect(try client.request()["Connection"] == "close")
        #expect(try client.isEnded())
    }

    @Test func `forgive one empty line before a request`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send("\r\n" + Client.head() + "\r\n" + Client.head())
        #expect(try client.response().text == "ok")
        #expect(try client.response().text == "ok")
    }
}
