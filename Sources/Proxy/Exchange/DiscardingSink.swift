import Bytes
import HTTP
import Linux

/// Takes a body and forgets it, so that its connection can serve again, or has it kept for others.
struct DiscardingSink: BodySink, ~Copyable {
    /// Never holds anything.
    var output = ByteBuffer()
    /// What keeps the body.
    var fill: ResponseCacheFill?

    var canSplice: Bool { false }

    mutating func flush(_ pool: inout BufferPool) -> Transport.Progress { .done }

    mutating func send(_ bytes: Span<UInt8>, sent: inout Int, _ pool: inout BufferPool) -> Transport.Progress {
        fill?.append(bytes)
        sent = bytes.count
        return .done
    }

    mutating func splice(outOf pipe: inout Pipe, moreFollows: Bool) -> Transport.Progress { .done }

    mutating func endBody(trailers: borrowing HeaderBlock, _ pool: inout BufferPool) {}
}
