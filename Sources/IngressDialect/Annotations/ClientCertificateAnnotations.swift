import Kubernetes
import Model
import Pattern

/// What clients of an Ingress's hosts must show.
struct ClientCertificateDraft: Sendable, Equatable {
    var secret: NamespacedName?
    var demand = ClientCertificate.Demand.required
    var depth = 1
    var errorPage: String?
    var passesCertificate = false
    var subjectPattern: String?
}

extension AnnotationGroup {
    static let clientCertificates = AnnotationGroup(
        "Client certificates", \.clientCertificates,
        note: """
            They apply to the whole host; of several Ingresses of a host the first one with `auth-tls-secret` counts. \
            A Secret that is missing or holds no authorities makes the whole host answer 403. Where a certificate is \
            required, requests over plain HTTP that no redirect answers get the same 400 as those without one.
            """,
        [
            Annotation(
                "auth-tls-secret", optional: .reference, .host, \.clientCertificates.secret, bad: .rejectObject,
                risk: .medium, example: "shop/clients-ca",
                "The Secret with `ca.crt`, the authorities that client certificates must come from, and maybe `ca.crl`."
            ),
            Annotation(
                "auth-tls-verify-client", .demand, default: "on", .host, \.clientCertificates.demand, risk: .medium,
                example: "optional", "How strictly certificates are asked for."),
            Annotation(
                "auth-tls-verify-depth", .chainDepth, default: "1", .host, \.clientCertificates.depth, example: "2",
                "Longest chain of authorities; 0 counts as 1."),
            Annotation(
                "auth-tls-error-page", optional: .errorPage, .host, \.clientCertificates.errorPage,
                bad: .rejectObject, risk: .high, example: "https://example.com/no-certificate",
                "Where a client without a good certificate is sent with 302, instead of a 400: a URL or a path."),
            Annotation(
                "auth-tls-pass-certificate-to-upstream", .flag, default: "false", .host,
                \.clientCertificates.passesCertificate, bad: .rejectObject, example: "true",
                "The backend gets the certificate in `ssl-client-cert`, as URL-escaped PEM."),
            Annotation(
                "auth-tls-match-cn", optional: .subjectPattern, .host, \.clientCertificates.subjectPattern,
                bad: .rejectObject, risk: .high, example: "CN=web",
                "A regular expression that the certificate's subject must match, else 403. Without `auth-tls-secret` "
                    + "paths answer 503."),
        ])
}

extension Syntax<ClientCertificate.Demand> {
    static let demand = Syntax("on, off, optional or optional_no_ca") { ClientCertificate.Demand(rawValue: $0) }
}

extension Syntax<Int> {
    /// The longest chain; 0 counts as 1, as ingress-nginx has it.
    static let chainDepth = Syntax("an integer from 0 to 100") { text in
        Int(text).flatMap { (0...100).contains($0) ? max($0, 1) : nil }
    }
}

extension Syntax<String> {
    /// A URL, or a path of the same host. Named locations (`@name`) are nginx's own and lead nowhere here.
    static let errorPage = Syntax("a URL or a path") { text throws(ValueFault) in
        if text.hasPrefix("@") {
            throw ValueFault(
                "\(quoted(text)) is a location of nginx, which is not there", remedy: "write a URL or a path",
                consequence: .useDefault)
        }
        let isURL = text.hasPrefix("http://") || text.hasPrefix("https://") || text.hasPrefix("/")
        guard isURL, CharacterClass.url.admits(text), !text.hasPrefix("//") else {
            throw .expected("a URL or a path", text)
        }
        return text
    }

    /// `CN=` and a regular expression.
    static let subjectPattern = Syntax("CN= and a regular expression") { text throws(ValueFault) in
        guard text.hasPrefix("CN="), text.utf8.count > 3,
            text.utf8.allSatisfy({ CharacterClass.regex.contains($0) || $0 == 0x20 || $0 == UInt8(ascii: ",") })
        else { throw .expected("CN= and a regular expression", text) }
        do { _ = try Pattern(text) } catch {
            throw ValueFault("\(quoted(text)) is no regular expression: \(error)")
        }
        return text
    }
}
