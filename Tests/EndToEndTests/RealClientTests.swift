import Foundation
import TestSupport
import Testing

/// Programs that people use, which `make test` installs.
@Suite struct `Real clients` {
    private static func served() throws -> Gatehouse {
        let text = Manifest.site("shop") + Manifest.settings(["keep-alive-requests": "1000000"])
        return try Gatehouse(["-f", "-", "--demo-backends"], input: text)
    }

    private static func curl(_ gatehouse: Gatehouse, _ arguments: String..., input: String = "") throws -> Command {
        let common = ["-sS", "--max-time", "10", "-H", "Host: shop.example"]
        let resolved = arguments.map { $0.replacing("GATEHOUSE", with: "127.0.0.1:\(gatehouse.port)") }
        return try Command.run("curl", common + resolved, input: input)
    }

    @Test(
        arguments: [
            (["--http1.1"], "HTTP/1.1 200 OK", "HTTP/1.1"), (["--http1.0"], "HTTP/1.1 200 OK", "HTTP/1.1"),
            (["--head"], "HTTP/1.1 200 OK", nil), (["-X", "DELETE"], "HTTP/1.1 200 OK", "DELETE /a HTTP/1.1"),
        ] as [([String], String, String?)])
    func `curl asks`(options: [String], statusLine: String, expected: String?) throws {
        let gatehouse = try Self.served()
        let result = try Self.curl(gatehouse, "-i", "http://GATEHOUSE/a")
        #expect(result.status == 0 && result.output.hasPrefix(statusLine), "\(result.errors)")
        let asked = try Command.run(
            "curl", ["-sS", "-i", "-H", "Host: shop.example"] + options + ["http://127.0.0.1:\(gatehouse.port)/a"])
        #expect(asked.status == 0, "\(asked.errors)")
        #expect(asked.output.hasPrefix(statusLine))
        if let expected { #expect(asked.output.contains(expected)) } else { #expect(!asked.output.contains("demo")) }
    }

    @Test func `curl uploads when it is told to continue`() throws {
        let gatehouse = try Self.served()
        let body = String(repeating: "0123456789abcdef", count: 1 << 14)
        for framing in [[], ["-H", "Transfer-Encoding: chunked"]] {
            let result = try Command.run(
                "curl",
                ["-sS", "-v", "-H", "Host: shop.example", "-H", "Expect: 100-continue", "--data-binary", "@-"]
                    + framing + ["http://127.0.0.1:\(gatehouse.port)/upload"], input: body)
            #expect(result.status == 0)
            #expect(result.errors.contains("< HTTP/1.1 100 Continue"))
            #expect(result.output.contains("with a body of \(body.utf8.count) bytes"))
        }
    }

    @Test func `curl takes one connection for all its requests`() throws {
        let gatehouse = try Self.served()
        let result = try Self.curl(gatehouse, "http://GATEHOUSE/[1-20]")
        #expect(result.status == 0)
        #expect(result.outputLines.count { $0.hasPrefix("  GET /") } == 20)
        let accepted = "nginx_ingress_controller_nginx_process_connections_total"
        #expect(try gatehouse.metrics().sum(accepted, ["state": "accepted"]) == 1)
    }

    @Test func `curl takes compressed answers`() throws {
        let text = Manifest.site("shop") + Manifest.settings(["use-gzip": "true", "gzip-min-length": "1"])
        let gatehouse = try Gatehouse(["-f", "-", "--demo-backends"], input: text)
        let plain = try Self.curl(gatehouse, "-H", "Accept-Encoding: gzip;q=0", "http://GATEHOUSE/a")
        let result = try Self.curl(gatehouse, "-i", "--compressed", "http://GATEHOUSE/a")
        #expect(result.status == 0 && plain.status == 0, "\(result.errors)")
        #expect(
            result.output.contains("Content-Encoding: gzip\r\n") && !plain.output.contains("Content-Encoding: gzip\r"))
        #expect(plain.output.contains("GET /a HTTP/1.1") && result.output.contains("GET /a HTTP/1.1"))
    }

    @Test func `curl uses it as a proxy`() throws {
        let gatehouse = try Self.served()
        let result = try Command.run(
            "curl", ["-sS", "-i", "--proxy", "http://127.0.0.1:\(gatehouse.port)", "http://shop.example/absolute?x=1"])
        #expect(result.status == 0)
        #expect(result.output.contains("  GET /absolute?x=1 HTTP/1.1\n"))
        #expect(result.output.contains("  Host: shop.example\n"))
        // A tunnel is not what this proxy is for.
        let tunnel = try Command.run(
            "curl",
            ["-sS", "--proxytunnel", "--proxy", "http://127.0.0.1:\(gatehouse.port)", "http://shop.example/"])
        #expect(tunnel.status != 0)
        #expect(tunnel.errors.contains("405"))
    }

    @Test(.needs(.wrk))
    func `wrk finds no error`() throws {
        let gatehouse = try Self.served()
        let result = try Command.run(
            "wrk",
            ["-t2", "-c16", "-d1s", "-H", "Host: shop.example", "http://127.0.0.1:\(gatehouse.port)/"])
        #expect(result.status == 0, "\(result.errors)")
        let match = try #require(result.output.firstMatch(of: /([0-9]+) requests in/))
        let requests = try #require(Int(match.1))
        #expect(requests > 16)
        #expect(!result.output.contains("Socket errors"), "\(result.output)")
        #expect(!result.output.contains("Non-2xx"), "\(result.output)")
        // What wrk counts has been counted here, too; what it cut off at its end may have been.
        try eventually("every request to be over") {
            let counted = try gatehouse.metrics().sum("nginx_ingress_controller_requests", ["status": "2xx"])
            return counted >= Double(requests) && counted <= Double(requests + 16)
        }
    }

    @Test func `a WebSocket client of Python's gets its echo`() throws {
        let gatehouse = try Self.served()
        let script = Products.repository.appending(path: "Tests/EndToEndTests/Clients/websocket.py")
        let result = try Command.run(
            "python3", [script.path(percentEncoded: false), "\(gatehouse.port)", "shop.example", "40"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "40 messages echoed, closed with 1000\n")
        try eventually("the tunnel to be over") {
            try gatehouse.metrics().sum("nginx_ingress_controller_nginx_process_connections", ["state": "active"]) == 0
        }
        #expect(try gatehouse.metrics().sum("gatehouse_tunnels_total") == 1)
    }

    @Test(.needs(.wsproto), arguments: ["1.1", "2"])
    func `a WebSocket client of Python's libraries gets its echo over TLS`(version: String) throws {
        let gatehouse = try Self.served()
        let script = Python.client("websocket_tls.py")
        let result = try Command.run(Python.path, [script, "\(gatehouse.securePort)", "shop.example", "40", version])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "40 messages echoed over HTTP/\(version), closed with 1000\n")
        #expect(try gatehouse.metrics().sum("gatehouse_tunnels_total") == 1)
    }
}
