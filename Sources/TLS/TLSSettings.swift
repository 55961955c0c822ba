/// How TLS is spoken with clients.
public struct TLSServerSettings: Sendable, Hashable {
    /// Versions that are spoken. At least one is.
    public var speaksTLS12 = true
    public var speaksTLS13 = true
    /// An OpenSSL cipher list for TLS 1.2.
    public var ciphers = "DEFAULT"
    /// The server's order of ciphers counts.
    public var prefersOwnCiphers = true
    /// Groups for key exchange, as OpenSSL names them; empty leaves the choice to OpenSSL.
    public var groups: [String] = []
    /// PEM; without them DHE suites are off.
    public var dhParameters: [UInt8]?
    /// `h2` is offered by ALPN.
    public var offersHTTP2 = false
    /// Sessions are kept in the shared cache, for clients without tickets and for all when none are issued.
    public var keepsSessions = true
    /// Sessions are handed out as tickets.
    public var issuesTickets = false
    /// How long a session may be resumed, in seconds.
    public var sessionSeconds = 600
    /// Requests in the first flight of a resumed session are accepted (RFC 8446, section 2.3).
    public var acceptsEarlyData = false

    public init() {}
}

/// What is asked of clients that have certificates. The handshake completes whatever they present: who may come in is
/// decided for each request.
public struct ClientVerification: Sendable, Hashable {
    /// PEM: whom certificates must come from. Their names are told to the client. Empty trusts nobody.
    public var authorities: [UInt8]
    /// PEM; nil checks no revocations.
    public var revocations: [UInt8]?
    /// Longest chain between certificate and authority, at least 1.
    public var depth: Int

    public init(authorities: [UInt8], revocations: [UInt8]? = nil, depth: Int = 1) {
        self.authorities = authorities
        self.revocations = revocations
        self.depth = depth
    }
}

/// How TLS is spoken with an origin.
public struct TLSClientSettings: Sendable, Hashable {
    /// The certificate that is presented when the origin asks for one.
    public struct Identity: Sendable, Hashable {
        public var chain: [UInt8]
        public var key: [UInt8]

        public init(chain: [UInt8], key: [UInt8]) {
            self.chain = chain
            self.key = key
        }
    }

    public var speaksTLS12 = true
    public var speaksTLS13 = true
    /// An OpenSSL cipher list for TLS 1.2.
    public var ciphers = "DEFAULT"
    public var identity: Identity?
    /// PEM: whom the origin's certificate must come from; nil verifies nothing.
    public var authorities: [UInt8]?
    public var revocations: [UInt8]?
    /// Longest chain between certificate and authority.
    public var depth = 1
    /// The name that the origin's certificate must be for; nil takes any.
    public var verifiedName: String?
    /// The name that is indicated (SNI); nil indicates none.
    public var indicatedName: String?
    /// Offered by ALPN, the most wanted first: `h2`, `http/1.1`. Empty sends no ALPN.
    public var protocols: [String] = []

    public init() {}
}
