import Bytes
import EventLoop
import Linux

/// Accepts the demo backend's connections; lives on its thread.
final class DemoListener: EventHandler {
    enum Message: Sendable { case stop }

    /// The listening socket, made on one thread and used on another.
    final class Door: Sendable {
        let socket: Descriptor

        init(_ socket: consuming Descriptor) { self.socket = socket }
    }

    /// Connections at a time; further ones wait.
    private static let connectionLimit = 1024
    private static let pauseNanoseconds: UInt64 = 100_000_000

    private let door: Door
    private let mailbox: Mailbox<Message>
    private let loop: EventLoop
    private var connections = 0

    init(_ door: Door, _ mailbox: Mailbox<Message>) throws(Errno) {
        self.door = door
        self.mailbox = mailbox
        loop = try EventLoop()
        super.init()
        try loop.wake(by: mailbox.wakeEvent)
        try loop.addListener(self, watching: door.socket)
    }

    /// Serves until told to stop; then every connection closes.
    func run() {
        // The loop keeps its handlers alive, and they the loop.
        defer { loop.forEachHandler { loop.remove($0) } }
        while mailbox.drain().isEmpty {
            guard (try? loop.turn(until: .distantFuture, wakeEvent: mailbox.wakeEvent)) != nil else { return }
        }
    }

    override func ready(_ readiness: Readiness) {
        do throws(Errno) {
            while connections < Self.connectionLimit {
                guard let accepted = try Socket.accept(from: door.socket) else { return }
                open(accepted)
            }
        } catch {
            // Out of descriptors: those who wait stay waiting for a moment.
            loop.setDeadline(of: self, afterNanoseconds: Self.pauseNanoseconds)
        }
        loop.pause(watching: door.socket)
    }

    override func deadlinePassed() { try? loop.rewatch(self, listener: door.socket) }

    private func open(_ accepted: consuming AcceptedConnection) {
        connections += 1
        do throws(Errno) {
            let connection = try DemoConnection(accepted, on: loop) { [weak self] in
                self?.connectionClosed()
            }
            connection.ready(.readable)
        } catch {
            connections -= 1
        }
    }

    private func connectionClosed() {
        connections -= 1
        if connections == Self.connectionLimit - 1 { try? loop.rewatch(self, listener: door.socket) }
    }
}
