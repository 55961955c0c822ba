import Bytes
import Filters
import Linux
import TLS

/// A socket with its edge-triggered state and what waits on either side of it.
///
/// Buffers hold storage only while bytes wait in them, so an idle connection holds none. The kernel
/// tells of each change once; `isReadable` and `isWritable` remember it until an attempt finds nothing.
///
/// The one place that knows whether bytes are sealed on their way: what stands above sees content (`Transport+TLS`).
struct Transport: ~Copyable {
    /// What the client's handshake has settled; nil in the clear.
    var security: ConnectionSecurity?
    let socket: Descriptor
    /// Where a client's connection is counted, if there is a limit for each address.
    var place: ConnectionPlace?
    /// Active once the connection is encrypted.
    var tls = TLSSession()
    /// Bytes that were received and not yet handled.
    var input = ByteBuffer()
    /// Bytes that are to be sent before anything else.
    var output = ByteBuffer()
    /// Whether reading may find something.
    var isReadable = false
    /// Whether the socket may take bytes.
    var isWritable = false
    /// The peer said that it sends no more; what it sent before may still wait in the socket.
    var peerIsClosing = false
    /// Both directions are gone: nobody is there to hear anything.
    private(set) var peerIsGone = false
    /// Everything the peer sent has been received.
    var reachedEnd = false

    /// The address of this machine that the connection came in on or went out from.
    var localAddress: SocketAddress? { try? Socket.localAddress(of: socket) }

    enum Reception: Equatable {
        /// `input` has more than before.
        case bytes
        /// Nothing waits now; the loop will tell.
        case nothing
        /// `input` has no room: handle something first.
        case full
        /// The peer has finished sending.
        case end
        case failed(Errno)
    }

    enum Progress: Equatable {
        /// Everything went out.
        case done
        /// The socket takes no more now; the loop will tell.
        case blocked
        case failed(Errno)
    }

    init(_ socket: consuming Descriptor, place: consuming ConnectionPlace? = nil) {
        self.socket = socket
        self.place = place
    }

    /// Takes note of an event.
    mutating func note(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.readable, .peerClosed, .hungUp, .failed]) {
            isReadable = true
            if tls.isActive { tls.noteReadable() }
        }
        if !readiness.isDisjoint(with: [.writable, .hungUp, .failed]) { isWritable = true }
        if !readiness.isDisjoint(with: [.peerClosed, .hungUp, .failed]) {
            peerIsClosing = true
            peerIsGone = !readiness.isDisjoint(with: [.hungUp, .failed])
        }
    }

    /// Receives what fits into `input`, once.
    mutating func receive(_ pool: inout BufferPool) -> Reception {
        guard isReadable else { return reachedEnd ? .end : .nothing }
        pool.lend(to: &input)
        if input.room == 0 {
            input.compact()
            if input.room == 0 { return .full }
        }
        if tls.isActive { return receiveSealed(&pool) }
        let room = input.room
        switch socket.read(into: &input) {
        case .bytes(let count):
            // Less than asked for: the socket is empty, unless the end of the stream waits behind the bytes.
            if count < room && !peerIsClosing { isReadable = false }
            return .bytes
        case .wouldBlock:
            isReadable = false
            if input.isEmpty { pool.takeBack(&input) }
            return .nothing
        case .closed:
            isReadable = false
            reachedEnd = true
            if input.isEmpty { pool.takeBack(&input) }
            return .end
        case .failed(let error):
            isReadable = false
            reachedEnd = true
            return .failed(error)
        }
    }

    /// Receives what fits into `input` unless bytes wait there already, which are `full` then: for those who take them later.
    mutating func receiveAhead(_ pool: inout BufferPool) -> Reception {
        input.isEmpty ? receive(&pool) : .full
    }

    /// Sends what waits in `output`. Its storage goes back once it is empty.
    mutating func flush(_ pool: inout BufferPool) -> Progress {
        while !output.isEmpty {
            guard isWritable else { return .blocked }
            switch Self.write(output, to: socket, &tls) {
            case .bytes(let count): output.consume(count)
            case .wouldBlock, .closed:
                isWritable = false
                return .blocked
            case .failed(let error): return sendingFailed(error)
            }
        }
        pool.takeBack(&output)
        return .done
    }

    /// Sends the first `limit` bytes of `source` directly, past `output`, which must be empty.
    ///
    /// - Parameter sent: how many bytes went, to be consumed by the caller.
    mutating func sendDirectly(_ bytes: Span<UInt8>, sent: inout Int) -> Progress {
        sent = 0
        while sent < bytes.count {
            guard isWritable else { return .blocked }
            switch Self.write(bytes.extracting(sent..<bytes.count), to: socket, &tls) {
            case .bytes(let count): sent += count
            case .wouldBlock, .closed:
                isWritable = false
                return .blocked
            case .failed(let error): return sendingFailed(error)
            }
        }
        return .done
    }

    private static func write(
        _ buffer: borrowing ByteBuffer, to socket: borrowing Descriptor, _ tls: inout TLSSession
    ) -> IOResult {
        write(buffer.readable, to: socket, &tls)
    }

    private static func write(
        _ bytes: Span<UInt8>, to socket: borrowing Descriptor, _ tls: inout TLSSession
    ) -> IOResult {
        tls.isActive ? writeSealed(bytes, &tls) : socket.write(bytes)
    }

    /// Moves up to `limit` bytes from the socket into `pipe`.
    mutating func splice(into pipe: inout Pipe, limit: Int) -> IOResult {
        guard isReadable else { return reachedEnd ? .closed : .wouldBlock }
        let result = pipe.fill(from: socket, limit: limit)
        switch result {
        case .wouldBlock: isReadable = false
        case .closed:
            isReadable = false
            reachedEnd = true
        case .bytes, .failed: break
        }
        return result
    }

    /// Moves what is in `pipe` to the socket; `output` must be empty.
    mutating func splice(outOf pipe: inout Pipe, moreFollows: Bool) -> Progress {
        while pipe.count > 0 {
            guard isWritable else { return .blocked }
            switch pipe.drain(to: socket, moreFollows: moreFollows) {
            case .bytes: continue
            case .wouldBlock, .closed:
                isWritable = false
                return .blocked
            case .failed(let error): return sendingFailed(error)
            }
        }
        return .done
    }

    /// What the other side said before it went can still be read, though no event may have told of it yet.
    private mutating func sendingFailed(_ error: Errno) -> Progress {
        isReadable = !reachedEnd
        if tls.isActive { tls.noteReadable() }
        return .failed(error)
    }

    /// Gives all storage back.
    mutating func releaseBuffers(to pool: inout BufferPool) {
        pool.takeBack(&input)
        pool.takeBack(&output)
    }
}
