import Model
import Translation

/// The hosts that `from-to-www-redirect` adds: `www.` of a bare host, or the bare host of a `www.` one.
///
/// They serve nothing but the redirect. A host that an Ingress names stays its own.
struct CanonicalHosts {
    static func place(
        _ ingresses: [TranslatedIngress], status: Int, into hosts: SortedList<HostName, VirtualHost>,
        _ diagnostics: inout [Diagnostic]
    ) -> SortedList<HostName, VirtualHost> {
        var added: [HostName: VirtualHost?] = [:]
        for ingress in ingresses where ingress.content.redirectsWWW != nil {
            guard let origin = ingress.content.redirectsWWW else { continue }
            for case (.exact(let target), let host) in ingress.content.hosts.map({ ($0.name, $0) }) {
                let other = counterpart(of: target)
                if hosts.index(of: .exact(other)) != nil {
                    diagnostics.append(
                        Diagnostic(
                            .note, origin, field: annotationField("from-to-www-redirect"),
                            "\(other) is a host of its own, so it is not redirected to \(target)"))
                } else if added[.exact(other)] == nil {
                    added[.exact(other)] = .some(redirect(other, to: target, host, status, origin))
                }
            }
        }
        guard !added.isEmpty else { return hosts }
        var all = hosts
        all.apply(added)
        return all
    }

    private static func counterpart(of name: String) -> String {
        name.hasPrefix("www.") ? String(name.dropFirst(4)) : "www.\(name)"
    }

    /// The certificate of the target serves the other name only if it is for both.
    private static func redirect(
        _ name: String, to target: String, _ host: TranslatedIngress.Host, _ status: Int, _ origin: Origin
    ) -> VirtualHost {
        var redirecting = VirtualHost(name: .exact(name), origin: origin)
        redirecting.canonicalHost = CanonicalHost(name: target, status: status, origin: origin)
        if case .own(let bundle) = host.certificate, bundle.covers(name) {
            redirecting.tls = HostTLS(certificate: bundle.id)
        }
        return redirecting
    }
}
