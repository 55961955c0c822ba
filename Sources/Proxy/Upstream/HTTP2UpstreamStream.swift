import Bytes
import EventLoop
import HTTP
import HTTP2
import Linux
import Telemetry

/// One stream to an endpoint that speaks HTTP/2: one attempt of one exchange.
///
/// Reads and writes content in its session's buffers; the connection carries them. Reused by its worker, and registered
/// with the loop all the while, so a turn that an earlier exchange asked for may come to the next one.
final class HTTP2UpstreamStream: EventHandler {
    private(set) var connection: HTTP2Upstream?
    private(set) var exchange: Exchange?
    /// Nil until the request's head has been handed over.
    private(set) var state: HTTP2StreamState?
    /// Where the request's head is written.
    var headBuffer = ByteBuffer()
    /// Why nothing more comes; nil while more may, or when the response is whole.
    private(set) var failure: Failure?
    /// What is known of the failure beyond its kind.
    private(set) var fault: String?
    /// An earlier stream used the connection, or it was given up: what becomes of the stream may not be the endpoint's fault.
    private(set) var isReused = false
    /// The connection has not let it begin yet.
    private var isWaiting = false
    /// A byte of a response has arrived.
    private(set) var hasAnswered = false
    /// The endpoint has taken something since it last took no more.
    private(set) var tookSomething = true
    private var interimIsDue = false
    private var headIsDue = false
    /// Stands in for the session's buffers before there are any.
    private var nothing = ByteBuffer()

    /// Bytes that may wait for the endpoint before the client has to.
    private static let waitingLimit = 8 << 10

    // MARK: Life

    /// Begins to serve an exchange.
    func attach(_ exchange: Exchange, to connection: HTTP2Upstream) {
        self.exchange = exchange
        self.connection = connection
        isReused = connection.served > 0
        isWaiting = connection.attach(self)
    }

    /// The connection stands, and the request can go out on it.
    var isConnected: Bool { !isWaiting && connection?.isOpen == true }

    func waits(for connection: HTTP2Upstream) -> Bool { isWaiting && self.connection === connection }

    /// The request may go out.
    func connected() {
        isWaiting = false
        isReused = (connection?.served ?? 0) > 0
        exchange?.upstreamConnected()
    }

    /// The connection has no room after all: another one takes the request, of which nothing has gone out.
    func turnedAway() {
        isWaiting = false
        neverLeft()
        exchange?.attemptFailed(.streamRefused)
    }

    /// The connection is gone.
    func failed(_ failure: Failure, _ fault: String?) {
        if state?.hasEnded == true { return }
        if let state, !state.headHasLeft {
            neverLeft()
        } else {
            self.failure = self.failure ?? failure
            self.fault = fault
        }
        if state == nil { exchange?.attemptFailed(failure) } else { exchange?.upstreamReady() }
    }

    /// The connection was given up before the request went out on it: nobody is to blame, as with a connection that
    /// was found closed, and another one takes the request, whatever it is.
    private func neverLeft() {
        failure = failure ?? .streamRefused
        isReused = true
    }

    /// The exchange is over and both messages ended exactly.
    func release() { leave(resetting: state?.hasEnded == true ? nil : .cancel) }

    /// Ends the attempt, whatever it was doing.
    func close() { leave(resetting: .cancel) }

    private func leave(resetting code: HTTP2ErrorCode?) {
        guard let connection else { return }
        exchange = nil
        self.connection = nil
        let worker = connection.worker
        worker.loop.clearDeadline(of: self)
        worker.buffers.takeBack(&headBuffer)
        connection.detach(self, resetting: code)
        state = nil
        failure = nil
        fault = nil
        hasAnswered = false
        tookSomething = true
        interimIsDue = false
        headIsDue = false
        isWaiting = false
        worker.upstreamStreams.give(self, worker.loop)
    }

    // MARK: Events

    /// Something has happened on the stream.
    func happened(_ signals: HTTP2StreamState.Signals) {
        if signals.contains(.interim) { interimIsDue = true }
        if signals.contains(.head) { headIsDue = true }
        if signals.contains(.taken) { tookSomething = true }
        if signals.contains(.closed), let state, !state.hasEnded {
            failure = Self.failure(state.closeCode ?? 0)
            if state.fault != nil { connection?.worker.metrics.count(Limit.responseHead) }
            // A GOAWAY that does not count the stream refuses it, and so does our own before the stream could begin.
            if failure == .streamRefused, connection?.isLeaving == true { isReused = true }
        }
        exchange?.upstreamReady()
    }

    /// What the end of a stream before the end of its response means.
    private static func failure(_ code: UInt32) -> Failure {
        switch HTTP2ErrorCode(rawValue: code) {
        case .refusedStream: .streamRefused
        case .protocolError: .invalidResponse
        default: .connectionBroke
        }
    }

    override func deadlinePassed() {
        guard let connection, isConnected else {
            exchange?.attemptFailed(.connectTimedOut)
            return
        }
        connection.suspect()
        exchange?.upstreamTimedOut()
    }

    /// Before the request has been handed over there is nothing that a turn could tell.
    override func resumed() {
        if state != nil || failure != nil { exchange?.upstreamReady() }
    }

    // MARK: The request

    /// The head that was written is complete; `body` holds what of the content is here already.
    func sendHead(_ body: borrowing ByteBuffer, endsStream: Bool) {
        guard let connection, let exchange else { return }
        let limits = exchange.responseHeadLimits(by: exchange.route)
        state = connection.begin(self, endsStream: endsStream && body.isEmpty, limits: limits)
        connection.worker.buffers.takeBack(&headBuffer)
        guard let state else {
            // Its exchange is told once it has done what it is doing.
            neverLeft()
            return connection.worker.loop.resumeLater(self)
        }
        guard !body.isEmpty else { return }
        connection.worker.buffers.lend(to: &state.output)
        if state.output.room < body.count { state.output.grow(to: body.count) }
        state.output.append(contentsOf: body)
        if endsStream { connection.session.endOutput(state) } else { connection.session.resume(state) }
    }

    // MARK: The response

    /// The next head that has come.
    func receiveHead(into head: inout ResponseHead) -> UpstreamStream.HeadReception {
        guard let state else { return failure == nil ? .nothing : .ended }
        if interimIsDue {
            interimIsDue = false
            hasAnswered = true
            swap(&head, &state.interim)
            return .head
        }
        if headIsDue {
            headIsDue = false
            hasAnswered = true
            swap(&head, &state.response)
            return .head
        }
        return failure == nil ? .nothing : .ended
    }

    /// The response was a head alone, or all there is has come with it: no content follows.
    var endsWithHead: Bool { state.map { $0.hasEnded && $0.input.isEmpty && $0.trailers.isEmpty } ?? false }

    /// Content was taken: the endpoint may send more.
    func tookInput() {
        guard let connection, let state else { return }
        connection.session.consume(state)
        if connection.session.wantsToSend { connection.scheduleFlush() }
    }
}

extension HTTP2UpstreamStream: BodySource, BodySink {
    var input: ByteBuffer {
        _read {
            if let state { yield state.input } else { yield nothing }
        }
        _modify {
            if let state { yield &state.input } else { yield &nothing }
        }
    }

    var output: ByteBuffer {
        _read {
            if let state { yield state.output } else { yield nothing }
        }
        _modify {
            if let state { yield &state.output } else { yield &nothing }
        }
    }

    var canSplice: Bool { false }

    func receive(_ pool: inout BufferPool) -> Transport.Reception {
        guard let state else { return .failed(.connectionReset) }
        if !state.input.isEmpty { return .bytes }
        if state.hasEnded { return .end }
        return failure == nil ? .nothing : .failed(.connectionReset)
    }

    func takeTrailers(into trailers: inout HeaderBlock) {
        guard let state, !state.trailers.isEmpty else { return }
        Self.copy(state.trailers, to: &trailers)
    }

    func flush(_ pool: inout BufferPool) -> Transport.Progress {
        guard let connection, let state, state.closeCode == nil, failure == nil else {
            // What an endpoint with a whole response does not take any more is of no use to it.
            return .failed(.connectionReset)
        }
        connection.session.resume(state)
        connection.scheduleFlush()
        guard state.output.count >= Self.waitingLimit else {
            // What was taken from the front makes room behind, or the next piece would not fit.
            state.output.compact()
            return .done
        }
        tookSomething = false
        return .blocked
    }

    func send(_ bytes: Span<UInt8>, sent: inout Int, _ pool: inout BufferPool) -> Transport.Progress {
        guard let connection, let state, state.closeCode == nil, failure == nil else {
            return .failed(.connectionReset)
        }
        pool.lend(to: &state.output)
        sent = min(bytes.count, state.output.room)
        state.output.append(bytes.extracting(first: sent))
        if sent == bytes.count { return .done }
        // Nobody flushes what is blocked: what was taken in has to go, or there will never be room.
        connection.session.resume(state)
        connection.scheduleFlush()
        tookSomething = false
        return .blocked
    }

    func endBody(trailers: borrowing HeaderBlock, _ pool: inout BufferPool) {
        guard let connection, let state, !state.outputEnded else { return }
        if !trailers.isEmpty { Self.copy(trailers, to: &state.outgoingTrailers) }
        connection.session.endOutput(state)
    }

    func splice(into pipe: inout Pipe, limit: Int) -> IOResult { .failed(.invalid) }
    func splice(outOf pipe: inout Pipe, moreFollows: Bool) -> Transport.Progress { .failed(.invalid) }

    private static func copy(_ block: borrowing HeaderBlock, to other: inout HeaderBlock) {
        for index in 0..<block.count { other.appendTrailer(block.name(index), block.value(index)) }
    }
}

/// What a worker keeps for its streams to endpoints: those that are not in use, and the states that sessions share.
struct UpstreamStreamStock {
    let states = HTTP2StreamPool(.client)
    private var idle: ContiguousArray<HTTP2UpstreamStream> = []

    private static let limit = 1024

    /// Streams stay registered while they wait: what the loop keeps for a deadline serves one request after the other.
    mutating func take(_ loop: EventLoop) -> HTTP2UpstreamStream {
        if let stream = idle.popLast() { return stream }
        let stream = HTTP2UpstreamStream()
        loop.add(stream)
        return stream
    }

    mutating func give(_ stream: HTTP2UpstreamStream, _ loop: EventLoop) {
        if idle.count < Self.limit { idle.append(stream) } else { loop.remove(stream) }
    }
}
