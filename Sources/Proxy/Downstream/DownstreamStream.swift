import Bytes
import EventLoop
import Filters
import HTTP
import Linux

/// The client's side of one exchange: what a request comes from and its response goes to.
///
/// One case for each kind of stream, and the same verbs for all. Heads are field lines in HTTP/1 form in every
/// case; what a protocol makes of them is its own affair.
enum DownstreamStream {
    case http1(HTTP1Downstream)

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
        }
    }

    /// The other end of the connection.
    var peer: SocketAddress {
        switch self {
        case .http1(let connection): connection.peer
        }
    }

    /// The port of the listener.
    var port: UInt16 {
        switch self {
        case .http1(let connection): connection.port
        }
    }

    /// The connection is encrypted.
    var isSecure: Bool {
        switch self {
        case .http1(let connection): connection.transport.isEncrypted
        }
    }

    /// What the handshake told of the client, where its host asks for certificates.
    var identity: ClientIdentity? {
        switch self {
        case .http1(let connection): connection.identity
        }
    }

    /// The port of a PROXY header; 0 when there was none.
    var announcedPort: UInt16 {
        switch self {
        case .http1(let connection): connection.announcedPort
        }
    }

    /// What is read now came in a first flight that may have been sent before (TLS 1.3 early data).
    var isEarly: Bool {
        switch self {
        case .http1(let connection): connection.transport.isEarly
        }
    }

    /// Requests that were begun on the connection, this one included.
    var requests: Int {
        switch self {
        case .http1(let connection): connection.requests
        }
    }

    /// Whether a response may offer to keep the connection.
    var mayKeepAlive: Bool {
        switch self {
        case .http1(let connection): connection.mayKeepAlive
        }
    }

    /// The address of this machine that the client came to.
    var localAddress: SocketAddress? {
        switch self {
        case .http1(let connection): connection.transport.localAddress
        }
    }

    /// The client has said that it sends nothing more.
    var peerIsClosing: Bool {
        switch self {
        case .http1(let connection): connection.transport.peerIsClosing
        }
    }

    /// Nobody is there to hear anything.
    var peerIsGone: Bool {
        switch self {
        case .http1(let connection): connection.transport.peerIsGone
        }
    }

    // MARK: The request's body

    /// Bytes of the body, or of what follows it, have come in and were not taken.
    var hasInput: Bool {
        switch self {
        case .http1(let connection): !connection.transport.input.isEmpty
        }
    }

    /// Nothing waits to be read, here or in the system.
    var isReadToTheEnd: Bool {
        switch self {
        case .http1(let connection): connection.transport.input.isEmpty && !connection.transport.isReadable
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
        }
    }

    /// Moves what can be moved of the request's body.
    func move(_ body: inout BodyPump, to upstream: UpstreamStream, _ worker: Worker) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection): upstream.takeBody(&body, from: &connection.transport, worker)
        }
    }

    /// Takes what can be taken of the request's body into memory.
    func hold(_ body: inout BodyPump, in sink: inout HoldingSink, _ worker: Worker) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection): body.run(from: &connection.transport, to: &sink, &worker.buffers, &worker.pipes)
        }
    }

    /// Moves what can be moved of the request's body to where it waits.
    func move(_ body: inout BodyPump, into spool: inout BodySpool, _ worker: Worker) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection):
            body.run(from: &connection.transport, to: &spool, &worker.buffers, &worker.pipes)
        }
    }

    // MARK: The response

    /// Where a head is written, as status line and field lines with the empty line behind them. Begin with
    /// `openHead`, end with `sendHead`.
    var head: ByteBuffer {
        _read {
            switch self {
            case .http1(let connection): yield connection.transport.output
            }
        }
        nonmutating _modify {
            switch self {
            case .http1(let connection): yield &connection.transport.output
            }
        }
    }

    /// Makes room for a head, or anything else that is written to `head` or `content`.
    ///
    /// - Returns: how many bytes wait there already.
    func openHead(_ bytes: Int, _ worker: Worker) -> Int {
        worker.buffers.lend(to: &head)
        let start = head.count
        if head.room < bytes { head.grow(to: start + bytes) }
        return start
    }

    /// Where content of our own is written, once its head was sent and `openContent` has made room.
    var content: ByteBuffer {
        _read {
            switch self {
            case .http1(let connection): yield connection.transport.output
            }
        }
        nonmutating _modify {
            switch self {
            case .http1(let connection): yield &connection.transport.output
            }
        }
    }

    /// Makes room for content of our own.
    func openContent(_ bytes: Int, _ worker: Worker) {
        worker.buffers.lend(to: &content)
        if content.room < bytes { content.grow(to: content.count + bytes) }
    }

    /// The head that was written is complete.
    ///
    /// - Parameter endsStream: no content follows.
    func sendHead(_ status: Status, endsStream: Bool) {
        switch self {
        case .http1: break
        }
    }

    /// The head of a 1xx response that was written is complete: sends it at once.
    func sendInterimHead(_ status: Status, _ worker: Worker) {
        switch self {
        case .http1(let connection): _ = connection.transport.flush(&worker.buffers)
        }
    }

    /// All of our own content was written.
    func endContent() {
        switch self {
        case .http1: break
        }
    }

    /// Takes what can be taken of a response's body.
    func takeBody<Source: BodySource & ~Copyable>(
        _ body: inout BodyPump, from source: inout Source, _ worker: Worker
    ) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection):
            body.run(from: &source, to: &connection.transport, &worker.buffers, &worker.pipes)
        }
    }

    /// Whether the client has taken something since it last took no more.
    var tookSomething: Bool {
        switch self {
        case .http1(let connection): connection.transport.isWritable
        }
    }

    /// Sends all that waits.
    func flush(_ worker: Worker) -> Transport.Progress {
        switch self {
        case .http1(let connection): connection.transport.flush(&worker.buffers)
        }
    }

    // MARK: The end

    /// The exchange is over and has let go of the stream; all output has been taken.
    func exchangeEnded(_ ending: Ending) {
        switch self {
        case .http1(let connection): connection.exchangeEnded(ending)
        }
    }

    /// Ends the stream at once; its exchange is told.
    func close() {
        switch self {
        case .http1(let connection): connection.close()
        }
    }

    // MARK: Tunnels

    /// Leaves HTTP: from now on the bytes are the tunnel's.
    func enter(_ tunnel: Tunnel) {
        switch self {
        case .http1(let connection): connection.enter(tunnel)
        }
    }

    /// Moves a tunnel's bytes towards the upstream.
    func pass(to upstream: UpstreamStream, _ worker: Worker, moved: inout Int) -> Tunnel.Progress {
        switch self {
        case .http1(let connection): upstream.accept(from: &connection.transport, worker, moved: &moved)
        }
    }

    /// Takes a tunnel's bytes.
    func accept<Source: BodySource & ~Copyable>(
        from source: inout Source, _ worker: Worker, moved: inout Int
    ) -> Tunnel.Progress {
        switch self {
        case .http1(let connection): Tunnel.move(from: &source, to: &connection.transport, worker, &moved)
        }
    }

    /// Tells the client that nothing more comes through the tunnel.
    func endSending() {
        switch self {
        case .http1(let connection): connection.transport.finishSending()
        }
    }
}
