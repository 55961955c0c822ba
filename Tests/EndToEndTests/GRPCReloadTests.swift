import Foundation
import TestSupport
import Testing

/// gRPC over TLS, calls without pause and streams that live all the while, as manifests and certificates change.
@Suite(.enabled(if: Python.hasGRPC, "grpcio is not installed; make test installs it"))
struct `gRPC under reloads` {
    private static let authority = TestCertificate("gRPC Reload Authority", isAuthority: true)
    private static let certificates = (2...3).map { TestCertificate("shop.example", issuer: authority, serial: $0) }

    /// A gRPC server that runs until nobody refers to it.
    private static func server() throws -> (process: ChildProcess, port: UInt16) {
        let server = try ChildProcess(Python.path, [Python.client("grpc_server.py"), "--until-killed"])
        let said = try server.output.wait("the server to listen") { $0.isOver || !$0.lines.isEmpty }
        return (server, try #require(said.lines.first.flatMap { UInt16($0) }, "\(server.errors.current.text)"))
    }

    /// Two Services, of which one is called at a time, with a timeout that is new each time.
    private static func site(_ number: Int) -> String {
        let annotations = ["backend-protocol": "GRPC", "proxy-read-timeout": "\(60 + number)"]
        return Manifest.site("shop", to: number.isMultiple(of: 2) ? "blue" : "green", annotations: annotations)
            .replacing(
                "  ingressClassName: nginx\n",
                with: "  ingressClassName: nginx\n  tls: [{hosts: [shop.example], secretName: shop}]\n")
    }

    private static func secret(_ certificate: TestCertificate) -> String {
        let entries = [("tls.crt", certificate.chainPEM), ("tls.key", certificate.keyPEM)].map { name, text in
            "  \(name): |\n" + text.split(separator: "\n").map { "    \($0)\n" }.joined()
        }
        return "apiVersion: v1\nkind: Secret\nmetadata: { name: shop }\nstringData:\n\(entries.joined())"
    }

    @Test func `loses no call, and ends neither a stream nor a connection`() throws {
        let servers = [try Self.server(), try Self.server()]
        let folder = try ManifestFolder([
            "shop.yaml": Self.site(0), "secret.yaml": Self.secret(Self.certificates[0]),
            "settings.yaml": Manifest.settings(["keep-alive-requests": "10000000"]),
        ])
        let trusted = try ManifestFolder(["ca.pem": Self.authority.certificatePEM])
        let backends = zip(["blue", "green"], servers).flatMap { ["--backend", "\($0)=127.0.0.1:\($1.port)"] }
        let gatehouse = try Gatehouse(["-f", folder.path, "--workers", "2"] + backends)
        let load = try ChildProcess(
            Python.path,
            [
                Python.client("grpc_client.py"), "--target", "127.0.0.1:\(gatehouse.securePort)", "--authority",
                "shop.example", "--ca", trusted.path(of: "ca.pem"), "load", "3",
            ])
        _ = try load.output.wait("the load to run") { $0.isOver || $0.lines.contains("loaded") }
        for number in 1...20 {
            let answered = try gatehouse.metrics().sum("nginx_ingress_controller_requests")
            let certificate = Self.certificates[number / 2 % 2]
            if number.isMultiple(of: 2) {
                try gatehouse.reloads { try folder.replace("secret.yaml", with: Self.secret(certificate)) }
            }
            try gatehouse.reloads { try folder.replace("shop.yaml", with: Self.site(number)) }
            let handshake = try gatehouse.secureClient(TLSOptions(authority: Self.authority)).wire.session
            #expect(handshake?.certificate == certificate.certificatePEM)
            try eventually("calls to be answered after change \(number)") {
                try gatehouse.metrics().sum("nginx_ingress_controller_requests") > answered + 20 || load.hasEnded
            }
        }
        load.signal(SIGTERM)
        #expect(try load.end() == .exited(0), "\(load.errors.current.text)")
        let said = try load.output.wait("what came of the load") { $0.isOver }.lines
        #expect(said.last?.hasSuffix(" answers, 0 failures") == true, "\(said)")
        #expect(try gatehouse.metrics().sum("gatehouse_http2_connections_total") == 1)
        #expect(try gatehouse.terminate() == .exited(0))
    }
}
