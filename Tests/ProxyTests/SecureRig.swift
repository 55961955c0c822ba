import Model
import TestSupport

/// Shorthand for models with TLS.
extension Given {
    /// Everybody's authority in these tests.
    static let authority = TestCertificate("Gatehouse Test Authority", isAuthority: true)

    static func bundle(
        _ name: String, for names: String..., kind: TestCertificate.KeyKind = .ec
    ) -> (CertificateBundle, TestCertificate) {
        let certificate = TestCertificate(names[0], issuer: authority, kind: kind)
        return (bundle(name, certificate, names), certificate)
    }

    static func bundle(_ name: String, _ certificate: TestCertificate, _ names: [String]) -> CertificateBundle {
        CertificateBundle(
            id: CertificateID(name), chain: SealedBytes(Array(certificate.chainPEM.utf8)),
            key: SealedBytes(Array(certificate.keyPEM.utf8)), names: names, expires: .max, origin: .builtIn)
    }

    /// A model whose hosts all go to `origin`, each with the certificate named beside it.
    static func secureModel(
        _ origin: ScriptedOrigin, hosts: [(name: HostName, certificate: String?)], certificates: [CertificateBundle],
        defaultCertificate: String? = nil, settings: Settings = Settings(),
        change: (inout VirtualHost) -> Void = { _ in }
    ) -> ProxyModel {
        var model = model(origin, settings: settings)
        model.virtualHosts =
            hosts.map { name, certificate in
                var host = VirtualHost(name: name, routes: [route()], origin: .builtIn)
                host.tls = certificate.map { HostTLS(certificate: CertificateID($0)) }
                change(&host)
                return host
            } + model.virtualHosts
        model.certificates = certificates.sorted { $0.id < $1.id }
        model.defaultCertificate = defaultCertificate.map { CertificateID($0) }
        return model
    }
}
