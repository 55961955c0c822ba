import Foundation
import TestSupport
import Testing

/// HTTP/2 with the programs that people use.
@Suite struct `HTTP/2 clients` {
    private static func served() throws -> Gatehouse {
        let text = Manifest.site("shop") + Manifest.settings(["keep-alive-requests": "1000000"])
        return try Gatehouse(["-f", "-", "--demo-backends", "--h2c"], input: text)
    }

    @Test func `curl asks and uploads`() throws {
        let gatehouse = try Self.served()
        let common = ["-sS", "--http2-prior-knowledge", "--max-time", "10", "-H", "Host: shop.example"]
        let asked = try Command.run("curl", common + ["-i", "http://127.0.0.1:\(gatehouse.port)/a?b=c"])
        #expect(asked.status == 0, "\(asked.errors)")
        #expect(asked.output.hasPrefix("HTTP/2 200"))
        #expect(asked.output.contains("  GET /a?b=c HTTP/1.1\n"))
        #expect(asked.output.contains("  Host: shop.example\n"))
        let body = String(repeating: "0123456789abcdef", count: 1 << 15)
        let uploaded = try Command.run(
            "curl", common + ["--data-binary", "@-", "http://127.0.0.1:\(gatehouse.port)/upload"], input: body)
        #expect(uploaded.status == 0, "\(uploaded.errors)")
        #expect(uploaded.output.contains("with a body of \(body.utf8.count) bytes"))
        #expect(try gatehouse.metrics().sum("gatehouse_http2_connections_total") == 2)
    }

    @Test(arguments: [
        ("--http2", "true", "HTTP/2 200"), ("--http1.1", "true", "HTTP/1.1 200"),
        ("--http2", "false", "HTTP/1.1 200"),
    ])
    func `curl is offered HTTP/2 over TLS, unless it is switched off`(
        option: String, isOn: String, expected: String
    ) throws {
        let gatehouse = try Gatehouse(
            ["-f", "-", "--demo-backends"],
            input: Manifest.site("shop") + Manifest.settings(["use-http2": isOn]))
        let result = try Command.run(
            "curl",
            [
                "-sSki", option, "--max-time", "20", "--connect-to", "::127.0.0.1:\(gatehouse.securePort)",
                "https://shop.example/a",
            ])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.hasPrefix(expected), "\(result.output)")
    }

    /// An answer that is there before its request is must not be lost behind a reset of the stream.
    @Test(arguments: [
        ("shop.example", [], 413), ("shop.example", ["-H", "Expect: 100-continue"], 413), ("nobody.example", [], 404),
    ])
    func `curl hears why its upload is not wanted`(host: String, options: [String], status: Int) throws {
        let gatehouse = try Self.served()
        let folder = try ManifestFolder(["upload": String(repeating: "x", count: 3_000_000)])
        for _ in 0..<3 {
            let result = try Command.run(
                "curl",
                [
                    "-sSki", "--http2", "--max-time", "20", "--connect-to", "::127.0.0.1:\(gatehouse.securePort)",
                    "-T", folder.path(of: "upload"), "https://\(host)/",
                ] + options)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("HTTP/2 \(status)"), "\(result.output)")
            #expect(result.output.hasSuffix("</html>\r\n"))
        }
    }

    @Test(.needs(.nghttp))
    func `nghttp asks for several at once`() throws {
        let gatehouse = try Self.served()
        let result = try Command.run(
            "nghttp",
            ["-nv", "-m", "5", "-H", ":authority: shop.example", "http://127.0.0.1:\(gatehouse.port)/"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.ranges(of: ":status: 200").count == 5)
        #expect(!result.output.contains("RST_STREAM"))
    }

    @Test(.needs(.h2load))
    func `h2load finds no error while the configuration changes`() throws {
        let folder = try ManifestFolder([
            "shop.yaml": Manifest.site("shop", to: "blue"),
            "settings.yaml": Manifest.settings(["keep-alive-requests": "1000000"]),
        ])
        let gatehouse = try Gatehouse(["-f", folder.path, "--demo-backends", "--workers", "2", "--h2c"])
        let load = try ChildProcess(
            "h2load",
            [
                "-n", "20000", "-c", "8", "-m", "16", "-H", ":authority: shop.example",
                "http://127.0.0.1:\(gatehouse.port)/",
            ])
        for number in 1...10 {
            let service = number.isMultiple(of: 2) ? "blue" : "green"
            try gatehouse.reloads { try folder.replace("shop.yaml", with: Manifest.site("shop", to: service)) }
        }
        guard case .exited(let status) = try load.end() else { throw WireFault.malformed("h2load was killed") }
        let output = try load.output.wait("output") { $0.isOver }.text
        #expect(status == 0)
        #expect(output.contains("20000 succeeded, 0 failed, 0 errored, 0 timeout"), "\(output)")
        #expect(output.contains("status codes: 20000 2xx"), "\(output)")
        #expect(try gatehouse.metrics().sum("gatehouse_http2_connections_total") == 8)
    }
}
