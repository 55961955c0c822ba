import Foundation
import TestSupport
import Testing

/// gRPC's own client and server (grpcio) with Gatehouse in between.
private final class Conversation {
    /// Where TLS is spoken.
    struct Way: CustomTestStringConvertible, Sendable {
        var client: Bool
        var backend: Bool
        var testDescription: String { "client \(client ? "TLS" : "h2c"), backend \(backend ? "TLS" : "h2c")" }
    }

    static let authority = TestCertificate("gRPC Authority", isAuthority: true)
    static let shop = TestCertificate("shop.example", issuer: authority)
    static let web = TestCertificate("web.internal", issuer: authority)

    let server: ChildProcess
    let gatehouse: Gatehouse
    private let folder: ManifestFolder
    private let way: Way

    init(_ way: Way, settings: [String: String] = [:]) throws {
        self.way = way
        folder = try ManifestFolder([
            "ca.pem": Self.authority.certificatePEM, "web.pem": Self.web.chainPEM, "web.key": Self.web.keyPEM,
        ])
        var serving = [Python.client("grpc_server.py"), "--until-killed"]
        if way.backend { serving += ["--cert", folder.path(of: "web.pem"), "--key", folder.path(of: "web.key")] }
        server = try ChildProcess(Python.path, serving)
        let said = try server.output.wait("the server to listen") { $0.isOver || !$0.lines.isEmpty }
        let port = try #require(said.lines.first.flatMap { UInt16($0) }, "\(server.errors.current.text)")
        gatehouse = try Gatehouse(
            ["-f", "-", "--h2c", "--backend", "shop=127.0.0.1:\(port)"],
            input: Self.manifests(way) + Manifest.settings(settings))
    }

    private static func manifests(_ way: Way) -> String {
        var annotations = ["backend-protocol": way.backend ? "GRPCS" : "GRPC", "ssl-redirect": "false"]
        if way.backend {
            annotations["proxy-ssl-secret"] = "default/authority"
            annotations["proxy-ssl-verify"] = "on"
            annotations["proxy-ssl-name"] = "web.internal"
        }
        let site = Manifest.site("shop", annotations: annotations).replacing(
            "  ingressClassName: nginx\n",
            with: "  ingressClassName: nginx\n  tls: [{hosts: [shop.example], secretName: shop}]\n")
        return site + secret("shop", ["tls.crt": shop.chainPEM, "tls.key": shop.keyPEM])
            + secret("authority", ["ca.crt": authority.certificatePEM])
    }

    private static func secret(_ name: String, _ data: [String: String]) -> String {
        let entries = data.map { name, text in
            "  \(name): |\n" + text.split(separator: "\n").map { "    \($0)\n" }.joined()
        }
        return "apiVersion: v1\nkind: Secret\nmetadata: { name: \(name) }\nstringData:\n\(entries.joined())---\n"
    }

    /// What the client says of its calls, a line for each.
    func calls(_ calls: String..., authority: String = "shop.example", options: [String] = []) throws -> [String] {
        let port = way.client ? gatehouse.securePort : gatehouse.port
        let secured = way.client ? ["--ca", folder.path(of: "ca.pem")] : []
        let result = try Command.run(
            Python.path,
            [Python.client("grpc_client.py"), "--target", "127.0.0.1:\(port)", "--authority", authority]
                + secured + options + calls)
        #expect(result.status == 0, "\(result.errors)")
        return result.outputLines
    }
}

@Suite(.needs(.grpcio))
struct `gRPC's own programs` {
    fileprivate typealias Way = Conversation.Way

    fileprivate static let ways = [
        Way(client: false, backend: false), Way(client: true, backend: false), Way(client: false, backend: true),
        Way(client: true, backend: true),
    ]

    @Test(arguments: ways)
    fileprivate func `call in every way`(way: Way) throws {
        let conversation = try Conversation(way)
        let answers = try conversation.calls(
            "unary", "hello", "large", "1000000", "metadata", "value", "count", "200", "sum", "101", "chat", "50",
            "fail", "5 no such thing")
        #expect(
            answers == [
                "hello", "999936 bytes", "value 00ff value", "200 messages", "5050", "50 echoes",
                "NOT_FOUND no such thing",
            ])
        #expect(try conversation.gatehouse.terminate() == .exited(0))
    }

    @Test func `have deadlines that pass through, and are kept`() throws {
        let conversation = try Conversation(Way(client: false, backend: false))
        let answers = try conversation.calls("remaining", "60", "sleep", "30/0.2", "missing")
        let remaining = try #require(answers.first.flatMap { Int($0) }, "\(answers)")
        #expect((1..<60).contains(remaining))
        #expect(answers[1].hasPrefix("DEADLINE_EXCEEDED"))
        #expect(answers[2].hasPrefix("UNIMPLEMENTED"))
    }

    @Test func `get statuses of gRPC from the proxy itself`() throws {
        let conversation = try Conversation(Way(client: false, backend: false))
        #expect(try conversation.calls("unary", "hello", authority: "other.example") == ["UNIMPLEMENTED 404 Not Found"])
        conversation.server.signal(SIGKILL)
        _ = try conversation.server.end()
        #expect(try conversation.calls("unary", "hello") == ["UNAVAILABLE 502 Bad Gateway"])
    }

    @Test(arguments: [ways[0], ways[3]])
    fileprivate func `rest on a stream that pings keep alive, longer than a silent client may upload`(way: Way) throws {
        let conversation = try Conversation(way, settings: ["client-body-timeout": "1"])
        #expect(try conversation.calls("idle_chat", "2.5", options: ["--keepalive", "200"]) == ["2 echoes"])
    }
}
