import Bytes
import Linux
import TLS

/// Encrypted connections.
extension Transport {
    /// The bytes on the wire are sealed.
    var isEncrypted: Bool { tls.isActive }

    /// What is received came in a first flight that may have been sent before.
    var isEarly: Bool { tls.isEarly }

    /// Begins to speak TLS as a server.
    mutating func startServing(_ context: TLSContext) { tls = TLSSession(serving: socket, context) }

    /// Begins to speak TLS as a client.
    mutating func startConnecting(_ context: TLSContext, resuming session: ResumableSession? = nil) {
        tls = TLSSession(connecting: socket, context, resuming: session)
    }

    /// Goes on with the handshake. On `.wantsRead` and `.wantsWrite` the loop will tell; early data goes to `input`.
    mutating func shakeHands(_ pool: inout BufferPool) -> TLSSession.Progress {
        pool.lend(to: &input)
        let progress = tls.proceed(&input)
        if input.isEmpty { pool.takeBack(&input) }
        switch progress {
        case .wantsRead: isReadable = false
        case .wantsWrite: isWritable = false
        case .done, .early: isReadable = tls.mayHaveMore || peerIsClosing
        case .hello: break
        case .failed:
            isReadable = false
            reachedEnd = true
        }
        return progress
    }

    /// Receives and opens what fits into `input`, which has room.
    mutating func receiveSealed(_ pool: inout BufferPool) -> Reception {
        switch tls.read(into: &input) {
        case .bytes:
            isReadable = tls.mayHaveMore || peerIsClosing
            return .bytes
        case .wantsRead: isReadable = false
        // The answer to a change of keys is stuck; reading goes on once it has gone.
        case .wantsWrite: isWritable = false
        case .closed:
            isReadable = false
            reachedEnd = true
        case .failed(let error):
            isReadable = false
            reachedEnd = true
            if input.isEmpty { pool.takeBack(&input) }
            return .failed(error.systemError)
        }
        if input.isEmpty { pool.takeBack(&input) }
        return reachedEnd ? .end : .nothing
    }

    static func writeSealed(_ bytes: Span<UInt8>, _ tls: inout TLSSession) -> IOResult {
        switch tls.write(bytes) {
        case .bytes(let count): .bytes(count)
        case .wantsWrite, .wantsRead: .wouldBlock
        case .closed: .failed(.brokenPipe)
        case .failed(let error): .failed(error.systemError)
        }
    }

    // MARK: The end

    /// Tells the peer that nothing more will be sent; what it still sends can be read.
    mutating func finishSending() {
        tls.sayGoodbye()
        Socket.shutdownSending(socket)
    }

    /// Before an orderly close: what was sent was all there is. Without it a peer may take a response for cut off.
    mutating func sayGoodbye() { tls.sayGoodbye() }

    /// Closing the socket shall look like the failure it is: no goodbye, and a reset.
    mutating func abort() {
        tls.abandon()
        Socket.setResetOnClose(socket)
    }
}

extension TLSError {
    /// As a failure of the connection, for those who know only sockets.
    var systemError: Errno {
        switch self {
        case .connection(let error): error
        case .plainText, .helloTooLarge, .cutOff, .library: .connectionReset
        }
    }
}
