import Balancing
import HTTP
import HTTP2
import Model

/// The proxy's settings as plain numbers; times are nanoseconds.
struct WorkerSettings: Sendable {
    let clientHeaderTimeout: UInt64
    let clientBodyTimeout: UInt64
    let clientSendTimeout: UInt64
    let keepAliveTimeout: UInt64
    let keepAliveRequests: Int
    let connectionsPerAddress: Int
    let minimumBodyRate: Int
    let bodyRateGrace: UInt64
    let bufferBytes: Int
    let headLimits: HeadLimits
    let underscores: UnderscorePolicy
    /// Clients may speak HTTP/2.
    let speaksHTTP2: Bool
    /// For clients' HTTP/2 connections.
    let http2: HTTP2Session.Configuration
    let idleUpstreamLimit: Int
    let upstreamSurplusTime: UInt64
    let upstreamIdleTimeout: UInt64
    let upstreamRequestsPerConnection: Int
    let upstreamLifetime: UInt64
    let responseHeadLimits: HeadLimits
    let ejection: EjectionPolicy
    let handshakeTimeout: UInt64
    let expectsProxyHeader: Bool
    let proxyHeaderTimeout: UInt64

    init(_ settings: Settings) {
        clientHeaderTimeout = settings.client.headerTimeout.nanoseconds
        clientBodyTimeout = settings.client.bodyTimeout.nanoseconds
        clientSendTimeout = settings.client.sendTimeout.nanoseconds
        keepAliveTimeout = settings.client.keepAliveTimeout.nanoseconds
        keepAliveRequests = settings.client.keepAliveRequests
        connectionsPerAddress = settings.client.connectionsPerAddress
        minimumBodyRate = settings.client.minimumBodyRate
        bodyRateGrace = settings.client.bodyRateGrace.nanoseconds
        bufferBytes = settings.client.bufferBytesPerWorker
        headLimits = HeadLimits(
            startLineBytes: settings.client.requestLineBytes, fieldLineBytes: settings.client.headerLineBytes,
            totalFieldBytes: settings.client.headerBytes, fieldCount: settings.client.headerCount)
        underscores = settings.client.keepsUnderscoreNames ? .keep : .drop
        speaksHTTP2 = settings.http2.isOn
        http2 = HTTP2Session.Configuration(
            concurrentStreams: settings.http2.concurrentStreams, headLimits: headLimits, underscores: underscores)
        idleUpstreamLimit = settings.upstream.idleConnections
        upstreamSurplusTime = settings.upstream.surplusTime.nanoseconds
        upstreamIdleTimeout = settings.upstream.idleTimeout.nanoseconds
        upstreamRequestsPerConnection = settings.upstream.requestsPerConnection
        upstreamLifetime = settings.upstream.connectionLifetime.nanoseconds
        responseHeadLimits = HeadLimits(
            fieldLineBytes: settings.upstream.responseHeadBytes, totalFieldBytes: settings.upstream.responseHeadBytes,
            fieldCount: HeadLimits.response.fieldCount)
        ejection = EjectionPolicy(settings.upstream)
        handshakeTimeout = settings.client.handshakeTimeout.nanoseconds
        expectsProxyHeader = settings.proxyProtocol.isRequired
        proxyHeaderTimeout = settings.proxyProtocol.headerTimeout.nanoseconds
    }
}

extension Duration {
    /// Whole nanoseconds; negative durations are zero, endless ones stay below the clock's range.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(min(seconds, 1 << 32)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
