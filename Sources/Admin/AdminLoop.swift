internal import EventLoop
internal import Linux
internal import Synchronization

/// The thread of the admin server: its loop, its listener and its connections.
final class AdminLoop {
    let routes: AdminRoutes
    let limits: AdminLimits
    let loop: EventLoop
    private let wakeUp: WakeUp
    private let listener: AdminListener
    /// Oldest first.
    private var connections: [AdminConnection] = []

    init(
        _ socket: consuming Descriptor, _ routes: AdminRoutes, _ limits: AdminLimits, _ wakeUp: WakeUp
    ) throws(Errno) {
        self.routes = routes
        self.limits = limits
        self.wakeUp = wakeUp
        loop = try EventLoop()
        listener = AdminListener(socket)
        listener.owner = self
        try loop.addListener(listener, watching: listener.socket)
        try loop.wake(by: wakeUp.event)
    }

    /// Serves until it is told to stop.
    func run() {
        while !wakeUp.stopWanted.load(ordering: .relaxed) {
            do {
                try loop.turn(until: .distantFuture, wakeEvent: wakeUp.event)
            } catch {
                // Waiting fails only when the process' own descriptors are broken.
                break
            }
        }
        for connection in connections { loop.remove(connection) }
        loop.remove(listener)
        listener.owner = nil
    }

    func begin(_ socket: consuming Descriptor) {
        if connections.count >= limits.connections { end(connections[0]) }
        let connection = AdminConnection(socket, owner: self)
        guard (try? loop.add(connection, watching: connection.socket)) != nil else { return }
        connections.append(connection)
        loop.setDeadline(of: connection, afterNanoseconds: limits.headTime)
    }

    /// Whether one more answer to `/metrics` may be made.
    var allowsScrape: Bool { connections.count(where: \.isScraping) < limits.scrapes }

    /// Closes a connection, once nobody refers to it any more.
    func end(_ connection: AdminConnection) {
        loop.remove(connection)
        connections.removeAll { $0 === connection }
    }
}

/// Takes connections to the admin port.
final class AdminListener: EventHandler {
    let socket: Descriptor
    weak var owner: AdminLoop?

    init(_ socket: consuming Descriptor) { self.socket = socket }

    override func ready(_ readiness: Readiness) {
        guard let owner else { return }
        do {
            while let connection = try Socket.accept(from: socket) { owner.begin(connection.socket) }
        } catch {
            // Out of descriptors: the listener would be ready for ever, so it rests instead.
            owner.loop.pause(watching: socket)
            owner.loop.setDeadline(of: self, afterNanoseconds: 200_000_000)
        }
    }

    override func deadlinePassed() {
        guard let owner else { return }
        do {
            try owner.loop.rewatch(self, listener: socket)
        } catch {
            owner.loop.setDeadline(of: self, afterNanoseconds: 200_000_000)
        }
    }
}
