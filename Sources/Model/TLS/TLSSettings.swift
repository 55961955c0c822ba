/// A version of TLS. Older ones than 1.2 are not spoken (RFC 8996).
public enum TLSVersion: String, Sendable, Hashable, CaseIterable, Comparable {
    case v1_2 = "TLSv1.2"
    case v1_3 = "TLSv1.3"

    public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// TLS towards clients, for every host. Defaults are ingress-nginx's.
public struct TLSSettings: Sendable, Hashable {
    /// ingress-nginx's list for TLS 1.2; every suite has forward secrecy and authenticated encryption.
    public static let standardCiphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        + "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
        + "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256"

    /// In ascending order, not empty (`ssl-protocols`).
    public var versions: [TLSVersion] = [.v1_2, .v1_3]
    /// An OpenSSL cipher list for TLS 1.2 (`ssl-ciphers`).
    public var ciphers = TLSSettings.standardCiphers
    /// Whether the server's order of ciphers counts (`ssl-prefer-server-ciphers`).
    public var prefersServerCiphers = true
    /// Groups for key exchange, as OpenSSL names them; empty leaves the choice to OpenSSL (`ssl-ecdh-curve`).
    public var groups: [String] = []
    /// PEM parameters for DHE; without them DHE suites are off (`ssl-dh-param`).
    public var dhParameters: SealedBytes?
    /// Keep sessions for resumption in memory that all workers share (`ssl-session-cache`).
    public var keepsSessions = true
    /// Memory for sessions, in bytes (`ssl-session-cache-size`).
    public var sessionCacheBytes = 10 << 20
    /// How long a session may be resumed (`ssl-session-timeout`).
    public var sessionTimeout: Duration = .seconds(600)
    /// Hand out tickets that hold the session (`ssl-session-tickets`, RFC 5077).
    public var issuesTickets = false
    /// 48 or 80 bytes that tickets are encrypted with; nil makes keys at random and rotates them
    /// (`ssl-session-ticket-key`).
    public var ticketKey: SealedBytes?
    /// Largest TLS record that is written, in bytes (`ssl-buffer-size`).
    public var recordBytes = 4 << 10
    /// Accept TLS 1.3 early data (`ssl-early-data`).
    public var acceptsEarlyData = false
    /// End handshakes for names that no certificate is configured for, instead of serving the default
    /// certificate (`ssl-reject-handshake`).
    public var rejectsUnknownNames = false
    /// Fetch OCSP responses for certificates that name a responder, and staple them (`enable-ocsp`).
    public var fetchesOCSPResponses = false

    public init() {}
}

/// HTTP/2 towards clients.
public struct HTTP2Settings: Sendable, Hashable {
    /// Offered by ALPN (`use-http2`).
    public var isOn = true
    /// Streams of one connection (`http2-max-concurrent-streams`).
    public var concurrentStreams = 128

    public init() {}
}

/// The PROXY protocol on the sockets that clients connect to.
public struct ProxyProtocolSettings: Sendable, Hashable {
    /// Each connection must begin with a PROXY header, version 1 or 2 (`use-proxy-protocol`).
    public var isRequired = false
    /// Until the whole header has arrived (`proxy-protocol-header-timeout`).
    public var headerTimeout: Duration = .seconds(5)

    public init() {}
}

/// `Strict-Transport-Security` (RFC 6797) on responses over TLS.
public struct StrictTransport: Sendable, Hashable {
    /// In seconds (`hsts-max-age`).
    public var maximumAge = 31_536_000
    /// `hsts-include-subdomains`
    public var includesSubdomains = true
    /// `hsts-preload`
    public var allowsPreloading = false

    public init() {}

    /// The field's value.
    public var value: String {
        "max-age=\(maximumAge)" + (includesSubdomains ? "; includeSubDomains" : "")
            + (allowsPreloading ? "; preload" : "")
    }

    /// The field on responses over TLS, in place of the upstream's.
    var edit: HeaderEdits.Edit {
        var condition = HeaderEdits.Condition()
        condition.needsSecureConnection = true
        return HeaderEdits.Edit(.set, "Strict-Transport-Security", .literal(value), when: condition)
    }
}
