/// What holds for the whole proxy, whatever the route. Defaults are ingress-nginx's.
public struct Settings: Sendable, Hashable {
    public var client = ClientSettings()
    public var upstream = UpstreamSettings()
    public var forwarding = ForwardingSettings()
    public var response = ResponseSettings()
    /// Edits of every route, ahead of its own, and of what no route answers (`add-headers`, `proxy-set-headers`).
    public var headerEdits = HeaderEdits()
    public var tls = TLSSettings()
    public var http2 = HTTP2Settings()
    public var proxyProtocol = ProxyProtocolSettings()
    public var admission = AdmissionSettings()
    /// How long requests may go on when the proxy ends; nil leaves that to whoever started it (`worker-shutdown-timeout`).
    public var shutdownGrace: Duration?
    /// How many workers run; nil leaves that to whoever starts them (`worker-processes`). Read at the start alone.
    public var workers: Int?
    /// What is replaced of the answers to requests that no route matches (`custom-http-errors`).
    public var errorPages: ErrorPages?
    /// What is compressed of the answers to requests that no route matches.
    public var compression: Compression?
    public var observation = ObservationSettings()
    /// Places of addresses.
    public var geo = GeoSettings()
    /// Where responses are kept, ordered by name; names are unique.
    public var responseCacheZones: [ResponseCacheZone] = []

    public init() {}

    /// The edits of a route with these of its own; nil for none. What is said later wins.
    public func headerEdits(with own: HeaderEdits?) -> HeaderEdits? {
        guard !headerEdits.isEmpty || response.strictTransport != nil else { return own }
        var edits = HeaderEdits()
        if let policy = response.strictTransport { edits.onResponse.append(policy.edit) }
        edits.append(headerEdits)
        if let own { edits.append(own) }
        return edits
    }
}

/// Limits and times towards clients.
public struct ClientSettings: Sendable, Hashable {
    /// Until a whole request head has arrived (`client-header-timeout`).
    public var headerTimeout: Duration = .seconds(60)
    /// Until a TLS handshake is over.
    public var handshakeTimeout: Duration = .seconds(10)
    /// Between two reads of a request body (`client-body-timeout`).
    public var bodyTimeout: Duration = .seconds(60)
    /// Between two writes to a client that does not read.
    public var sendTimeout: Duration = .seconds(60)
    /// How long an idle connection is kept (`keep-alive`); zero closes after each response.
    public var keepAliveTimeout: Duration = .seconds(75)
    /// Requests after which a connection is closed (`keep-alive-requests`).
    public var keepAliveRequests = 1000
    /// Slowest average rate of a request body, in bytes a second; zero is off.
    public var minimumBodyRate = 64
    /// How long a body may take before its rate counts.
    public var bodyRateGrace: Duration = .seconds(10)
    /// Bytes that the buffers of one worker may take together; requests beyond are answered 503.
    public var bufferBytesPerWorker = 256 << 20
    /// Longest request line, in bytes (`large-client-header-buffers`).
    public var requestLineBytes = 8 << 10
    /// Longest single header line, in bytes (`large-client-header-buffers`).
    public var headerLineBytes = 8 << 10
    /// All header lines together, in bytes (`large-client-header-buffers`).
    public var headerBytes = 32 << 10
    /// Connections that one address may hold at a time; zero is no limit.
    public var connectionsPerAddress = 0
    /// Header lines of a request.
    public var headerCount = 100
    /// Keep header names that contain `_` (`enable-underscores-in-headers`).
    public var keepsUnderscoreNames = false

    public init() {}
}

/// How connections to upstreams are kept.
public struct UpstreamSettings: Sendable, Hashable {
    /// Idle connections kept by a worker; zero sends `Connection: close` (`upstream-keepalive-connections`).
    public var idleConnections = 320
    /// How long idle connections beyond those wait for a load that needs as many.
    public var surplusTime: Duration = .seconds(1)
    /// How long an idle connection is kept (`upstream-keepalive-timeout`).
    public var idleTimeout: Duration = .seconds(60)
    /// Requests after which a connection is closed (`upstream-keepalive-requests`).
    public var requestsPerConnection = 10_000
    /// Age after which a connection is closed (`upstream-keepalive-time`).
    public var connectionLifetime: Duration = .seconds(3600)
    /// Largest response head, in bytes.
    public var responseHeadBytes = 32 << 10
    /// Consecutive failures after which an endpoint is left out for a while; zero is never.
    public var failuresBeforeEjection = 5
    /// How long an endpoint is left out the first time; doubles each time up to ten times this.
    public var ejectionTime: Duration = .seconds(10)

    public init() {}
}

/// What is believed of forwarded headers, and what is added to requests.
public struct ForwardingSettings: Sendable, Hashable {
    /// Believe `X-Forwarded-*` of clients (`use-forwarded-headers`).
    public var trustsForwardedHeaders = false
    /// Append to a believed `X-Forwarded-For` rather than replacing it (`compute-full-forwarded-for`).
    public var appendsForwardedFor = false
    /// Believe who the client is, and nothing else (`enable-real-ip`).
    public var correctsAddress = false
    /// The field that says who the client is, hop by hop (`forwarded-for-header`).
    public var addressField = "X-Forwarded-For"
    /// The field whose value is passed on as `X-Original-Forwarded-Host` (`forwarded-host-header`).
    public var hostField = "X-Forwarded-Host"
    /// Hops whose address claims are believed, as CIDR blocks (`proxy-real-ip-cidr`).
    public var trustedHops: [String] = ["0.0.0.0/0"]
    /// Make an `X-Request-ID` when the client sent none (`generate-request-id`).
    public var generatesRequestID = true

    public init() {}
}

/// What every response carries or loses.
public struct ResponseSettings: Sendable, Hashable {
    /// Pass the upstream's `Server` field (`allow-backend-server-header`).
    public var passesServerField = false
    /// Fields of upstream responses that are not passed on (`hide-headers`), in lower case.
    public var hiddenFields: [String] = []
    /// `Strict-Transport-Security` of every response over TLS; nil sends none (`hsts`).
    public var strictTransport: StrictTransport? = StrictTransport()

    public init() {}
}

/// Whom no host serves.
public struct AdmissionSettings: Sendable, Hashable {
    /// Addresses and CIDR blocks that the proxy's own default upstream does not serve (`block-cidrs`); routes say
    /// themselves whom they serve.
    public var blockedAddresses: [String] = []
    /// Values of `User-Agent` that get 403 (`block-user-agents`).
    public var blockedAgents: [TextRule] = []
    /// Values of `Referer` that get 403 (`block-referers`).
    public var blockedReferers: [TextRule] = []

    public init() {}
}
