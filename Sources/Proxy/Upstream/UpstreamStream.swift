import Bytes
import EventLoop
import HTTP
import Linux

/// The endpoint's side of one attempt: what a request goes to and its response comes from.
///
/// One case for each kind of stream, and the same verbs for all. Heads are field lines in HTTP/1 form in every
/// case; what a protocol makes of them is its own affair.
enum UpstreamStream {
    case http1(HTTP1Upstream)

    /// What came of waiting for a response head.
    enum HeadReception {
        case head
        /// More must arrive.
        case nothing
        /// The endpoint ended without one.
        case ended
        case malformed
    }

    // MARK: Who it is

    /// Whose deadline is the endpoint's, and whose turn comes when there is more to do.
    var handler: EventHandler {
        switch self {
        case .http1(let connection): connection
        }
    }

    var address: SocketAddress {
        switch self {
        case .http1(let connection): connection.pool.address
        }
    }

    /// Whether the connection stands, so that a request can be sent.
    var isConnected: Bool {
        switch self {
        case .http1(let connection): connection.isConnected
        }
    }

    /// Whether an earlier exchange used the connection, so that it may have been closed by the endpoint meanwhile.
    var isReused: Bool {
        switch self {
        case .http1(let connection): connection.isReused
        }
    }

    /// A byte of a response has arrived.
    var hasAnswered: Bool {
        switch self {
        case .http1(let connection): connection.hasAnswered
        }
    }

    // MARK: The request

    /// Bodies of unknown length go in chunks and heads say how they are framed.
    var usesChunks: Bool {
        switch self {
        case .http1: true
        }
    }

    /// Where the request line and the field lines are written. Begin with `openHead`, end with `sendHead`.
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

    /// Makes room for a head.
    func openHead(_ bytes: Int, _ worker: Worker) {
        worker.buffers.lend(to: &head)
        if head.room < bytes { head.grow(to: bytes) }
    }

    /// The head that was written is complete; `body` holds what of the content is here already.
    ///
    /// - Parameter endsStream: no more content follows.
    func sendHead(_ body: borrowing ByteBuffer, endsStream: Bool) {
        switch self {
        case .http1(let connection): connection.transport.output.append(contentsOf: body)
        }
    }

    /// Takes what can be taken of a request's body.
    func takeBody<Source: BodySource & ~Copyable>(
        _ body: inout BodyPump, from source: inout Source, _ worker: Worker
    ) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection):
            body.run(from: &source, to: &connection.transport, &worker.buffers, &worker.pipes)
        }
    }

    /// Whether the endpoint has taken something since it last took no more.
    var tookSomething: Bool {
        switch self {
        case .http1(let connection): connection.transport.isWritable
        }
    }

    // MARK: The response

    /// Receives until a whole response head is there.
    func receiveHead(_ parser: inout ResponseHeadParser, into head: inout ResponseHead) -> HeadReception {
        switch self {
        case .http1(let connection): connection.receiveHead(&parser, into: &head)
        }
    }

    /// Whether another request may follow a response that is framed so.
    func isReusable(after response: borrowing ResponseHead, _ framing: BodyFraming) -> Bool {
        switch self {
        case .http1: response.keepsAlive && framing != .untilClose
        }
    }

    /// Moves what can be moved of the response's body.
    func move(_ body: inout BodyPump, to downstream: DownstreamStream, _ worker: Worker) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection): downstream.takeBody(&body, from: &connection.transport, worker)
        }
    }

    // MARK: The end

    /// The exchange is over and both messages ended exactly.
    func release() {
        switch self {
        case .http1(let connection): connection.release()
        }
    }

    /// Ends the attempt, whatever it was doing.
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

    /// Moves a tunnel's bytes towards the client.
    func pass(to downstream: DownstreamStream, _ worker: Worker, moved: inout Int) -> Tunnel.Progress {
        switch self {
        case .http1(let connection): downstream.accept(from: &connection.transport, worker, moved: &moved)
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

    /// Tells the endpoint that nothing more comes through the tunnel.
    func endSending() {
        switch self {
        case .http1(let connection): Socket.shutdownSending(connection.transport.socket)
        }
    }
}
