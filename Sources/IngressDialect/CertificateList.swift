import Kubernetes
import Model
import Translation

/// The certificates that hosts name, in the model's order.
enum CertificateList {
    static func of(_ ingresses: [TranslatedIngress]) -> [CertificateBundle] {
        var bundles: [CertificateID: CertificateBundle] = [:]
        for ingress in ingresses where !ingress.source.object.tls.isEmpty {
            for host in ingress.content.hosts {
                if case .own(let bundle) = host.certificate { bundles[bundle.id] = bundle }
            }
        }
        return bundles.values.sorted { $0.id < $1.id }
    }

    /// The same with the default certificate, which hosts may name too.
    static func adding(_ standard: CertificateBundle?, to list: [CertificateBundle]) -> [CertificateBundle] {
        guard let standard, !list.contains(where: { $0.id == standard.id }) else { return list }
        var list = list
        list.insert(standard, at: list.firstIndex { standard.id < $0.id } ?? list.count)
        return list
    }

    /// The certificate of `--default-ssl-certificate`; says why when it can't be used.
    static func standard(
        _ key: NamespacedName?, in store: ObjectStore, _ certificates: CertificateResolver, ciphers: String,
        _ diagnostics: inout [Diagnostic]
    ) -> CertificateBundle? {
        guard let key else { return nil }
        func report(_ fault: String, _ origin: Origin = .builtIn) {
            diagnostics.append(
                Diagnostic(
                    .warning, origin, field: "--default-ssl-certificate",
                    "\(fault): one made at start is the default certificate",
                    remedy: "name a Secret of type kubernetes.io/tls, as namespace/name"))
        }
        guard let secret = store.secrets.shared(key) else {
            report("there is no Secret \(key)")
            return nil
        }
        do throws(CertificateFault) {
            let bundle = try certificates.certificate(secret)
            if let weakness = certificates.weakness(of: bundle, ciphers: ciphers) { throw CertificateFault(weakness) }
            if bundle.expires <= certificates.now() {
                diagnostics.append(
                    Diagnostic(
                        .warning, bundle.origin, field: "--default-ssl-certificate",
                        "expired on \(Timestamp(seconds: bundle.expires).day) and is served all the same",
                        remedy: "renew it"))
            }
            return bundle
        } catch {
            report("Secret \(key) \(error.reason)", Origin(secret.object))
            return nil
        }
    }
}
