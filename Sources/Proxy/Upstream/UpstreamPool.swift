import EventLoop
import Linux
import TLS

/// One worker's connections of one kind to one address.
///
/// Idle ones wait in a stack: the one used last is used next, so that a quiet time lets the others
/// expire. The worker bounds the idle connections of all its pools together.
final class EndpointPool {
    let address: SocketAddress
    /// What is spoken on them.
    let connector: Connector
    private var idle: ContiguousArray<HTTP1Upstream> = []
    /// Connections of HTTP/2 that take streams.
    private var shared: ContiguousArray<HTTP2Upstream> = []
    /// Streams that the endpoint has said it takes on a connection; nil until it has.
    var streamLimit: Int?
    /// A TLS session that a new connection may resume.
    var session: ResumableSession?
    /// The endpoint has left the configuration: connections close when they become idle.
    private(set) var isRetired = false

    init(address: SocketAddress, connector: Connector) {
        self.address = address
        self.connector = connector
    }

    var idleCount: Int { idle.count }

    /// The idle connection that was used last, of those on which nothing has happened.
    ///
    /// What the kernel has told of in this turn may not have reached its connection yet: bytes that nobody asked for must
    /// not become the answer to the next request. Such a connection stays here until it judges them itself.
    func takeIdle(_ loop: EventLoop) -> HTTP1Upstream? {
        guard let last = idle.popLast() else { return nil }
        if !loop.hasNews(for: last) { return last }
        idle.append(last)
        return idle.lastIndex { !loop.hasNews(for: $0) }.map { idle.remove(at: $0) }
    }

    func putIdle(_ connection: HTTP1Upstream) { idle.append(connection) }

    /// Forgets an idle connection that broke or expired.
    func removeIdle(_ connection: HTTP1Upstream) {
        if let index = idle.firstIndex(where: { $0 === connection }) { idle.remove(at: index) }
    }

    /// A connection of HTTP/2 that takes one more stream: the oldest, so that a quiet time lets the others expire.
    var connectionWithRoom: HTTP2Upstream? { shared.first { $0.hasRoom } }

    /// The same among those that nobody has used.
    var connectionInTheMaking: HTTP2Upstream? { shared.first { $0.state == .connecting && $0.hasRoom } }

    func add(_ connection: HTTP2Upstream) { shared.append(connection) }

    /// Forgets a connection that takes no more streams.
    func remove(_ connection: HTTP2Upstream) {
        if let index = shared.firstIndex(where: { $0 === connection }) { shared.remove(at: index) }
    }

    /// Closes what is idle.
    func closeIdle() {
        while let connection = idle.popLast() { connection.closeIdle() }
        for connection in shared where connection.isIdle { connection.leave() }
    }

    /// No new requests come; closes what is idle and lets what is busy finish.
    func retire() {
        isRetired = true
        closeIdle()
        for connection in shared { connection.leave() }
    }

    func revive() { isRetired = false }
}
