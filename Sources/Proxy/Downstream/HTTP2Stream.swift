import Bytes
import EventLoop
import HTTP
import HTTP2
import Linux

/// One stream of a client's HTTP/2 connection while its exchange, or the tunnel that it became, is under way.
///
/// Its connection moves the bytes; the stream keeps time and tells its exchange what happened. Pooled by the worker and
/// registered with the loop all the while, so a turn that was asked for by an earlier exchange may come to the next one,
/// which finds nothing to do in it.
final class HTTP2Stream: EventHandler {
    let worker: Worker
    /// Nil while the stream waits in the pool.
    private(set) var connection: HTTP2Downstream?
    private(set) var state: HTTP2StreamState?
    private var exchange: Exchange?
    private var tunnel: Tunnel?
    /// Our end of the stream has gone out.
    private(set) var isSent = false
    /// The response is whole, while the client is still sending its request.
    private var isResting = false
    /// Output was taken: what made the exchange's turn come.
    private(set) var tookSomething = false
    /// The request came in a first flight that may have been sent before (TLS 1.3 early data).
    private(set) var isEarly = false
    /// Place among the connection's streams, which an event on its way to a former tenant does not find.
    private(set) var index = 0

    /// How long a client may go on sending behind the answer.
    private static let restNanoseconds: UInt64 = 2_000_000_000

    init(worker: Worker) {
        self.worker = worker
        super.init()
    }

    // MARK: The request

    /// Takes the request whose head has come.
    func begin(_ state: HTTP2StreamState, on connection: HTTP2Downstream) {
        self.connection = connection
        self.state = state
        index = state.index
        isSent = false
        isResting = false
        isEarly = connection.isEarly
        let exchange = worker.takeExchange(for: .http2(self))
        self.exchange = exchange
        exchange.begin(state)
    }

    /// Something happened on the stream.
    func signalled(_ signals: HTTP2StreamState.Signals) {
        if isResting { return rest(signals) }
        if signals.contains(.sent) { isSent = true }
        if signals.contains(.closed) && !isSent { return lost() }
        tookSomething = !signals.isDisjoint(with: [.taken, .sent])
        resumed()
        tookSomething = false
    }

    override func resumed() {
        if let tunnel { tunnel.pump() } else { exchange?.downstreamReady() }
    }

    override func deadlinePassed() {
        if isResting {
            reset(.none)
            leave()
            return
        }
        if let tunnel { tunnel.timedOut() } else { exchange?.downstreamTimedOut() }
    }

    /// The client has reset the stream, or its connection is gone: nobody waits for an answer any more.
    func lost() {
        let exchange = self.exchange
        let tunnel = self.tunnel
        self.exchange = nil
        self.tunnel = nil
        exchange?.downstreamGone()
        tunnel?.end()
        leave()
    }

    // MARK: What the exchange says

    /// Both directions of the body.
    var body: HTTP2Body? {
        guard let state, let connection else { return nil }
        return HTTP2Body(state: state, session: connection.session)
    }

    /// Hands the lines over that were written as a head.
    func sendHead(_ status: Status, endsStream: Bool) {
        guard let state, let connection else { return }
        // RFC 8441 §5: what is 101 in HTTP/1.1 is 200 here.
        let said = status == .switchingProtocols ? Status.ok : status
        connection.session.respond(state, said, worker.headLines, endsStream: endsStream)
        connection.planFlush()
    }

    func sendInterimHead(_ status: Status) {
        guard let state, let connection else { return }
        connection.session.inform(state, status, worker.headLines)
        connection.planFlush()
    }

    /// Output was added, or has ended.
    func outputChanged() {
        guard let connection else { return }
        if let state, state.isDeferred { connection.session.resume(state) }
        connection.planFlush()
    }

    /// Nothing more is added to the output.
    func endOutput() {
        guard let state, let connection else { return }
        connection.session.endOutput(state)
        connection.planFlush()
    }

    /// Input was taken: the client may send more.
    func inputTaken() {
        guard let state, state.hasTakenInput, let connection else { return }
        connection.session.consume(state)
        if connection.session.wantsToSend { connection.planFlush() }
    }

    /// Leaves HTTP: from now on the bytes are the tunnel's.
    func enter(_ tunnel: Tunnel) {
        exchange = nil
        self.tunnel = tunnel
    }

    // MARK: The end

    /// The exchange is over and has let go of the stream.
    func exchangeEnded(_ ending: DownstreamStream.Ending) {
        exchange = nil
        if case .abort = ending {
            reset(.internalError)
        } else if !isSent {
            reset(.internalError)
        } else if state?.hasEnded == false {
            return rest()
        }
        leave()
    }

    /// The rest of the request is of no use (RFC 9113 §8.1), but clients take an answer for lost that comes together with
    /// the word of it (curl 7.88 does). So what is on its way is let in and forgotten, as far as the stream's window goes,
    /// until the client has ended the stream or its time is over.
    private func rest() {
        isResting = true
        rest([])
        worker.loop.setDeadline(of: self, afterNanoseconds: Self.restNanoseconds)
    }

    private func rest(_ signals: HTTP2StreamState.Signals) {
        guard let state, let connection else { return }
        if signals.contains(.closed) { return leave() }
        connection.session.drop(state, &worker.buffers)
        if connection.session.wantsToSend { connection.planFlush() }
    }

    /// Ends the stream at once; its exchange is told.
    func close() {
        if let state, !(state.hasEnded && state.outputEnded) { reset(.cancel) }
        lost()
    }

    private func reset(_ code: HTTP2ErrorCode) {
        guard let state, let connection else { return }
        connection.session.reset(state, code)
        connection.planFlush()
    }

    private func leave() {
        guard let connection else { return }
        self.connection = nil
        state = nil
        worker.loop.clearDeadline(of: self)
        connection.left(self)
        worker.giveBack(self)
    }
}
