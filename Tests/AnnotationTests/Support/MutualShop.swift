import TestSupport

/// A shop that asks its clients for certificates, over TLS and in the clear.
struct MutualShop {
    static let authority = TestCertificate("Clients Authority", isAuthority: true)
    static let stranger = TestCertificate("Other Authority", isAuthority: true)
    static let shop = TestCertificate("shop.example", "www.shop.example", issuer: authority)
    static let client = TestCertificate("web-client", issuer: authority, serial: 7)
    static let revoked = TestCertificate("revoked-client", issuer: authority, serial: 9)
    static let expired = TestCertificate("expired-client", issuer: authority, days: -1)
    static let unknown = TestCertificate("unknown-client", issuer: stranger)

    static let shopSecret = Manifests.secret(
        "shop-tls", type: "kubernetes.io/tls", ["tls.crt": shop.chainPEM, "tls.key": shop.keyPEM])
    static let authorities = Manifests.secret("clients-ca", ["ca.crt": authority.certificatePEM])

    let origin: ScriptedOrigin
    let gate: Gate

    /// - Parameter annotations: beside `auth-tls-secret`.
    init(
        _ annotations: [String: String] = [:], secret: String? = "shop/clients-ca", also objects: [String] = [],
        configMap: [String: String] = [:]
    ) throws {
        origin = try ScriptedOrigin(answering: "ok", fields: ["Strict-Transport-Security: max-age=1"])
        var all = annotations
        all["auth-tls-secret"] = secret
        let spec = ["tls: [{hosts: [shop.example], secretName: shop-tls}]"]
        gate = try Gate(
            manifests: [Manifests.ingress(all, spec: spec), Self.shopSecret, Self.authorities] + objects,
            origins: ["web": [origin]], configMap: configMap, speaksTLS: true)
    }

    /// The answer over TLS.
    func request(
        _ target: String = "/", as identity: TestCertificate? = nil, host: String = "shop.example",
        sni: String = "shop.example", with fields: [String] = []
    ) throws -> Message {
        var options = TLSOptions(sni)
        options.identity = identity
        return try gate.secureClient(options).request(target, host: host, fields)
    }
}
