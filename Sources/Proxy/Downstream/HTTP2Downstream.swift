import Bytes
import EventLoop
import Filters
import HTTP
import HTTP2
import Linux
import Telemetry

/// One HTTP/2 connection from a client: carries bytes between the socket and its session, begins an exchange for
/// each request, and writes what all streams have to say once a turn.
///
/// The session keeps the protocol's rules and bounds what a client may have under way; this keeps time, counts,
/// and ends the connection: in two steps while requests may still be on their way (RFC 9113 §6.8), at once for
/// one that floods.
final class HTTP2Downstream: DownstreamConnection {
    private enum Phase {
        case open
        /// It was announced that no more streams are taken; those on their way still are.
        case announced
        /// No more streams are taken.
        case leaving
        /// All has been said; what still arrives is read and forgotten, so that closing does not reset the
        /// connection before the client has read it.
        case lingering
        case closed
    }

    let worker: Worker
    let peer: SocketAddress
    /// The port of the listener.
    let port: UInt16
    /// The port of a PROXY header; 0 when there was none.
    let announcedPort: UInt16
    /// What the handshake told of the client, where its host asks for certificates.
    let identity: ClientIdentity?
    let security: ConnectionSecurity?
    let isSecure: Bool
    let session: HTTP2Session
    private var transport: Transport
    private var phase = Phase.open
    /// By the index of their state; nil where there is none.
    private var streams: ContiguousArray<HTTP2Stream?> = []
    private var openStreams = 0
    /// Requests that were begun.
    private(set) var requests = 0
    private var isFlushPlanned = false
    private var floodIsCounted = false
    private var pingsBeforeLeaving = 0
    /// Bytes that may still be read and forgotten.
    private var allowance = 1 << 20

    /// Reads, and bytes written, before other connections get their turn.
    private static let readsPerTurn = 16
    private static let bytesPerTurn = 1 << 20
    /// Room in the output that another round of frames is worth.
    private static let worthwhileRoom = 2048
    private static let announcementNanoseconds: UInt64 = 1_000_000_000
    private static let lingerNanoseconds: UInt64 = 2_000_000_000
    /// How long a new connection may take to send something while others wait for room.
    private static let fairNanoseconds: UInt64 = 1_000_000_000

    /// Goes on with a connection whose handshake is over. What has come in is read at once.
    convenience init(_ handshake: Handshake, _ transport: consuming Transport) {
        self.init(
            handshake.worker, handshake.peer, handshake.port, handshake.announcedPort, handshake.identity, transport,
            replacing: handshake)
    }

    /// Goes on with a connection in the clear on which the client has said HTTP/2's preface.
    convenience init(_ detection: PrefaceDetection, _ transport: consuming Transport) {
        self.init(
            detection.worker, detection.peer, detection.port, detection.announcedPort, nil, transport,
            replacing: detection)
    }

    private init(
        _ worker: Worker, _ peer: SocketAddress, _ port: UInt16, _ announcedPort: UInt16, _ identity: ClientIdentity?,
        _ transport: consuming Transport, replacing previous: DownstreamConnection
    ) {
        self.worker = worker
        self.peer = peer
        self.port = port
        self.announcedPort = announcedPort
        self.identity = identity
        isSecure = transport.isEncrypted
        security = transport.security
        self.transport = transport
        session = HTTP2Session(.server, worker.settings.http2, pool: worker.streamStates)
        super.init(worker, after: previous)
        worker.loop.replace(previous, by: self)
        worker.metrics.count(.http2Connections)
        worker.metrics.move(from: .reading, to: .waiting)
        worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.clientHeaderTimeout)
        if !self.transport.input.isEmpty {
            Self.feed(self.transport.input, to: session, worker)
            self.transport.input.clear()
            dispatch()
        }
        ready([])
    }

    /// The address of this machine that the client came to.
    var localAddress: SocketAddress? { transport.localAddress }
    /// What is read now may have been sent before.
    var isEarly: Bool { transport.isEarly }

    // MARK: Events

    override func ready(_ readiness: Readiness) {
        transport.note(readiness)
        switch phase {
        case .open, .announced, .leaving:
            if transport.peerIsGone { return close() }
            receive()
            if phase != .closed { planFlush() }
        case .lingering: linger()
        case .closed: break
        }
    }

    /// The end of a turn in which something was said, or one more turn.
    override func resumed() {
        if isFlushPlanned {
            isFlushPlanned = false
            flush()
        } else {
            ready([])
        }
    }

    override func deadlinePassed() {
        switch phase {
        case .announced where transport.output.isEmpty: leaveNow()
        case .open where openStreams == 0 && transport.output.isEmpty:
            worker.metrics.count(Limit.keepAliveTimeout)
            leaveNow()
        case .open, .announced, .leaving:
            worker.metrics.count(Limit.sendTimeout)
            close()
        case .lingering: close()
        case .closed: break
        }
    }

    // MARK: Receiving

    private func receive() {
        for _ in 0..<Self.readsPerTurn {
            switch transport.receive(&worker.buffers) {
            case .bytes:
                Self.feed(transport.input, to: session, worker)
                transport.input.clear()
                dispatch()
                if phase == .closed { return }
            case .nothing:
                if transport.input.isEmpty { worker.buffers.takeBack(&transport.input) }
                return
            case .full: transport.input.clear()
            case .end, .failed: return close()
            }
        }
        worker.loop.resumeLater(self)
    }

    private static func feed(_ input: borrowing ByteBuffer, to session: HTTP2Session, _ worker: Worker) {
        session.receive(input.readable, now: worker.loop.now.nanoseconds, &worker.buffers)
    }

    /// Tells each stream what has happened on it.
    private func dispatch() {
        while phase != .closed, let (state, signals) = session.nextSignalled() {
            // A request that was reset before anybody looked at it costs nothing. Who begins looks at all that has come.
            if signals.contains(.head), !signals.contains(.closed) {
                begin(state)
            } else if state.index < streams.count, let stream = streams[state.index], stream.state === state {
                stream.signalled(signals.subtracting(.head))
            }
            if signals.contains(.closed) { session.recycle(state, &worker.buffers) }
        }
        if !floodIsCounted, let flood = session.flood {
            floodIsCounted = true
            worker.metrics.count(flood.limit)
        }
        if phase == .announced, session.pingsAnswered > pingsBeforeLeaving { leaveNow() }
    }

    private func begin(_ state: HTTP2StreamState) {
        requests += 1
        while streams.count <= state.index { streams.append(nil) }
        let stream = worker.takeStream()
        streams[state.index] = stream
        openStreams += 1
        if openStreams == 1 {
            worker.metrics.move(from: .waiting, to: .writing)
            if transport.output.isEmpty && phase == .open { worker.loop.clearDeadline(of: self) }
        }
        if requests >= worker.settings.keepAliveRequests && phase == .open {
            worker.metrics.count(Limit.keepAliveRequests)
            announceLeaving()
        }
        stream.begin(state, on: self)
    }

    /// A stream's exchange is over.
    func left(_ stream: HTTP2Stream) {
        guard stream.index < streams.count, streams[stream.index] === stream else { return }
        streams[stream.index] = nil
        openStreams -= 1
        guard openStreams == 0, phase != .closed else { return }
        idleSince = worker.loop.now
        worker.metrics.move(from: .writing, to: .waiting)
        planFlush()
    }

    // MARK: Sending

    /// Has everything that streams say in this turn written at its end, with one write.
    func planFlush() {
        guard !isFlushPlanned, phase != .closed else { return }
        isFlushPlanned = true
        worker.loop.resumeLater(self)
    }

    private func flush() {
        var budget = Self.bytesPerTurn
        while phase != .closed && phase != .lingering {
            let isMore = fillOutput()
            if phase == .closed { return }
            let waiting = transport.output.count
            switch transport.flush(&worker.buffers) {
            case .done: break
            case .blocked:
                if transport.output.count < waiting || deadline == .distantFuture {
                    worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.clientSendTimeout)
                }
                return
            case .failed: return close()
            }
            budget -= waiting
            guard isMore else { return settle() }
            if budget <= 0 { return planFlush() }
        }
    }

    /// Makes frames until the output is full or nobody has anything to say.
    ///
    /// - Returns: whether there may be more.
    private func fillOutput() -> Bool {
        while phase != .closed {
            guard session.drain(into: &transport.output, &worker.buffers) else {
                return session.wantsToSend && !transport.output.isEmpty
            }
            // Streams whose content went out may have more at once.
            dispatch()
            if phase == .closed || transport.output.room < Self.worthwhileRoom { return true }
        }
        return false
    }

    /// Everything has been written.
    private func settle() {
        if session.isOver { return finish() }
        switch phase {
        case .open where openStreams == 0:
            let limit = requests == 0 ? worker.settings.clientHeaderTimeout : worker.settings.keepAliveTimeout
            if deadline == .distantFuture || requests > 0 {
                worker.loop.setDeadline(of: self, at: idleSince.advanced(byNanoseconds: limit))
            }
        case .open: worker.loop.clearDeadline(of: self)
        case .leaving where openStreams > 0: worker.loop.clearDeadline(of: self)
        // What is still open belongs to nobody: a head that never ends, or bytes that the client never takes. Whatever
        // else it says does not give it more time.
        case .leaving where deadline == .distantFuture:
            worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.clientSendTimeout)
        case .leaving: break
        case .announced, .lingering, .closed: break
        }
    }

    // MARK: The end

    /// Announces the end: requests that the client has sent before it hears of it are still served.
    private func announceLeaving() {
        guard phase == .open else { return }
        phase = .announced
        pingsBeforeLeaving = session.pingsAnswered
        session.announceShutdown()
        session.ping()
        worker.loop.setDeadline(of: self, afterNanoseconds: Self.announcementNanoseconds)
        planFlush()
    }

    /// Takes no more streams; ends with the last of those that were begun, which have deadlines of their own.
    private func leaveNow() {
        guard phase == .open || phase == .announced else { return }
        phase = .leaving
        worker.loop.clearDeadline(of: self)
        session.goAway()
        planFlush()
    }

    /// Nothing is left to be said or heard.
    private func finish() {
        for stream in streams { stream?.lost() }
        phase = .lingering
        transport.finishSending()
        worker.loop.setDeadline(of: self, afterNanoseconds: Self.lingerNanoseconds)
        linger()
    }

    private func linger() {
        while allowance > 0 {
            allowance -= transport.input.count
            transport.input.clear()
            switch transport.receive(&worker.buffers) {
            case .bytes: continue
            case .nothing:
                if transport.input.isEmpty { worker.buffers.takeBack(&transport.input) }
                return
            case .full, .end, .failed: return close()
            }
        }
        close()
    }

    override var mayBeReaped: Bool {
        phase == .open && openStreams == 0
            && (requests > 0 || worker.loop.now.nanoseconds(since: idleSince) > Self.fairNanoseconds)
    }

    override func closeIfIdle() {
        guard openStreams == 0 else { return }
        leaveNow()
        isFlushPlanned = false
        flush()
        close()
    }

    override func drain() { announceLeaving() }

    override func close() {
        guard phase != .closed else { return }
        phase = .closed
        let wasBusy = openStreams > 0
        for stream in streams { stream?.lost() }
        streams = []
        session.recycleAll(&worker.buffers)
        transport.releaseBuffers(to: &worker.buffers)
        worker.loop.remove(self)
        worker.downstreamConnections -= 1
        worker.metrics.leave(wasBusy ? .writing : .waiting)
    }
}

extension HTTP2Flood {
    /// What is counted when a connection ends for it.
    var limit: Limit {
        switch self {
        case .settings: .http2Settings
        case .pings: .http2Pings
        case .priorities: .http2Priorities
        case .emptyData: .http2EmptyData
        case .windowUpdates: .http2WindowUpdates
        case .unknownFrames: .http2UnknownFrames
        case .resets: .http2Resets
        case .provokedResets: .http2ProvokedResets
        case .continuations: .http2Continuations
        case .headers: .http2Headers
        case .unreadAnswers: .http2UnreadAnswers
        }
    }
}
