import Balancing
import Bytes
import EventLoop
import Filters
import Linux
import Model
import Telemetry

/// A TLS connection that goes to an upstream unopened (`ssl-passthrough`): bytes go both ways as they are.
///
/// This is the client's side, and holds what both sides need; `PassedUpstream` is the other.
final class PassedConnection: DownstreamConnection {
    let worker: Worker
    private var transport: Transport
    private var upstream: PassedUpstream?
    private let plan: UpstreamPlan
    private let key: UInt64
    private let header: ProxyHeader?
    private var tried = TriedEndpoints()
    private var endpoint = -1
    private var isOpen = true
    private var clientFinished = false
    private var upstreamFinished = false
    private var received = 0
    private var sent = 0

    private static let connectNanoseconds: UInt64 = 5_000_000_000
    /// Nothing goes either way for so long (nginx's `proxy_timeout` of streams).
    private static let idleNanoseconds: UInt64 = 600_000_000_000

    /// Takes the connection over and connects to an endpoint.
    static func open(
        _ transport: consuming Transport, after handshake: Handshake, to plan: UpstreamPlan, sendsHeader: Bool
    ) {
        PassedConnection(transport, after: handshake, plan, sendsHeader).connect()
    }

    private init(
        _ transport: consuming Transport, after handshake: Handshake, _ plan: UpstreamPlan, _ sendsHeader: Bool
    ) {
        worker = handshake.worker
        self.transport = transport
        self.plan = plan
        let address = handshake.peer.address
        key = AddressKey.key(high: address.high, low: address.low)
        header = sendsHeader ? ProxyHeader(passing: handshake) : nil
        super.init(handshake.worker, after: handshake)
        worker.loop.replace(handshake, by: self)
        worker.metrics.move(from: .reading, to: .writing)
        worker.metrics.count(.tunnels)
        worker.tunnels += 1
    }

    // MARK: Connecting

    private func connect() {
        let now = worker.loop.now.nanoseconds
        guard
            let index = plan.balancer.pick(
                avoiding: tried, key: key, now: now, state: &plan.state)
        else {
            worker.metrics.count(UpstreamFailure.noEndpoint)
            return close()
        }
        endpoint = index
        plan.balancer.begin(index)
        do throws(Errno) {
            upstream = try PassedUpstream(self, connectingTo: plan.addresses[index])
            worker.loop.setDeadline(of: self, afterNanoseconds: Self.connectNanoseconds)
            if upstream?.isConnected == true { connected() }
        } catch {
            failed(.refused)
        }
    }

    /// An endpoint could not be reached: tries the next one.
    fileprivate func failed(_ failure: UpstreamFailure) {
        worker.metrics.count(failure)
        upstream?.leave()
        upstream = nil
        if plan.balancer.failed(endpoint, now: worker.loop.now.nanoseconds, policy: worker.settings.ejection) {
            worker.metrics.count(.ejections)
        }
        tried.insert(endpoint)
        endAttempt()
        if tried.isFull { close() } else { connect() }
    }

    fileprivate func connected() {
        guard let upstream else { return }
        plan.balancer.succeeded(endpoint)
        if let header, let source = header.source, let destination = header.destination {
            worker.buffers.lend(to: &upstream.transport.output)
            ProxyHeader.appendLine(source: source, destination: destination, to: &upstream.transport.output)
        }
        pump()
    }

    private func endAttempt() {
        guard endpoint >= 0 else { return }
        plan.balancer.end(endpoint)
        endpoint = -1
    }

    // MARK: Moving bytes

    override func ready(_ readiness: Readiness) {
        transport.note(readiness)
        if upstream?.isConnected == true { pump() } else if transport.peerIsGone { close() }
    }

    override func resumed() { pump() }

    override func deadlinePassed() {
        if upstream?.isConnected == false { return failed(.connectTimeout) }
        worker.metrics.count(Limit.tunnelTimeout)
        close()
    }

    fileprivate func pump() {
        guard isOpen, let upstream, upstream.isConnected else { return }
        switch Tunnel.move(from: &transport, to: &upstream.transport, worker, &received) {
        case .blocked: break
        case .unfinished: worker.loop.resumeLater(self)
        case .ended:
            if !clientFinished { upstream.transport.finishSending() }
            clientFinished = true
        case .broken: return close()
        }
        switch Tunnel.move(from: &upstream.transport, to: &transport, worker, &sent) {
        case .blocked: break
        case .unfinished: worker.loop.resumeLater(self)
        case .ended:
            if !upstreamFinished { transport.finishSending() }
            upstreamFinished = true
        case .broken: return close()
        }
        if clientFinished && upstreamFinished { return close() }
        worker.loop.setDeadline(of: self, afterNanoseconds: Self.idleNanoseconds)
    }

    // MARK: The end

    /// A tunnel lives on while others drain; the grace ends it.
    override func drain() {}

    override func close() {
        guard isOpen else { return }
        isOpen = false
        endAttempt()
        upstream?.leave()
        upstream = nil
        transport.releaseBuffers(to: &worker.buffers)
        worker.loop.remove(self)
        worker.downstreamConnections -= 1
        worker.tunnels -= 1
        worker.metrics.leave(.writing)
        worker.metrics.count(.bytesReceived, received)
        worker.metrics.count(.bytesSent, sent)
    }
}

/// The endpoint's side of a connection that is passed through.
private final class PassedUpstream: EventHandler {
    private unowned let connection: PassedConnection
    private let worker: Worker
    fileprivate var transport: Transport
    fileprivate private(set) var isConnected: Bool

    init(_ connection: PassedConnection, connectingTo address: SocketAddress) throws(Errno) {
        let begun = try Socket.connect(to: address)
        self.connection = connection
        worker = connection.worker
        isConnected = begun.progress == .connected
        transport = Transport(begun.socket)
        super.init()
        try worker.loop.add(self, watching: transport.socket)
        if isConnected { transport.note(.writable) }
        worker.upstreamConnections += 1
    }

    override func ready(_ readiness: Readiness) {
        transport.note(readiness)
        if isConnected { return connection.pump() }
        guard transport.isWritable else { return }
        if Socket.connectionError(of: transport.socket) != nil { return connection.failed(.refused) }
        isConnected = true
        connection.connected()
    }

    func leave() {
        transport.releaseBuffers(to: &worker.buffers)
        worker.loop.remove(self)
        worker.upstreamConnections -= 1
    }
}

extension ProxyHeader {
    /// What an upstream is told of a connection that is passed on to it.
    fileprivate init(passing handshake: Handshake) {
        func end(_ address: SocketAddress) -> End {
            End(address: ClientAddress(high: address.address.high, low: address.address.low), port: address.port)
        }
        let target = handshake.target ?? SocketAddress(.loopbackV4, port: handshake.port)
        self.init(length: 0, source: end(handshake.peer), destination: end(target))
    }
}
