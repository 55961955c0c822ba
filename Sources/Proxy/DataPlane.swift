import EventLoop
public import GeoIP
public import Linux
public import Model
import Routing
import Synchronization
import TLS
public import Telemetry

/// The half of the proxy that moves traffic: workers on their threads, and the way in for models.
///
/// `apply` compiles a model on the caller's thread and swaps it in under the running workers: no
/// connection is closed, no request fails.
public final class DataPlane: Sendable {
    /// What is settled once, at the start.
    public struct Configuration: Sendable {
        public var listeners: [ListenerAddress]
        public var workers: Int
        /// Client and upstream connections that one worker may hold together.
        public var connectionsPerWorker: Int
        public var logFormat: AccessLogFormat?
        /// For the access log's `$pid`.
        public var processID: Int
        /// What `$hostname` stands for, in templates and in the access log.
        public var hostName: String
        /// Told of attempts at endpoints that failed, at most once in ten seconds for each worker, cause and endpoint. Called
        /// on a worker's thread, so it must not wait.
        public var reportFault: (@Sendable (UpstreamFault) -> Void)?
        /// Clients may speak HTTP/2 in the clear, with prior knowledge.
        public var acceptsCleartextHTTP2 = false
        /// Told of certificates whose OCSP response could not be fetched, once for each attempt.
        public var reportStaple: (@Sendable (StapleFault) -> Void)?

        public init(
            listeners: [ListenerAddress], workers: Int, connectionsPerWorker: Int, logFormat: AccessLogFormat? = nil,
            processID: Int = 0, hostName: String = "", reportFault: (@Sendable (UpstreamFault) -> Void)? = nil
        ) {
            self.listeners = listeners
            self.workers = workers
            self.connectionsPerWorker = connectionsPerWorker
            self.logFormat = logFormat
            self.processID = processID
            self.hostName = hostName
            self.reportFault = reportFault
        }
    }

    /// Where the listeners are bound, in the order of the configuration; tells the port that the system chose
    /// for port 0.
    public let addresses: [SocketAddress]
    private let shared: SharedState
    private let stapleFetcher: StapleFetcher
    private let mailboxes: [Mailbox<WorkerMessage>]
    private let threads: Mutex<[RunningThread]>
    private let compiler: Mutex<SnapshotCompiler>
    private let hostName: String
    private let observation: Mutex<ObservationSettings>

    /// Binds the listeners and starts the workers, which serve `model` from their first request on.
    ///
    /// - Parameter geo: where addresses are; nil when nobody wants to know.
    public init(
        _ configuration: Configuration, serving model: ProxyModel = ProxyModel(), geo: GeoDatabases? = nil,
        metrics: Metrics
    ) throws(Errno) {
        // Without certificates a TLS listener still answers, as ingress-nginx does.
        let fake = configuration.listeners.contains(where: \.speaksTLS) ? Self.fakeCertificate : nil
        let shared = try SharedState(
            metrics: metrics, fakeCertificate: fake, logFormat: Self.firstLogFormat(configuration, model),
            processID: configuration.processID, machineName: Array(configuration.hostName.utf8),
            acceptsCleartextHTTP2: configuration.acceptsCleartextHTTP2,
            reportFault: configuration.reportFault)
        self.shared = shared
        stapleFetcher = try StapleFetcher(shared.staples, report: configuration.reportStaple ?? { _ in })
        stapleFetcher.follow(model)
        Self.follow(model.settings.tls, shared.resumption)
        var compiler = SnapshotCompiler(
            endpoints: shared.endpoints, clients: shared.clients, series: metrics.registry)
        shared.snapshots.publish(compiler.compile(model, geo))
        self.compiler = Mutex(compiler)
        var bound = configuration.listeners
        var mailboxes: [Mailbox<WorkerMessage>] = []
        var threads: [RunningThread] = []
        for index in 0..<configuration.workers {
            let mailbox = try Mailbox<WorkerMessage>()
            let sockets = try Self.bind(&bound)
            mailboxes.append(mailbox)
            let limit = configuration.connectionsPerWorker
            // A worker lives from here on, though its loop first comes round a little later.
            metrics.shards[index].beat(.now())
            threads.append(
                try RunningThread(name: "worker-\(index)") {
                    Self.work(shared, index, limit, mailbox, sockets)
                })
        }
        self.mailboxes = mailboxes
        self.threads = Mutex(threads)
        addresses = bound.map(\.address)
        hostName = configuration.hostName
        observation = Mutex(model.settings.observation)
    }

    /// Listening sockets for one more worker. The first to bind a port 0 decides it for all.
    private static func bind(_ listeners: inout [ListenerAddress]) throws(Errno) -> [ListeningSocket] {
        var sockets: [ListeningSocket] = []
        for index in listeners.indices {
            let socket = try Socket.listen(
                on: listeners[index].address, sharesPort: true, acceptsV4: listeners[index].acceptsV4)
            listeners[index].address.port = try Socket.localAddress(of: socket).port
            sockets.append(
                ListeningSocket(
                    socket, port: listeners[index].address.port, speaksTLS: listeners[index].speaksTLS))
        }
        return sockets
    }

    /// The life of a worker's thread. A worker that cannot run takes the process down visibly.
    private static func work(
        _ shared: SharedState, _ index: Int, _ limit: Int, _ mailbox: Mailbox<WorkerMessage>,
        _ sockets: [ListeningSocket]
    ) {
        do throws(Errno) {
            let worker = try Worker(shared: shared, index: index, connectionLimit: limit, mailbox: mailbox)
            for socket in sockets {
                if let descriptor = socket.take() {
                    try worker.listen(on: descriptor, port: socket.port, speaksTLS: socket.speaksTLS)
                }
            }
            try worker.run()
        } catch {
            fatalError("worker \(index) cannot go on: \(error)")
        }
    }

    /// Compiles `model` and has every worker adopt it at its next turn.
    ///
    /// - Parameter geo: where addresses are; nil when nobody wants to know.
    /// - Returns: faults that only compiling finds, such as a pattern that is no regular expression. The routes
    ///   concerned are left out; everything else is live.
    @discardableResult
    public func apply(_ model: ProxyModel, geo: GeoDatabases? = nil) -> [Diagnostic] {
        Self.follow(model.settings.tls, shared.resumption)
        stapleFetcher.follow(model)
        let snapshot = compiler.withLock { $0.compile(model, geo) }
        shared.snapshots.publish(snapshot)
        for mailbox in mailboxes { mailbox.wake() }
        followLogFormat(of: model)
        return snapshot.router.diagnostics
    }

    /// Made once a process, at its start.
    private static let fakeCertificate: Certificate = {
        do throws(TLSConfigurationError) { return try Certificate.fake() } catch {
            fatalError("no certificate can be made: \(error.fault)")
        }
    }()

    private static func follow(_ settings: TLSSettings, _ resumption: Resumption) {
        resumption.configure(
            cacheBytes: settings.sessionCacheBytes,
            sessionSeconds: Int(clamping: settings.sessionTimeout.components.seconds),
            ticketKey: settings.ticketKey?.bytes)
    }

    /// The format of the first line: the model's, where it says something of it that can be compiled.
    private static func firstLogFormat(_ configuration: Configuration, _ model: ProxyModel) -> AccessLogFormat? {
        guard let usual = configuration.logFormat else { return nil }
        let wanted = model.settings.observation
        if wanted.logFormat == nil && wanted.escaping == .standard { return usual }
        return (try? AccessLogFormat(wanted, hostName: configuration.hostName)) ?? usual
    }

    /// Has lines written as the model says from now on. A format that can't be compiled changes nothing; `LogFormatCheck`
    /// tells of it.
    private func followLogFormat(of model: ProxyModel) {
        let wanted = model.settings.observation
        let isNew = observation.withLock { current in
            defer { current = wanted }
            return current.logFormat != wanted.logFormat || current.escaping != wanted.escaping
        }
        guard isNew, let format = try? AccessLogFormat(wanted, hostName: hostName) else { return }
        useLogFormat(format)
    }

    /// Has every worker write the access log in another format.
    public func useLogFormat(_ format: AccessLogFormat) {
        for mailbox in mailboxes { mailbox.send(.useLogFormat(format)) }
    }

    /// Stops accepting, lets requests under way finish for up to `grace`, and ends the workers. Returns when
    /// they have ended.
    public func drain(grace: Duration) {
        stapleFetcher.stop()
        let deadline = Instant.now().advanced(byNanoseconds: grace.nanoseconds)
        for mailbox in mailboxes { mailbox.send(.drain(until: deadline)) }
        let running = threads.withLock { threads in
            let taken = threads
            threads = []
            return taken
        }
        for thread in running { thread.join() }
        shared.passwords.stop()
    }
}

/// A listening socket on its way to the thread that will own it.
private final class ListeningSocket: Sendable {
    let port: UInt16
    let speaksTLS: Bool
    private let socket: Mutex<Descriptor?>

    init(_ socket: consuming Descriptor, port: UInt16, speaksTLS: Bool) {
        self.speaksTLS = speaksTLS
        self.port = port
        self.socket = Mutex(consume socket)
    }

    func take() -> Descriptor? { socket.withLock { $0.take() } }
}

/// A thread that can be kept in an array and joined once.
private final class RunningThread: Sendable {
    private let thread: Mutex<Thread?>

    init(name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) {
        thread = Mutex(try Thread(name: name, body))
    }

    func join() {
        let taken = thread.withLock { $0.take() }
        taken?.join()
    }
}
