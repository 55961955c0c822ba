import Foundation
import TestSupport
import Testing

/// OCSP responses in handshakes, as openssl sees them.
@Suite(.needs(.openssl)) struct `OCSP stapling` {
    private static let authority = TestCertificate("Authority", isAuthority: true)
    private static let site = Manifest.site("shop")
    private static let stapled = "OCSP Response Status: successful"

    @Test func `hands out the response of a Secret`() throws {
        let certificate = TestCertificate("shop.example", issuer: Self.authority)
        let response = Self.authority.ocspResponse(about: certificate)
        let gatehouse = try Gatehouse(
            ["-f", "-", "--demo-backends"],
            input: Self.site + Manifest.tls("shop", certificate, ocspResponse: response))
        let said = try OpenSSLClient(gatehouse).ask("/", "-status")
        #expect(said.contains(Self.stapled) && said.contains("Cert Status: good"))
    }

    /// A responder that says the same to everybody, and the certificate that names it.
    private func responder(
        _ answer: @escaping @Sendable (TestCertificate) -> [UInt8]
    ) throws -> (ScriptedOrigin, TestCertificate) {
        let given = Watched<[UInt8]>([])
        let origin = try ScriptedOrigin { connection in
            guard try connection.request() != nil else { return }
            let body = given.current
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n")
            try connection.send(body)
        }
        let certificate = TestCertificate(
            "shop.example", issuer: Self.authority, responder: "http://127.0.0.1:\(origin.port)/ocsp")
        given.change { $0 = answer(certificate) }
        return (origin, certificate)
    }

    private func gatehouse(_ certificate: TestCertificate, fetches: Bool = true) throws -> Gatehouse {
        try Gatehouse(
            ["-f", "-", "--demo-backends"],
            input: Self.site + Manifest.tls("shop", certificate)
                + Manifest.settings(fetches ? ["enable-ocsp": "true"] : [:]))
    }

    @Test func `fetches a response where enable-ocsp says so`() throws {
        let (origin, certificate) = try responder { Self.authority.ocspResponse(about: $0) }
        let gatehouse = try gatehouse(certificate)
        let asked = try origin.waitForRequests(1)[0]
        #expect(asked.startLine == "POST /ocsp HTTP/1.0")
        #expect(asked["Content-Type"] == "application/ocsp-request")
        let client = try OpenSSLClient(gatehouse)
        try eventually("the response to be handed out") { try client.ask("/", "-status").contains(Self.stapled) }
        #expect(origin.requests.count == 1)
    }

    @Test func `is off by default`() throws {
        let (origin, certificate) = try responder { Self.authority.ocspResponse(about: $0) }
        let gatehouse = try gatehouse(certificate, fetches: false)
        #expect(try OpenSSLClient(gatehouse).ask("/", "-status").contains("OCSP response: no response sent"))
        #expect(origin.connectionCount == 0)
    }

    @Test(arguments: [
        "the certificate is revoked", "the response is out of date", "is not signed by the certificate's issuer",
        "is no OCSP response",
    ])
    func `hands out no response that is no good, and says why`(cause: String) throws {
        let (origin, certificate) = try responder { certificate in
            switch cause {
            case "the certificate is revoked": Self.authority.ocspResponse(about: certificate, isRevoked: true)
            case "the response is out of date": Self.authority.ocspResponse(about: certificate, hours: -24)
            case "is no OCSP response": Array("hello".utf8)
            default: TestCertificate("Authority", isAuthority: true).ocspResponse(about: certificate)
            }
        }
        let gatehouse = try gatehouse(certificate)
        let line = try gatehouse.waitForLine(containing: "certificate default/shop-tls has no OCSP response")
        #expect(line.contains(cause))
        #expect(origin.requests.count == 1)
        #expect(try OpenSSLClient(gatehouse).ask("/", "-status").contains("OCSP response: no response sent"))
    }
}
