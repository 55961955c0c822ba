import Foundation
import Linux
import Model
import Proxy
import Telemetry
import TestSupport
import Testing

/// A data plane with an access log in a file of its own.
private final class LoggingRig {
    let rig: ProxyRig
    private let log: AccessLog
    private let path: String

    init(_ model: ProxyModel, format: String, http2: Bool = false) throws {
        path = NSTemporaryDirectory() + "gatehouse-\(UUID().uuidString).log"
        log = try AccessLog(to: .file(path), workers: 1) { Issue.record("\($0)") }
        rig = try ProxyRig(model, accessLog: log, logFormat: try AccessLogFormat(format), http2: http2)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Everything that was logged, once no more comes.
    func lines() throws -> [String] {
        rig.plane.drain(grace: .seconds(10))
        log.stop()
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }
}

@Suite struct `An access log line` {
    @Test func `tells of the request, the route and every attempt`() throws {
        let refusing = try RefusingPort()
        let origin = try ScriptedOrigin(answering: "hello")
        let logging = try LoggingRig(
            Given.model([Given.endpoint(refusing.port), Given.endpoint(origin)]),
            format:
                "$remote_addr \"$request\" $status $body_bytes_sent [$proxy_upstream_name] $upstream_addr $upstream_status"
        )
        let client = try logging.rig.client()
        for number in 0..<2 {
            #expect(try client.request("/a?b=\(number)").text == "hello")
        }
        client.wire.close()
        let lines = try logging.lines()
        let ways = ["", "127.0.0.1:\(refusing.port), "].map { before in
            let status = before.isEmpty ? "200" : "502, 200"
            return " HTTP/1.1\" 200 5 [shop-web-80] \(before)127.0.0.1:\(origin.port) \(status)"
        }
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { line in ways.contains { line.hasSuffix($0) } })
        #expect(lines.contains { $0.hasSuffix(ways[1]) }, "one of two requests meets the endpoint that refuses first")
        #expect(lines.allSatisfy { $0.hasPrefix("127.0.0.1 \"GET /a?b=") })
    }

    @Test func `names HTTP/2.0`() throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let logging = try LoggingRig(
            Given.model(origin),
            format: "\"$request\" $server_protocol $status $body_bytes_sent $connection_requests", http2: true)
        let client = try logging.rig.http2()
        for path in ["/one", "/two"] { _ = try client.message(client.request(path)) }
        client.wire.close()
        #expect(
            try logging.lines() == ["\"GET /one HTTP/2.0\" HTTP/2.0 200 5 1", "\"GET /two HTTP/2.0\" HTTP/2.0 200 5 2"])
    }

    static let rejected: [(text: String, status: Int)] = [
        ("rubbish\r\n\r\n", 400), ("GET", 408),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: me\r\nReferer: b\r\nX-Forwarded-For: 203.0.113.9\r\nbad line\r\n\r\n",
            400
        ),
        ("GET / HTTP/1.1\r\nUser-Agent: me\r\nX-Forwarded-For: 203.0.113.9\r\nX-Request-ID: c\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: me\r\nX-Forwarded-For: 203.0.113.9\r\nX-Request-ID: d\r\n", 408),
        ("GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: d\r\nX: " + String(repeating: "x", count: 9000), 431),
        ("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: me\r\nExpect: x\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n", 417),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nUser-Agent: me\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400
        ),
    ]

    /// What is known of a head that is no good must be told, and nothing that was never read.
    @Test(arguments: rejected, [true, false])
    func `is written for a request that is refused while it is read`(
        request: (text: String, status: Int), trusts: Bool
    ) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let logging = try LoggingRig(
            Given.model(
                origin,
                settings: Given.settings {
                    $0.client.headerTimeout = .milliseconds(100)
                    $0.forwarding.trustsForwardedHeaders = trusts
                }),
            format: "$remote_addr \"$request\" $status \"$http_user_agent\" \"$http_referer\" $host $req_id $time_local"
        )
        // Somebody else's request went before, on the same exchange.
        #expect(
            try logging.rig.request("/", ["X-Forwarded-For: 198.51.100.1", "User-Agent: somebody-else"]).text == "ok")
        let client = try logging.rig.client()
        try client.send(request.text)
        #expect(try client.response().status == request.status)
        client.wire.close()
        let lines = try logging.lines()
        #expect(lines.count == 2)
        let line = try #require(lines.last)
        #expect(line.contains(" \(request.status) "))
        #expect(!line.contains("198.51.100.1"), "the client of another request")
        #expect(!line.contains("somebody-else"))
    }

    @Test func `says 499 for a client that left`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.waitForEnd()
        }
        let logging = try LoggingRig(Given.model(origin), format: "$status")
        let client = try logging.rig.client()
        try client.send(Client.head())
        try origin.waitForRequests(1)
        client.wire.reset()
        try origin.waitForFinished(1)
        #expect(try logging.lines() == ["499"])
    }

    @Test func `is made of what the client sent, and cannot be broken by it`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let logging = try LoggingRig(Given.model(origin), format: "\"$request\" \"$http_user_agent\"")
        #expect(try logging.rig.request("/%0A\"x", ["User-Agent: a\"b\\c\u{7F}"]).status == 400)
        #expect(try logging.rig.request("/%0A\"x", ["User-Agent: a\"b\\c"]).text == "ok")
        let lines = try logging.lines()
        #expect(lines.count == 2)
        #expect(lines.last == "\"GET /%0A\\x22x HTTP/1.1\" \"a\\x22b\\x5Cc\"")
    }
}
