import Bytes
import EventLoop
import Filters
import Linux
import Model
import Routing
import TLS
import Telemetry

/// A client's connection before anything of HTTP: the header of a balancer in front, the look at the name that decides
/// about passing through, and the TLS handshake. Then it gives its socket to whoever goes on.
///
/// The whole of it is bounded in time and in bytes, however slowly or strangely they come.
final class Handshake: DownstreamConnection {
    enum Phase {
        /// A PROXY header must come first.
        case proxyHeader
        /// The ClientHello is looked at without being taken.
        case peeking
        case shakingHands
        /// A plain request was answered; what still arrives is read and forgotten, so that the answer is not lost.
        case lingering
        case closed
    }

    let worker: Worker
    /// The client: the other end of the socket, or whom the PROXY header names.
    private(set) var peer: SocketAddress
    /// The port of the listener.
    let port: UInt16
    /// The port of the PROXY header; 0 without one.
    private(set) var announcedPort: UInt16 = 0
    /// What the handshake told of the client, where its host asks for certificates.
    private(set) var identity: ClientIdentity?
    /// The address that the client connected to, for those to whom the connection is passed on.
    private(set) var target: SocketAddress?
    private let speaksTLS: Bool
    private var phase: Phase
    private var plan: TLSPlans.Plan?
    /// The name that the client has indicated.
    private var name: ServerName?
    /// Nil once another has it.
    private var transport: Transport?
    /// Bytes that may still be read and forgotten.
    private var allowance = 1 << 20

    private static let lingerNanoseconds: UInt64 = 2_000_000_000

    init(
        worker: Worker, accepted: consuming AcceptedConnection, place: consuming ConnectionPlace?, port: UInt16,
        speaksTLS: Bool
    ) throws(Errno) {
        self.worker = worker
        peer = accepted.peer
        self.port = port
        self.speaksTLS = speaksTLS
        let expectsHeader = worker.settings.expectsProxyHeader
        phase = expectsHeader ? .proxyHeader : .peeking
        let transport = Transport(accepted.socket, place: place)
        super.init(worker)
        try worker.loop.add(self, watching: transport.socket)
        self.transport = consume transport
        worker.loop.setDeadline(
            of: self,
            afterNanoseconds: expectsHeader ? worker.settings.proxyHeaderTimeout : worker.settings.handshakeTimeout)
        worker.downstreamConnections += 1
        worker.metrics.enter(.reading)
    }

    // MARK: Events

    override func ready(_ readiness: Readiness) {
        guard var transport = transport.take() else { return }
        transport.note(readiness)
        advance(transport)
    }

    override func deadlinePassed() {
        switch phase {
        case .proxyHeader: worker.metrics.count(Limit.proxyHeaderTimeout)
        case .peeking, .shakingHands: worker.metrics.count(Limit.tlsHandshakeTimeout)
        case .lingering, .closed: break
        }
        close()
    }

    private enum Step {
        /// Something was settled: go on.
        case again
        /// More must happen on the socket.
        case wait
        /// The connection is ready for HTTP.
        case serve(ApplicationProtocol)
        /// The connection goes to that upstream as it is.
        case pass(UpstreamPlan, sendsHeader: Bool)
        case end
    }

    private func advance(_ connection: consuming Transport) {
        var transport = connection
        while true {
            switch step(&transport) {
            case .again: continue
            case .wait:
                self.transport = consume transport
                return
            case .serve(let chosen):
                phase = .closed
                return worker.serve(transport, after: self, chosen)
            case .pass(let upstream, let sendsHeader):
                phase = .closed
                return PassedConnection.open(transport, after: self, to: upstream, sendsHeader: sendsHeader)
            case .end:
                self.transport = consume transport
                return close()
            }
        }
    }

    private func step(_ transport: inout Transport) -> Step {
        switch phase {
        case .proxyHeader: readProxyHeader(&transport)
        case .peeking: peek(&transport)
        case .shakingHands: shakeHands(&transport)
        case .lingering: linger(&transport)
        case .closed: .wait
        }
    }

    // MARK: PROXY header

    private func readProxyHeader(_ transport: inout Transport) -> Step {
        guard let seen = look(&transport, atMost: ProxyHeader.longest) else {
            return transport.isReadable ? .end : .wait
        }
        defer { worker.buffers.takeBack(&transport.input) }
        do throws(ProxyHeader.Fault) {
            guard let header = try ProxyHeader.parse(transport.input.readable) else {
                return seen < ProxyHeader.longest && !transport.peerIsClosing ? .wait : .end
            }
            guard transport.socket.discard(header.length) else { return .end }
            take(header)
        } catch {
            worker.metrics.count(Limit.proxyHeader)
            return .end
        }
        guard worker.admits(peer, &transport.place) else { return .end }
        if !speaksTLS { return .serve(.http1) }
        phase = .peeking
        worker.loop.setDeadline(of: self, afterNanoseconds: worker.settings.handshakeTimeout)
        return .again
    }

    private func take(_ header: ProxyHeader) {
        guard let source = header.source, let destination = header.destination else { return }
        peer = SocketAddress(IPAddress(high: source.address.high, low: source.address.low), port: source.port)
        let address = IPAddress(high: destination.address.high, low: destination.address.low)
        target = SocketAddress(address, port: destination.port)
        announcedPort = destination.port
    }

    /// Copies what waits in the socket into `input` and leaves it where it is.
    ///
    /// - Returns: how many bytes; nil when there are none. The transport is readable then if none will come any more.
    private func look(_ transport: inout Transport, atMost limit: Int) -> Int? {
        guard transport.isReadable else { return nil }
        worker.buffers.lend(to: &transport.input)
        transport.input.grow(to: limit)
        if case .bytes(let count) = transport.socket.peek(into: &transport.input) { return count }
        let isOver = transport.peerIsClosing
        worker.buffers.takeBack(&transport.input)
        transport.isReadable = isOver
        return nil
    }

    // MARK: Passing through

    private func peek(_ transport: inout Transport) -> Step {
        let plans = worker.snapshot.tls(of: worker)
        guard plans.hasPassthrough else {
            phase = .shakingHands
            transport.startServing(plans.listener)
            return .again
        }
        guard look(&transport, atMost: ClientHello.limit) != nil else { return transport.isReadable ? .end : .wait }
        let seen = ClientHello.peek(transport.input.readable)
        worker.buffers.takeBack(&transport.input)
        switch seen {
        case .incomplete: return transport.peerIsClosing ? .end : .wait
        case .other: break
        case .hello(let name):
            if let host = plans.host(named: name, &worker.matchScratch),
                let policy = worker.snapshot.shared.router.virtualHosts[host].passthrough,
                let upstream = worker.snapshot.upstream(policy.upstream)
            {
                return .pass(upstream, sendsHeader: policy.sendsProxyHeader)
            }
        }
        phase = .shakingHands
        transport.startServing(plans.listener)
        return .again
    }

    // MARK: TLS

    private func shakeHands(_ transport: inout Transport) -> Step {
        switch transport.shakeHands(&worker.buffers) {
        case .wantsRead, .wantsWrite: return .wait
        case .hello:
            let name = transport.tls.indicatedName
            self.name = name
            let plans = worker.snapshot.tls(of: worker)
            guard let plan = plans.plan(for: name, &worker.matchScratch), accept(plan, of: plans, &transport.tls) else {
                transport.tls.reject()
                return .again
            }
            self.plan = plan
            return .again
        case .done, .early:
            worker.metrics.count(.tlsHandshakes)
            if transport.tls.isResumed { worker.metrics.count(.tlsResumptions) }
            identity = makeIdentity(transport.tls)
            transport.security = plan?.securities.security(of: transport.tls, named: name, identity)
            return .serve(transport.tls.applicationProtocol)
        case .failed(.plainText):
            return answerPlainRequest(&transport)
        case .failed(let error):
            if error == .helloTooLarge { worker.metrics.count(Limit.tlsHello) }
            worker.metrics.count(.tlsFailures)
            return .end
        }
    }

    /// - Returns: false when there is nothing to present.
    private func accept(_ plan: TLSPlans.Plan, of plans: TLSPlans, _ session: inout TLSSession) -> Bool {
        if session.accept(plan.certificate, by: plan.context, scope: plan.scope) { return true }
        for standIn in plans.standIns where session.accept(standIn, by: plan.context, scope: plan.scope) { return true }
        return false
    }

    private func makeIdentity(_ session: borrowing TLSSession) -> ClientIdentity? {
        guard let policy = plan?.policy else { return nil }
        return ClientIdentity(session, policy)
    }

    // MARK: Plain requests

    /// A client that speaks HTTP without TLS is told so, as nginx does.
    private func answerPlainRequest(_ transport: inout Transport) -> Step {
        worker.metrics.count(.tlsFailures)
        transport.tls = TLSSession()
        transport.isReadable = true
        worker.buffers.lend(to: &transport.output)
        transport.output.append("HTTP/1.1 400 Bad Request\r\n")
        worker.appendDate(to: &transport.output)
        PlainRequestPage.append(to: &transport.output)
        guard transport.flush(&worker.buffers) == .done else { return .end }
        transport.finishSending()
        phase = .lingering
        worker.loop.setDeadline(of: self, afterNanoseconds: Self.lingerNanoseconds)
        return .again
    }

    private func linger(_ transport: inout Transport) -> Step {
        while allowance > 0 {
            allowance -= transport.input.count
            transport.input.clear()
            switch transport.receive(&worker.buffers) {
            case .bytes: continue
            case .nothing: return .wait
            case .full, .end, .failed: return .end
            }
        }
        return .end
    }

    // MARK: The end

    override var mayBeReaped: Bool {
        worker.loop.now.nanoseconds(since: idleSince) > HTTP1Downstream.fairNanoseconds
    }

    override func closeIfIdle() { close() }

    override func close() {
        guard phase != .closed, var transport = transport.take() else { return }
        phase = .closed
        transport.releaseBuffers(to: &worker.buffers)
        worker.loop.remove(self)
        worker.downstreamConnections -= 1
        worker.metrics.leave(.reading)
    }
}

extension ClientIdentity {
    /// What a session has found out.
    convenience init(_ session: borrowing TLSSession, _ policy: ClientCertificate) {
        let verification = session.verification
        let outcome: Verification =
            switch verification {
            case .none: .none
            case .success: .success
            case .failed where verification.isUnknownAuthority: .stranger(verification.reason)
            case .failed: .failed(verification.reason)
            }
        let peer = session.peerCertificate
        self.init(
            policy, outcome, subject: peer?.subject ?? [], issuer: peer?.issuer ?? [], certificate: peer?.pem ?? [])
    }
}
