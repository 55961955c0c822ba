/// A variable of the log format whose value is a number or an address of the `AccessRecord`.
enum RecordVariable: Sendable {
    case remoteAddress, remotePort, peerAddress, serverPort
    case timeLocal, timeISO8601, timeSeconds
    case status, requestLength, bodyBytesSent, bytesSent, requestTime
    case connectionRequests, processID
    case upstreamAddress, upstreamStatus, upstreamResponseLength
    case upstreamResponseTime, upstreamConnectTime, upstreamHeaderTime
    /// Known to ingress-nginx, but nothing here ever sets it.
    case never
}

/// A variable of the log format whose value is text that the exchange holds.
///
/// Payloads are indices of `AccessLogFormat.name`: the name in lower case, with `-` for `_` in
/// header names.
public enum AccessText: Sendable, Hashable {
    /// The request line as received.
    case request
    case method
    /// The target as received, with arguments.
    case requestTarget
    /// The path after rewriting, without arguments.
    case path
    case arguments
    /// The host that was routed on, without port.
    case host
    /// The host with its port as the client gave it, or as a believed `X-Forwarded-Host` says.
    case bestHost
    case remoteUser
    case requestID
    case scheme
    /// What the client speaks, as far as somebody in front who is believed says it.
    case bestScheme
    case `protocol`
    case serverName
    case serverAddress
    /// The number of the client's connection.
    case connection
    /// What the route is, in the names of its configuration.
    case namespace, ingress, service, servicePort, locationPath
    /// The upstream's name; `-` when none was chosen.
    case upstreamName
    /// The canary's upstream; set but empty when there is none.
    case alternativeUpstreamName
    case referer, userAgent
    case requestHeader(Int), responseHeader(Int), upstreamHeader(Int)
    case cookie(Int), argument(Int)
    /// `?` when there are arguments; empty else.
    case argumentMark
    /// `on` over TLS; empty else.
    case secureFlag
    /// What the cache had: `HIT`, `MISS` and so on.
    case cacheStatus
    case security(SecurityText)
    /// Where the client is: one of the names that the format was given for that.
    case place(Int)
}

/// What a client's TLS connection says of itself.
public enum SecurityText: Sendable, Hashable {
    case protocolName, cipher, serverName, isResumed
    case verification, subject, issuer, serial, fingerprint
}

/// Where the text of a line comes from: the exchange.
public protocol AccessSource: ~Copyable {
    /// Appends the value with one `append(value:)` or `append(text:)` of the log, or `appendUnset`.
    func write(_ text: AccessText, to log: inout AccessLogWriter)
}
