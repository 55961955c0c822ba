import Model
import TestSupport
import Testing

@Suite struct `Answers that break the rules` {
    static let corpus = [
        "rubbish\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\u{0}b\r\n\r\n", "HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 40_000) + "\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ]

    @Test(arguments: corpus)
    func `become 502, and their connection is not used again`(bytes: String) throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/bad" { try connection.send(bytes) } else { try connection.respond("good") }
            }
        }
        let rig = try ProxyRig(Given.model(origin) { $0.retry.tries = 1 })
        let client = try rig.client()
        let answer = try client.request("/bad")
        #expect(answer.status == 502)
        #expect(answer["Connection"] == nil, "it is not the client's fault")
        try origin.waitForFinished(1)
        #expect(try client.request("/good").text == "good")
        #expect(origin.connectionCount == 2)
    }

    static let broken: [(bytes: String, resets: Bool)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfmore", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\nhalf\n0\n\n", false),
        ("HTTP/1.1 200 OK\r\n\r\nhalf", true),
    ]

    @Test(arguments: broken, ["1.1", "1.0"])
    func `in the middle of a body are never passed off as whole`(
        answer: (bytes: String, resets: Bool), version: String
    ) throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            guard try connection.request() != nil else { return }
            try connection.send(answer.bytes)
            try gate.wait()
            if answer.resets { connection.reset() }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(version: version))
        _ = client.wire.hasInput(within: 5000)
        gate.open()
        let (bytes, ending) = try client.wire.receiveToEnd()
        let rest = String(decoding: bytes, as: UTF8.self)
        #expect(!rest.hasSuffix("0\r\n\r\n"))
        #expect(!rest.contains("more"))
        #expect(ending == .reset, "an orderly end could be taken for the end of the body")
    }
}
