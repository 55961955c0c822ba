import Bytes
import HTTP
import Linux

/// Where the bytes of a body come from: a connection that carries one message at a time, or one stream of many.
///
/// What was received and not yet taken waits in `input`; who takes it consumes it there.
protocol BodySource: ~Copyable {
    /// Received and not yet taken.
    var input: ByteBuffer { get set }
    /// Whether `splice` works: the bytes are content as the socket gives it.
    var canSplice: Bool { get }

    /// Receives what fits into `input`, once.
    mutating func receive(_ pool: inout BufferPool) -> Transport.Reception
    /// Moves up to `limit` bytes past this process into `pipe`.
    mutating func splice(into pipe: inout Pipe, limit: Int) -> IOResult
    /// Adds the fields that came behind the body, where the protocol keeps them apart from it.
    mutating func takeTrailers(into trailers: inout HeaderBlock)
}

/// Where the bytes of a body go.
protocol BodySink: ~Copyable {
    /// Bytes that go before anything else.
    var output: ByteBuffer { get set }
    /// Whether `splice` works.
    var canSplice: Bool { get }

    /// Sends what waits in `output`. `done` says that more is welcome, `blocked` that it is not.
    mutating func flush(_ pool: inout BufferPool) -> Transport.Progress
    /// Sends `bytes` past `output`, which is empty.
    ///
    /// - Parameter sent: how many went, to be consumed by the caller.
    mutating func send(_ bytes: Span<UInt8>, sent: inout Int, _ pool: inout BufferPool) -> Transport.Progress
    /// Takes all bytes of `buffer` by taking its storage; another comes back in its place.
    ///
    /// - Returns: false, and nothing is taken, when it is not made for that.
    mutating func takeStorage(of buffer: inout ByteBuffer) -> Bool
    /// Moves what is in `pipe` on; `output` is empty.
    mutating func splice(outOf pipe: inout Pipe, moreFollows: Bool) -> Transport.Progress
    /// All of the body has been handed over. Where chunks or a length mark the end there is nothing to do.
    mutating func endBody(trailers: borrowing HeaderBlock, _ pool: inout BufferPool)
}

extension BodySink where Self: ~Copyable {
    mutating func takeStorage(of buffer: inout ByteBuffer) -> Bool { false }
}

extension Transport: BodySource, BodySink {
    var canSplice: Bool { !isEncrypted }

    mutating func takeTrailers(into trailers: inout HeaderBlock) {}

    mutating func send(_ bytes: Span<UInt8>, sent: inout Int, _ pool: inout BufferPool) -> Progress {
        sendDirectly(bytes, sent: &sent)
    }

    mutating func endBody(trailers: borrowing HeaderBlock, _ pool: inout BufferPool) {}
}
