import Bytes
import EventLoop
import Linux

/// A connection of the demo backend: moves bytes between its socket and a `DemoExchange`.
///
/// It stops reading while an answer waits to be sent, so that a client that does not read costs nothing more.
final class DemoConnection: EventHandler {
    private static let idleNanoseconds: UInt64 = 120 * 1_000_000_000

    private let loop: EventLoop
    private let accepted: AcceptedConnection
    private let onClose: () -> Void
    private var input = ByteBuffer(capacity: DemoExchange.inputBytes)
    private var exchange = DemoExchange()

    init(
        _ accepted: consuming AcceptedConnection, on loop: EventLoop, onClose: @escaping () -> Void
    ) throws(Errno) {
        self.accepted = accepted
        self.loop = loop
        self.onClose = onClose
        super.init()
        try loop.add(self, watching: self.accepted.socket)
        loop.setDeadline(of: self, afterNanoseconds: Self.idleNanoseconds)
    }

    override func ready(_ readiness: Readiness) {
        loop.setDeadline(of: self, afterNanoseconds: Self.idleNanoseconds)
        run()
    }

    override func deadlinePassed() { close() }

    override func resumed() { run() }

    /// Reads, answers and sends until the socket has no more to give or to take.
    private func run() {
        // Bounded, so that one busy client does not starve the others.
        for _ in 0..<16 {
            guard flush() else { return }
            if exchange.isFinished { return close() }
            if exchange.advance(&input) { continue }
            input.compact()
            guard input.room > 0 else { return close() }
            switch accepted.socket.read(into: &input) {
            case .bytes: continue
            case .wouldBlock: return
            case .closed, .failed: return close()
            }
        }
        loop.resumeLater(self)
    }

    /// - Returns: whether everything has been sent.
    private func flush() -> Bool {
        while !exchange.output.isEmpty {
            switch accepted.socket.write(exchange.output.readable) {
            case .bytes(let count): exchange.output.consume(count)
            case .wouldBlock: return false
            case .closed, .failed:
                close()
                return false
            }
        }
        return true
    }

    private func close() {
        guard id != nil else { return }
        loop.remove(self)
        onClose()
    }
}
