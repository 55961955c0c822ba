import Bytes
import EventLoop
import HTTP
import Linux
import Model
import TLS
import Telemetry

/// One HTTP/1.1 connection to an endpoint: connecting, then serving one exchange after another, idle in between.
///
/// It moves bytes and keeps time; what they mean is the exchange's business.
final class HTTP1Upstream: EventHandler {
    enum State {
        case connecting
        case busy
        case idle
        /// HTTP is over; the bytes are a tunnel's.
        case tunnelling
        case closed
    }

    let worker: Worker
    let pool: EndpointPool
    var transport: Transport
    private(set) var state: State
    /// Whom the connection serves; nil while idle.
    private var user: UpstreamUser?
    private var tunnel: Tunnel?
    /// Exchanges that the connection has served before this one.
    private(set) var served = 0
    private let openedAt: Instant
    private var dial = Dial()
    private var hasKeptSession = false
    /// Why TLS failed.
    var fault: String? { dial.fault }
    /// A byte of the exchange's response has arrived.
    private(set) var hasAnswered = false
    /// What has arrived of the next response head is not all of it.
    private var headIsPartial = false
    /// While idle beyond the limit: how long it may wait once it is no more; 0 otherwise.
    private var timeWithinLimit: UInt64 = 0

    /// Begins to connect; `attach` a user at once.
    init(worker: Worker, pool: EndpointPool) throws(Errno) {
        let begun = try Socket.connect(to: pool.address)
        self.worker = worker
        self.pool = pool
        state = begun.progress == .connected && !pool.connector.usesTLS ? .busy : .connecting
        openedAt = worker.loop.now
        transport = Transport(begun.socket)
        super.init()
        try worker.loop.add(self, watching: transport.socket)
        if begun.progress == .connected { transport.note(.writable) }
        worker.upstreamConnections += 1
    }

    /// Whether an earlier exchange used the connection, so that it may have been closed by the endpoint meanwhile.
    var isReused: Bool { served > 0 }
    var isConnected: Bool { state == .busy }

    /// Takes the connection for a request.
    func attach(_ user: UpstreamUser) {
        self.user = user
        hasAnswered = false
        headIsPartial = false
        if state == .idle { state = .busy }
    }

    /// Receives until a whole response head is there.
    func receiveHead(
        _ parser: inout ResponseHeadParser, into head: inout ResponseHead
    ) -> UpstreamStream.HeadReception {
        while true {
            if transport.input.isEmpty || headIsPartial {
                switch transport.receive(&worker.buffers) {
                case .bytes: break
                case .nothing: return .nothing
                case .full: transport.input.grow(to: transport.input.capacity * 2)
                case .end, .failed: return .ended
                }
            }
            do throws(HTTP1Error) {
                let count = try Self.parse(transport.input, &parser, into: &head)
                hasAnswered = true
                headIsPartial = count == nil
                guard let count else { continue }
                transport.input.consume(count)
                return .head
            } catch {
                if error.bodyLimit != nil { worker.metrics.count(Limit.responseHead) }
                return .malformed
            }
        }
    }

    private static func parse(
        _ input: borrowing ByteBuffer, _ parser: inout ResponseHeadParser, into head: inout ResponseHead
    ) throws(HTTP1Error) -> Int? {
        try parser.parse(input.readable, into: &head)
    }

    override func ready(_ readiness: Readiness) {
        transport.note(readiness)
        switch state {
        case .connecting: finishConnecting()
        case .busy: user?.upstreamReady()
        case .idle: leaveIdle()
        case .tunnelling: tunnel?.noted(transport.receiveAhead(&worker.buffers))
        case .closed: break
        }
    }

    private func finishConnecting() {
        switch dial.proceed(&transport, pool, worker) {
        case .waiting: break
        case .failed(let failure): user?.attemptFailed(failure)
        case .done:
            state = .busy
            user?.upstreamConnected()
        }
    }

    /// Anything that arrives on an idle connection ends it: its end, or bytes that nobody asked for, which
    /// must never be taken for the answer to a later request (hardening: response-queue poisoning).
    private func leaveIdle() {
        // TLS has messages of its own, such as another ticket for later sessions.
        if isQuiet() { return }
        pool.removeIdle(self)
        worker.idleUpstreams -= 1
        close()
    }

    /// Whether nothing has come that belongs to no response: neither bytes, which are counted, nor the end.
    private func isQuiet() -> Bool {
        switch transport.input.isEmpty ? transport.receive(&worker.buffers) : .bytes {
        case .nothing: return true
        case .bytes, .full:
            worker.metrics.count(.unaskedAnswers)
            return false
        case .end, .failed: return false
        }
    }

    override func deadlinePassed() {
        switch state {
        case .connecting: user?.attemptFailed(.connectTimedOut)
        case .busy: user?.upstreamTimedOut()
        case .idle: idleTimePassed()
        case .tunnelling: tunnel?.timedOut()
        case .closed: break
        }
    }

    override func resumed() {
        if state == .tunnelling { tunnel?.pump() } else { ready([]) }
    }

    /// Leaves HTTP: from now on the bytes are the tunnel's.
    func enter(_ tunnel: Tunnel) {
        user = nil
        self.tunnel = tunnel
        state = .tunnelling
        worker.loop.clearDeadline(of: self)
    }

    /// The request is over and both messages ended exactly: the connection waits for the next, if it may.
    ///
    /// - Parameter limits: how connections of such requests are kept; nil as all are.
    func release(within limits: ExternalAuth.Connections? = nil) {
        user = nil
        served += 1
        keepSession()
        let settings = worker.settings
        let age = worker.loop.now.nanoseconds(since: openedAt)
        guard !pool.isRetired, !worker.isDraining, transport.output.isEmpty, !transport.peerIsClosing,
            served < settings.upstreamRequestsPerConnection, age < settings.upstreamLifetime,
            settings.idleUpstreamLimit > 0,
            // Bytes behind the response may wait in the socket, told of while nobody read: no event comes for
            // them any more, and they would be taken for the next answer.
            isQuiet(),
            limits.map({ served < $0.requests && pool.idleCount < $0.idle }) ?? true
        else { return close() }
        transport.releaseBuffers(to: &worker.buffers)
        state = .idle
        worker.idleUpstreams += 1
        pool.putIdle(self)
        let timeout = limits.map { min($0.timeout.nanoseconds, settings.upstreamIdleTimeout) }
        waitIdly(
            timeout ?? settings.upstreamIdleTimeout, limit: settings.idleUpstreamLimit,
            surplusTime: settings.upstreamSurplusTime)
    }

    /// Waits for the next request. A connection beyond the limit waits for a moment only: a load that needs so many
    /// takes it up again meanwhile, rather than opening another one.
    @inline(__always)
    private func waitIdly(_ timeout: UInt64, limit: Int, surplusTime: UInt64) {
        let isSurplus = worker.idleUpstreams > limit && timeout > surplusTime
        timeWithinLimit = isSurplus ? timeout - surplusTime : 0
        worker.loop.setDeadline(of: self, afterNanoseconds: isSurplus ? surplusTime : timeout)
    }

    /// Nobody has needed the connection for as long as it was given.
    private func idleTimePassed() {
        guard timeWithinLimit > 0 else { return closeIdle(removing: true) }
        if worker.idleUpstreams > worker.settings.idleUpstreamLimit {
            worker.metrics.count(Limit.idleUpstreamConnections)
            return closeIdle(removing: true)
        }
        worker.loop.setDeadline(of: self, afterNanoseconds: timeWithinLimit)
        timeWithinLimit = 0
    }

    /// Keeps what a later connection may resume; TLS 1.3 gives it with the first content.
    private func keepSession() {
        guard dial.isDone, transport.isEncrypted, !hasKeptSession, let resumable = transport.tls.resumable else {
            return
        }
        pool.session = resumable
        hasKeptSession = true
    }

    /// Takes the connection out of the idle ones; the pool has already forgotten it.
    func wake() { worker.idleUpstreams -= 1 }

    /// Closes an idle connection.
    func closeIdle(removing: Bool = false) {
        guard state == .idle else { return }
        if removing { pool.removeIdle(self) }
        worker.idleUpstreams -= 1
        close()
    }

    /// Ends the connection, whatever it was doing.
    func close() {
        guard state != .closed else { return }
        state = .closed
        user = nil
        if let tunnel {
            self.tunnel = nil
            tunnel.end()
        }
        // Endpoints that close after each response are those with most to gain.
        if hasAnswered { keepSession() }
        transport.sayGoodbye()
        transport.releaseBuffers(to: &worker.buffers)
        worker.loop.remove(self)
        worker.upstreamConnections -= 1
    }
}
