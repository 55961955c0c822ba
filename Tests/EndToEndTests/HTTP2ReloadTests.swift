import Foundation
import TestSupport
import Testing

/// HTTP/2 over TLS while manifests and certificates change: nothing is lost, no connection ends.
@Suite struct `HTTP/2 under reloads` {
    private static let authority = TestCertificate("Gatehouse Test Authority", isAuthority: true)
    private static let certificates = (2...3).map { TestCertificate("shop.example", issuer: authority, serial: $0) }

    /// `shop.example` with a certificate from a Secret.
    private static func site(to service: String) -> String {
        """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: { name: shop }
        spec:
          ingressClassName: nginx
          tls: [{ hosts: [shop.example], secretName: shop-tls }]
          rules:
            - host: shop.example
              http:
                paths:
                  - { path: /, pathType: Prefix, backend: { service: { name: \(service), port: { name: http } } } }
        ---

        """ + Manifest.service(service)
    }

    private static func secret(_ certificate: TestCertificate) -> String {
        func line(_ text: String) -> String { "\"" + text.replacingOccurrences(of: "\n", with: "\\n") + "\"" }
        return """
            apiVersion: v1
            kind: Secret
            metadata: { name: shop-tls }
            type: kubernetes.io/tls
            stringData: { tls.crt: \(line(certificate.chainPEM)), tls.key: \(line(certificate.keyPEM)) }

            """
    }

    private static func folder() throws -> ManifestFolder {
        try ManifestFolder([
            "shop.yaml": site(to: "blue"), "secret.yaml": secret(certificates[0]),
            "settings.yaml": Manifest.settings(["keep-alive-requests": "1000000"]),
        ])
    }

    private static let changes = 1...20

    /// Changes the route, with every second change the certificate too, and looks at both with a connection of its own.
    private static func swap(_ number: Int, _ folder: ManifestFolder, _ gatehouse: Gatehouse) throws {
        let service = number.isMultiple(of: 2) ? "blue" : "green"
        let certificate = certificates[number / 2 % 2]
        if number.isMultiple(of: 2) {
            try gatehouse.reloads { try folder.replace("secret.yaml", with: secret(certificate)) }
        }
        try gatehouse.reloads { try folder.replace("shop.yaml", with: site(to: service)) }
        let client = try gatehouse.secureClient(TLSOptions(authority: authority))
        #expect(client.wire.session?.certificate == certificate.certificatePEM)
        #expect(try client.request().chosenService == service)
    }

    @Test func `streams that were begun before a change end well after it`() throws {
        let folder = try Self.folder()
        let gatehouse = try Gatehouse(["-f", folder.path, "--demo-backends", "--workers", "2"])
        var options = TLSOptions(authority: Self.authority)
        options.protocols = ["h2"]
        let clients = try (0..<4).map { _ in
            let peer = HTTP2Peer(try gatehouse.secureClient(options).wire)
            try peer.beginAsClient()
            return peer
        }
        // A WebSocket on a stream, and an upload that is never quite finished, stay from the first change to the last.
        let socket = try clients[0].request(
            method: "CONNECT", scheme: "https", [(":protocol", "websocket"), ("sec-websocket-version", "13")],
            endStream: false)
        #expect(try clients[0].message(socket) { !$0.fields.isEmpty }.status == 200)
        let upload = try clients[1].request(
            "/upload", method: "POST", scheme: "https", [("content-type", "application/grpc")], body: "begun, ",
            endStream: false)
        for number in Self.changes {
            let streams = try clients.map { client in
                try (0..<8).map { try client.request("/\($0)", scheme: "https") }
            }
            try Self.swap(number, folder, gatehouse)
            for (client, begun) in zip(clients, streams) {
                for stream in begun { #expect(try client.message(stream).status == 200) }
            }
        }
        let frame = WebSocketFrame("still there")
        try clients[0].send(.data(socket, frame.encoded(mask: [1, 2, 3, 4]), endStream: false))
        #expect(try clients[0].message(socket) { !$0.body.isEmpty }.body == frame.encoded())
        try clients[1].send(.data(upload, Array("done".utf8), endStream: true))
        #expect(try clients[1].message(upload).text.contains("with a body of 11 bytes"))
        for client in clients { #expect(!client.frames.contains { $0.kind == HTTP2Frame.Kind.goAway }) }
        #expect(try gatehouse.metrics().sum("gatehouse_http2_connections_total") == 4)
    }

    @Test(.needs(.h2load))
    func `h2load finds no error and keeps its connections`() throws {
        let folder = try Self.folder()
        let gatehouse = try Gatehouse(["-f", folder.path, "--demo-backends", "--workers", "2"])
        let load = try ChildProcess(
            "h2load",
            [
                "-n", "20000", "-c", "8", "-m", "16", "--connect-to=127.0.0.1:\(gatehouse.securePort)",
                "https://shop.example/",
            ])
        for number in Self.changes { try Self.swap(number, folder, gatehouse) }
        guard case .exited(let status) = try load.end() else { throw WireFault.malformed("h2load was killed") }
        let output = try load.output.wait("output") { $0.isOver }.text
        #expect(status == 0)
        #expect(output.contains("20000 succeeded, 0 failed, 0 errored, 0 timeout"), "\(output)")
        #expect(output.contains("status codes: 20000 2xx"), "\(output)")
        #expect(output.contains("Application protocol: h2"), "\(output)")
        #expect(try gatehouse.metrics().sum("gatehouse_http2_connections_total") == 8)
    }
}
