import EventLoop
public import Linux
import Telemetry

/// Where a data plane listens, and what connections there are called in forwarded headers.
public struct ListenerAddress: Sendable, Hashable {
    public var address: SocketAddress
    /// Also accept IPv4 connections on an IPv6 address.
    public var acceptsV4: Bool
    /// Clients speak TLS.
    public var speaksTLS: Bool

    public init(address: SocketAddress, acceptsV4: Bool = false, speaksTLS: Bool = false) {
        self.address = address
        self.speaksTLS = speaksTLS
        self.acceptsV4 = acceptsV4
    }
}

/// One worker's listening socket.
///
/// When descriptors run out it stops asking for connections for a moment, closes idle ones, and goes on by itself: no
/// busy loop, no connection refused for good (hardening: descriptor exhaustion). At the limit of connections it goes on
/// as soon as one has closed.
final class Listener: EventHandler {
    private let worker: Worker
    private let socket: Descriptor
    /// The port as clients see it, for forwarded headers.
    let port: UInt16
    private let speaksTLS: Bool
    private var isPaused = false
    /// It is paused because of the limit of connections.
    private var waitsForRoom = false

    /// Connections accepted at one go, so that those that are open get their turn.
    private static let batch = 64
    /// How long to pause when descriptors have run out.
    private static let pauseNanoseconds: UInt64 = 100_000_000

    init(worker: Worker, socket: consuming Descriptor, port: UInt16, speaksTLS: Bool) throws(Errno) {
        self.speaksTLS = speaksTLS
        self.worker = worker
        self.socket = socket
        self.port = port
        super.init()
        try worker.loop.addListener(self, watching: self.socket)
    }

    override func ready(_ readiness: Readiness) {
        for _ in 0..<Self.batch {
            guard worker.hasRoomForConnection else {
                worker.metrics.count(Limit.connections)
                return waitForRoom()
            }
            do {
                guard let accepted = try Socket.accept(from: socket) else { return }
                worker.open(accepted, port: port, speaksTLS: speaksTLS)
            } catch {
                worker.metrics.count(Limit.descriptors)
                return pause(reaping: error.isExhaustion)
            }
        }
    }

    private func waitForRoom() {
        pause(reaping: true)
        guard isPaused, !waitsForRoom else { return }
        waitsForRoom = true
        worker.waitingListeners += 1
    }

    /// A connection has closed.
    func roomAppeared() { if waitsForRoom { resume() } }

    private func pause(reaping: Bool) {
        guard !isPaused else { return }
        isPaused = true
        worker.loop.pause(watching: socket)
        if reaping { worker.reapIdleConnections() }
        worker.loop.setDeadline(of: self, afterNanoseconds: Self.pauseNanoseconds)
    }

    override func deadlinePassed() { resume() }

    private func resume() {
        guard isPaused else { return }
        isPaused = false
        if waitsForRoom {
            waitsForRoom = false
            worker.waitingListeners -= 1
        }
        worker.loop.clearDeadline(of: self)
        do {
            try worker.loop.rewatch(self, listener: socket)
        } catch {
            pause(reaping: true)
        }
    }

    /// Stops accepting. The socket closes when the worker lets go of the listener.
    func close() {
        if waitsForRoom { worker.waitingListeners -= 1 }
        worker.loop.remove(self)
    }
}
