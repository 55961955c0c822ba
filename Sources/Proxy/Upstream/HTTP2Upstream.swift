import Bytes
import EventLoop
import HTTP
import HTTP2
import Linux
import TLS
import Telemetry

/// One HTTP/2 connection to an endpoint, in the clear with prior knowledge or over TLS: each exchange has a stream
/// of its own on it.
///
/// It moves bytes between its socket and its session, tells streams what happened on them, and decides whether it
/// takes more: never beyond what the endpoint allows, nor after a GOAWAY, nor past its age or its number of requests.
/// What streams have to say is collected during a turn and goes out at its end, in as few writes as it takes.
final class HTTP2Upstream: EventHandler {
    enum State {
        case connecting
        case open
        /// Streams that were begun go on; no more are taken.
        case leaving
        case closed
    }

    let worker: Worker
    let pool: EndpointPool
    let session: HTTP2Session
    private(set) var transport: Transport
    private(set) var state = State.connecting
    private var dial = Dial()
    /// By the index of the session's stream.
    private var streams: ContiguousArray<HTTP2UpstreamStream?> = []
    /// Streams whose exchanges wait for the connection to stand, or for the endpoint to say how many it takes.
    private var waiting: ContiguousArray<HTTP2UpstreamStream> = []
    /// Streams that exchanges have, waiting ones included.
    private var busy = 0
    /// Streams that were begun.
    private(set) var served = 0
    private let openedAt: Instant
    private var countsAsIdle = false
    private var hasKeptSession = false
    private var flushIsDue = false
    private var isReading = false
    /// A ping that must be answered for the connection to be trusted again.
    private var awaitedPings = 0

    /// Most streams at a time, whatever the endpoint allows; beyond it another connection is made. As the limit that
    /// clients have here.
    static let streamLimit = 128
    /// What an endpoint is taken to allow until it has said so, as nghttp2 does.
    private static let cautiousLimit = 100
    /// How long a connection on which a stream timed out may take to answer a ping.
    private static let pingNanoseconds: UInt64 = 5_000_000_000
    /// Reads before other connections get their turn.
    private static let readsPerTurn = 16
    /// Reads of what had come before the connection broke: more than the windows of all its streams hold.
    private static let lastReads = 1024

    /// Begins to connect.
    init(worker: Worker, pool: EndpointPool) throws(Errno) {
        let begun = try Socket.connect(to: pool.address)
        self.worker = worker
        self.pool = pool
        openedAt = worker.loop.now
        transport = Transport(begun.socket)
        // Routes that share the connection may allow more than others: the endpoint is told the most.
        var allowed = HTTP2Session.Configuration(headLimits: .largestResponse)
        // Streams of many clients share the connection: as many as there may be fill their windows and none of them
        // stops the others.
        allowed.connectionWindow = Self.streamLimit * allowed.streamWindow
        session = HTTP2Session(.client, allowed, pool: worker.upstreamStreams.states)
        super.init()
        try worker.loop.add(self, watching: transport.socket)
        if begun.progress == .connected { transport.note(.writable) }
        worker.upstreamConnections += 1
        pool.add(self)
    }

    // MARK: Streams

    /// Whether one more stream fits.
    var hasRoom: Bool {
        switch state {
        case .connecting: busy < concurrency
        case .open: awaitedPings == 0 && busy < concurrency && session.allowsRequest && isYoung
        case .leaving, .closed: false
        }
    }

    /// Streams that the endpoint takes: what it has said, on this connection or an earlier one.
    private var concurrency: Int {
        if session.knowsPeerSettings { return min(session.peerConcurrentStreams, Self.streamLimit) }
        return min(pool.streamLimit ?? .max, Self.cautiousLimit)
    }

    /// Whether a request may go out at once: the first on a connection, and others when the endpoint has said how many
    /// it takes (RFC 9113 §3.4 has its settings come first). Before that they could only wait behind streams that live on.
    private var takesRequest: Bool { isOpen && (session.knowsPeerSettings || served == 0) }

    private var isYoung: Bool {
        served < worker.settings.upstreamRequestsPerConnection
            && worker.loop.now.nanoseconds(since: openedAt) < worker.settings.upstreamLifetime
    }

    var isOpen: Bool { state == .open || state == .leaving }
    var isLeaving: Bool { state == .leaving }
    var isIdle: Bool { busy == 0 }

    /// Takes a stream in.
    ///
    /// - Returns: whether it has to wait until it is told that it may begin.
    func attach(_ stream: HTTP2UpstreamStream) -> Bool {
        leaveIdleness()
        busy += 1
        if takesRequest { return false }
        waiting.append(stream)
        return true
    }

    /// Lets streams that wait begin, as many as the endpoint takes; the others go elsewhere.
    private func admitWaiting() {
        let streams = waiting
        waiting = []
        var begun = busy - streams.count
        for stream in streams where stream.waits(for: self) {
            if takesRequest, session.allowsRequest, begun < concurrency {
                begun += 1
                stream.connected()
            } else if state == .open, !session.knowsPeerSettings {
                waiting.append(stream)
            } else {
                stream.turnedAway()
            }
        }
    }

    /// Begins a stream with the head that its exchange has written.
    ///
    /// - Parameter limits: what the response's head may hold.
    func begin(_ stream: HTTP2UpstreamStream, endsStream: Bool, limits: HeadLimits) -> HTTP2StreamState? {
        guard isOpen,
            let begun = session.request(
                stream.headBuffer, scheme: pool.connector.usesTLS ? "https" : "http", endsStream: endsStream,
                limits: limits)
        else { return nil }
        served += 1
        while streams.count <= begun.index { streams.append(nil) }
        streams[begun.index] = stream
        scheduleFlush()
        return begun
    }

    /// The exchange of a stream is over: with `code`, unless it ended in order.
    func detach(_ stream: HTTP2UpstreamStream, resetting code: HTTP2ErrorCode?) {
        busy -= 1
        if let index = waiting.firstIndex(where: { $0 === stream }) { waiting.remove(at: index) }
        // The session of a closed connection keeps its streams until all exchanges have let go.
        if let begun = stream.state, state != .closed {
            streams[begun.index] = nil
            if begun.closeCode != nil {
                session.recycle(begun, &worker.buffers)
            } else if let code {
                session.reset(begun, code)
                scheduleFlush()
            }
        }
        if busy == 0 { becomeIdle() }
    }

    /// What the streams have to say goes out when all events of this turn have been looked at.
    func scheduleFlush() {
        guard !flushIsDue, state != .closed else { return }
        flushIsDue = true
        worker.loop.resumeLater(self)
    }

    // MARK: Idleness

    private func becomeIdle() {
        switch state {
        case .closed: session.recycleAll(&worker.buffers)
        // Nobody waits for it any more.
        case .connecting: close(.connectionBroke)
        case .leaving: closeIfDone()
        case .open:
            keepSession()
            guard !pool.isRetired, !worker.isDraining, isYoung, worker.idleUpstreams < worker.settings.idleUpstreamLimit
            else { return leave() }
            countsAsIdle = true
            worker.idleUpstreams += 1
            worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.upstreamIdleTimeout)
        }
    }

    private func leaveIdleness() {
        guard countsAsIdle else { return }
        countsAsIdle = false
        worker.idleUpstreams -= 1
        worker.loop.clearDeadline(of: self)
    }

    /// Keeps what a later connection may resume; TLS 1.3 gives it with the first content.
    private func keepSession() {
        guard dial.isDone, transport.isEncrypted, !hasKeptSession, let resumable = transport.tls.resumable else {
            return
        }
        pool.session = resumable
        hasKeptSession = true
    }

    /// Takes no more streams; closes once there are none.
    func leave() {
        pool.remove(self)
        guard state == .open else { return }
        leaveIdleness()
        state = .leaving
        session.goAway()
        scheduleFlush()
        closeIfDone()
    }

    private func closeIfDone() {
        guard state == .leaving, busy == 0 else { return }
        sendLast()
        close(.connectionBroke)
    }

    // MARK: Events

    override func ready(_ readiness: Readiness) {
        transport.note(readiness)
        switch state {
        case .connecting: connect()
        case .open, .leaving:
            read()
            flush()
        case .closed: break
        }
    }

    private func connect() {
        switch dial.proceed(&transport, pool, worker) {
        case .waiting: break
        case .failed(let failure): close(failure)
        case .done:
            state = .open
            admitWaiting()
            read()
            flush()
        }
    }

    private func read(atMost reads: Int = readsPerTurn) {
        guard !isReading else { return }
        isReading = true
        defer { isReading = false }
        for _ in 0..<reads {
            guard isOpen else { return }
            switch transport.receive(&worker.buffers) {
            case .bytes:
                Self.feed(transport.input, to: session, worker)
                transport.input.clear()
                tell()
                if session.isOver { return finish() }
            case .nothing: return
            case .full, .end, .failed: return close(.connectionBroke)
            }
        }
        scheduleFlush()
    }

    private static func feed(_ input: borrowing ByteBuffer, to session: HTTP2Session, _ worker: Worker) {
        session.receive(input.readable, now: worker.loop.now.nanoseconds, &worker.buffers)
    }

    /// Tells streams what has happened on them.
    private func tell() {
        if session.peerGoAway != nil { leave() }
        if session.knowsPeerSettings { pool.streamLimit = concurrency }
        if !waiting.isEmpty, session.knowsPeerSettings || state == .leaving { admitWaiting() }
        while let (begun, signals) = session.nextSignalled() {
            guard begun.index < streams.count, let stream = streams[begun.index], stream.state === begun else {
                if signals.contains(.closed) { session.recycle(begun, &worker.buffers) }
                continue
            }
            stream.happened(signals)
        }
        if awaitedPings > 0, session.pingsAnswered >= awaitedPings {
            awaitedPings = 0
            if busy > 0 { worker.loop.clearDeadline(of: self) }
        }
    }

    /// Sends what the session has to say, as far as the socket takes it.
    private func flush() {
        flushIsDue = false
        guard isOpen else { return }
        var hasMore = true
        while hasMore {
            hasMore = session.drain(into: &transport.output, &worker.buffers)
            switch transport.flush(&worker.buffers) {
            case .done: break
            case .blocked: hasMore = false
            case .failed:
                // The endpoint may have answered before it closed.
                read(atMost: Self.lastReads)
                return close(.connectionBroke)
            }
        }
        tell()
        if session.isOver && isOpen { finish() }
    }

    /// The session has come to its end: by its own judgement of what the endpoint sent, or by a GOAWAY.
    private func finish() {
        sendLast()
        close(.connectionBroke)
    }

    private func sendLast() {
        _ = session.drain(into: &transport.output, &worker.buffers)
        _ = transport.flush(&worker.buffers)
    }

    override func resumed() {
        if isOpen, transport.isReadable { read() }
        flush()
    }

    override func deadlinePassed() {
        if awaitedPings > 0 { return close(.connectionBroke) }
        if countsAsIdle { leave() }
    }

    /// A stream has waited in vain: does the endpoint still live? Until it has answered no more streams are begun.
    func suspect() {
        guard isOpen, awaitedPings == 0 else { return }
        session.ping()
        awaitedPings = session.pingsAnswered + 1
        worker.loop.setDeadline(of: self, afterNanoseconds: Self.pingNanoseconds)
        scheduleFlush()
    }

    // MARK: The end

    /// Ends the connection. Exchanges whose response is whole take what they have not taken yet; the others are told.
    func close(_ failure: Failure) {
        guard state != .closed else { return }
        let stood = isOpen
        pool.remove(self)
        leaveIdleness()
        keepSession()
        state = .closed
        transport.sayGoodbye()
        worker.loop.remove(self)
        transport.releaseBuffers(to: &worker.buffers)
        worker.upstreamConnections -= 1
        let waited = waiting
        let begun = streams
        waiting = []
        for stream in waited where stream.waits(for: self) {
            if stood { stream.turnedAway() } else { stream.failed(failure, dial.fault) }
        }
        for case let stream? in begun { stream.failed(failure, nil) }
        if busy == 0 { session.recycleAll(&worker.buffers) }
    }
}
