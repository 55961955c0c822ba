import TestSupport
import Testing

@testable import TLS

@Suite struct `Certificate facts` {
    private static let authority = TestCertificate("Authority", isAuthority: true)
    private static let shop = TestCertificate("shop.example", "*.SHOP.example", issuer: authority, days: 10)
    private static let rsa = TestCertificate("rsa.example", issuer: authority, kind: .rsa)
    private static let other = TestCertificate("other.example")
    private static let otherRSA = TestCertificate("other.example", kind: .rsa)
    private static let weak = TestCertificate("weak.example", issuer: authority, kind: .weakRSA)
    private static let sha1 = TestCertificate("sha1.example", issuer: authority, isSignedWithSHA1: true)
    private static let sha1Alone = TestCertificate("sha1.example", isSignedWithSHA1: true)
    private static let weakAuthority = TestCertificate("Old Authority", isAuthority: true, kind: .weakRSA)
    private static let unnamed = TestCertificate("Plain.Example", isAuthority: true)

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(arguments: [shop, rsa, other, unnamed, weak, sha1, sha1Alone])
    func `are the same whether looked at in a hurry or examined`(certificate: TestCertificate) throws {
        let (chain, key) = (bytes(certificate.chainPEM), bytes(certificate.keyPEM))
        #expect(try CertificateFacts(chain: chain, key: key) == CertificateFacts(examining: chain, key))
    }

    @Test func `name the host names, in lower case`() throws {
        let facts = try CertificateFacts(chain: bytes(Self.shop.chainPEM), key: bytes(Self.shop.keyPEM))
        #expect(facts.names == ["shop.example", "*.shop.example"])
        let plain = try CertificateFacts(chain: bytes(Self.unnamed.chainPEM), key: bytes(Self.unnamed.keyPEM))
        #expect(plain.names == ["plain.example"])
    }

    @Test(arguments: [shop, rsa, other, weak, sha1])
    func `are read without OpenSSL's slow way where all is plain`(certificate: TestCertificate) throws {
        let reader = try #require(CertificateReader())
        for _ in 0..<3 {
            #expect(reader.facts(chain: bytes(certificate.chainPEM), key: bytes(certificate.keyPEM)) != nil)
        }
    }

    @Test(arguments: [
        (shop, 128), (rsa, 112), (weak, 80), (sha1, 63),
        // Nobody relies on a signature by oneself.
        (sha1Alone, 128), (TestCertificate("below.example", issuer: weakAuthority), 80),
    ])
    func `tell how strong the weakest key or signature is`(certificate: TestCertificate, bits: Int) throws {
        let (chain, key) = (bytes(certificate.chainPEM), bytes(certificate.keyPEM))
        #expect(try CertificateFacts(chain: chain, key: key).securityBits == bits)
        #expect(try CertificateFacts(examining: chain, key).securityBits == bits)
        // What is said of it is what OpenSSL does with it.
        for ciphers in ["DEFAULT", "DEFAULT:@SECLEVEL=0", "DEFAULT:@SECLEVEL=1", "DEFAULT:@SECLEVEL=3"] {
            var settings = TLSServerSettings()
            settings.ciphers = ciphers
            let context = try TLSContext(server: settings, resumption: Resumption())
            #expect(
                try Certificate(chain: chain, key: key).use(in: context)
                    == (bits >= CertificateStrength.bits(neededWith: ciphers)))
        }
    }

    @Test(arguments: [("DEFAULT:@SECLEVEL=0", 0), ("DEFAULT:@SECLEVEL=1", 80), ("DEFAULT:@SECLEVEL=5", 256)])
    func `must be as strong as the ciphers ask`(ciphers: String, bits: Int) {
        #expect(CertificateStrength.bits(neededWith: ciphers) == bits)
    }

    @Test(arguments: [(shop, other), (shop, rsa), (rsa, otherRSA), (rsa, shop)])
    func `are refused when the key belongs to another`(certificate: TestCertificate, key: TestCertificate) throws {
        let reader = try #require(CertificateReader())
        #expect(reader.facts(chain: bytes(certificate.chainPEM), key: bytes(key.keyPEM)) == nil)
        #expect(throws: TLSConfigurationError("the private key does not belong to the certificate")) {
            try CertificateFacts(chain: bytes(certificate.chainPEM), key: bytes(key.keyPEM))
        }
    }

    @Test(arguments: ["", "nothing", shop.keyPEM])
    func `say that there is no certificate`(text: String) {
        #expect(throws: TLSConfigurationError("holds no PEM block of a certificate")) {
            try CertificateFacts(chain: bytes(text), key: bytes(Self.shop.keyPEM))
        }
    }

    @Test(arguments: ["", "nothing", shop.chainPEM])
    func `say that there is no key`(text: String) {
        #expect(throws: TLSConfigurationError("the private key cannot be read")) {
            try CertificateFacts(chain: bytes(Self.shop.chainPEM), key: bytes(text))
        }
    }

    @Test func `are refused when a certificate further up cannot be read`() {
        let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
        #expect(throws: TLSConfigurationError.self) {
            try CertificateFacts(chain: bytes(Self.shop.chainPEM + broken), key: bytes(Self.shop.keyPEM))
        }
    }

    @Test func `take what OpenSSL takes, though it isn't plain`() throws {
        let (chain, key) = (Self.shop.chainPEM, Self.shop.keyPEM)
        let facts = try CertificateFacts(chain: bytes(chain), key: bytes(key))
        #expect(try CertificateFacts(chain: bytes(key + chain), key: bytes("A remark.\n" + key)) == facts)
        #expect(try CertificateFacts(chain: bytes(chain), key: bytes(chain + key + key)) == facts)
    }
}
