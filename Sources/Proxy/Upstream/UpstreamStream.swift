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
    case http2(HTTP2UpstreamStream)

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
        case .http2(let stream): stream
        }
    }

    var address: SocketAddress {
        switch self {
        case .http1(let connection): connection.pool.address
        case .http2(let stream): stream.connection?.pool.address ?? SocketAddress(.anyV4, port: 0)
        }
    }

    /// Whether the connection stands, so that a request can be sent.
    var isConnected: Bool {
        switch self {
        case .http1(let connection): connection.isConnected
        case .http2(let stream): stream.isConnected
        }
    }

    /// Whether an earlier exchange used the connection, so that it may have been closed by the endpoint meanwhile.
    var isReused: Bool {
        switch self {
        case .http1(let connection): connection.isReused
        case .http2(let stream): stream.isReused
        }
    }

    /// A byte of a response has arrived.
    var hasAnswered: Bool {
        switch self {
        case .http1(let connection): connection.hasAnswered
        case .http2(let stream): stream.hasAnswered
        }
    }

    // MARK: The request

    /// Bodies of unknown length go in chunks and heads say how they are framed.
    var usesChunks: Bool {
        switch self {
        case .http1: true
        case .http2: false
        }
    }

    /// Where the request line and the field lines are written. Begin with `openHead`, end with `sendHead`.
    var head: ByteBuffer {
        _read {
            switch self {
            case .http1(let connection): yield connection.transport.output
            case .http2(let stream): yield stream.headBuffer
            }
        }
        nonmutating _modify {
            switch self {
            case .http1(let connection): yield &connection.transport.output
            case .http2(let stream): yield &stream.headBuffer
            }
        }
    }

    /// Makes room for a head.
    func openHead(_ bytes: Int, _ worker: Worker) {
        worker.buffers.lend(to: &head)
        Self.makeRoom(bytes, in: &head)
    }

    private static func makeRoom(_ bytes: Int, in buffer: inout ByteBuffer) {
        if buffer.room < bytes { buffer.grow(to: bytes) }
    }

    /// The head that was written is complete; `body` holds what of the content is here already.
    ///
    /// - Parameter endsStream: no more content follows.
    func sendHead(_ body: borrowing ByteBuffer, endsStream: Bool) {
        switch self {
        case .http1(let connection): connection.transport.output.append(contentsOf: body)
        case .http2(let stream): stream.sendHead(body, endsStream: endsStream)
        }
    }

    /// Takes what can be taken of a request's body.
    func takeBody<Source: BodySource & ~Copyable>(
        _ body: inout BodyPump, from source: inout Source, _ worker: Worker
    ) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection):
            return body.run(from: &source, to: &connection.transport, &worker.buffers, &worker.pipes)
        case .http2(let stream):
            var sink = stream
            return body.run(from: &source, to: &sink, &worker.buffers, &worker.pipes)
        }
    }

    /// Whether the endpoint has taken something since it last took no more.
    var tookSomething: Bool {
        switch self {
        case .http1(let connection): connection.transport.isWritable
        case .http2(let stream): stream.tookSomething
        }
    }

    // MARK: The response

    /// Receives until a whole response head is there.
    func receiveHead(_ parser: inout ResponseHeadParser, into head: inout ResponseHead) -> HeadReception {
        switch self {
        case .http1(let connection): return connection.receiveHead(&parser, into: &head)
        case .http2(let stream):
            let reception = stream.receiveHead(into: &head)
            guard case .head = reception, !parser.limits.allow(head.headers) else { return reception }
            return .malformed
        }
    }

    /// No content follows the head that has come.
    var endsWithHead: Bool {
        switch self {
        case .http1: false
        case .http2(let stream): stream.endsWithHead
        }
    }

    /// The end of the stream, rather than a length, says where content ends: trailers may come behind it.
    var marksEnd: Bool {
        switch self {
        case .http1: false
        case .http2: true
        }
    }

    /// Why there was no response; of use once there can be none.
    var failure: Failure {
        if hasAnswered { return .responseTruncated }
        switch self {
        case .http1: return .connectionBroke
        case .http2(let stream): return stream.failure ?? .connectionBroke
        }
    }

    /// What is known of a failure beyond its kind.
    var fault: String? {
        switch self {
        case .http1(let connection): connection.fault
        case .http2(let stream): stream.fault
        }
    }

    /// Whether another request may follow a response that is framed so.
    func isReusable(after response: borrowing ResponseHead, _ framing: BodyFraming) -> Bool {
        switch self {
        case .http1: response.keepsAlive && framing != .untilClose
        case .http2: true
        }
    }

    /// Moves what can be moved of the response's body.
    func move(_ body: inout BodyPump, to downstream: DownstreamStream, _ worker: Worker) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection): return downstream.takeBody(&body, from: &connection.transport, worker)
        case .http2(let stream):
            var source = stream
            let outcome = downstream.takeBody(&body, from: &source, worker)
            stream.tookInput()
            return outcome
        }
    }

    /// Moves what can be moved of the response's body to where it waits.
    func move(_ body: inout BodyPump, into spool: inout BodySpool, _ worker: Worker) -> BodyPump.Outcome {
        switch self {
        case .http1(let connection):
            return body.run(from: &connection.transport, to: &spool, &worker.buffers, &worker.pipes)
        case .http2(let stream):
            var source = stream
            let outcome = body.run(from: &source, to: &spool, &worker.buffers, &worker.pipes)
            stream.tookInput()
            return outcome
        }
    }

    // MARK: The end

    /// The exchange is over and both messages ended exactly.
    func release() {
        switch self {
        case .http1(let connection): connection.release()
        case .http2(let stream): stream.release()
        }
    }

    /// Ends the attempt, whatever it was doing.
    func close() {
        switch self {
        case .http1(let connection): connection.close()
        case .http2(let stream): stream.close()
        }
    }

    // MARK: Tunnels (only HTTP/1 endpoints are asked for another protocol)

    /// Leaves HTTP: from now on the bytes are the tunnel's.
    func enter(_ tunnel: Tunnel) {
        switch self {
        case .http1(let connection): connection.enter(tunnel)
        case .http2: break
        }
    }

    /// Moves a tunnel's bytes towards the client.
    func pass(to downstream: DownstreamStream, _ worker: Worker, moved: inout Int) -> Tunnel.Progress {
        switch self {
        case .http1(let connection): downstream.accept(from: &connection.transport, worker, moved: &moved)
        case .http2: .broken
        }
    }

    /// Takes a tunnel's bytes.
    func accept<Source: BodySource & ~Copyable>(
        from source: inout Source, _ worker: Worker, moved: inout Int
    ) -> Tunnel.Progress {
        switch self {
        case .http1(let connection): Tunnel.move(from: &source, to: &connection.transport, worker, &moved)
        case .http2: .broken
        }
    }

    /// Tells the endpoint that nothing more comes through the tunnel.
    func endSending() {
        switch self {
        case .http1(let connection): connection.transport.finishSending()
        case .http2: break
        }
    }
}
