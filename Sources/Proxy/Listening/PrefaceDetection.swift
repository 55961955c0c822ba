import Bytes
import EventLoop
import Filters
import Linux
import Telemetry

/// A connection in the clear on which a client may speak HTTP/2 with prior knowledge (RFC 9113 §3.3): its first
/// bytes decide.
///
/// The client's preface cannot begin an HTTP/1 request, so the first byte that differs settles it.
final class PrefaceDetection: DownstreamConnection {
    let worker: Worker
    let peer: SocketAddress
    /// The port of the listener.
    let port: UInt16
    /// The port of a PROXY header; 0 when there was none.
    let announcedPort: UInt16
    /// Nil once another has it.
    private var transport: Transport?

    private static let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    init(
        worker: Worker, accepted: consuming AcceptedConnection, place: consuming ConnectionPlace?, port: UInt16
    ) throws(Errno) {
        self.worker = worker
        peer = accepted.peer
        self.port = port
        announcedPort = 0
        super.init(worker)
        try worker.loop.add(self, watching: accepted.socket)
        transport = Transport(accepted.socket, place: place)
        worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.clientHeaderTimeout)
        worker.downstreamConnections += 1
        worker.metrics.enter(.reading)
    }

    /// Goes on with a connection that had a PROXY header in front.
    init(_ handshake: Handshake, _ transport: consuming Transport) {
        worker = handshake.worker
        peer = handshake.peer
        port = handshake.port
        announcedPort = handshake.announcedPort
        super.init(handshake.worker, after: handshake)
        self.transport = consume transport
        worker.loop.replace(handshake, by: self)
        worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.clientHeaderTimeout)
        ready([])
    }

    override func ready(_ readiness: Readiness) {
        guard var transport = transport.take() else { return }
        transport.note(readiness)
        while true {
            let reception = transport.receive(&worker.buffers)
            guard reception == .bytes else {
                self.transport = consume transport
                if reception != .nothing { close() }
                return
            }
            let agreed = Self.agreement(of: transport.input)
            if agreed == Self.preface.utf8CodeUnitCount {
                _ = HTTP2Downstream(self, consume transport)
                return
            }
            if agreed < transport.input.count {
                _ = HTTP1Downstream(self, consume transport)
                return
            }
        }
    }

    /// How many of the first bytes are the preface's.
    private static func agreement(of input: borrowing ByteBuffer) -> Int {
        let expected = preface.bytes
        let count = min(input.count, expected.count)
        for index in 0..<count where input[index] != expected[index] { return index }
        return count
    }

    override func deadlinePassed() { close() }

    override var mayBeReaped: Bool { worker.loop.now.nanoseconds(since: idleSince) > 1_000_000_000 }

    override func closeIfIdle() { close() }

    override func close() {
        guard var transport = transport.take() else { return }
        transport.releaseBuffers(to: &worker.buffers)
        worker.loop.remove(self)
        worker.downstreamConnections -= 1
        worker.metrics.leave(.reading)
    }
}
