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

    func count(in metrics: WorkerMetrics) {
        let now = worker.loop.now
        metrics.record(
            RequestOutcome(
                status: record.status, duration: now.nanoseconds(since: state.startedAt),
                upstreamDuration: record.attemptCount == 0 ? nil : now.nanoseconds(since: state.firstAttemptAt),
                requestBytes: record.requestLength, responseBytes: record.bytesSent,
                responseBodyBytes: record.bodyBytesSent),
            in: (state.traffic.isOnOtherSide ? route?.traffic?.split?.series : route?.series) ?? .unmatched)
        metrics.count(.bytesReceived, record.requestLength)
        metrics.count(.bytesSent, record.bytesSent)
    }

    func write(_ text: AccessText, to log: inout AccessLogWriter) {
        switch text {
        case .requestID: Self.writeRequestID(request.headers, context, to: &log)
        case .scheme: log.append(text: context.isSecure ? "https" : "http")
        case .namespace: log.append(name: route?.names.namespace)
        case .ingress: log.append(name: route?.names.object)
        case .service: log.append(name: route?.names.service)
        case .servicePort: log.append(name: route?.names.servicePort)
        case .locationPath: log.append(name: route?.names.path)
        case .upstreamName: log.append(name: state.traffic.isOnOtherSide ? route?.upstream?.name : plan?.name)
        case .alternativeUpstreamName: if state.traffic.isOnOtherSide { log.append(name: plan?.name) }
        default: Self.write(text, of: request, to: &log)
        }
    }

    /// What the request's head says.
    private static func write(_ text: AccessText, of request: borrowing RequestHead, to log: inout AccessLogWriter) {
        switch text {
        case .request:
            guard !request.methodBytes.isEmpty else { return log.appendUnset() }
            log.append(value: request.methodBytes)
            log.append(text: " ")
            log.append(value: request.target)
            log.append(text: " ")
            log.append(text: request.version.name)
        case .method: log.append(value: request.methodBytes)
        case .requestTarget: log.append(value: request.target)
        case .path: log.append(value: request.normalPath)
        case .arguments: log.append(orUnset: request.query)
        case .host, .serverName: log.append(orUnset: request.hostName)
        case .protocol: log.append(text: request.version.name)
        case .referer: log.append(.referer, of: request.headers)
        case .userAgent: log.append(.userAgent, of: request.headers)
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

    fileprivate mutating func append(_ id: HeaderID, of headers: borrowing HeaderBlock) {
        if let index = headers.firstIndex(of: id) { append(value: headers.value(index)) } else { appendUnset() }
    }
}
