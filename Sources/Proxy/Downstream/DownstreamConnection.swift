import EventLoop
import Linux

/// A client's connection as its worker sees it, whatever is spoken on it.
class DownstreamConnection: EventHandler {
    /// When the connection was accepted, or last had something under way.
    final var idleSince: Instant
    /// Tells it from all others of the process (`$connection` of nginx).
    final let number: UInt64

    init(_ worker: Worker) {
        idleSince = worker.loop.now
        number = worker.nextConnectionNumber()
        super.init()
    }

    /// Goes on with a connection of which more is known now.
    init(_ worker: Worker, after former: DownstreamConnection) {
        idleSince = worker.loop.now
        number = former.number
        super.init()
    }

    /// Whether it may be closed to make room for others.
    var mayBeReaped: Bool { false }

    /// Closes the connection if nothing is under way on it.
    func closeIfIdle() {}

    /// The worker takes no more requests: ends once what is under way is over.
    func drain() { closeIfIdle() }

    /// Ends the connection at once, whatever is under way on it.
    func close() {}
}
