import Kubernetes
import Model
import Translation

/// Certificates of the hosts, from `spec.tls`.
extension IngressReading {
    /// Everything of TLS that the annotations say.
    mutating func readTLS(_ draft: IngressDraft, into content: inout TranslatedIngress.Content) {
        content.tls = draft.tls
        content.passthroughOrigin = annotationOrigin("ssl-passthrough")
        if draft.tls.passesThrough, !options.allowsPassthrough {
            content.tls.passesThrough = false
            diagnostics.append(
                Diagnostic(
                    .warning, content.passthroughOrigin, field: annotationField("ssl-passthrough"),
                    "has no effect: TLS is opened here", remedy: "start with --enable-ssl-passthrough"))
        }
        content.secureRedirect = SecureRedirectRule(draft, globals, port: options.securePort)
        if draft.secureRedirects.redirectsWWW { content.redirectsWWW = annotationOrigin("from-to-www-redirect") }
        content.keepsUpstreamTLSToItsIngress = globals.keepsUpstreamTLSToItsIngress
        readClientCertificate(draft.clientCertificates, into: &content)
        readUpstreamTLS(draft.upstreamTLS, into: &content)
    }

    /// Once the hosts and their certificates are known: redirects their routes to HTTPS where that is asked for.
    mutating func settleSecureRedirects(of content: inout TranslatedIngress.Content) {
        readCertificates(into: &content)
        let rule = content.secureRedirect
        for host in content.hosts.indices {
            let hasCertificate = content.hosts[host].certificate != .none
            guard rule.policy(of: "", hasCertificate: hasCertificate) != nil else { continue }
            for route in content.hosts[host].routes.indices {
                let path = content.hosts[host].routes[route].labels.path
                content.hosts[host].routes[route].policy.secureRedirect = rule.policy(
                    of: path, hasCertificate: hasCertificate)
            }
        }
    }

    /// Gives every host of the Ingress its certificate, as far as this Ingress has one for it.
    mutating func readCertificates(into content: inout TranslatedIngress.Content) {
        guard !ingress.tls.isEmpty else { return }
        warnOfNeedlessHosts(content)
        var unusable: [Int: String] = [:]
        for index in content.hosts.indices {
            guard let name = content.hosts[index].name.certificateName else { continue }
            content.hosts[index].certificate = certificate(for: name, content.tls.ciphers, &unusable)
        }
        for (number, fault) in unusable.sorted(by: { $0.key < $1.key }) {
            report(number, .warning, "\(fault), so no host is served by it", remedy: "put another in its place")
        }
    }

    /// - Parameters:
    ///   - ciphers: the host's own list, if it has one.
    ///   - unusable: entries that don't list the host and whose Secrets are of no use, with the reasons.
    private mutating func certificate(
        for host: String, _ ciphers: String?, _ unusable: inout [Int: String]
    ) -> TranslatedIngress.HostCertificate {
        if let number = ingress.tls.firstIndex(where: { $0.names(host) }) {
            // Without a Secret the host is served by the default certificate, and that is what was asked for.
            guard let secret = ingress.tls[number].secretName, !secret.isEmpty else { return .standard }
            guard let bundle = bundle(secret, entry: number, for: host, ciphers) else { return .standard }
            return bundle.covers(host) ? .own(bundle) : mismatch(bundle, host, entry: number)
        }
        for (number, entry) in ingress.tls.enumerated() {
            guard let secret = entry.secretName, !secret.isEmpty else { continue }
            do throws(CertificateFault) {
                let key = NamespacedName(namespace: ingress.metadata.namespace, name: secret)
                let bundle = try find(key, ciphers)
                if bundle.covers(host) { return .own(bundle) }
            } catch {
                // Where the entry names other hosts, they are told.
                if entry.hosts.isEmpty { unusable[number] = error.reason }
            }
        }
        return .none
    }

    private mutating func mismatch(
        _ bundle: CertificateBundle, _ host: String, entry number: Int
    ) -> TranslatedIngress.HostCertificate {
        let names = bundle.names.isEmpty ? "no name" : bundle.names.prefix(5).joined(separator: ", ")
        report(
            number, .warning,
            "the certificate in Secret \(bundle.id) is for \(names), not for \(host), which "
                + "serves the default certificate", remedy: "put a certificate for \(host) into a Secret of its own")
        return .standard
    }

    /// The certificate of a Secret that is meant for a host; says why when there is none.
    private mutating func bundle(
        _ secret: String, entry number: Int, for host: String, _ ciphers: String?
    ) -> CertificateBundle? {
        let key = NamespacedName(namespace: ingress.metadata.namespace, name: secret)
        do throws(CertificateFault) { return try find(key, ciphers) } catch {
            report(
                number, .warning, "\(error.reason), so \(host) serves the default certificate",
                remedy: store.secrets[key] == nil ? "add it, with type kubernetes.io/tls" : "put another in its place")
            return nil
        }
    }

    /// The certificate of a Secret, unless it has expired or is too weak for the ciphers in use.
    private mutating func find(
        _ key: NamespacedName, _ ciphers: String?
    ) throws(CertificateFault) -> CertificateBundle {
        guard let secret = secret(key) else { throw CertificateFault("there is no Secret \(key)") }
        let bundle: CertificateBundle
        do throws(CertificateFault) { bundle = try certificates.certificate(secret) } catch {
            throw CertificateFault("Secret \(key) (\(Origin(secret.object).place)) \(error.reason)")
        }
        guard bundle.expires > certificates.now() else {
            let day = Timestamp(seconds: bundle.expires).day
            throw CertificateFault("the certificate in Secret \(key) (\(bundle.origin.place)) expired on \(day)")
        }
        if let weakness = certificates.weakness(of: bundle, ciphers: ciphers ?? globals.settings.tls.ciphers) {
            throw CertificateFault("the certificate in Secret \(key) (\(bundle.origin.place)) \(weakness)")
        }
        validUntil = min(validUntil, bundle.expires)
        return bundle
    }

    /// Looks a Secret up, so that the Ingress is translated again when it changes.
    mutating func secret(_ key: NamespacedName) -> ObjectTable<Secret>.Shared? {
        let shared = store.secrets.shared(key)
        dependencies.append(TranslatedIngress.Dependency(key: key, found: .secret(shared)))
        return shared
    }

    private mutating func warnOfNeedlessHosts(_ content: TranslatedIngress.Content) {
        for (number, entry) in ingress.tls.enumerated() {
            for host in entry.hosts where !content.hosts.contains(where: { $0.name.isNamed(host) }) {
                report(number, .note, "\(quoted(host)) is no host of this Ingress's rules, so nothing comes of it")
            }
        }
    }

    private mutating func report(
        _ entry: Int, _ severity: Diagnostic.Severity, _ fault: String, remedy: String = ""
    ) {
        let isSecret = severity == .warning
        diagnostics.append(
            Diagnostic(
                severity, Origin(ingress, line: ingress.tls[entry].line),
                field: "spec.tls[\(entry)].\(isSecret ? "secretName" : "hosts")", fault, remedy: remedy))
    }
}

extension Ingress.TLS {
    /// Whether the entry lists a host, in any case.
    fileprivate func names(_ host: String) -> Bool { hosts.contains { $0 == host || $0.lowercased() == host } }
}

extension HostName {
    /// The name that a certificate must be for; nil for the catch-all host.
    var certificateName: String? {
        switch self {
        case .exact(let name): name
        case .wildcard(let suffix): "*.\(suffix)"
        case .any: nil
        }
    }

    fileprivate func isNamed(_ text: String) -> Bool { certificateName == text.lowercased() }
}

extension Origin {
    /// `certs.yaml:3`
    fileprivate var place: String { line.map { "\(file):\($0)" } ?? file }
}
