import Kubernetes
import Model

/// How TLS is spoken to the backends of an Ingress.
struct UpstreamTLSDraft: Sendable, Equatable {
    var secret: NamespacedName?
    var ciphers = "DEFAULT"
    var name: String?
    var versions: [TLSVersion] = [.v1_2]
    var verifies = false
    var depth = 1
    var indicatesName = false
    /// Directives of a snippet say something of it, which holds without a Secret, too.
    var isOfSnippet = false
}

extension AnnotationGroup {
    static let upstreamTLS = AnnotationGroup(
        "TLS towards backends", \.upstreamTLS,
        note: """
            For backends that speak HTTPS or, other than in ingress-nginx, GRPCS. Without `proxy-ssl-secret` the others do nothing: the backend's certificate \
            is not verified, and no name is sent. Paths of other Ingresses of the host that have no `proxy-ssl-secret` \
            take the first one's, unless the ConfigMap sets `proxy-ssl-location-only`.
            """,
        [
            Annotation(
                "proxy-ssl-secret", optional: .reference, .route, \.upstreamTLS.secret, bad: .rejectObject,
                risk: .medium, example: "shop/backend-tls",
                "The Secret with `ca.crt`, whom to trust, and maybe `tls.crt` and `tls.key`, what to present. When it is "
                    + "missing, paths answer 503."),
            Annotation(
                "proxy-ssl-ciphers", .ciphers, default: "DEFAULT", .route, \.upstreamTLS.ciphers, risk: .medium,
                example: "HIGH", "Ciphers for TLS 1.2, as an OpenSSL list."),
            Annotation(
                "proxy-ssl-name", optional: .certificateName, .route, \.upstreamTLS.name, risk: .high,
                example: "backend.internal", "The name that is verified and sent as SNI."),
            Annotation(
                "proxy-ssl-protocols", .versions, default: "TLSv1.2", .route, \.upstreamTLS.versions,
                example: "TLSv1.2 TLSv1.3", "Versions of TLS."),
            Annotation(
                "proxy-ssl-verify", .onOff, default: "off", .route, \.upstreamTLS.verifies, bad: .refuseRoutes,
                example: "on",
                "Verifies the backend's certificate against `ca.crt`, and its name; failing is answered 502."),
            Annotation(
                "proxy-ssl-verify-depth", .chainDepth, default: "1", .route, \.upstreamTLS.depth, example: "2",
                "Longest chain of authorities; 0 counts as 1."),
            Annotation(
                "proxy-ssl-server-name", .onOff, default: "off", .route, \.upstreamTLS.indicatesName, example: "on",
                "Sends SNI."),
        ])
}

extension Syntax<String> {
    /// The name of a backend in its certificate.
    static let certificateName = Syntax("a host name") { text in
        let name = text.lowercased()
        return RuleHost.isDomain(name[...]) ? name : nil
    }
}

extension Syntax<[TLSVersion]> {
    /// Versions with blanks between. Older ones than TLS 1.2 are left out, as long as one remains.
    static let versions = Syntax("TLSv1.2, TLSv1.3 or both") { text throws(ValueFault) in
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        let known = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"] + TLSVersion.allCases.map(\.rawValue)
        guard words.allSatisfy({ known.contains($0) }) else { throw .expected("TLSv1.2, TLSv1.3 or both", text) }
        let versions = TLSVersion.allCases.filter { words.contains($0.rawValue) }
        guard !versions.isEmpty else {
            throw ValueFault("\(quoted(text)) names no version that is spoken", remedy: "write TLSv1.2 TLSv1.3")
        }
        return versions
    }
}
