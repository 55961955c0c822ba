import Kubernetes
import Model
import Synchronization
import Testing
import Translation

@Suite struct `Certificate resolver` {
    static func secret(_ data: [String: String]) -> Secret {
        Secret(
            metadata: Metadata(name: "tls", namespace: "shop"), type: "kubernetes.io/tls",
            data: data.mapValues { SecretBytes(Array($0.utf8)) })
    }

    static func shared(_ data: [String: String]) throws -> ObjectTable<Secret>.Shared {
        try #require(
            ObjectStore([.secret(secret(data))]).secrets.shared(NamespacedName(namespace: "shop", name: "tls")))
    }

    /// Counts how often it is asked.
    final class Inspections: Sendable {
        let count = Mutex(0)
        var inspector: CertificateInspector {
            CertificateInspector(
                identity: { chain, _ throws(CertificateFault) in
                    self.count.withLock { $0 += 1 }
                    guard chain == Array("good".utf8) else { throw CertificateFault("is bad") }
                    return InspectedCertificate(names: ["shop.example"], expires: 100)
                }, authorities: { _ in }, revocations: { _ in }, now: { 50 })
        }
    }

    @Test func `makes a bundle of a Secret, once for each Secret`() throws {
        let inspections = Inspections()
        let resolver = CertificateResolver(inspections.inspector)
        let secret = try Self.shared(["tls.crt": "good", "tls.key": "key", "tls.ocsp-response": "staple"])
        let bundle = try resolver.certificate(secret)
        #expect(bundle.id.name == "shop/tls" && bundle.names == ["shop.example"] && bundle.expires == 100)
        #expect(bundle.ocspResponse?.bytes == Array("staple".utf8))
        #expect(try resolver.certificate(secret) == bundle)
        #expect(inspections.count.withLock { $0 } == 1)
        _ = try resolver.certificate(try Self.shared(["tls.crt": "good", "tls.key": "new"]))
        #expect(inspections.count.withLock { $0 } == 2)
    }

    @Test func `remembers what is wrong, too`() throws {
        let inspections = Inspections()
        let resolver = CertificateResolver(inspections.inspector)
        let secret = try Self.shared(["tls.crt": "worse", "tls.key": "key"])
        for _ in 0..<3 {
            #expect(throws: CertificateFault("is bad")) { try resolver.certificate(secret) }
        }
        #expect(inspections.count.withLock { $0 } == 1)
    }

    @Test(arguments: [
        (["tls.key": "key"], "has no tls.crt"), (["tls.crt": "good"], "has no tls.key"),
        (["tls.crt": "", "tls.key": "key"], "has no tls.crt"),
    ])
    func `says which part is missing`(data: [String: String], fault: String) throws {
        let resolver = CertificateResolver(Inspections().inspector)
        let secret = try Self.shared(data)
        #expect(throws: CertificateFault(fault)) { try resolver.certificate(secret) }
    }

    @Test func `finds every certificate unusable without a library`() throws {
        let resolver = CertificateResolver(.none)
        let secret = try Self.shared(["tls.crt": "good", "tls.key": "key", "ca.crt": "x"])
        #expect(throws: CertificateFault.self) { try resolver.certificate(secret) }
        #expect(throws: CertificateFault.self) { try resolver.trust(secret) }
    }

    @Test func `never shows a key`() throws {
        let resolver = CertificateResolver(Inspections().inspector)
        let bundle = try resolver.certificate(try Self.shared(["tls.crt": "good", "tls.key": "hush"]))
        var dumped = ""
        dump(bundle, to: &dumped)
        for text in ["\(bundle)", String(reflecting: bundle), dumped, "\(bundle.key)", String(reflecting: bundle.key)] {
            #expect(!text.contains("hush") && !text.contains("104"), "\(text)")
        }
    }

    @Test(arguments: [
        ("shop.example", true), ("www.shop.example", true), ("a.b.shop.example", false), ("*.shop.example", true),
        ("example", false), (".shop.example", false), ("other.example", false),
    ])
    func `covers names as RFC 9525 says`(host: String, isCovered: Bool) {
        #expect(CertificateBundle.covers(host, names: ["shop.example", "*.shop.example"]) == isCovered)
    }
}
