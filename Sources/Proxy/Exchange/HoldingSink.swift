import Bytes
import HTTP
import Linux

/// Takes a body into memory. The pump's limit bounds it.
struct HoldingSink: BodySink, ~Copyable {
    /// Never holds anything: what comes goes to `held` at once.
    var output = ByteBuffer()
    var held = ByteBuffer()

    var canSplice: Bool { false }

    mutating func flush(_ pool: inout BufferPool) -> Transport.Progress { .done }

    mutating func send(_ bytes: Span<UInt8>, sent: inout Int, _ pool: inout BufferPool) -> Transport.Progress {
        pool.lend(to: &held)
        if held.room < bytes.count { held.grow(to: max(held.count + bytes.count, 2 * held.capacity)) }
        held.append(bytes)
        sent = bytes.count
        return .done
    }

    mutating func splice(outOf pipe: inout Pipe, moreFollows: Bool) -> Transport.Progress { .done }

    mutating func endBody(trailers: borrowing HeaderBlock, _ pool: inout BufferPool) {}
}
