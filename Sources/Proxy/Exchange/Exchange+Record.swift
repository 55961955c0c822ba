import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// What remains of an exchange: its line in the access log and its part of the metrics.
extension Exchange: AccessSource {
    /// Fills in what is known only at the end.
    func finishRecord(on downstream: DownstreamStream) {
        record.client = SocketAddress(
            IPAddress(high: context.client.high, low: context.client.low), port: downstream.peer.port)
        record.peer = downstream.peer
        record.serverPort = downstream.port
        record.requestTime = milliseconds(since: state.startedAt)
        record.connectionRequests = downstream.requests
    }

    /// Counts the request. The route is gone then: what needs it comes before.
    func count(in metrics: WorkerMetrics) {
        let now = worker.loop.now
        let outcome = RequestOutcome(
            status: record.status, duration: now.nanoseconds(since: state.startedAt),
            upstreamDuration: record.attemptCount == 0 ? nil : now.nanoseconds(since: state.firstAttemptAt),
            requestBytes: record.requestLength, responseBytes: record.bytesSent, responseBodyBytes: record.bodyBytesSent
        )
        if let route = takeRoute() {
            route.count(outcome, onOtherSide: state.traffic.isOnOtherSide, in: metrics)
        } else {
            metrics.recordUnmatched(outcome)
        }
        metrics.count(.bytesReceived, record.requestLength)
        metrics.count(.bytesSent, record.bytesSent)
    }

    func write(_ text: AccessText, to log: inout AccessLogWriter) {
        switch text {
        case .requestID: Self.writeRequestID(request.headers, context, to: &log)
        case .scheme: log.append(text: context.isSecure ? "https" : "http")
        case .bestScheme: Self.writeBestScheme(of: request, context, to: &log)
        case .bestHost: Self.writeBestHost(of: request, context, to: &log)
        case .namespace: log.append(name: route?.names.namespace)
        case .ingress: log.append(name: route?.names.object)
        case .service: log.append(name: route?.names.service)
        case .servicePort: log.append(name: route?.names.servicePort)
        case .locationPath: log.append(name: route?.names.path)
        case .upstreamName: log.append(name: state.traffic.isOnOtherSide ? route?.upstream?.name : plan?.name)
        case .alternativeUpstreamName: if state.traffic.isOnOtherSide { log.append(name: plan?.name) }
        case .connection: log.append(number: Int(truncatingIfNeeded: downstream?.connectionNumber ?? 0))
        case .serverAddress:
            guard let address = downstream?.localAddress else { return log.appendUnset() }
            log.append(address.address)
        case .responseHeader(let name), .upstreamHeader(let name):
            log.append(log.name(name), of: response.headers)
        case .remoteUser: Self.writeUser(of: request, by: &worker.filterScratch.location, to: &log)
        case .secureFlag: if context.isSecure { log.append(text: "on") } else { log.appendUnset() }
        case .cacheStatus:
            if let use = responseCacheUse { log.append(text: use.status.name) } else { log.appendUnset() }
        case .security(let part): log.append(part, of: context.security)
        case .place(let number):
            guard let geo = context.geo else { return log.appendUnset() }
            geo.withValue(of: number, for: context.client) { log.append(orUnset: $0) }
        case .request where state.isAskedAsGet: Self.write(request, method: methodAsSent, to: &log)
        default: Self.write(text, of: request, to: &log)
        }
    }

    private static func writeBestScheme(
        of request: borrowing RequestHead, _ context: RequestContext, to log: inout AccessLogWriter
    ) {
        if let given = context.believed(.xForwardedProto, request) {
            log.append(value: request.headers.value(given))
        } else {
            log.append(text: context.isSecureInFront ? "https" : "http")
        }
    }

    private static func writeBestHost(
        of request: borrowing RequestHead, _ context: RequestContext, to log: inout AccessLogWriter
    ) {
        log.append(orUnset: context.bestHost(request))
    }

    /// The user whose name the client gives, proven or not.
    private static func writeUser(
        of request: borrowing RequestHead, by way: inout ByteBuffer, to log: inout AccessLogWriter
    ) {
        way.clear()
        BasicUser.append(of: request, to: &way)
        log.append(orUnset: way.readable)
        way.clear()
    }

    /// The request line as it was sent, though an error made another request of it.
    private static func write(
        _ request: borrowing RequestHead, method: Range<Int>, to log: inout AccessLogWriter
    ) {
        write(request, method: request.headers.bytes(in: method), to: &log)
    }

    private static func write(
        _ request: borrowing RequestHead, method: Span<UInt8>, to log: inout AccessLogWriter
    ) {
        log.append(value: method)
        log.append(text: " ")
        log.append(value: request.target)
        log.append(text: " ")
        log.append(text: request.version.name)
    }

    /// What the request's head says.
    private static func write(_ text: AccessText, of request: borrowing RequestHead, to log: inout AccessLogWriter) {
        switch text {
        case .request:
            guard !request.methodBytes.isEmpty else { return log.appendUnset() }
            write(request, method: request.methodBytes, to: &log)
        case .method: log.append(value: request.methodBytes)
        case .requestTarget: log.append(value: request.target)
        case .path: log.append(value: request.normalPath)
        case .arguments: log.append(orUnset: request.query)
        case .host, .serverName: log.append(orUnset: request.hostName)
        case .protocol: log.append(text: request.version.name)
        case .referer: log.append(.referer, of: request.headers)
        case .userAgent: log.append(.userAgent, of: request.headers)
        case .requestHeader(let name): log.append(log.name(name), of: request.headers)
        case .cookie(let name):
            let name = log.name(name)
            guard let value = request.headers.cookie(named: name.span) else { return log.appendUnset() }
            log.append(orUnset: request.headers.bytes(in: value))
        case .argument(let name):
            let name = log.name(name)
            guard let value = QueryArguments.value(of: name.span, in: request.query) else { return log.appendUnset() }
            log.append(orUnset: request.query.extracting(value))
        case .argumentMark: if request.query.isEmpty { log.appendUnset() } else { log.append(text: "?") }
        default: log.appendUnset()
        }
    }

    private static func writeRequestID(
        _ headers: borrowing HeaderBlock, _ context: RequestContext, to log: inout AccessLogWriter
    ) {
        if let index = headers.firstIndex(of: .xRequestID), !headers[index].value.isEmpty {
            return log.append(value: headers.value(index))
        }
        log.append(hexadecimalWord: context.requestIDHigh)
        log.append(hexadecimalWord: context.requestIDLow)
    }
}

extension AccessLogWriter {
    fileprivate mutating func append(orUnset value: Span<UInt8>) {
        if value.isEmpty { appendUnset() } else { append(value: value) }
    }

    fileprivate mutating func append(name: [UInt8]?) {
        if let name { append(orUnset: name.span) } else { appendUnset() }
    }

    /// All fields of a name as one list.
    fileprivate mutating func append(_ name: [UInt8], of headers: borrowing HeaderBlock) {
        var next = headers.firstIndex(named: name.span)
        guard next != nil else { return appendUnset() }
        var isFirst = true
        while let index = next {
            if !isFirst { append(text: ", ") }
            isFirst = false
            append(value: headers.value(index))
            next = headers.firstIndex(named: name.span, from: index + 1)
        }
    }

    fileprivate mutating func append(_ part: SecurityText, of security: ConnectionSecurity?) {
        guard let security else { return appendUnset() }
        switch part {
        case .protocolName: append(name: security.protocolName)
        case .cipher: append(name: security.cipher)
        case .serverName: append(name: security.serverName)
        case .isResumed: append(text: security.isResumed ? "r" : ".")
        case .verification: append(name: security.verification)
        case .subject: append(name: security.subject)
        case .issuer: append(name: security.issuer)
        case .serial: append(name: security.serial)
        case .fingerprint: append(name: security.fingerprint)
        }
    }

    fileprivate mutating func append(_ id: HeaderID, of headers: borrowing HeaderBlock) {
        if let index = headers.firstIndex(of: id) { append(value: headers.value(index)) } else { appendUnset() }
    }
}
