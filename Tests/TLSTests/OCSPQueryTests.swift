import TestSupport
import Testing

@testable import TLS

@Suite struct `An OCSP query` {
    private static let authority = TestCertificate("Authority", isAuthority: true)
    private static let shop = TestCertificate(
        "shop.example", issuer: authority, serial: 5, responder: "http://ocsp.example/")
    private static let other = TestCertificate("other.example", issuer: authority, serial: 6)

    private func query(_ certificate: TestCertificate = shop) throws -> OCSPQuery {
        try #require(OCSPQuery(chain: Array(certificate.chainPEM.utf8)))
    }

    private func refusal(of response: [UInt8]) throws -> String {
        let query = try query()
        do throws(OCSPQuery.Refusal) {
            _ = try query.judge(response)
            return "none"
        } catch { return error.reason }
    }

    @Test func `asks the responder that the certificate names`() throws {
        let query = try query()
        #expect(query.responders == ["http://ocsp.example/"])
        #expect(query.request.first == 0x30)
    }

    @Test func `takes a good answer for as long as it says`() throws {
        let response = Self.authority.ocspResponse(about: Self.shop, hours: 2)
        let answer = try query().judge(response)
        #expect(answer.response == response)
        #expect((7100...7200).contains(answer.seconds))
    }

    @Test func `believes no answer for longer than a year`() throws {
        let response = Self.authority.ocspResponse(about: Self.shop, hours: 7000 * 366 * 24)
        #expect(try query().judge(response).seconds == 31_536_000)
    }

    @Test func `refuses everything else`() throws {
        #expect(try refusal(of: []) == "what it sent is no OCSP response")
        #expect(try refusal(of: Array("<html>".utf8)) == "what it sent is no OCSP response")
        let revoked = Self.authority.ocspResponse(about: Self.shop, isRevoked: true)
        #expect(try refusal(of: revoked) == "the certificate is revoked")
        let old = Self.authority.ocspResponse(about: Self.shop, hours: -1)
        #expect(try refusal(of: old) == "the response is out of date")
        let elsewhere = Self.authority.ocspResponse(about: Self.other)
        #expect(try refusal(of: elsewhere) == "the response is about another certificate")
        let impostor = TestCertificate("Authority", isAuthority: true)
        #expect(try refusal(of: impostor.ocspResponse(about: Self.shop)).contains("not signed"))
        // One that the authority vouches for, but not to speak of others.
        #expect(try refusal(of: Self.other.ocspResponse(about: Self.shop)) != "none")
    }

    @Test func `is not made where there is nobody to ask, or no issuer`() {
        #expect(OCSPQuery(chain: Array(Self.other.chainPEM.utf8)) == nil)
        #expect(OCSPQuery(chain: Array(Self.shop.certificatePEM.utf8)) == nil)
        #expect(OCSPQuery(chain: Array("nothing".utf8)) == nil)
    }
}
