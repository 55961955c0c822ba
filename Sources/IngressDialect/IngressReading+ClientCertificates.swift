import Kubernetes
import Model
import Translation

/// TLS annotations that refer to Secrets.
extension IngressReading {
    /// What clients of the hosts must show, or nil.
    mutating func readClientCertificate(
        _ draft: ClientCertificateDraft, into content: inout TranslatedIngress.Content
    ) {
        guard let reference = draft.secret else {
            if draft.subjectPattern != nil {
                refuse(
                    "auth-tls-match-cn", "needs auth-tls-secret, without which no certificate is asked for",
                    remedy: "name the Secret with the authorities", &content)
            } else if draft != ClientCertificateDraft() {
                let name =
                    ["auth-tls-verify-client", "auth-tls-error-page", "auth-tls-verify-depth"]
                    .first { hasAnnotation($0) } ?? "auth-tls-pass-certificate-to-upstream"
                diagnostics.append(
                    Diagnostic(
                        .warning, annotationOrigin(name), field: annotationField(name),
                        "has no effect without auth-tls-secret: no certificate is asked for",
                        remedy: "name the Secret with the authorities"))
            }
            return
        }
        var policy = ClientCertificate(
            demand: draft.demand, trust: nil, depth: draft.depth, errorPage: draft.errorPage,
            passesCertificate: draft.passesCertificate, subjectPattern: draft.subjectPattern,
            origin: annotationOrigin("auth-tls-secret"))
        do throws(CertificateFault) { policy.trust = try trust(reference) } catch {
            diagnostics.append(
                Diagnostic(
                    .rejected, policy.origin, field: annotationField("auth-tls-secret"),
                    "\(error.reason): every request of the host is answered 403",
                    remedy: "name a Secret whose ca.crt holds the authorities, as namespace/name"))
        }
        content.clientCertificate = policy
    }

    private mutating func trust(_ reference: NamespacedName) throws(CertificateFault) -> TrustBundle {
        guard !reference.namespace.isEmpty else {
            throw CertificateFault("\(quoted(reference.name)) names no namespace")
        }
        guard isReachable(reference) else { throw CertificateFault("Secret \(reference) is in another namespace") }
        guard let secret = secret(reference) else { throw CertificateFault("there is no Secret \(reference)") }
        do throws(CertificateFault) { return try certificates.trust(secret) } catch {
            throw CertificateFault("Secret \(reference) \(error.reason)")
        }
    }

    /// How TLS is spoken to the backends, or nil.
    mutating func readUpstreamTLS(_ draft: UpstreamTLSDraft, into content: inout TranslatedIngress.Content) {
        guard let reference = draft.secret else {
            if draft.isOfSnippet, !draft.verifies {
                content.snippetTLS = unverifiedTLS(draft, of: "configuration-snippet")
            } else if draft != UpstreamTLSDraft() {
                let name =
                    ["proxy-ssl-verify", "proxy-ssl-name", "proxy-ssl-server-name", "proxy-ssl-ciphers"]
                    .first { hasAnnotation($0) } ?? "proxy-ssl-protocols"
                diagnostics.append(
                    Diagnostic(
                        .warning, annotationOrigin(name), field: annotationField(name),
                        "has no effect without proxy-ssl-secret: the backend's certificate is not verified",
                        remedy: "name a Secret with ca.crt"))
            }
            return
        }
        do throws(CertificateFault) { content.policy.transport.tls = try upstreamTLS(draft, reference) } catch {
            refuse(
                "proxy-ssl-secret", error.reason, remedy: "name a Secret with ca.crt, as namespace/name", &content)
        }
    }

    /// TLS as directives of a snippet have it, with nobody to trust.
    func unverifiedTLS(_ draft: UpstreamTLSDraft, of annotation: String) -> UpstreamTLS {
        UpstreamTLS(
            name: draft.name, indicatesName: draft.indicatesName, ciphers: draft.ciphers, versions: draft.versions,
            origin: annotationOrigin(annotation))
    }

    private mutating func upstreamTLS(
        _ draft: UpstreamTLSDraft, _ reference: NamespacedName
    ) throws(CertificateFault) -> UpstreamTLS {
        guard !reference.namespace.isEmpty else {
            throw CertificateFault("\(quoted(reference.name)) names no namespace")
        }
        guard isReachable(reference) else { throw CertificateFault("Secret \(reference) is in another namespace") }
        guard let secret = secret(reference) else { throw CertificateFault("there is no Secret \(reference)") }
        var tls = UpstreamTLS(
            verifies: draft.verifies, depth: draft.depth, name: draft.name, indicatesName: draft.indicatesName,
            ciphers: draft.ciphers, versions: draft.versions, origin: annotationOrigin("proxy-ssl-secret"))
        do throws(CertificateFault) {
            if CertificateResolver.holdsTrust(secret.object) { tls.trust = try certificates.trust(secret) }
            if CertificateResolver.holdsCertificate(secret.object) {
                let bundle = try certificates.certificate(secret)
                tls.identity = UpstreamTLS.Identity(chain: bundle.chain, key: bundle.key)
            }
        } catch { throw CertificateFault("Secret \(reference) \(error.reason)") }
        if tls.trust == nil, tls.identity == nil {
            throw CertificateFault("Secret \(reference) has neither ca.crt nor tls.crt and tls.key")
        }
        if tls.verifies, tls.trust == nil {
            throw CertificateFault("Secret \(reference) has no ca.crt, against which proxy-ssl-verify could verify")
        }
        return tls
    }

    private func isReachable(_ reference: NamespacedName) -> Bool {
        reference.namespace == ingress.metadata.namespace || globals.allowsCrossNamespaceReferences
    }

    private func hasAnnotation(_ name: String) -> Bool {
        ingress.metadata.annotations.contains { $0.name.hasSuffix("/\(name)") }
    }
}
