import Balancing
import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// Trying endpoints: choosing one, connecting, sending, and what follows when it goes wrong.
extension Exchange {
    // MARK: One attempt

    /// Tries the next endpoint; answers for the client when there is none left to try.
    func attempt() {
        guard let plan, let route else { return refuse(.internalServerError) }
        attempt(on: plan, by: route)
    }

    func attempt(on plan: UpstreamPlan, by route: RoutePlan) {
        let now = worker.loop.now
        state.phase = .attempting
        state.requestSent = false
        state.interimResponses = 0
        state.attemptStartedAt = now
        response.clear()
        responseParser = ResponseHeadParser(limits: responseHeadLimits(by: route))
        guard let index = pickEndpoint(of: plan) else {
            worker.metrics.count(UpstreamFailure.noEndpoint)
            if !answersStale(because: .error) { refuse(Failure.noEndpoint.status) }
            return
        }
        state.attempts += 1
        connect(to: index, of: plan, by: route)
    }

    /// What the head of a response may hold.
    func responseHeadLimits(by route: RoutePlan?) -> HeadLimits {
        route?.filters.responseHeadLimits ?? snapshot.settings.responseHeadLimits
    }

    /// Takes or makes a connection to an endpoint and sends the request on it.
    func connect(to index: Int, of plan: UpstreamPlan, by route: RoutePlan) {
        state.endpoint = index
        plan.balancer.begin(index)
        let connector = connector(to: plan, by: route)
        let pool = plan.pool(index, over: connector)
        record.begin(UpstreamAttempt(endpoint: pool.address))
        if connector.speaksHTTP2 { return openStream(of: pool, for: plan, by: route) }
        if !state.needsFreshConnection, let idle = pool.takeIdle(worker.loop) {
            idle.wake()
            upstream = .http1(idle)
            idle.attach(.exchange(self))
            worker.metrics.count(.upstreamConnectionsReused)
            record.lastAttempt.connectTime = 0
            return send(to: .http1(idle), of: plan, by: route)
        }
        if connector.fault != nil { return attemptFailed(.tlsFailed) }
        do throws(Errno) {
            let connection = try HTTP1Upstream(worker: worker, pool: pool)
            upstream = .http1(connection)
            connection.attach(.exchange(self))
            if connection.isConnected { return upstreamConnected() }
            worker.loop.setDeadline(of: connection, afterNanoseconds: route.filters.timeouts.connectNanoseconds)
        } catch {
            attemptFailed(error.isExhaustion ? .exhausted : .connectionRefused)
        }
    }

    /// Takes a stream of a connection that stands, or waits for a new one.
    private func openStream(of pool: EndpointPool, for plan: UpstreamPlan, by route: RoutePlan) {
        if pool.connector.fault != nil { return attemptFailed(.tlsFailed) }
        do throws(Errno) {
            let connection: HTTP2Upstream
            if let former = state.needsFreshConnection ? pool.connectionInTheMaking : pool.connectionWithRoom {
                connection = former
            } else {
                connection = try HTTP2Upstream(worker: worker, pool: pool)
            }
            let stream = worker.upstreamStreams.take(worker.loop)
            upstream = .http2(stream)
            stream.attach(self, to: connection)
            guard stream.isConnected else {
                return worker.loop.setDeadline(
                    of: stream, afterNanoseconds: route.filters.timeouts.connectNanoseconds)
            }
            worker.metrics.count(.upstreamConnectionsReused)
            record.lastAttempt.connectTime = 0
            send(to: .http2(stream), of: plan, by: route)
        } catch {
            attemptFailed(error.isExhaustion ? .exhausted : .connectionRefused)
        }
    }

    /// How the endpoints are reached: as the route says, but for its fallback, which its own Service tells of.
    func connector(to plan: UpstreamPlan, by route: RoutePlan) -> Connector {
        if state.usesFallback { return plan.ownConnector(of: worker) }
        return route.transport.connector(to: plan, isSecure: context.isSecure, of: worker)
    }

    /// The connection that was waited for stands; others may have used it already.
    func upstreamConnected() {
        worker.metrics.count(upstream?.isReused == true ? .upstreamConnectionsReused : .upstreamConnectionsOpened)
        record.lastAttempt.connectTime = milliseconds(since: state.attemptStartedAt)
        guard let upstream, let plan, let route else { return }
        send(to: upstream, of: plan, by: route)
    }

    // MARK: Sending

    private func send(to upstream: UpstreamStream, of plan: UpstreamPlan, by route: RoutePlan) {
        guard let downstream else { return }
        let fallback = state.usesFallback ? route.filters.fallback : nil
        let pages = state.replacedStatus == nil || state.errorRoutes > 0 ? nil : route.filters.errorPages
        let replaced = pages?.replaced ?? fallback?.replaced ?? route.filters.externalAuth?.replaced
        guard editRequest(by: route) else { return refuse(.badRequest) }
        let needed =
            headLength + (pages?.bound(request) ?? 0) + authFieldBound + rewrittenTarget.count + 288 + heldBody.count
            + snapshot.forwarded.bound(request, context, host: overriddenHost) + worker.filterScratch.edits.values.count
            + (fallback?.bound(request) ?? 0) + (plan.isDemonstration ? DemonstrationFields.bound(route) : 0)
        upstream.openHead(needed, worker)
        let version = upstream.usesChunks && route.transport.usesHTTP10 ? Version.http10 : .http11
        Self.appendRequestLine(
            request, method: route.filters.requestForm?.method, rewrittenTarget, version, to: &upstream.head)
        appendFields(by: route, without: replaced, to: &upstream.head)
        if pages == nil { appendAuthFields(to: &upstream.head) }
        if upstream.usesChunks {
            appendFraming(by: route, to: &upstream.head)
        } else {
            appendLength(to: &upstream.head)
        }
        fallback?.append(request, to: &upstream.head)
        if let pages, let status = state.replacedStatus { pages.append(status, request, to: &upstream.head) }
        if plan.isDemonstration { appendDemonstration(route, upstream) }
        upstream.head.appendHeadEnd()
        requestBody.encodesChunks = upstream.usesChunks && sentFraming.isOpen
        requestBody.repeatEnd()
        rewindSpool()
        if state.requestFraming != .none {
            requestBody.withheld = WithheldTrailers(
                lines: replaced, edits: route.filters.requestEdits, branch: variables?.branch ?? 0)
        }
        sendHeld(to: upstream)
        // A head may end a stream of HTTP/2, and with it the attempt.
        if upstream.usesChunks { pumpRequest(from: downstream, to: upstream) } else { pumpRequest() }
    }

    /// The request line for the upstream: with the rewritten target, or the client's own.
    static func appendRequestLine(
        _ request: borrowing RequestHead, method: [UInt8]? = nil, _ rewritten: borrowing ByteBuffer, _ version: Version,
        to output: inout ByteBuffer
    ) {
        if let method, request.method != .head {
            let target = rewritten.isEmpty ? request.originTarget : rewritten.readable
            output.appendRequestLine(method: method.span, target: target, version: version)
        } else if rewritten.isEmpty {
            output.appendRequestLine(method: request.methodBytes, target: request.originTarget, version: version)
        } else {
            output.appendRequestLine(method: request.methodBytes, target: rewritten.readable, version: version)
        }
    }

    private func appendFraming(by route: RoutePlan, to output: inout ByteBuffer) {
        switch sentFraming {
        case .none: break
        case .length(let count): output.appendField(.contentLength, decimal: count)
        case .chunked, .untilClose: output.appendField(.transferEncoding, "chunked")
        }
        if let fixed = route.transport.connectionField {
            output.appendField(.connection, fixed == .close ? "close" : "keep-alive")
        } else if asksForUpgrade {
            output.appendField(.upgrade, of: request.headers)
            output.appendField(.connection, "upgrade")
        } else if snapshot.settings.idleUpstreamLimit == 0 {
            output.appendField(.connection, "close")
        }
        if request.acceptsTrailers { output.appendField(.te, "trailers") }
    }

    private func appendDemonstration(_ route: RoutePlan, _ upstream: UpstreamStream) {
        DemonstrationFields.append(
            route, upstream.address, instead: state.traffic.isOnOtherSide ? plan?.name : nil, to: &upstream.head)
    }

    /// How the body is framed that the upstream gets.
    private var sentFraming: BodyFraming {
        if state.withholdsBody { return .none }
        if state.holdsBody { return .length(heldBody.count) }
        return state.requestFraming
    }

    /// Hands over the head, and what of the body is in the exchange's own buffer.
    private func sendHeld(to upstream: UpstreamStream) {
        guard requestBody.encodesChunks, !heldBody.isEmpty else {
            return upstream.sendHead(heldBody, endsStream: state.holdsBody || requestBody.isTaken)
        }
        upstream.head.appendChunkStart(count: heldBody.count)
        upstream.head.append(contentsOf: heldBody)
        upstream.head.appendChunkEnd()
        upstream.sendHead(ByteBuffer(), endsStream: false)
    }

    /// The endpoint is asked for another protocol, as the client has asked for it.
    var asksForUpgrade: Bool {
        request.upgrade != .none && state.replacedStatus == nil && upstream?.usesChunks == true
            && route?.transport.passesUpgrades == true
    }

    /// What is said of the body where frames mark its end.
    private func appendLength(to output: inout ByteBuffer) {
        if case .length(let count) = sentFraming { output.appendField(.contentLength, decimal: count) }
        if request.acceptsTrailers { output.appendField(.te, "trailers") }
    }

    /// Moves what can be moved of the request.
    func pumpRequest() {
        guard let upstream, let downstream else { return }
        pumpRequest(from: downstream, to: upstream)
    }

    func pumpRequest(from downstream: DownstreamStream, to upstream: UpstreamStream) {
        if state.requestAbandoned { return }
        if state.spoolsBody { return pumpSpool(to: upstream) }
        let before = requestBody.moved
        let couldSend = upstream.tookSomething
        let outcome = downstream.move(&requestBody, to: upstream, worker)
        record.requestLength += requestBody.moved - before
        switch outcome {
        case .complete:
            state.requestSent = true
            worker.loop.clearDeadline(of: downstream.handler)
            awaitResponse(of: upstream, for: downstream)
        case .sourceEmpty: awaitBody(upstream, downstream, movedSome: requestBody.moved > before)
        case .sinkBlocked:
            worker.loop.clearDeadline(of: downstream.handler)
            limitSending(
                to: upstream.handler, tookSomething: couldSend,
                nanoseconds: route?.filters.timeouts.sendNanoseconds ?? 0)
        case .paced: break
        case .yielded: worker.loop.resumeLater(downstream.handler)
        case .sourceEnded: downstream.close()
        case .malformed(let error): bodyFailed(.malformedBody, error.bodyLimit)
        case .tooLarge: bodyFailed(.bodyTooLarge, .requestBody)
        case .sinkFailed: sendingFailed()
        }
    }

    /// More of the request must arrive.
    ///
    /// Once the response has begun, and for gRPC from the start, a client may be silent for as long as the endpoint
    /// is not: whoever streams in both directions sends when there is something to say.
    private func awaitBody(_ upstream: UpstreamStream, _ downstream: DownstreamStream, movedSome: Bool) {
        guard state.phase != .responding && !state.isGRPC else {
            if state.phase != .responding { worker.loop.clearDeadline(of: downstream.handler) }
            guard movedSome || upstream.handler.deadline == .distantFuture else { return }
            return worker.loop.setDeadline(
                of: upstream.handler, afterNanoseconds: route?.filters.timeouts.readNanoseconds ?? 0)
        }
        if isTooSlow() { return bodyFailed(.bodyTooSlow, .bodyRate) }
        worker.loop.clearDeadline(of: upstream.handler)
        worker.loop.setDeadline(of: downstream.handler, afterNanoseconds: bodyTimeout)
    }

    /// Nanoseconds for which the client may send nothing of its body.
    var bodyTimeout: UInt64 { route?.filters.bodyTimeout ?? snapshot.settings.clientBodyTimeout }

    /// Time runs from the moment when a blocked connection last took something, whatever else happens on it.
    func limitSending(to connection: EventHandler, tookSomething: Bool, nanoseconds: UInt64) {
        guard tookSomething || connection.deadline == .distantFuture else { return }
        worker.loop.setDeadline(of: connection, afterNanoseconds: nanoseconds)
    }

    func awaitResponse(of upstream: UpstreamStream, for downstream: DownstreamStream) {
        // The client's end came together with its last bytes: no event will tell of it again.
        if downstream.peerIsClosing && state.phase == .attempting { return downstream.close() }
        worker.loop.setDeadline(of: upstream.handler, afterNanoseconds: route?.filters.timeouts.readNanoseconds ?? 0)
    }

    /// The upstream closed while we were sending. It may have answered before that: an early answer counts,
    /// and the rest of the request is of no use.
    func sendingFailed() {
        guard state.phase == .attempting else {
            state.requestAbandoned = true
            return
        }
        receiveHead()
        if state.phase == .attempting { attemptFailed(.connectionBroke) }
    }

    /// Whether the client sends its body slower than is allowed, after a grace of ten seconds.
    func isTooSlow() -> Bool {
        let elapsed = worker.loop.now.nanoseconds(since: state.bodyStartedAt)
        guard elapsed > snapshot.settings.bodyRateGrace else { return false }
        return requestBody.moved < Int(elapsed / 1_000_000) * snapshot.settings.minimumBodyRate / 1000
    }

    /// The request body is no good: the upstream must not take what it got for a whole request.
    func bodyFailed(_ failure: Failure, _ limit: Limit?) {
        if let limit { worker.metrics.count(limit) }
        guard state.phase == .attempting || state.phase == .holding || state.phase == .buffering else {
            return complete(.abort)
        }
        state.keepsDownstream = false
        refuse(failure.status)
    }

    // MARK: What the connections tell

    /// Something changed on the upstream's connection.
    func upstreamReady() {
        if !state.requestSent { pumpRequest() }
        guard upstream != nil else { return }
        switch state.phase {
        case .attempting: receiveHead()
        case .responding: pumpResponse()
        case .parsing, .waiting, .holding, .buffering, .flushing, .tunnelling, .finished: break
        }
    }

    /// Something changed on the client's connection.
    func downstreamReady() {
        guard let downstream else { return }
        switch state.phase {
        case .parsing, .tunnelling, .finished: break
        case .waiting:
            if downstream.peerIsGone || downstream.peerIsClosing && state.requestFraming == .none {
                return downstream.close()
            }
            goOnAfterWaiting()
        case .holding: holdBody()
        case .buffering: bufferRequest()
        case .flushing: flushAndFinish(on: downstream)
        case .attempting, .responding:
            // A client that has gone wants no answer; one that only stopped sending looks the same
            // (nginx treats both as closed).
            if downstream.peerIsClosing && (requestIsTaken || downstream.peerIsGone) {
                return downstream.close()
            }
            if !state.requestSent, let upstream, upstream.isConnected { pumpRequest(from: downstream, to: upstream) }
            if state.phase == .responding { pumpResponse() }
        }
    }

    var requestIsTaken: Bool { state.holdsBody || state.spoolsBody || requestBody.isTaken }

    /// A deadline of the upstream's connection passed while it was busy.
    func upstreamTimedOut() {
        if state.phase == .responding { return responseBroke() }
        attemptFailed(state.requestSent ? .readTimedOut : .sendTimedOut)
    }

    /// A deadline of the client's connection passed.
    func downstreamTimedOut() {
        switch state.phase {
        case .holding, .buffering: bodyFailed(.bodyTooSlow, .bodyTimeout)
        case .attempting where !state.requestSent:
            bodyFailed(.bodyTooSlow, .bodyTimeout)
        case .responding where state.isPaced: pumpResponse()
        case .responding, .flushing:
            worker.metrics.count(Limit.sendTimeout)
            complete(.abort)
        case .waiting where state.isDelayed: delayIsOver()
        case .waiting: goOnAfterWaiting()
        case .attempting, .parsing, .tunnelling, .finished: break
        }
    }

    /// Reads until a whole response head is there.
    private func receiveHead() {
        while let upstream, state.phase == .attempting {
            switch upstream.receiveHead(&responseParser, into: &response) {
            // A head before the request is whole is an answer to it all the same (413, 401 …).
            case .head: receivedHead(of: upstream)
            case .nothing: return
            case .ended: return attemptFailed(upstream.failure)
            case .malformed: return attemptFailed(.invalidResponse)
            }
        }
    }

    func milliseconds(since start: Instant) -> UInt32 {
        UInt32(clamping: worker.loop.now.nanoseconds(since: start) / 1_000_000)
    }
}
