import EventLoop
import Linux

/// A client's connection as its worker sees it, whatever is spoken on it.
class DownstreamConnection: EventHandler {
    /// When the connection was accepted, or last had something under way.
    final var idleSince: Instant

    init(idleSince: Instant) {
        self.idleSince = idleSince
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
