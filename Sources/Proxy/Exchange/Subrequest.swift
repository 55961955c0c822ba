import Balancing
import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// A request of the proxy's own, for the sake of a client's: a question to an authentication service, or a copy.
///
/// It runs on the worker of the exchange that wants it, beside everything else and over the connections that are kept
/// to the upstream's endpoints; nobody waits for it but who asked. Its message is small and whole, so another
/// endpoint can be tried. Of the response the head is kept and the body forgotten, both bounded.
///
/// ```
/// idle ── begin ──> attempting ── head ──> discarding ── end of the body ──> idle
///                       └── failure, cancelled ─────────────────────────────> idle
/// ```
final class Subrequest {
    /// Who gets the answer.
    enum Asker {
        case nobody
        case exchange(Exchange)
        /// The cache, which keeps all of it.
        case cache(ResponseCacheUpdate)
    }

    private enum Phase {
        /// Waits in the worker's pool.
        case idle
        /// Connects, sends, or awaits the head of the response.
        case attempting
        /// The answer is known; what is left of the response is read so that the connection can be kept.
        case discarding
    }

    /// How long each step may take: connecting, and between two writes or reads (nginx's defaults for such requests).
    private static let timeoutNanoseconds: UInt64 = 60_000_000_000
    /// How long the rest of a response may take that nobody reads.
    private static let discardNanoseconds: UInt64 = 5_000_000_000
    /// Endpoints that are tried at most.
    private static let tries = 3
    /// Response heads may be as large as sign-in services make them; bodies are forgotten up to this size.
    private static let headLimits = HeadLimits(
        fieldLineBytes: 64 << 10, totalFieldBytes: 128 << 10, fieldCount: HeadLimits.response.fieldCount)
    private static let discardLimit = 256 << 10

    let worker: Worker
    /// The whole message: a head and, for a copy, its body. Written before `begin`.
    var message = ByteBuffer()
    /// Whether it is a copy that nobody waits for.
    private(set) var isCopy = false
    private var phase = Phase.idle
    private var asker = Asker.nobody
    private var answer: AuthAnswer?
    private var method = Method.other
    private var connections: ExternalAuth.Connections?
    private var plan: UpstreamPlan?
    private var transport: TransportPlan?
    private var connection: HTTP1Upstream?
    private var parser = ResponseHeadParser(limits: Subrequest.headLimits)
    private var body = BodyPump()
    private var sink = DiscardingSink()
    private var endpoint = -1
    private var tried = TriedEndpoints()
    private var attempts = 0
    private var balancingKey: UInt64 = 0
    private var isSent = false
    private var needsFreshConnection = false
    /// The connection can serve again once the response has been read.
    private var isReusable = true
    private var interimResponses = 0

    init(worker: Worker) { self.worker = worker }

    /// Sends the message to an endpoint of `service`.
    ///
    /// - Parameters:
    ///   - key: by which a balancer that hashes chooses.
    ///   - connections: how connections are kept; nil as those of all upstreams are.
    ///   - asker: is told of the answer or the failure, which may happen before this returns.
    func begin(
        to service: RouteServices.Service, _ method: Method, key: UInt64,
        keeping connections: ExternalAuth.Connections? = nil, for asker: Asker
    ) {
        plan = service.upstream
        transport = service.transport
        service.upstream.budget.earn()
        self.method = method
        self.connections = connections
        self.asker = asker
        if case .nobody = asker {
            isCopy = true
            worker.subrequests.countCopy(of: message.count)
        }
        answer = worker.takeAuthAnswer()
        balancingKey = key
        tried = TriedEndpoints()
        attempts = 0
        needsFreshConnection = false
        phase = .attempting
        attempt()
    }

    /// Reads the rest of a response that nobody wants, so that its connection can serve again.
    func discard(_ framing: BodyFraming, from connection: HTTP1Upstream) {
        connection.attach(.subrequest(self))
        self.connection = connection
        connections = nil
        phase = .discarding
        body.start(framing, limit: Self.discardLimit)
        discard()
    }

    /// Reads the rest of a response that others are to get, too.
    func keep(
        _ framing: BodyFraming, from connection: HTTP1Upstream, in fill: ResponseCacheFill, thenReuses isReusable: Bool
    ) {
        connection.attach(.subrequest(self))
        self.connection = connection
        connections = nil
        phase = .discarding
        keepRest(framing, in: fill, thenReuses: isReusable)
        discard()
    }

    private func keepRest(_ framing: BodyFraming, in fill: ResponseCacheFill, thenReuses isReusable: Bool) {
        sink.fill = fill
        worker.subrequests.fills += 1
        self.isReusable = isReusable
        body.start(framing, limit: fill.limit)
    }

    /// Forgets what was sent, and any large storage for it.
    func forgetMessage() {
        isCopy = false
        if message.capacity > 32 << 10 { message.release() } else { message.clear() }
    }

    /// The asker no longer wants to know.
    func cancel() {
        asker = .nobody
        if phase == .attempting { end() }
    }

    // MARK: Attempts

    private func attempt() {
        guard let plan else { return }
        let now = worker.loop.now.nanoseconds
        guard let index = plan.balancer.pick(avoiding: tried, key: balancingKey, now: now, state: &plan.state) else {
            worker.metrics.count(UpstreamFailure.noEndpoint)
            return fail()
        }
        attempts += 1
        connect(to: index, of: plan)
    }

    private func connect(to index: Int, of plan: UpstreamPlan) {
        endpoint = index
        isSent = false
        interimResponses = 0
        parser.reset()
        plan.balancer.begin(index)
        guard let connector else { return fail() }
        let pool = plan.pool(index, over: connector)
        if !needsFreshConnection, let idle = pool.takeIdle(worker.loop) {
            idle.wake()
            connection = idle
            idle.attach(.subrequest(self))
            worker.metrics.count(.upstreamConnectionsReused)
            return send()
        }
        if connector.fault != nil { return attemptFailed(.tlsFailed) }
        do throws(Errno) {
            let fresh = try HTTP1Upstream(worker: worker, pool: pool)
            connection = fresh
            fresh.attach(.subrequest(self))
            if fresh.isConnected { return upstreamConnected() }
            worker.loop.setDeadline(of: fresh, afterNanoseconds: Self.timeoutNanoseconds)
        } catch {
            attemptFailed(error.isExhaustion ? .exhausted : .connectionRefused)
        }
    }

    /// What makes connections to the endpoints.
    private var connector: Connector? {
        plan.flatMap { transport?.connector(to: $0, isSecure: false, of: worker) }
    }

    func upstreamConnected() {
        worker.metrics.count(.upstreamConnectionsOpened)
        send()
    }

    private func send() {
        guard let connection else { return }
        worker.buffers.lend(to: &connection.transport.output)
        if connection.transport.output.room < message.count { connection.transport.output.grow(to: message.count) }
        connection.transport.output.append(contentsOf: message)
        flush()
    }

    private func flush() {
        guard let connection else { return }
        switch connection.transport.flush(&worker.buffers) {
        case .done:
            isSent = true
            worker.loop.setDeadline(of: connection, afterNanoseconds: Self.timeoutNanoseconds)
        case .blocked: worker.loop.setDeadline(of: connection, afterNanoseconds: Self.timeoutNanoseconds)
        case .failed:
            // The endpoint may have answered before it closed.
            receiveHead()
            if phase == .attempting { attemptFailed(.connectionBroke) }
        }
    }

    func upstreamReady() {
        if phase == .attempting, !isSent { flush() }
        switch phase {
        case .attempting: receiveHead()
        case .discarding: discard()
        case .idle: break
        }
    }

    func upstreamTimedOut() {
        if phase == .discarding { return end() }
        attemptFailed(isSent ? .readTimedOut : .sendTimedOut)
    }

    /// No answer came of the attempt: another endpoint is tried, as long as asking twice does no harm.
    func attemptFailed(_ failure: Failure) {
        guard phase == .attempting, let plan else { return }
        let index = endpoint
        let isStale =
            failure == .connectionBroke && connection?.isReused == true && connection?.hasAnswered == false
            && method.isIdempotent
        let detail = failure == .tlsFailed ? connector?.fault ?? connection?.fault : nil
        dropConnection()
        if isStale {
            needsFreshConnection = true
            return connect(to: index, of: plan)
        }
        worker.metrics.count(failure.metric)
        worker.report(failure, detail: detail, at: plan.addresses[index], of: plan)
        let now = worker.loop.now.nanoseconds
        if failure != .exhausted, plan.balancer.failed(index, now: now, policy: worker.settings.ejection) {
            worker.metrics.count(.ejections)
        }
        tried.insert(index)
        guard attempts < min(Self.tries, plan.balancer.endpoints.count), !tried.isFull,
            !failure.condition.isEmpty, failure != .invalidResponse,
            method.isIdempotent || failure.cameBeforeSending, plan.budget.spend(now: now)
        else { return fail() }
        worker.metrics.count(.retries)
        needsFreshConnection = false
        attempt()
    }

    // MARK: The answer

    private func receiveHead() {
        while phase == .attempting, let connection, let answer {
            switch connection.receiveHead(&parser, into: &answer.head) {
            case .head: receivedHead()
            case .nothing: return
            case .ended: return attemptFailed(connection.hasAnswered ? .responseTruncated : .connectionBroke)
            case .malformed: return attemptFailed(.invalidResponse)
            }
        }
    }

    private func receivedHead() {
        guard let answer else { return }
        if answer.status.isInformational, answer.status != .switchingProtocols {
            interimResponses += 1
            answer.head.clear()
            if interimResponses > 10 { attemptFailed(.invalidResponse) }
            return
        }
        let framing: BodyFraming
        do throws(HTTP1Error) {
            guard answer.status != .switchingProtocols else { return attemptFailed(.invalidResponse) }
            framing = try BodyFraming.response(answer.head, to: method)
        } catch {
            return attemptFailed(.invalidResponse)
        }
        plan?.balancer.succeeded(endpoint)
        phase = .discarding
        body.start(framing, limit: Self.discardLimit)
        let isReusable = answer.head.keepsAlive && framing != .untilClose && isSent && method != .connect
        let (asker, taken) = (asker, answer)
        self.asker = .nobody
        self.answer = nil
        if case .cache(let update) = asker,
            update.answered(taken.head, framing, wallSeconds: worker.wallSeconds, now: worker.loop.now)
        {
            keepRest(framing, in: update.fill, thenReuses: isReusable)
            discard()
        } else if isReusable {
            discard()
        } else {
            end()
        }
        switch asker {
        case .nobody, .cache: worker.giveBack(taken)
        case .exchange(let exchange): exchange.answered(taken)
        }
    }

    /// Reads what is left of the response.
    private func discard() {
        guard let connection else { return }
        switch body.run(from: &connection.transport, to: &sink, &worker.buffers, &worker.pipes) {
        case .complete:
            sink.fill?.commit(now: worker.loop.now)
            if isReusable {
                self.connection = nil
                endAttempt()
                connection.release(within: connections)
            }
            end()
        case .sourceEmpty:
            worker.loop.setDeadline(
                of: connection,
                afterNanoseconds: sink.fill == nil ? Self.discardNanoseconds : Self.timeoutNanoseconds)
        case .yielded: worker.loop.resumeLater(connection)
        case .paced, .sinkBlocked, .sourceEnded, .sinkFailed, .malformed, .tooLarge: end()
        }
    }

    // MARK: The end

    private func fail() {
        let asker = asker
        self.asker = .nobody
        end()
        switch asker {
        case .nobody: worker.metrics.count(.mirrorFailures)
        case .cache(let update): update.fill.abandon()
        case .exchange(let exchange): exchange.gotNoAnswer()
        }
    }

    private func endAttempt() {
        guard endpoint >= 0 else { return }
        plan?.balancer.end(endpoint)
        endpoint = -1
    }

    private func dropConnection() {
        endAttempt()
        connection?.close()
        connection = nil
    }

    /// Lets go of everything and goes back to the worker.
    private func end() {
        guard phase != .idle else { return }
        phase = .idle
        dropConnection()
        if let fill = sink.fill {
            sink.fill = nil
            worker.subrequests.fills -= 1
            fill.abandon()
        }
        isReusable = true
        plan = nil
        transport = nil
        body.clear(&worker.pipes)
        if let answer { worker.giveBack(answer) }
        answer = nil
        worker.giveBack(self)
    }
}
