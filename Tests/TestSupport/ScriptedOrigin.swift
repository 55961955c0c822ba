import Glibc
import Linux
import Synchronization

/// An origin that does what its script says, on a loopback port that the kernel chose.
///
/// Each connection runs the script on a thread of its own, so a script is plain blocking code; it may
/// wait for a `Gate` to be told when to go on. Everything that arrives is recorded. When the script
/// returns or throws, its connection closes.
public final class ScriptedOrigin: Sendable {
    public typealias Script = @Sendable (OriginConnection) throws -> Void

    private let socket: LoopbackSocket
    private let ledger: OriginLedger
    private let accepting: BackgroundThread

    public var port: UInt16 { socket.port }

    /// - Parameter script: what to do with each connection.
    public init(_ script: @escaping Script) throws {
        let socket = try LoopbackSocket()
        guard listen(socket.number, 4096) == 0 else { throw Errno.last }
        let ledger = OriginLedger()
        accepting = try BackgroundThread {
            while true {
                let accepted = accept(socket.number, nil, nil)
                guard accepted >= 0 else { return }
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                ledger.begin(Wire(adopting: accepted, recording: true), script)
            }
        }
        self.socket = socket
        self.ledger = ledger
    }

    /// Answers every request of every connection with this body.
    public convenience init(answering body: String, status: String = "200 OK", fields: [String] = []) throws {
        try self.init { connection in
            while try connection.request() != nil {
                try connection.respond(body, status: status, fields: fields)
            }
        }
    }

    /// Answers every request with its target; those for `/slow` once the gate is open.
    public convenience init(holdingSlowUntil gate: Gate) throws {
        try self.init { connection in
            while let request = try connection.request() {
                if request.target == "/slow" { try gate.wait() }
                try connection.respond(request.target)
            }
        }
    }

    deinit { stop() }

    /// Refuses new connections, ends those that are open and waits for the scripts.
    public func stop() {
        shutdown(socket.number, CInt(SHUT_RDWR))
        accepting.join()
        ledger.end()
    }

    // MARK: What happened

    /// The requests that arrived whole, in order.
    public var requests: [Message] { ledger.state.current.requests }
    /// How many connections were opened.
    public var connectionCount: Int { ledger.state.current.connections.count }
    /// What scripts have thrown.
    public var faults: [String] { ledger.state.current.faults }
    /// Everything that arrived, connection by connection.
    public var received: [String] {
        ledger.state.current.connections.map { String(decoding: $0.received, as: UTF8.self) }
    }

    /// Waits until so many requests have arrived whole.
    @discardableResult
    public func waitForRequests(_ count: Int) throws -> [Message] {
        try ledger.state.wait("\(count) requests") { $0.requests.count >= count }.requests
    }

    /// Waits until so many connections have been opened.
    public func waitForConnections(_ count: Int) throws {
        try ledger.state.wait("\(count) connections") { $0.connections.count >= count }
    }

    /// Waits until the scripts of so many connections are over.
    public func waitForFinished(_ count: Int) throws {
        try ledger.state.wait("\(count) connections to be over") { $0.finished >= count }
    }
}

/// What an origin's threads write down.
private final class OriginLedger: Sendable {
    struct State {
        var requests: [Message] = []
        var connections: [OriginConnection] = []
        var faults: [String] = []
        /// Connections whose script is over.
        var finished = 0
    }

    let state = Watched(State())
    /// By the number of their connection.
    private struct Threads {
        var started: [Int: BackgroundThread] = [:]
        /// Connections whose script is over, so that their thread is about to end.
        var over: [Int] = []
    }

    private let threads = Mutex(Threads())

    /// Runs the script for a connection.
    func begin(_ wire: Wire, _ script: @escaping ScriptedOrigin.Script) {
        let connection = state.change { state in
            let connection = OriginConnection(wire, number: state.connections.count) { [unowned self] request in
                self.state.change { $0.requests.append(request) }
            }
            state.connections.append(connection)
            return connection
        }
        joinThoseThatAreOver()
        do {
            let thread = try BackgroundThread { [self] in
                var fault: (any Error)?
                do { try script(connection) } catch { fault = error }
                finish(connection, fault)
                threads.withLock { $0.over.append(connection.number) }
            }
            threads.withLock { $0.started[connection.number] = thread }
        } catch {
            finish(connection, error)
        }
    }

    private func finish(_ connection: OriginConnection, _ fault: (any Error)?) {
        connection.wire.close()
        state.change { state in
            state.finished += 1
            if let fault { state.faults.append("connection \(connection.number): \(fault)") }
        }
    }

    /// Threads that nobody has joined keep their stacks, and tens of thousands are more than a process may map.
    private func joinThoseThatAreOver() {
        let taken = threads.withLock { threads in
            let numbers = threads.over.filter { threads.started[$0] != nil }
            threads.over.removeAll { threads.started[$0] != nil }
            return numbers.compactMap { threads.started.removeValue(forKey: $0) }
        }
        for thread in taken { thread.join() }
    }

    func end() {
        for connection in state.current.connections { connection.wire.interrupt() }
        let running = threads.withLock { threads in
            let taken = threads.started.values
            threads.started = [:]
            return taken
        }
        for thread in running { thread.join() }
    }
}

/// One connection of an origin, for its script.
///
/// `@unchecked Sendable`: the reader belongs to the script's thread; others look at what is recorded.
public final class OriginConnection: @unchecked Sendable {
    public let wire: Wire
    /// Counted from 0 in the order of acceptance.
    public let number: Int
    private let reader: MessageReader
    private let record: @Sendable (Message) -> Void

    fileprivate init(_ wire: Wire, number: Int, record: @escaping @Sendable (Message) -> Void) {
        self.wire = wire
        self.number = number
        self.record = record
        reader = MessageReader(wire)
    }

    /// Everything that has been received, up to a megabyte.
    public var received: [UInt8] { wire.received }

    /// The next request with its body; nil when the proxy has closed the connection.
    public func request() throws -> Message? {
        let request = try reader.request()
        if let request { record(request) }
        return request
    }

    /// The next request's head alone; nil when the proxy has closed the connection.
    public func head() throws -> Message? { try reader.head() }

    /// The body of a request whose head has been read, piece by piece.
    @discardableResult
    public func readBody(
        _ framing: Message.Framing, each: (ArraySlice<UInt8>) throws -> Void = { _ in }
    ) throws -> [Message.Field] {
        try reader.readBody(framing, each: each)
    }

    /// Exactly so many bytes of whatever comes next.
    public func bytes(_ count: Int) throws -> [UInt8] { try reader.bytes(count) }

    public func send(_ text: String) throws { try wire.send(text) }

    public func send(_ bytes: [UInt8]) throws { try wire.send(bytes) }

    /// Sends a response whose length is declared.
    public func respond(_ body: String = "ok", status: String = "200 OK", fields: [String] = []) throws {
        let lines = ["HTTP/1.1 \(status)"] + fields + ["Content-Length: \(body.utf8.count)"]
        try send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// Resets the connection.
    public func reset() { wire.reset() }

    /// Blocks until the proxy has ended the connection, and reads nothing that it sends.
    public func waitWithoutReading() throws {
        guard wire.hasHungUp(within: CInt(failureGuardSeconds) * 1000) else {
            throw WireFault.silence("waiting for the end")
        }
    }

    /// Blocks until the proxy has ended the connection.
    @discardableResult
    public func waitForEnd() throws -> Wire.Ending { try wire.waitForEnd() }
}

/// A thread that can be kept in an array and joined once.
public final class BackgroundThread: Sendable {
    private let thread: Mutex<Linux.Thread?>

    public init(_ body: @escaping @Sendable () -> Void) throws {
        thread = Mutex(try Linux.Thread(name: "test", body))
    }

    /// Waits for the end of the thread.
    public func join() {
        let taken = thread.withLock { $0.take() }
        taken?.join()
    }
}
