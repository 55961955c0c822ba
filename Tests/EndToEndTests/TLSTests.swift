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

    @Test(.needs(.openssl), arguments: ["-tls1_2", "-tls1_3"])
    func `resumes sessions of openssl`(version: String) throws {
        let gatehouse = try Gatehouse(["-f", "-", "--demo-backends", "--workers", "2"], input: Self.manifest)
        let client = try OpenSSLClient(gatehouse)
        #expect(try client.ask("/", version, "-sess_out", client.session).contains("New, TLSv1"))
        for _ in 0..<4 { #expect(try client.ask("/", version, "-sess_in", client.session).contains("Reused, TLSv1")) }
    }

    @Test(.needs(.openssl), arguments: [true, false])
    func `takes requests of safe methods early, where that is on`(isOn: Bool) throws {
        let settings = Manifest.settings(isOn ? ["ssl-early-data": "true"] : [:])
        let gatehouse = try Gatehouse(["-f", "-", "--demo-backends"], input: Self.manifest + settings)
        let client = try OpenSSLClient(gatehouse)
        for (method, accepted) in [("GET", "Early-Data: 1"), ("POST", "425 Too Early")] {
            // A session of its own each: with early data one is good for one use.
            _ = try client.ask("/", "-tls1_3", "-sess_out", client.session)
            let request =
                "\(method) /early HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            try Data(request.utf8).write(to: URL(filePath: client.earlyData))
            let said = try client.run(
                ["-tls1_3", "-sess_in", client.session, "-early_data", client.earlyData], input: isOn ? "" : request)
            #expect(said.contains("Reused, TLSv1.3"))
            #expect(said.contains("Early data was \(isOn ? "accepted" : "rejected")") || !isOn)
            #expect(said.contains(accepted) == isOn)
            #expect(said.contains("HTTP/1.1 200 OK") == (!isOn || method == "GET"))
        }
    }

    @Test(.needs(.openssl))
    func `refuses to negotiate anew`() throws {
        let gatehouse = try Gatehouse(["-f", "-", "--demo-backends"], input: Self.manifest)
        let result = try Command.run(
            "openssl", ["s_client", "-tls1_2", "-connect", "127.0.0.1:\(gatehouse.securePort)"], input: "R\n")
        #expect((result.output + result.errors).contains("no renegotiation"))
    }

    @Test func `presents a changed Secret to the next client and closes nothing`() throws {
        let authority = TestCertificate("Authority", isAuthority: true)
        let (old, new) = (
            TestCertificate("shop.example", issuer: authority), TestCertificate("shop.example", issuer: authority)
        )
        let folder = try ManifestFolder(["shop.yaml": Self.manifest, "tls.yaml": Manifest.tls("shop", old)])
        let gatehouse = try Gatehouse(["-f", folder.path, "--demo-backends"])
        let before = try gatehouse.secureClient(TLSOptions(authority: authority))
        #expect(try before.request().status == 200)
        let begun = try Client(toPort: gatehouse.securePort)
        try gatehouse.reloads { try folder.replace("tls.yaml", with: Manifest.tls("shop", new)) }
        #expect(try before.request().status == 200)
        let after = try gatehouse.secureClient(TLSOptions(authority: authority))
        #expect(after.wire.session?.certificate == new.certificatePEM)
        #expect(try after.request().status == 200)
        // A connection that was open but had not shaken hands yet gets a good certificate too.
        try begun.wire.startTLS(TLSOptions(authority: authority))
        #expect(try begun.request().status == 200)
        #expect(try before.request().status == 200)
        #expect(before.wire.session?.certificate == old.certificatePEM)
    }

    @Test(.needs(.sslscan))
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

/// `openssl s_client` for the TLS port of a Gatehouse, with files that are gone after the test.
struct OpenSSLClient {
    let port: UInt16
    private let folder: ManifestFolder

    var session: String { folder.path(of: "session") }
    var earlyData: String { folder.path(of: "early") }

    init(_ gatehouse: Gatehouse) throws {
        port = gatehouse.securePort
        folder = try ManifestFolder()
    }

    /// What it says of a connection with one request.
    func ask(_ target: String, _ options: String...) throws -> String {
        try run(options, input: "GET \(target) HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
    }

    func run(_ options: [String], input: String) throws -> String {
        let place = ["-connect", "127.0.0.1:\(port)", "-servername", "shop.example", "-ign_eof"]
        return try Command.run("openssl", ["s_client"] + place + options, input: input).output
    }
}

extension Manifest {
    /// A Secret with a certificate, and an entry of `spec.tls` that has `NAME.example` use it.
    static func tls(_ name: String, _ certificate: TestCertificate, ocspResponse: [UInt8]? = nil) -> String {
        func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        let response = ocspResponse.map { ", tls.ocsp-response: \(Data($0).base64EncodedString())" } ?? ""
        return """
            apiVersion: v1
            kind: Secret
            metadata: { name: \(name)-tls }
            type: kubernetes.io/tls
            data: { tls.crt: \(base64(certificate.chainPEM)), tls.key: \(base64(certificate.keyPEM))\(response) }
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: \(name)-tls
              annotations: { nginx.ingress.kubernetes.io/ssl-redirect: "false" }
            spec:
              ingressClassName: nginx
              tls: [{ hosts: [\(name).example], secretName: \(name)-tls }]
              rules: [{ host: \(name).example }]
            ---

            """
    }
}
