import Balancing
import Bytes
import EventLoop
import Filters
import HTTP
import HTTP2
import Linux
import Model
import Routing
import Telemetry

/// The life of one request, phase by phase: the table of contents of the product.
///
/// | Phase | What happens | Ends early with |
/// |---|---|---|
/// | route | host, then path | 400, 404, 405, 500 |
/// | prepare | refusals, redirects, size limits | 30x, 413, 503 |
/// | choose | upstream | 503 |
/// | admit | limits | 503 |
/// | authorize | addresses, passwords, authorization services | 401, 403 |
/// | forward | the cache where there is one; connect or reuse, send, retry by rule | 502, 504 |
/// | respond | edited head, body | – |
/// | finish | record, reuse or close | – |
///
/// Exchanges are pooled by their worker and begin when the first byte of a request arrives. While one is
/// under way it drives both connections: whatever happens on either is told to it, and it moves what can
/// be moved. It sees one snapshot from beginning to end.
///
/// A phase that has looked an object up hands it on to the next: looking it up again would count a reference.
final class Exchange {
    let worker: Worker
    var request = RequestHead()
    var response = ResponseHead()
    private var parser: RequestHeadParser
    var responseParser = ResponseHeadParser()
    var requestBody = BodyPump()
    var responseBody = BodyPump()
    /// A small request body that is kept until a response arrives, so that the request can be sent again.
    var heldBody = ByteBuffer()
    /// Where a request body waits that is read whole before the upstream is asked.
    var requestSpool: BodySpool?
    /// Where a response waits that the client takes slower than the upstream gives it.
    var responseSpool: BodySpool?
    /// What is made of the spool's content, and what the client takes of that.
    var substitutedBody: SubstitutedBody?
    var compressedBody: CompressedBody?
    /// Moves a buffered response on to the client, while `responseBody` fills the spool.
    var bufferedBody = BodyPump()
    /// The request-target for the upstream where a rewrite made one; kept for further attempts.
    private(set) var rewrittenTarget = ByteBuffer()
    /// The `Host` for the upstream where the route gives one; kept for further attempts.
    private(set) var overriddenHost = ByteBuffer()
    var state = ExchangeState()
    var record = AccessRecord()
    /// What the route's templates know beside the head; nil when they need nothing.
    var variables: RequestVariables?
    let context = RequestContext(
        peer: ClientAddress(high: 0, low: 0), isSecure: false, localPort: 0, requestIDHigh: 0, requestIDLow: 0)

    /// Bytes of the request head as it arrived.
    private(set) var headLength = 0
    private(set) var snapshot: WorkerSnapshot
    private(set) var downstream: DownstreamStream?
    var upstream: UpstreamStream?
    private(set) var route: RoutePlan?
    private(set) var plan: UpstreamPlan?

    /// What the limits gave; returned when the exchange is over, and blank for who got nothing.
    var ticket = LimitTicket()
    /// What an error asks of the client; means something once one has led elsewhere.
    var errorFields = ByteBuffer()
    /// Where the method stands that the client sent, where an error made another of it.
    var methodAsSent = 0..<0

    /// The client's body while another service answers in place of an error and gets none.
    private(set) var asideBody = BodyPump()
    /// What the authentication service is being asked.
    var question: Subrequest?
    /// What the authentication service has said.
    var authAnswer: AuthAnswer?
    /// What the request has to do with the cache, where its route has one.
    var responseCacheUse: ResponseCacheUse?

    init(worker: Worker) {
        self.worker = worker
        snapshot = worker.snapshot
        parser = Self.parser(by: snapshot.settings)
        context.geo = snapshot.shared.geo.map { GeoLookups($0) }
    }

    /// Begins to serve a request of `downstream`.
    func open(for downstream: DownstreamStream) {
        self.downstream = downstream
        if snapshot !== worker.snapshot { follow(worker.snapshot) } else { parser.reset() }
        state = ExchangeState()
        state.startedAt = worker.loop.now
        worker.metrics.count(.requests)
    }

    /// Goes over to another configuration.
    private func follow(_ newer: WorkerSnapshot) {
        if newer.shared.geo !== snapshot.shared.geo { context.geo = newer.shared.geo.map { GeoLookups($0) } }
        snapshot = newer
        parser = Self.parser(by: newer.settings)
    }

    private static func parser(by settings: WorkerSettings) -> RequestHeadParser {
        RequestHeadParser(limits: settings.headLimits, underscores: settings.underscores)
    }

    /// Goes on parsing the request head.
    func parse(_ bytes: Span<UInt8>) throws(HTTP1Error) -> Int? {
        let count = try parser.parse(bytes, into: &request)
        if let count {
            headLength = count
            record.requestLength = count
        }
        return count
    }

    /// Takes the head of a request that came on a stream of an HTTP/2 connection.
    func begin(_ stream: HTTP2StreamState) {
        swap(&request, &stream.request)
        headLength = stream.headBytes
        record.requestLength = stream.headBytes
        if let fault = stream.fault { return reject(fault) }
        if request.isExtendedConnect {
            worker.headLines.clear()
            WebSocketKey.write(worker.randomWords(), to: &worker.headLines)
            Self.addKey(worker.headLines, to: &request.headers)
        }
        begin()
    }

    private static func addKey(_ key: borrowing ByteBuffer, to headers: inout HeaderBlock) {
        headers.set(.secWebSocketKey, value: key.readable)
    }

    // MARK: Route

    /// The head is complete.
    func begin() {
        guard let downstream else { return }
        takeContext(downstream)
        state.keepsDownstream = downstream.settleKeepAlive() && request.keepsAlive
        do throws(HTTP1Error) {
            state.requestFraming = try downstream.framing(of: request)
        } catch {
            return reject(error)
        }
        guard worker.hasMemoryBudget else {
            worker.metrics.count(Limit.bufferBudget)
            return refuse(.serviceUnavailable)
        }
        if request.method == .connect || request.method == .trace { return refuse(.methodNotAllowed) }
        // What may have been sent before must change nothing (RFC 8470, section 5.2).
        if context.isEarly && !request.method.isSafe { return refuse(.tooEarly) }
        findRoute()
    }

    /// Settles who the request is from and what it is called.
    func takeContext(_ downstream: DownstreamStream) {
        let peer = downstream.peer.address
        let id = worker.randomWords()
        context.peer = ClientAddress(high: peer.high, low: peer.low)
        context.isSecure = downstream.isSecure
        context.localPort = downstream.port
        context.requestIDHigh = id.0
        context.requestIDLow = id.1
        snapshot.forwarding.settle(context, of: request)
        context.announcedPort = downstream.announcedPort
        guard context.isSecure else { return }
        context.identity = downstream.identity
        context.security = downstream.security
        context.isEarly = downstream.isEarly
    }

    func findRoute() {
        let snapshot = self.snapshot
        let outcome = snapshot.shared.router.match(
            name: request.hostName, path: request.normalPath, scratch: &worker.matchScratch)
        switch outcome {
        case .route(let host, let number):
            decide(snapshot.route(number), snapshot.host(host), lacksSlash: false)
        case .slashRedirect(let host, let number):
            decide(snapshot.route(number), snapshot.host(host), lacksSlash: true)
        case .noRoute(let host):
            state.isOnRedirectingHost = snapshot.host(host).isRedirect
            if let route = snapshot.defaultRoute { return decide(route, snapshot.host(host), lacksSlash: false) }
            let verdict = FilterChain.decide(
                request, context, host: snapshot.host(host), match: &worker.matchScratch,
                scratch: &worker.filterScratch)
            if verdict == .proceed { refuse(.notFound) } else { answer(verdict) }
        case .noHost:
            guard let route = snapshot.defaultRoute else { return refuse(.notFound) }
            decide(route, HostFilters(blocked: snapshot.blocked), lacksSlash: false)
        case .limitExceeded:
            worker.metrics.count(Limit.pattern)
            refuse(Failure.limitExceeded.status)
        }
    }

    // MARK: Prepare

    func decide(_ route: RoutePlan, _ host: HostFilters, lacksSlash: Bool) {
        self.route = route
        route.tally.place.expectWrites()
        if route.filters.needsPreparation { prepare(for: route) }
        let verdict = FilterChain.decide(
            request, context, host: host, route: route.filters, lacksSlash: lacksSlash,
            match: &worker.matchScratch, scratch: &worker.filterScratch, variables: variables)
        guard case .proceed = verdict else { return answer(verdict) }
        if let edits = route.filters.inputEdits { editInput(edits) }
        choose(for: route)
    }

    // MARK: Choose

    private func choose(for route: RoutePlan) {
        if route.filters.unserved != nil { return admit(to: route) }
        guard let upstream = route.upstream else { return refuse(.serviceUnavailable) }
        if !upstream.balancer.endpoints.isEmpty {
            plan = route.traffic.map { choosePlan($0) } ?? upstream
        } else if let fallback = route.fallback, !fallback.balancer.endpoints.isEmpty {
            plan = fallback
            state.usesFallback = true
        } else {
            plan = upstream
            // The cache may have what nobody serves any more.
            guard route.filters.responseCache != nil else {
                worker.metrics.count(UpstreamFailure.noEndpoint)
                return refuse(Failure.noEndpoint.status)
            }
        }
        keep(&rewrittenTarget, worker.filterScratch.target)
        keep(&overriddenHost, worker.filterScratch.host)
        admit(to: route)
    }

    /// Nothing stands in the way any more: begins to forward.
    func forward(by route: RoutePlan) {
        if route.filters.forwardsAtOnce { return startForwarding(by: route) }
        if let status = route.filters.unserved { return refuse(status) }
        if let mirror = route.filters.mirror, state.replacedStatus == nil {
            return forward(copyingBy: mirror, by: route)
        }
        seekResponse(by: route)
    }

    /// Gets a response, from the cache or from the upstream.
    func seekResponse(by route: RoutePlan) {
        if let filter = route.filters.responseCache { askCache(filter, by: route) } else { startForwarding(by: route) }
    }

    /// Takes the body, then tries endpoints.
    func startForwarding(by route: RoutePlan) {
        guard let plan, let downstream else { return }
        // Where an error led here, the body may have been taken or set aside before.
        if state.replacedStatus == nil || !(state.withholdsBody || state.holdsBody || state.spoolsBody) {
            prepareBody(of: downstream, limit: route.filters.bodyLimit ?? .max)
        }
        startAttempts(of: plan, by: route)
    }

    func startAttempts() {
        guard let route, let plan else { return }
        startAttempts(of: plan, by: route)
    }

    private func startAttempts(of plan: UpstreamPlan, by route: RoutePlan) {
        plan.budget.earn()
        state.firstAttemptAt = worker.loop.now
        if route.filters.requestBuffering.mode == .whole {
            startWhole(on: plan, by: route)
        } else {
            attempt(on: plan, by: route)
        }
    }

    /// Turns to a service that answers in place of an error.
    func turn(to service: UpstreamPlan) {
        plan = service
        forgetAttempts()
        if record.attemptCount == 0 { state.firstAttemptAt = worker.loop.now }
        record.beginGroup()
        attempt()
    }

    /// What was chosen and tried for one upstream has no say for the next.
    func forgetAttempts() {
        state.usesFallback = false
        state.traffic = TrafficChoice()
        state.tried = TriedEndpoints()
        state.attempts = 0
        state.needsFreshConnection = false
        state.requestAbandoned = false
    }

    /// Forgets what a route made of the target and the host.
    func forgetTargets() {
        rewrittenTarget.clear()
        overriddenHost.clear()
    }

    /// An error service is asked for the root; the query stays.
    func retarget() {
        overriddenHost.clear()
        Self.writeRoot(withQueryOf: request, to: &rewrittenTarget)
    }

    private static func writeRoot(withQueryOf request: borrowing RequestHead, to target: inout ByteBuffer) {
        target.clear()
        target.grow(to: 2 + request.query.count)
        target.append(.slash)
        guard !request.query.isEmpty else { return }
        target.append(.questionMark)
        target.append(request.query)
    }

    /// A body that isn't in the exchange's own buffer stays with the client.
    func setBodyAside() {
        if state.bodyIsUntouched, !takeSmallBody() { requestBody.start(state.requestFraming) }
        guard !state.holdsBody, !state.spoolsBody else { return }
        worker.buffers.takeBack(&heldBody)
        swap(&requestBody, &asideBody)
        requestBody.start(.none)
        state.withholdsBody = true
    }

    /// What is still to come of the client's body; nil when nobody knows.
    var bodyLeft: Int? {
        if state.spoolsBody { return 0 }
        return state.withholdsBody && !state.holdsBody ? asideBody.known : requestBody.known
    }

    /// Copies what a filter made out of the scratch space, which the next request overwrites.
    private func keep(_ buffer: inout ByteBuffer, _ made: borrowing ByteBuffer) {
        guard !made.isEmpty else { return }
        buffer.grow(to: made.count)
        buffer.append(contentsOf: made)
    }

    /// Largest body that is kept without being buffered.
    private var heldBodyLimit: Int {
        guard let rule = route?.filters.requestBuffering, rule.mode != .none else { return 0 }
        return min(rule.memoryBytes, worker.buffers.bufferCapacity)
    }

    /// Keeps a small body that has arrived whole.
    private func takeSmallBody() -> Bool {
        guard let downstream, case .length(let count) = state.requestFraming, count > 0, count <= heldBodyLimit,
            downstream.take(count, into: &heldBody, worker)
        else { return false }
        record.requestLength += count
        state.holdsBody = true
        requestBody.start(.none)
        return true
    }

    /// Keeps a small body that has arrived whole; everything else is streamed.
    func prepareBody(of downstream: DownstreamStream, limit: Int) {
        state.bodyStartedAt = worker.loop.now
        if takeSmallBody() { return }
        state.isGRPC = state.requestFraming.isOpen && request.isGRPC
        requestBody.start(state.requestFraming, limit: limit)
        if request.expectsContinue && !requestBody.isTaken && !downstream.hasInput {
            _ = downstream.openHead(Status.longestLine + 2, worker)
            downstream.head.append("HTTP/1.1 100 Continue\r\n\r\n")
            downstream.sendInterimHead(.continue, worker)
        }
    }

    // MARK: Finish

    /// Ends the exchange once the client's connection has taken all that waits for it.
    func finish(_ ending: DownstreamStream.Ending) {
        guard let downstream else { return }
        finish(ending, on: downstream)
    }

    func finish(_ ending: DownstreamStream.Ending, on downstream: DownstreamStream) {
        state.phase = .flushing
        state.ending = ending
        flushAndFinish(on: downstream)
    }

    func flushAndFinish(on downstream: DownstreamStream) {
        let couldSend = downstream.tookSomething
        switch downstream.flush(worker) {
        case .done: complete(state.ending, on: downstream)
        case .blocked:
            limitSending(
                to: downstream.handler, tookSomething: couldSend, nanoseconds: snapshot.settings.clientSendTimeout)
        case .failed: complete(.close, on: downstream)
        }
    }

    /// Records the exchange, lets go of the client's connection and goes back to the worker.
    func complete(_ ending: DownstreamStream.Ending) {
        guard let downstream else { return }
        complete(ending, on: downstream)
    }

    private func complete(_ ending: DownstreamStream.Ending, on downstream: DownstreamStream) {
        guard state.phase != .finished else { return }
        state.phase = .finished
        dropUpstream()
        worker.record(self, on: downstream)
        reset()
        worker.giveBack(self)
        downstream.exchangeEnded(ending)
    }

    /// The client's connection has gone: its own close, a fault, or the end of the worker.
    func downstreamGone() {
        guard state.phase != .finished, let downstream else { return }
        if state.phase != .responding && state.phase != .flushing {
            record.status = Int(Status.clientClosedRequest.rawValue)
        }
        let wasParsing = state.phase == .parsing
        state.phase = .finished
        restoreMethod()
        dropUpstream()
        if !wasParsing { worker.record(self, on: downstream) }
        reset()
        worker.giveBack(self)
    }

    /// The route, which the exchange lets go of.
    @inline(__always)
    func takeRoute() -> RoutePlan? { route.take() }

    private func reset() {
        context.forgetConnection()
        worker.limits.leave(&ticket)
        forgetAuth()
        if responseCacheUse != nil { dropResponseCacheUse() }
        if state.ticketForAnswer != 0 { worker.stopWaiting(state.ticketForAnswer) }
        downstream = nil
        route = nil
        plan = nil
        dropVariables()
        request.clear()
        response.clear()
        requestBody.clear(&worker.pipes)
        responseBody.clear(&worker.pipes)
        asideBody.clear(&worker.pipes)
        worker.buffers.takeBack(&heldBody)
        dropSpools()
        bufferedBody.clear(&worker.pipes)
        Self.forget(&rewrittenTarget)
        Self.forget(&overriddenHost)
        record.removeAttempts()
        record.bodyBytesSent = 0
        record.bytesSent = 0
        record.requestLength = 0
        record.status = 0
    }

    /// Empties a buffer; keeps its storage for the next request unless it is large.
    private static func forget(_ buffer: inout ByteBuffer) {
        if buffer.capacity > 4096 { buffer.release() } else { buffer.clear() }
    }

    /// Hands both connections to a tunnel, which tells when it has ended.
    func becomeTunnel() {
        guard let downstream, let upstream else { return }
        state.phase = .tunnelling
        self.downstream = nil
        self.upstream = nil
        Tunnel.open(
            by: self, between: downstream, and: upstream, readTimeout: route?.filters.timeouts.readNanoseconds ?? 0)
    }

    /// The tunnel is over: records all that went through it.
    func tunnelEnded(on downstream: DownstreamStream) {
        state.phase = .finished
        record.bytesSent += record.bodyBytesSent
        endAttempt()
        worker.record(self, on: downstream)
        reset()
        worker.giveBack(self)
    }
}
