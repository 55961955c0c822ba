/// Asks clients of a host for a certificate (`auth-tls-*` in ingress-nginx).
///
/// The handshake always completes; who may come in is decided for each request, before anything of a route.
/// The upstream learns of the outcome by `ssl-client-verify`, `ssl-client-subject-dn`, `ssl-client-issuer-dn`
/// and `ssl-client-cert`, which are never the client's own.
public struct ClientCertificate: Sendable, Hashable {
    /// What is asked of clients.
    public enum Demand: String, Sendable, Hashable, CaseIterable {
        /// A valid certificate. Without one a request is answered 400.
        case required = "on"
        /// None is asked for.
        case none = "off"
        /// A certificate may be missing; one that is there must be valid.
        case optional
        /// A certificate may be missing or come from anywhere; the upstream is told what it is worth.
        case unverified = "optional_no_ca"
    }

    public var demand: Demand
    /// Nil when they couldn't be read: every request of the host is refused with 403.
    public var trust: TrustBundle?
    /// Longest chain between certificate and authority, at least 1.
    public var depth: Int
    /// Where a client without a good certificate is sent with 302, instead of the 400: a URL or a path.
    public var errorPage: String?
    /// Whether the upstream gets the certificate, as URL-escaped PEM in `ssl-client-cert`.
    public var passesCertificate: Bool
    /// A regular expression, searched in the certificate's subject as RFC 2253 writes it. Requests whose
    /// subject doesn't match, those over plain HTTP among them, get 403.
    public var subjectPattern: String?
    public var origin: Origin

    public init(
        demand: Demand = .required, trust: TrustBundle?, depth: Int = 1, errorPage: String? = nil,
        passesCertificate: Bool = false, subjectPattern: String? = nil, origin: Origin
    ) {
        self.demand = demand
        self.trust = trust
        self.depth = depth
        self.errorPage = errorPage
        self.passesCertificate = passesCertificate
        self.subjectPattern = subjectPattern
        self.origin = origin
    }
}
