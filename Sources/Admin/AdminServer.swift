internal import EventLoop
public import Linux
internal import Synchronization

/// How much the admin server gives to a client. Small: it must neither be hurt by slow clients nor
/// hurt the proxy.
public struct AdminLimits: Sendable {
    /// Connections at a time; one more closes the oldest, so that nobody can lock the prober out.
    public var connections = 32
    /// Answers to `/metrics` under way at a time; one more is answered 503. Each holds the sums of all
    /// series until it is through.
    public var scrapes = 4
    /// Until a whole request head has arrived, in nanoseconds.
    public var headTime: UInt64 = 5_000_000_000
    /// Until the whole response is gone, in nanoseconds.
    public var responseTime: UInt64 = 30_000_000_000
    /// Bytes of a request head.
    public var headBytes = 8 << 10

    public init() {}
}

/// The admin server: health, readiness and metrics over HTTP/1, on a thread and a port of its own.
///
/// GET only, one request a connection, nothing secret. It shares no loop with the proxy, so it
/// answers when every worker is busy.
public final class AdminServer: Sendable {
    /// Where it listens; the port is the kernel's choice if 0 was asked for.
    public let address: SocketAddress
    private let wakeUp: WakeUp
    private let thread = Mutex<Linux.Thread?>(nil)

    /// Opens the port and starts the thread.
    public init(
        on address: SocketAddress, source: AdminSource, limits: AdminLimits = AdminLimits()
    ) throws(Errno) {
        let listener = ListenerBox(try Socket.listen(on: address, sharesPort: false))
        self.address = try listener.localAddress()
        let wakeUp = try WakeUp()
        self.wakeUp = wakeUp
        try thread.withLock { (thread: inout Linux.Thread?) throws(Errno) in
            thread = try Linux.Thread(name: "admin") {
                guard let socket = listener.take() else { return }
                do {
                    try AdminLoop(socket, AdminRoutes(source: source), limits, wakeUp).run()
                } catch {
                    fatalError("the admin server has no loop: \(error)")
                }
            }
        }
    }

    /// Closes the port and every connection, and ends the thread.
    public func stop() {
        wakeUp.stopWanted.store(true, ordering: .relaxed)
        wakeUp.event.signal()
        guard let running = thread.withLock({ $0.take() }) else { return }
        running.join()
    }
}

/// Tells the thread to end.
final class WakeUp: Sendable {
    let event: EventFD
    let stopWanted = Atomic<Bool>(false)
    init() throws(Errno) { event = try EventFD() }
}

/// Carries the listening socket into the thread.
private final class ListenerBox: Sendable {
    private let socket: Mutex<Descriptor?>
    init(_ socket: consuming sending Descriptor) { self.socket = Mutex(socket) }

    func take() -> Descriptor? { socket.withLock { $0.take() } }

    func localAddress() throws(Errno) -> SocketAddress {
        try socket.withLock { (socket: inout Descriptor?) throws(Errno) in
            guard let open = socket.take() else { throw Errno.invalid }
            let address = try Socket.localAddress(of: open)
            socket = consume open
            return address
        }
    }
}
