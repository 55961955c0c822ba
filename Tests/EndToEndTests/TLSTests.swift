import Foundation
import TestSupport
import Testing

/// TLS as real clients see it.
@Suite struct `HTTPS` {
    private static let manifest = Manifest.site("shop")

    @Test func `is spoken with curl`() throws {
        let gatehouse = try Gatehouse(["-f", "-", "--demo-backends"], input: Self.manifest)
        let result = try Command.run(
            "curl", ["-sk", "--connect-to", "::127.0.0.1:\(gatehouse.securePort)", "https://shop.example/a"])
        #expect(result.status == 0)
        #expect(result.output.contains("X-Forwarded-Proto: https"))
    }

    @Test(.enabled(if: Command.exists("openssl")), arguments: ["-tls1_2", "-tls1_3"])
    func `resumes sessions of openssl`(version: String) throws {
        let gatehouse = try Gatehouse(["-f", "-", "--demo-backends", "--workers", "2"], input: Self.manifest)
        let session = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: session) }
        func connect(_ option: String) throws -> String {
            try Command.run(
                "openssl",
                [
                    "s_client", version, "-connect", "127.0.0.1:\(gatehouse.securePort)", "-servername", "shop.example",
                    option, session, "-ign_eof",
                ], input: "GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"
            ).output
        }
        #expect(try connect("-sess_out").contains("New, TLSv1"))
        for _ in 0..<4 { #expect(try connect("-sess_in").contains("Reused, TLSv1")) }
    }

    @Test(.enabled(if: Command.exists("sslscan")))
    func `offers a scanner nothing but what Docs tell`() throws {
        let gatehouse = try Gatehouse(["-f", "-", "--demo-backends"], input: Self.manifest)
        let report = try Command.run("sslscan", ["--no-colour", "127.0.0.1:\(gatehouse.securePort)"]).output
        let lines = report.components(separatedBy: "\n").map {
            $0.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        for protocolName in ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"] {
            #expect(lines.contains([protocolName, "disabled"]))
        }
        let ciphers = lines.filter { $0.first == "Preferred" || $0.first == "Accepted" }.compactMap {
            $0.dropFirst(4).first
        }
        #expect(!ciphers.isEmpty)
        let docs = try String(contentsOf: Products.repository.appending(path: "Docs/tls.md"), encoding: .utf8)
        for cipher in ciphers { #expect(docs.contains("`\(cipher)`"), "\(cipher)") }
        #expect(report.contains("Session renegotiation not supported"))
        #expect(!report.contains("vulnerable to heartbleed") || !report.contains("is vulnerable"))
    }
}
