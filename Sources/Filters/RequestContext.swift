/// What is known of a request besides its head.
///
/// An exchange has one and fills it anew for each request (`Forwarding.settle`): everything that judges a request is
/// handed it, and handing on an object costs less than a copy of its words.
public final class RequestContext {
    /// The other end of the connection.
    public var peer: ClientAddress
    /// Who the request is from: the peer, or whom trusted hops say they pass it on for.
    public var client: ClientAddress
    /// The connection is encrypted.
    public var isSecure: Bool
    /// What the connection's encryption says of itself, where it is known.
    public var security: ConnectionSecurity?
    /// The port that the connection came in on.
    public var localPort: UInt16
    /// 128 random bits that name the request when the client didn't.
    public var requestIDHigh: UInt64
    public var requestIDLow: UInt64
    /// `X-Forwarded-Host`, `-Port` and `-Proto` of the client are believed.
    public var trustsForwardedFields: Bool
    /// What the client has shown in the handshake; nil when its host has no policy for certificates.
    public var identity: ClientIdentity?
    /// The port that clients connect to in front of us, as a PROXY header tells; 0 when there is none.
    public var announcedPort: UInt16 = 0
    /// The request is part of a first flight that an attacker may repeat (TLS 1.3 early data).
    public var isEarly = false
    /// Where the client is, for who asks; nil while there are no databases.
    public var geo: GeoLookups?

    public init(
        peer: ClientAddress, client: ClientAddress? = nil, isSecure: Bool, localPort: UInt16,
        requestIDHigh: UInt64, requestIDLow: UInt64, trustsForwardedFields: Bool = false
    ) {
        self.peer = peer
        self.client = client ?? peer
        self.isSecure = isSecure
        self.localPort = localPort
        self.requestIDHigh = requestIDHigh
        self.requestIDLow = requestIDLow
        self.trustsForwardedFields = trustsForwardedFields
    }

    /// Forgets what a connection's encryption has told, so that nothing of it is there for the next request.
    public func forgetConnection() {
        guard isSecure else { return }
        isSecure = false
        identity = nil
        security = nil
        isEarly = false
    }

    /// The port as origins are told: the port that TLS comes in on counts as 443, as ingress-nginx has it.
    public var reportedPort: UInt16 { announcedPort != 0 ? announcedPort : isSecure ? 443 : localPort }

    /// Whether the client speaks TLS, with us or with a balancer in front that announces port 443.
    public var isSecureInFront: Bool { isSecure || announcedPort == 443 }
}
