import Model

/// What all Ingresses of a host say about TLS, the oldest first.
extension HostAssembly {
    /// Whether an Ingress names the host in `spec.tls`, or has a certificate for it.
    var hasCertificate: Bool { certificate != .none }

    /// Of the first Ingress that has any.
    private var certificate: TranslatedIngress.HostCertificate {
        shares.lazy.map(\.host.certificate).first { $0 != .none } ?? .none
    }

    mutating func tls() -> HostTLS? {
        var tls = HostTLS()
        if case .own(let bundle) = certificate { tls.certificate = bundle.id }
        for share in shares {
            tls.ciphers = tls.ciphers ?? share.ingress.content.tls.ciphers
            tls.prefersServerCiphers = tls.prefersServerCiphers ?? share.ingress.content.tls.prefersServerCiphers
            guard let policy = share.ingress.content.clientCertificate else { continue }
            if let first = tls.clientCertificate {
                var other = policy
                other.origin = first.origin
                if other != first { warn(share, "auth-tls-secret", "asks clients of \(name) for certificates already") }
            } else {
                tls.clientCertificate = policy
            }
        }
        return hasCertificate || tls != HostTLS() ? tls : nil
    }

    /// Where TLS connections go unopened: to what the path `/` leads to.
    mutating func passthrough(_ routes: [Route]) -> Passthrough? {
        guard let share = shares.first(where: { $0.ingress.content.tls.passesThrough }) else { return nil }
        let origin = share.ingress.content.passthroughOrigin
        guard name != .any else {
            report(origin, "ssl-passthrough", "needs a host: without one there is no name to go by")
            return nil
        }
        let root = routes.first { route in
            switch route.match.path {
            case .prefix("/"), .regex("/", _): true
            case .prefix, .exact, .regex: false
            }
        }
        guard case .forward(let upstream)? = root?.action else {
            report(origin, "ssl-passthrough", "\(name) has no path / that leads to a Service, so TLS is not passed on")
            return nil
        }
        return Passthrough(upstream: upstream, origin: origin)
    }

    /// Gives a route what depends on the other Ingresses of the host.
    func settleTLS(_ route: inout Route, of share: HostShare) {
        let content = share.ingress.content
        if route.policy.transport.tls == nil, shares.count > 1 || content.snippetTLS != nil {
            route.policy.transport.tls = inheritedTLS(
                under: content.snippetTLS, unless: content.keepsUpstreamTLSToItsIngress)
        }
        guard shares.count > 1 else { return }
        if share.host.certificate == .none, hasCertificate {
            route.policy.secureRedirect = content.secureRedirect.policy(of: route.labels.path, hasCertificate: true)
        }
    }

    /// The same for a `location` of a snippet, whose directives are in its policy.
    func settleTLS(ofLocation route: inout Route) {
        guard route.policy.transport.speaks == .https else { return }
        let isKept = shares.contains { $0.ingress.content.keepsUpstreamTLSToItsIngress }
        route.policy.transport.tls = inheritedTLS(under: route.policy.transport.tls, unless: isKept)
    }

    /// What the host's first Ingress with a Secret says, under what directives of a snippet say: those name the backend
    /// and never switch its verification off.
    private func inheritedTLS(under snippet: UpstreamTLS?, unless isKept: Bool) -> UpstreamTLS? {
        let inherited = isKept ? nil : shares.lazy.compactMap(\.ingress.content.policy.transport.tls).first
        guard let snippet, var tls = inherited else { return inherited ?? snippet }
        tls.name = snippet.name ?? tls.name
        tls.indicatesName = snippet.indicatesName || tls.indicatesName
        return tls
    }

    private mutating func warn(_ share: HostShare, _ annotation: String, _ fault: String) {
        report(share.ingress.content.clientCertificate?.origin ?? share.ingress.origin, annotation, fault)
    }

    private mutating func report(_ origin: Origin, _ annotation: String, _ fault: String) {
        diagnostics.append(Diagnostic(.warning, origin, field: annotationField(annotation), fault))
    }
}
