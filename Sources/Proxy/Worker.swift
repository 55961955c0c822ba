import Bytes
import EventLoop
import Filters
import HTTP
import HTTP2
import Linux
import Model
import Routing
import TLS
import Telemetry

/// What other threads tell a worker.
enum WorkerMessage: Sendable {
    /// Stop accepting, finish what is under way until then, and stop.
    case drain(until: Instant)
    /// Another access-log format holds from the next line on.
    case useLogFormat(AccessLogFormat)
    /// A password that an exchange waits for has been checked.
    case passwordChecked(ticket: UInt64, PasswordResult)
}

/// One thread of the data plane: an event loop and everything reachable from it.
///
/// Its objects are made on its thread and never leave it. It meets others only at the snapshot cell, its
/// mailbox and the shared state (endpoint states, metric shards, log channel).
final class Worker {
    let loop: EventLoop
    let metrics: WorkerMetrics
    private let shared: SharedState
    private let snapshots: SnapshotCell<Snapshot>
    var limits: SharedLimits { shared.limits }
    private let mailbox: Mailbox<WorkerMessage>
    private var listeners: [Listener] = []

    private(set) var snapshot: WorkerSnapshot
    private var generation: UInt64 = 0
    var settings: WorkerSettings { snapshot.settings }

    // Reused from request to request.
    var buffers = BufferPool(bufferCapacity: 16 << 10, keepingAtMost: 4096, resting: 512)
    var pipes = PipePool(keepingAtMost: 16)
    var matchScratch = MatchScratch()
    var filterScratch = FilterScratch()
    /// Where the head of a response on a stream is written before its session takes it.
    var headLines = ByteBuffer(capacity: 16 << 10)
    private var idleExchanges: ContiguousArray<Exchange> = []
    private var waiting = WaitingExchanges()
    /// What the HTTP/2 connections of clients share.
    let streamStates = HTTP2StreamPool(.server)
    private var idleStreams: ContiguousArray<HTTP2Stream> = []
    private var idleVariables: ContiguousArray<RequestVariables> = []
    var subrequests = SubrequestPool()
    var authCache = AuthCache()
    /// HTTP/1 in the clear, which most requests use.
    let plainConnector = Connector(.plain)
    private var connectors: [ConnectorID: Connector] = [:]
    private var accessLog: AccessLogWriter?
    private var date = DateField()
    var upstreamStreams = UpstreamStreamStock()
    private var faults = FaultThrottle()
    private var random: RandomWords

    // Counts of what is open.
    var downstreamConnections = 0
    var upstreamConnections = 0
    var idleUpstreams = 0
    var tunnels = 0
    /// Listeners that wait until a connection closes.
    var waitingListeners = 0
    /// Memory in which buffered bodies wait, besides buffers of the pool.
    var spooledBytes = 0
    private var compressors = CompressorPool()
    private let connectionLimit: Int
    private var connectionNumber: UInt64

    private(set) var isDraining = false
    private var drainDeadline = Instant.distantFuture
    private var trimsAt = Instant.now()

    /// Client connections that are closed together at least when descriptors have run out.
    private static let smallestReap = 16
    /// The longest sleep: the heartbeat tells that the worker lives.
    private static let heartbeatNanoseconds: UInt64 = 1_000_000_000
    /// For so long buffers have to be of no use before some are freed: the peaks of a steady load differ from second to
    /// second, and what one frees the next would allocate.
    private static let trimNanoseconds: UInt64 = 10_000_000_000

    init(shared: SharedState, index: Int, connectionLimit: Int, mailbox: Mailbox<WorkerMessage>) throws(Errno) {
        self.shared = shared
        snapshots = shared.snapshots
        self.mailbox = mailbox
        self.connectionLimit = connectionLimit
        connectionNumber = UInt64(index)
        loop = try EventLoop()
        metrics = WorkerMetrics(shared.metrics.shards[index])
        random = RandomWords()
        snapshot = WorkerSnapshot(.empty, after: nil, workers: shared.metrics.shards.count)
        if let log = shared.metrics.accessLog, let format = shared.logFormat {
            accessLog = AccessLogWriter(log.channels[index], format: format, processID: shared.processID)
        }
        try loop.wake(by: mailbox.wakeEvent)
    }

    /// A number for a connection that no other one has, of whatever worker.
    func nextConnectionNumber() -> UInt64 {
        connectionNumber += UInt64(shared.metrics.shards.count)
        return connectionNumber
    }

    /// Accepts connections from `socket`.
    func listen(on socket: consuming Descriptor, port: UInt16, speaksTLS: Bool) throws(Errno) {
        listeners.append(try Listener(worker: self, socket: socket, port: port, speaksTLS: speaksTLS))
    }

    /// What clients resume their TLS sessions by.
    var resumption: Resumption { shared.resumption }
    var staples: StapleBook { shared.staples }

    /// The certificate of last resort.
    var fakeCertificate: Certificate {
        guard let certificate = shared.fakeCertificate else {
            preconditionFailure("nobody shakes hands where nobody listens for TLS")
        }
        return certificate
    }

    // MARK: The loop

    /// Runs until drained.
    func run() throws(Errno) {
        adoptSnapshot()
        while !isFinished {
            let limit = min(loop.now.advanced(byNanoseconds: Self.heartbeatNanoseconds), drainDeadline)
            let count = try loop.wait(until: min(limit, accessLog?.deadline ?? .distantFuture))
            // Between the two halves of a turn: what a client sends after a change must not be answered by what was
            // there before it, though both arrive together.
            adoptSnapshot()
            if loop.handle(count, wakeEvent: mailbox.wakeEvent) { receiveMail() }
            resumeListeners()
            accessLog?.flushIfDue(now: loop.now)
            trimBuffers()
            metrics.shard.beat(loop.now)
        }
        shutDown()
    }

    private var isFinished: Bool {
        isDraining && ((downstreamConnections == 0 && tunnels == 0) || loop.now >= drainDeadline)
    }

    /// Gives back what a busier time has left behind.
    private func trimBuffers() {
        guard loop.now >= trimsAt else { return }
        trimsAt = loop.now.advanced(byNanoseconds: Self.trimNanoseconds)
        buffers.trim()
        for cache in snapshot.responseCaches { cache.forgetInactive(now: loop.now, atMost: Self.entriesForgotten) }
    }

    /// Entries of a cache that are forgotten together at most.
    private static let entriesForgotten = 4096

    private func adoptSnapshot() {
        guard snapshots.hasNewer(than: generation), let newer = snapshots.newer(than: &generation) else { return }
        snapshot = WorkerSnapshot(newer, after: snapshot, workers: shared.metrics.shards.count)
        for connector in connectors.values {
            if connector.isStale { connector.retire() } else { connector.isStale = true }
        }
        connectors = connectors.filter { !$0.value.isRetired }
        forEachConnector { $0.keep(only: snapshot.shared.endpointAddresses) }
    }

    private func receiveMail() {
        for message in mailbox.drain() {
            switch message {
            case .drain(let deadline): drain(until: deadline)
            case .useLogFormat(let format): accessLog?.use(format)
            case .passwordChecked(let ticket, let result): waiting.take(ticket)?.passwordChecked(result)
            }
        }
    }

    // MARK: Connections

    /// Whether one more client connection may be accepted: it and its upstream connection must fit, beside one for each
    /// client that is there already, so that no request fails for want of a descriptor.
    var hasRoomForConnection: Bool {
        downstreamConnections + max(downstreamConnections, upstreamConnections) + 2 <= connectionLimit
    }

    var hasMemoryBudget: Bool { buffers.outstanding &* buffers.bufferCapacity &+ spooledBytes < settings.bufferBytes }

    /// Whether responses may be recorded for the cache: long before memory is short for those who ask.
    var mayRecord: Bool { buffers.outstanding &* buffers.bufferCapacity &+ spooledBytes < settings.bufferBytes / 2 }

    /// Whether one response more may be read for the cache alone.
    var hasRoomForFill: Bool { subrequests.fills < SubrequestPool.fillLimit && mayRecord }

    /// Lets listeners go on that waited for room.
    private func resumeListeners() {
        guard waitingListeners > 0, hasRoomForConnection else { return }
        for listener in listeners { listener.roomAppeared() }
    }

    /// Takes an accepted connection in.
    func open(_ accepted: consuming AcceptedConnection, port: UInt16, speaksTLS: Bool) {
        metrics.count(.connectionsAccepted)
        var place: ConnectionPlace?
        // Behind a balancer the client is not known yet.
        guard settings.expectsProxyHeader || admits(accepted.peer, &place) else { return }
        do throws(Errno) {
            if speaksTLS || settings.expectsProxyHeader {
                _ = try Handshake(worker: self, accepted: accepted, place: place, port: port, speaksTLS: speaksTLS)
            } else if acceptsCleartextHTTP2 {
                _ = try PrefaceDetection(worker: self, accepted: accepted, place: place, port: port)
            } else {
                _ = try HTTP1Downstream(worker: self, accepted: accepted, place: place, port: port)
            }
            metrics.count(.connectionsHandled)
        } catch {
            metrics.count(Limit.descriptors)
        }
    }

    /// Clients may begin with HTTP/2 on the HTTP port: it is asked for, and HTTP/2 isn't switched off.
    private var acceptsCleartextHTTP2: Bool { shared.acceptsCleartextHTTP2 && settings.speaksHTTP2 }

    /// Whether a client may hold one connection more.
    func admits(_ peer: SocketAddress, _ place: inout ConnectionPlace?) -> Bool {
        let limit = settings.connectionsPerAddress
        guard limit > 0 else { return true }
        let client = ClientAddress(high: peer.address.high, low: peer.address.low)
        if shared.limits.admitConnection(from: client, limit: limit, place: &place) { return true }
        metrics.count(Limit.clientConnections)
        return false
    }

    /// Goes on with a connection whose handshake is over, in the protocol that it settled on.
    func serve(_ transport: consuming Transport, after handshake: Handshake, _ chosen: ApplicationProtocol) {
        switch chosen {
        case .http2: _ = HTTP2Downstream(handshake, transport)
        case .http1 where acceptsCleartextHTTP2 && !transport.isEncrypted:
            _ = PrefaceDetection(handshake, transport)
        case .http1: _ = HTTP1Downstream(handshake, transport)
        }
    }

    /// Closes idle connections when descriptors have run out: all to upstreams, and those clients' that have
    /// waited longest.
    func reapIdleConnections() {
        forEachConnector { connector in
            connector.forEachPool { $0.closeIdle() }
        }
        var idle: [DownstreamConnection] = []
        loop.forEachHandler { handler in
            if let downstream = handler as? DownstreamConnection, downstream.mayBeReaped { idle.append(downstream) }
        }
        idle.sort { $0.idleSince < $1.idleSince }
        for downstream in idle.prefix(max(idle.count / 4, Self.smallestReap)) { downstream.closeIfIdle() }
    }

    /// What makes connections of a kind.
    func connector(_ id: ConnectorID) -> Connector {
        if id == .plain { return plainConnector }
        if let connector = connectors[id] {
            connector.isStale = false
            return connector
        }
        let connector = Connector(id)
        connectors[id] = connector
        return connector
    }

    private func forEachConnector(_ body: (Connector) -> Void) {
        body(plainConnector)
        for connector in connectors.values { body(connector) }
    }

    // MARK: Exchanges

    func takeExchange(for downstream: DownstreamStream) -> Exchange {
        let exchange = idleExchanges.popLast() ?? Exchange(worker: self)
        exchange.open(for: downstream)
        return exchange
    }

    func giveBack(_ exchange: Exchange) {
        if idleExchanges.count < 1024 { idleExchanges.append(exchange) }
    }

    func takeVariables() -> RequestVariables {
        idleVariables.popLast() ?? RequestVariables(machineName: shared.machineName)
    }

    func giveBack(_ variables: RequestVariables) {
        if idleVariables.count < 256 { idleVariables.append(variables) }
    }

    var processID: Int { shared.processID }

    /// The time of day at this turn.
    func wallClock() -> (seconds: Int, nanoseconds: Int) { date.wall(now: loop.now) }
    /// - Returns: nil when there is no memory.
    func takeCompressor(level: Int) -> CompressedBody? { compressors.take(level: level) }
    func giveBack(_ body: CompressedBody) { compressors.give(body) }

    func takeSubrequest() -> Subrequest { subrequests.take(for: self) }
    func giveBack(_ subrequest: Subrequest) { subrequests.give(subrequest) }
    func takeAuthAnswer() -> AuthAnswer { subrequests.takeAnswer() }
    func giveBack(_ answer: AuthAnswer) { subrequests.give(answer) }

    /// Streams stay registered while they wait: what the loop keeps for a deadline serves one request after the other.
    func takeStream() -> HTTP2Stream {
        if let stream = idleStreams.popLast() { return stream }
        let stream = HTTP2Stream(worker: self)
        loop.add(stream)
        return stream
    }

    func giveBack(_ stream: HTTP2Stream) {
        if idleStreams.count < 1024 { idleStreams.append(stream) } else { loop.remove(stream) }
    }

    /// Two words that nobody can guess, for a request's identifier.
    func randomWords() -> (UInt64, UInt64) { (random.next(), random.next()) }

    /// Appends the `Date` field of this second.
    func appendDate(to output: inout ByteBuffer) { date.append(to: &output, now: loop.now) }

    /// The time of day in seconds since 1970, as it was when this turn began.
    var wallSeconds: Int { date.wall(now: loop.now).seconds }

    /// Has a password checked for an exchange.
    ///
    /// - Returns: what to give back should the exchange end before the answer comes; nil when nobody has time to check.
    func wait(_ exchange: Exchange, for check: PasswordCheck) -> UInt64? {
        let ticket = waiting.add(exchange)
        if shared.passwords.offer(PasswordQueue.Job(check: check, ticket: ticket, reply: mailbox)) { return ticket }
        stopWaiting(ticket)
        return nil
    }

    /// Notes that an exchange waits for its turn. As many may wait as the worker may hold connections, though one of
    /// HTTP/2 carries several requests.
    ///
    /// - Returns: what to give back when it waits no longer; nil when too many wait.
    func wait(_ exchange: Exchange) -> UInt64? {
        waiting.count < connectionLimit ? waiting.add(exchange) : nil
    }

    func stopWaiting(_ ticket: UInt64) { _ = waiting.take(ticket) }

    /// Logs and counts an exchange that is over.
    func record(_ exchange: Exchange, on downstream: DownstreamStream) {
        exchange.finishRecord(on: downstream)
        if exchange.isLogged {
            accessLog?.write(exchange.record, from: exchange, now: loop.now, wall: date.wall(now: loop.now))
        }
        exchange.count(in: metrics)
    }

    /// Tells of a failed attempt, if its turn has come.
    func report(_ failure: Failure, detail: String?, at endpoint: SocketAddress, of upstream: UpstreamPlan) {
        guard let told = shared.reportFault, let repetitions = faults.admit(failure, at: endpoint, now: loop.now)
        else { return }
        let cause = detail.map { "\(failure.words): \($0)" } ?? failure.words
        told(UpstreamFault(upstream: upstream.id.name, endpoint: endpoint, cause: cause, repetitions: repetitions))
    }

    // MARK: The end

    private func drain(until deadline: Instant) {
        guard !isDraining else { return }
        isDraining = true
        drainDeadline = deadline
        for listener in listeners { listener.close() }
        listeners = []
        forEachConnector { $0.retirePools() }
        loop.forEachHandler { handler in
            (handler as? DownstreamConnection)?.drain()
        }
    }

    private func shutDown() {
        loop.forEachHandler { handler in
            (handler as? DownstreamConnection)?.close()
            (handler as? HTTP1Upstream)?.close()
            (handler as? HTTP2Upstream)?.close(.connectionBroke)
        }
        accessLog?.flush()
        // These point back to the worker, and with it to every descriptor that it has left.
        idleExchanges = []
        subrequests.clear()
        for stream in idleStreams { loop.remove(stream) }
        idleStreams = []
        forEachConnector { $0.retire() }
        connectors = [:]
        listeners = []
    }
}
