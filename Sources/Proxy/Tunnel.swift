import Bytes
import EventLoop
import Linux
import Telemetry

/// Two connections that have left HTTP behind (WebSocket and other upgrades): bytes go both ways, as they are.
///
/// Each side's bytes wait in its own input until the other side takes them, so memory is bounded and a
/// slow reader slows its writer down. What the tunnels of a worker received in a turn is sent at the turn's end: many
/// receptions in a row and then many sends cost the kernel, and those who are woken by them, less than taking turns.
/// When one side has finished sending, the other is told so once it has
/// got everything; when both have, or nothing moved for the read timeout, the tunnel ends.
final class Tunnel {
    private let worker: Worker
    private let readTimeout: UInt64
    private var downstream: DownstreamStream?
    private var upstream: UpstreamStream?
    /// The exchange that opened the tunnel: it is recorded when the tunnel ends, with all that went through.
    private let exchange: Exchange
    private var downstreamFinished = false
    private var upstreamFinished = false
    /// What was received waits for the end of the loop's turn.
    private var awaitsTurn = false

    /// Reads from one side before the other side, and other connections, get their turn.
    private static let turn = 16

    /// Takes both connections over from the exchange that opened the tunnel.
    ///
    /// What waits in their buffers, such as the 101 or early frames, is passed on first.
    static func open(
        by exchange: Exchange, between downstream: DownstreamStream, and upstream: UpstreamStream, readTimeout: UInt64
    ) {
        let tunnel = Tunnel(exchange, downstream, upstream, readTimeout)
        downstream.enter(tunnel)
        upstream.enter(tunnel)
        tunnel.worker.tunnels += 1
        tunnel.pump()
    }

    private init(
        _ exchange: Exchange, _ downstream: DownstreamStream, _ upstream: UpstreamStream, _ readTimeout: UInt64
    ) {
        self.exchange = exchange
        worker = exchange.worker
        self.downstream = downstream
        self.upstream = upstream
        self.readTimeout = readTimeout
    }

    /// There is news of one connection, and what came with it has been received: moves it at the end of the turn.
    func noted(_ reception: Transport.Reception) {
        if case .failed = reception { return end() }
        guard !awaitsTurn, let upstream else { return }
        awaitsTurn = true
        worker.loop.resumeLater(upstream.handler)
    }

    /// Something changed on either side: moves what can be moved.
    func pump() {
        awaitsTurn = false
        guard let downstream, let upstream else { return }
        switch downstream.pass(to: upstream, worker, moved: &exchange.record.requestLength) {
        case .blocked: break
        case .unfinished: worker.loop.resumeLater(downstream.handler)
        case .ended:
            if !downstreamFinished { upstream.endSending() }
            downstreamFinished = true
        case .broken: return end()
        }
        switch upstream.pass(to: downstream, worker, moved: &exchange.record.bodyBytesSent) {
        case .blocked: break
        case .unfinished: worker.loop.resumeLater(upstream.handler)
        case .ended:
            if !upstreamFinished { downstream.endSending() }
            upstreamFinished = true
        case .broken: return end()
        }
        if downstreamFinished && upstreamFinished { return end() }
        worker.loop.setDeadline(of: downstream.handler, afterNanoseconds: readTimeout)
    }

    /// How moving bytes one way ended.
    enum Progress {
        /// One of the two has to do something first.
        case blocked
        /// There is more, but others get their turn.
        case unfinished
        /// The source has finished sending, and all of it was passed on.
        case ended
        case broken
    }

    /// Moves bytes as they are.
    ///
    /// - Parameter moved: counts the bytes.
    static func move<Source: BodySource & ~Copyable, Sink: BodySink & ~Copyable>(
        from source: inout Source, to sink: inout Sink, _ worker: Worker, _ moved: inout Int
    ) -> Progress {
        for _ in 0..<turn {
            switch sink.flush(&worker.buffers) {
            case .done: break
            case .blocked: return .blocked
            case .failed: return .broken
            }
            if !source.input.isEmpty {
                var sent = 0
                let progress = sink.send(source.input.readable, sent: &sent, &worker.buffers)
                source.input.consume(sent)
                moved += sent
                switch progress {
                case .done: break
                case .blocked: return .blocked
                case .failed: return .broken
                }
            }
            switch source.receive(&worker.buffers) {
            case .bytes: continue
            case .nothing:
                worker.buffers.takeBack(&source.input)
                return .blocked
            case .end: return .ended
            case .full: return .blocked
            case .failed: return .broken
            }
        }
        return .unfinished
    }

    /// Nothing moved for too long.
    func timedOut() {
        worker.metrics.count(Limit.tunnelTimeout)
        end()
    }

    /// Closes both sides.
    func end() {
        guard let downstream, let upstream else { return }
        self.downstream = nil
        self.upstream = nil
        worker.tunnels -= 1
        exchange.tunnelEnded(on: downstream)
        downstream.close()
        upstream.close()
    }
}
