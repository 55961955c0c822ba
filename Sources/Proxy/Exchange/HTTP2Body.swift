import Bytes
import HTTP
import HTTP2
import Linux

/// Both directions of an HTTP/2 stream as a body pump sees them.
///
/// What has come waits in the stream's input, at most a window of it; what is to go waits in its output, at most a
/// buffer of it, until the session makes frames of it at the end of the turn. Who moved a body tells the session
/// afterwards, so that windows open and frames are made.
struct HTTP2Body: BodySource, BodySink {
    let state: HTTP2StreamState
    let session: HTTP2Session

    /// Room below which the output counts as full.
    private static let smallestRoom = 512

    var canSplice: Bool { false }

    var input: ByteBuffer {
        _read { yield state.input }
        nonmutating _modify { yield &state.input }
    }

    var output: ByteBuffer {
        _read { yield state.output }
        nonmutating _modify { yield &state.output }
    }

    // MARK: Source

    /// Content arrives with the connection's bytes, never when it is asked for.
    func receive(_ pool: inout BufferPool) -> Transport.Reception {
        if state.input.isEmpty { pool.takeBack(&state.input) }
        if state.closeCode != nil, !state.hasEnded { return .failed(.connectionReset) }
        return state.hasEnded ? .end : .nothing
    }

    func splice(into pipe: inout Pipe, limit: Int) -> IOResult { .wouldBlock }

    func takeTrailers(into trailers: inout HeaderBlock) {
        if !state.trailers.isEmpty { swap(&trailers, &state.trailers) }
    }

    // MARK: Sink

    func flush(_ pool: inout BufferPool) -> Transport.Progress {
        if state.output.isEmpty { return .done }
        if state.output.room < Self.smallestRoom { state.output.compact() }
        return state.output.room < Self.smallestRoom ? .blocked : .done
    }

    func send(_ bytes: Span<UInt8>, sent: inout Int, _ pool: inout BufferPool) -> Transport.Progress {
        pool.lend(to: &state.output)
        sent = min(bytes.count, state.output.room)
        state.output.append(bytes.extracting(first: sent))
        return sent < bytes.count ? .blocked : .done
    }

    /// A full buffer changes hands; it is not copied.
    func takeStorage(of buffer: inout ByteBuffer) -> Bool {
        guard state.output.isEmpty else { return false }
        swap(&buffer, &state.output)
        return true
    }

    func splice(outOf pipe: inout Pipe, moreFollows: Bool) -> Transport.Progress { .blocked }

    func endBody(trailers: borrowing HeaderBlock, _ pool: inout BufferPool) {
        for index in 0..<trailers.count where !state.outputEnded {
            state.outgoingTrailers.append(name: trailers.name(index), value: trailers.value(index))
        }
        session.endOutput(state)
    }
}
