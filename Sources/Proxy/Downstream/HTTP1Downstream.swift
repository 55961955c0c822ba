import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Telemetry

/// One HTTP/1 connection from a client: reads heads, has each request handled by an exchange, in order and
/// one at a time, and keeps time while nothing is under way.
///
/// While an exchange is under way it owns both directions; the connection only tells it what happened.
/// An idle connection holds no buffer and no exchange.
final class HTTP1Downstream: DownstreamConnection {
    enum Phase {
        /// Between requests; nothing has arrived.
        case idle
        /// Part of a head has arrived.
        case readingHead
        /// An exchange is under way.
        case exchanging
        /// The rest of a request body that nobody wants is read and forgotten; then the next request follows.
        case draining
        /// All has been said; what still arrives is read and forgotten, so that closing does not reset the
        /// connection before the client has read the answer.
        case lingering
        /// HTTP is over; the bytes are a tunnel's.
        case tunnelling
        case closed

        /// What the connection counts as in metrics.
        var state: ConnectionState {
            switch self {
            case .idle: .waiting
            case .readingHead, .draining: .reading
            case .exchanging, .lingering, .tunnelling, .closed: .writing
            }
        }
    }

    let worker: Worker
    let peer: SocketAddress
    /// The port of the listener.
    let port: UInt16
    /// What the handshake found out about the client, where certificates are asked for.
    let identity: ClientIdentity?
    /// The port of a PROXY header; 0 when there was none.
    let announcedPort: UInt16
    var transport: Transport
    private(set) var phase = Phase.idle {
        didSet { if phase != oldValue { worker.metrics.move(from: oldValue.state, to: phase.state) } }
    }
    private var exchange: Exchange?
    private var tunnel: Tunnel?
    /// Requests that were begun on this connection.
    private(set) var requests = 0
    /// How long it may be idle after the request under way.
    var idleNanoseconds: UInt64 = 0
    private var isProcessing = false
    /// Bytes that may still be read and forgotten.
    private var allowance = 0

    /// Most bytes and nanoseconds that closing waits for a client that goes on sending, and for one that doesn't. Many
    /// look at the answer only when they have sent everything; the times are those of nginx's `lingering_close`.
    private static let lingerLimit = 256 << 20
    private static let lingerNanoseconds: UInt64 = 30_000_000_000
    private static let silenceNanoseconds: UInt64 = 5_000_000_000
    /// Reads that are forgotten before other connections get their turn.
    private static let readsPerTurn = 16
    /// How long a new connection may take to send something while others wait for room.
    static let fairNanoseconds: UInt64 = 1_000_000_000

    init(
        worker: Worker, accepted: consuming AcceptedConnection, place: consuming ConnectionPlace?, port: UInt16
    ) throws(Errno) {
        self.worker = worker
        peer = accepted.peer
        self.port = port
        identity = nil
        announcedPort = 0
        transport = Transport(accepted.socket, place: place)
        super.init(worker)
        try worker.loop.add(self, watching: transport.socket)
        worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.clientHeaderTimeout)
        worker.downstreamConnections += 1
        worker.metrics.enter(phase.state)
    }

    /// Goes on with a connection whose handshake is over. What has come in is read at once.
    init(_ handshake: Handshake, _ transport: consuming Transport) {
        worker = handshake.worker
        peer = handshake.peer
        port = handshake.port
        identity = handshake.identity
        announcedPort = handshake.announcedPort
        self.transport = transport
        super.init(handshake.worker, after: handshake)
        worker.loop.replace(handshake, by: self)
        worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.clientHeaderTimeout)
        worker.metrics.move(from: .reading, to: phase.state)
        process()
    }

    /// Goes on with a connection in the clear on which the client has turned out to speak HTTP/1. What has come in is
    /// read at once.
    init(_ detection: PrefaceDetection, _ transport: consuming Transport) {
        worker = detection.worker
        peer = detection.peer
        port = detection.port
        identity = nil
        announcedPort = detection.announcedPort
        self.transport = transport
        super.init(detection.worker, after: detection)
        worker.loop.replace(detection, by: self)
        worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.clientHeaderTimeout)
        worker.metrics.move(from: .reading, to: phase.state)
        process()
    }

    // MARK: Events

    override func ready(_ readiness: Readiness) {
        transport.note(readiness)
        switch phase {
        case .idle, .readingHead: process()
        case .exchanging: exchange?.downstreamReady()
        case .draining: drainBody()
        case .lingering: linger()
        case .tunnelling: tunnel?.noted(transport.receiveAhead(&worker.buffers))
        case .closed: break
        }
    }

    override func resumed() {
        if phase == .tunnelling { tunnel?.pump() } else { ready([]) }
    }

    override func deadlinePassed() {
        switch phase {
        case .idle:
            worker.metrics.count(requests == 0 ? Limit.headerTimeout : .keepAliveTimeout)
            close()
        case .draining:
            worker.metrics.count(Limit.bodyTimeout)
            close()
        case .lingering: close()
        case .readingHead: headTimedOut()
        case .exchanging: exchange?.downstreamTimedOut()
        case .tunnelling: tunnel?.timedOut()
        case .closed: break
        }
    }

    private func headTimedOut() {
        worker.metrics.count(Limit.headerTimeout)
        guard let exchange else { return close() }
        phase = .exchanging
        exchange.refuseHead(.requestTimeout)
    }

    // MARK: Requests

    /// Begins requests for as long as whole heads are there.
    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while phase == .idle || phase == .readingHead {
            if transport.input.isEmpty || phase == .readingHead {
                guard receiveHeadBytes() else { return }
            }
            parseHead()
        }
    }

    /// - Returns: whether there is something new to parse.
    private func receiveHeadBytes() -> Bool {
        switch transport.receive(&worker.buffers) {
        case .bytes: return true
        case .full:
            // The limits of the parser end a head before this size.
            transport.input.grow(to: transport.input.capacity * 2)
            return receiveHeadBytes()
        case .nothing:
            if phase == .idle && worker.isDraining { close() }
            return false
        case .end, .failed:
            close()
            return false
        }
    }

    private func parseHead() {
        let exchange = self.exchange ?? startExchange()
        do throws(HTTP1Error) {
            guard let count = try exchange.parse(transport.input.readable) else {
                if phase == .idle {
                    phase = .readingHead
                    worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.clientHeaderTimeout)
                }
                return
            }
            transport.input.consume(count)
            if transport.input.isEmpty { worker.buffers.takeBack(&transport.input) }
            phase = .exchanging
            worker.loop.clearDeadline(of: self)
            exchange.begin()
        } catch {
            phase = .exchanging
            exchange.reject(error)
        }
    }

    private func startExchange() -> Exchange {
        requests += 1
        let exchange = worker.takeExchange(for: .http1(self))
        self.exchange = exchange
        return exchange
    }

    /// Settles how long the connection may be idle after the request that begins, unless its route says otherwise.
    ///
    /// - Returns: whether a response may offer to keep the connection.
    func settleKeepAlive() -> Bool {
        idleNanoseconds = worker.settings.keepAliveTimeout
        return requests < worker.settings.keepAliveRequests && idleNanoseconds > 0 && !worker.isDraining
    }

    // MARK: After an exchange

    /// The exchange is over and has let go of the connection; all output has been sent.
    func exchangeEnded(_ ending: DownstreamStream.Ending) {
        exchange = nil
        switch ending {
        case .keep: becomeIdle()
        case .drain(let count):
            phase = .draining
            allowance = count
            worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.clientBodyTimeout)
            drainBody()
        case .linger:
            worker.metrics.count(Limit.discardedBody)
            phase = .lingering
            allowance = Self.lingerLimit
            idleSince = worker.loop.now
            transport.finishSending()
            linger()
        case .close:
            if requests >= worker.settings.keepAliveRequests { worker.metrics.count(Limit.keepAliveRequests) }
            close()
        case .abort:
            transport.abort()
            close()
        }
    }

    private func becomeIdle() {
        if worker.isDraining { return close() }
        phase = .idle
        idleSince = worker.loop.now
        if transport.input.isEmpty {
            worker.buffers.takeBack(&transport.input)
        }
        worker.loop.setDeadline(of: self, afterNanoseconds: idleNanoseconds)
        if !transport.input.isEmpty || transport.isReadable { process() }
    }

    /// Reads and forgets what is left of a body, then goes on with the next request.
    private func drainBody() {
        while true {
            let count = min(transport.input.count, allowance)
            transport.input.consume(count)
            allowance -= count
            if allowance == 0 { return becomeIdle() }
            switch transport.receive(&worker.buffers) {
            case .bytes: continue
            case .nothing: return
            case .full, .end, .failed: return close()
            }
        }
    }

    /// Reads and forgets what the client still sends: closing would reset the connection under the answer.
    private func linger() {
        let silence = worker.loop.now.advanced(byNanoseconds: Self.silenceNanoseconds)
        let end = idleSince.advanced(byNanoseconds: Self.lingerNanoseconds)
        worker.loop.setDeadline(of: self, at: min(silence, end))
        for _ in 0..<Self.readsPerTurn {
            allowance -= transport.input.count
            transport.input.clear()
            guard allowance > 0 else { return close() }
            switch transport.receive(&worker.buffers) {
            case .bytes: continue
            case .nothing: return
            case .full, .end, .failed: return close()
            }
        }
        worker.loop.resumeLater(self)
    }

    /// Whether it may be closed to make room for others. A new connection gets a fair time for its first request;
    /// else those of a rush would end as fast as they are accepted.
    override var mayBeReaped: Bool {
        phase == .idle && (requests > 0 || worker.loop.now.nanoseconds(since: idleSince) > Self.fairNanoseconds)
    }

    /// Closes the connection if nothing is under way on it.
    override func closeIfIdle() { if phase == .idle { close() } }

    /// Ends the connection at once. A client that is in the middle of a response must not take it for whole.
    override func close() {
        guard phase != .closed else { return }
        if phase == .exchanging && exchange != nil { transport.abort() } else { transport.sayGoodbye() }
        phase = .closed
        if let exchange {
            self.exchange = nil
            exchange.downstreamGone()
        }
        if let tunnel {
            self.tunnel = nil
            tunnel.end()
        }
        leave()
    }

    /// Leaves HTTP: from now on the bytes are the tunnel's.
    func enter(_ tunnel: Tunnel) {
        exchange = nil
        self.tunnel = tunnel
        phase = .tunnelling
    }

    private func leave() {
        transport.releaseBuffers(to: &worker.buffers)
        worker.loop.remove(self)
        worker.downstreamConnections -= 1
        worker.metrics.leave(phase.state)
    }
}
