import Bytes
import EventLoop
import Filters
import HTTP
import HTTP2
import Linux

/// The client's side of one exchange: what a request comes from and its response goes to.
///
/// One case for each kind of stream, and the same verbs for all. Heads are field lines in HTTP/1 form in every
/// case; what a protocol makes of them is its own affair.
enum DownstreamStream {
    case http1(HTTP1Downstream)
    case http2(HTTP2Stream)

    /// How a stream goes on when its exchange is over.
    enum Ending {
        /// The connection is where the next request begins.
        case keep
        /// Up to that many bytes of the body are still to come before the next request.
        case drain(Int)
        /// The response is whole, but the request was not read to its end.
        case linger
        /// The response is whole and says that the connection closes, or cannot be completed.
        case close
        /// The response cannot be completed: the client must notice.
        case abort
    }

    /// Most bytes of an unwanted body that are read to keep a connection.
    static let drainLimit = 64 << 10

    // MARK: Who it is

    /// Whose deadline is the client's, and whose turn comes when there is more to do.
    var handler: EventHandler {
        switch self {
        case .http1(let connection): connection
        case .http2(let stream): stream
        }
    }

    /// The other end of the connection.
    var peer: SocketAddress {
        switch self {
        case .http1(let connection): connection.peer
        case .http2(let stream): stream.connection?.peer ?? SocketAddress(.anyV4, port: 0)
        }
    }

    /// The port of the listener.
    var port: UInt16 {
        switch self {
        case .http1(let connection): connection.port
        case .http2(let stream): stream.connection?.port ?? 0
        }
    }

    /// The connection is encrypted.
    var isSecure: Bool {
        switch self {
        case .http1(let connection): connection.transport.isEncrypted
        case .http2(let stream): stream.connection?.isSecure ?? false
        }
    }

    /// What the handshake told of the client, where its host asks for certificates.
    var identity: ClientIdentity? {
        switch self {
        case .http1(let connection): connection.identity
        case .http2(let stream): stream.connection?.identity
        }
    }

    /// What the client's TLS connection says of itself; nil in the clear.
    var security: ConnectionSecurity? {
        switch self {
        case .http1(let connection): connection.transport.security
        case .http2(let stream): stream.connection?.security
        }
    }

    /// The port of a PROXY header; 0 when there was none.
    var announcedPort: UInt16 {
        switch self {
        case .http1(let connection): connection.announcedPort
        case .http2(let stream): stream.connection?.announcedPort ?? 0
        }
    }

    /// What is read now came in a first flight that may have been sent before (TLS 1.3 early data).
    var isEarly: Bool {
        switch self {
        case .http1(let connection): connection.transport.isEarly
        case .http2(let stream): stream.isEarly
        }
    }

    /// The number of the connection.
    var connectionNumber: UInt64 {
        switch self {
        case .http1(let connection): connection.number
        case .http2(let stream): stream.connection?.number ?? 0
        }
    }

    /// Requests that were begun on the connection, this one included.
    var requests: Int {
        switch self {
        case .http1(let connection): connection.requests
        case .http2(let stream): stream.connection?.requests ?? 0
        }
    }

    /// Settles how the connection goes on after the request that begins, unless its route says otherwise.
    ///
    /// - Returns: whether a response may offer to keep the connection.
    func settleKeepAlive() -> Bool {
        switch self {
        case .http1(let connection): connection.settleKeepAlive()
        case .http2: true
        }
    }

    /// The address of this machine that the client came to.
    var localAddress: SocketAddress? {
        switch self {
        case .http1(let connection): connection.transport.localAddress
        case .http2(let stream): stream.connection?.localAddress
        }
    }

    /// The client has said that it sends nothing more.
    var peerIsClosing: Bool {
        switch self {
        case .http1(let connection): connection.transport.peerIsClosing
        case .http2: false
        }
    }

    /// Nobody is there to hear anything.
    var peerIsGone: Bool {
        switch self {
        case .http1(let connection): connection.transport.peerIsGone
        case .http2: false
        }
    }

    // MARK: The request's body

    /// Bytes of the body, or of what follows it, have come in and were not taken.
    var hasInput: Bool {
        switch self {
        case .http1(let connection): !connection.transport.input.isEmpty
        case .http2(let stream): stream.state?.input.isEmpty == false
        }
    }

    /// Nothing waits to be read, here or in the system.
    var isReadToTheEnd: Bool {
        switch self {
        case .http1(let connection): connection.transport.input.isEmpty && !connection.transport.isReadable
        case .http2(let stream): stream.state?.hasEnded == true
        }
    }

    /// Takes `count` bytes of the body if they are here.
    func take(_ count: Int, into buffer: inout ByteBuffer, _ worker: Worker) -> Bool {
        switch self {
        case .http1(let connection):
            guard connection.transport.input.count >= count else { return false }
            worker.buffers.lend(to: &buffer)
            buffer.append(first: count, of: connection.transport.input)
            connection.transport.input.consume(count)
            return true
        case .http2(let stream):
            guard let state = stream.state, state.input.count >= count else { return false }
            worker.buffers.lend(to: &buffer)
            buffer.append(first: count, of: state.input)
            state.input.consume(count)
            stream.inputTaken()
            return true
        }
    }

    /// How the request's body ends.
    func framing(of request: borrowing RequestHead) throws(HTTP1Error) -> BodyFraming {
        let declared = try BodyFraming.request(request)
        switch self {
        case .http1: return declared
        case .http2(let stream):
            // What follows a request for a tunnel is the tunnel's.
            if request.isExtendedConnect { return .none }
            // Frames mark the end, and the session holds them against a declared length.
            guard declared == .none, let state = stream.state else { return declared }
            guard state.hasEnded, state.trailers.isEmpty else { return .untilClose }
            return state.input.isEmpty ? .none : .length(state.input.count)
        }
    }

    /// Moves what can be moved of the request's body.
    func move(_ body: inout BodyPump, to upstream: UpstreamStream, _ worker: Worker) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection): return upstream.takeBody(&body, from: &connection.transport, worker)
        case .http2(let stream):
            guard var source = stream.body else { return .sourceEnded }
            let outcome = upstream.takeBody(&body, from: &source, worker)
            stream.inputTaken()
            return outcome
        }
    }

    /// Takes what can be taken of the request's body into memory.
    func hold(_ body: inout BodyPump, in sink: inout HoldingSink, _ worker: Worker) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection):
            return body.run(from: &connection.transport, to: &sink, &worker.buffers, &worker.pipes)
        case .http2(let stream):
            guard var source = stream.body else { return .sourceEnded }
            let outcome = body.run(from: &source, to: &sink, &worker.buffers, &worker.pipes)
            stream.inputTaken()
            return outcome
        }
    }

    /// Moves what can be moved of the request's body to where it waits.
    func move(_ body: inout BodyPump, into spool: inout BodySpool, _ worker: Worker) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection):
            return body.run(from: &connection.transport, to: &spool, &worker.buffers, &worker.pipes)
        case .http2(let stream):
            guard var source = stream.body else { return .sourceEnded }
            let outcome = body.run(from: &source, to: &spool, &worker.buffers, &worker.pipes)
            stream.inputTaken()
            return outcome
        }
    }

    // MARK: The response

    /// Where a head is written, as status line and field lines with the empty line behind them. Begin with
    /// `openHead`, end with `sendHead`.
    var head: ByteBuffer {
        _read {
            switch self {
            case .http1(let connection): yield connection.transport.output
            case .http2(let stream): yield stream.worker.headLines
            }
        }
        nonmutating _modify {
            switch self {
            case .http1(let connection): yield &connection.transport.output
            case .http2(let stream): yield &stream.worker.headLines
            }
        }
    }

    /// Makes room for a head.
    ///
    /// - Returns: how many bytes wait there already.
    func openHead(_ bytes: Int, _ worker: Worker) -> Int {
        switch self {
        case .http1(let connection):
            worker.buffers.lend(to: &connection.transport.output)
            return Self.makeRoom(bytes, in: &connection.transport.output)
        case .http2:
            worker.headLines.clear()
            return Self.makeRoom(bytes, in: &worker.headLines)
        }
    }

    /// - Returns: how many bytes wait there already.
    private static func makeRoom(_ bytes: Int, in buffer: inout ByteBuffer) -> Int {
        let start = buffer.count
        if buffer.room < bytes { buffer.grow(to: start + bytes) }
        return start
    }

    /// How many bytes wait where the head is written. Reading it through `head` would make the accessor allocate.
    var headCount: Int {
        switch self {
        case .http1(let connection): connection.transport.output.count
        case .http2(let stream): stream.worker.headLines.count
        }
    }

    /// Where content of our own is written, once its head was sent and `openContent` has made room.
    var content: ByteBuffer {
        _read {
            switch self {
            case .http1(let connection): yield connection.transport.output
            case .http2(let stream):
                if let state = stream.state { yield state.output } else { yield stream.worker.headLines }
            }
        }
        nonmutating _modify {
            switch self {
            case .http1(let connection): yield &connection.transport.output
            case .http2(let stream):
                if let state = stream.state { yield &state.output } else { yield &stream.worker.headLines }
            }
        }
    }

    /// Makes room for content of our own.
    func openContent(_ bytes: Int, _ worker: Worker) {
        worker.buffers.lend(to: &content)
        _ = Self.makeRoom(bytes, in: &content)
    }

    /// The head that was written is complete.
    ///
    /// - Parameter endsStream: no content follows.
    func sendHead(_ status: Status, endsStream: Bool) {
        switch self {
        case .http1: break
        case .http2(let stream): stream.sendHead(status, endsStream: endsStream)
        }
    }

    /// The head of a 1xx response that was written is complete: sends it at once.
    func sendInterimHead(_ status: Status, _ worker: Worker) {
        switch self {
        case .http1(let connection): _ = connection.transport.flush(&worker.buffers)
        case .http2(let stream): stream.sendInterimHead(status)
        }
    }

    /// All of our own content was written.
    func endContent() {
        switch self {
        case .http1: break
        case .http2(let stream): stream.endOutput()
        }
    }

    /// Takes what can be taken of a response's body.
    func takeBody<Source: BodySource & ~Copyable>(
        _ body: inout BodyPump, from source: inout Source, _ worker: Worker
    ) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection):
            return body.run(from: &source, to: &connection.transport, &worker.buffers, &worker.pipes)
        case .http2(let stream):
            guard var sink = stream.body else { return .sinkFailed }
            let outcome = body.run(from: &source, to: &sink, &worker.buffers, &worker.pipes)
            stream.outputChanged()
            return outcome
        }
    }

    /// Whether the client has taken something since it last took no more.
    var tookSomething: Bool {
        switch self {
        case .http1(let connection): connection.transport.isWritable
        case .http2(let stream): stream.tookSomething
        }
    }

    /// Sends all that waits.
    func flush(_ worker: Worker) -> Transport.Progress {
        switch self {
        case .http1(let connection): connection.transport.flush(&worker.buffers)
        case .http2(let stream): stream.isSent ? .done : .blocked
        }
    }

    // MARK: The end

    /// The exchange is over and has let go of the stream; all output has been taken.
    func exchangeEnded(_ ending: Ending) {
        switch self {
        case .http1(let connection): connection.exchangeEnded(ending)
        case .http2(let stream): stream.exchangeEnded(ending)
        }
    }

    /// Ends the stream at once; its exchange is told.
    func close() {
        switch self {
        case .http1(let connection): connection.close()
        case .http2(let stream): stream.close()
        }
    }

    // MARK: Tunnels

    /// Leaves HTTP: from now on the bytes are the tunnel's.
    func enter(_ tunnel: Tunnel) {
        switch self {
        case .http1(let connection): connection.enter(tunnel)
        case .http2(let stream): stream.enter(tunnel)
        }
    }

    /// Moves a tunnel's bytes towards the upstream.
    func pass(to upstream: UpstreamStream, _ worker: Worker, moved: inout Int) -> Tunnel.Progress {
        switch self {
        case .http1(let connection): return upstream.accept(from: &connection.transport, worker, moved: &moved)
        case .http2(let stream):
            guard var source = stream.body else { return .broken }
            let progress = upstream.accept(from: &source, worker, moved: &moved)
            stream.inputTaken()
            return progress
        }
    }

    /// Takes a tunnel's bytes.
    func accept<Source: BodySource & ~Copyable>(
        from source: inout Source, _ worker: Worker, moved: inout Int
    ) -> Tunnel.Progress {
        switch self {
        case .http1(let connection): return Tunnel.move(from: &source, to: &connection.transport, worker, &moved)
        case .http2(let stream):
            guard var sink = stream.body else { return .broken }
            let progress = Tunnel.move(from: &source, to: &sink, worker, &moved)
            stream.outputChanged()
            return progress
        }
    }

    /// Tells the client that nothing more comes through the tunnel.
    func endSending() {
        switch self {
        case .http1(let connection): connection.transport.finishSending()
        case .http2(let stream): stream.endOutput()
        }
    }
}
