/// TLS towards an upstream (`proxy-ssl-*` in ingress-nginx). A transport that speaks TLS without one of these verifies
/// nothing and indicates no name.
public struct UpstreamTLS: Sendable, Hashable {
    /// What is presented when the upstream asks for a certificate (`tls.crt` and `tls.key` of `proxy-ssl-secret`).
    public struct Identity: Sendable, Hashable {
        /// PEM: the certificate first, then intermediates.
        public var chain: SealedBytes
        /// PEM
        public var key: SealedBytes

        public init(chain: SealedBytes, key: SealedBytes) {
            self.chain = chain
            self.key = key
        }
    }

    public var identity: Identity?
    /// Whom the upstream's certificate must come from, when it is verified (`ca.crt` of `proxy-ssl-secret`).
    public var trust: TrustBundle?
    /// Verify chain and name; failing closes the connection and is answered 502 (`proxy-ssl-verify`).
    public var verifies: Bool
    /// Longest chain between certificate and authority, at least 1 (`proxy-ssl-verify-depth`).
    public var depth: Int
    /// The name that is verified and indicated; nil takes the upstream's own name (`proxy-ssl-name`).
    public var name: String?
    /// Indicate the name (SNI, `proxy-ssl-server-name`).
    public var indicatesName: Bool
    /// An OpenSSL cipher list for TLS 1.2 (`proxy-ssl-ciphers`).
    public var ciphers: String
    /// In ascending order, not empty (`proxy-ssl-protocols`).
    public var versions: [TLSVersion]
    /// The object that asks for it.
    public var origin: Origin

    public init(
        identity: Identity? = nil, trust: TrustBundle? = nil, verifies: Bool = false, depth: Int = 1,
        name: String? = nil, indicatesName: Bool = false, ciphers: String = "DEFAULT",
        versions: [TLSVersion] = [.v1_2], origin: Origin
    ) {
        self.identity = identity
        self.trust = trust
        self.verifies = verifies
        self.depth = depth
        self.name = name
        self.indicatesName = indicatesName
        self.ciphers = ciphers
        self.versions = versions
        self.origin = origin
    }
}
