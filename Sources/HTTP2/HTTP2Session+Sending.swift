import Bytes
import CNghttp2
import HTTP

/// What nghttp2 asks for when it makes frames.
extension HTTP2Session {
    private static var frameHeader: Int { 9 }

    /// How much content the next DATA frame of a stream takes.
    func readData(_ state: HTTP2StreamState, _ length: Int, _ flags: UnsafeMutablePointer<UInt32>) -> Int {
        let waiting = state.output.count
        let room = outgoing.room - Self.frameHeader
        if waiting == 0 {
            guard state.outputEnded else {
                state.isDeferred = true
                return Int(NGHTTP2_ERR_DEFERRED.rawValue)
            }
            guard room >= 0 else { return Int(NGHTTP2_ERR_PAUSE.rawValue) }
            flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
            end(state, flags)
            return 0
        }
        // No small frame because the output happens to be nearly full.
        guard room >= min(waiting, length, 1024) else { return Int(NGHTTP2_ERR_PAUSE.rawValue) }
        let count = min(waiting, length, room)
        flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
        if count == waiting && state.outputEnded { end(state, flags) }
        return count
    }

    private func end(_ state: HTTP2StreamState, _ flags: UnsafeMutablePointer<UInt32>) {
        flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
        guard !state.outgoingTrailers.isEmpty else { return }
        flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
        submitTrailers(of: state)
    }

    /// Puts a DATA frame together where it goes out.
    func sendData(_ state: HTTP2StreamState, _ header: UnsafePointer<UInt8>, _ length: Int) -> Int32 {
        outgoing.append(Span(_unsafeStart: header, count: Self.frameHeader))
        if length > 0 {
            outgoing.append(first: length, of: state.output)
            state.output.consume(length)
            if state.output.isEmpty { buffers.takeBack(&state.output) }
            floods.noteData()
        }
        if !state.outputEnded { signal(.taken, state) }
        return 0
    }

    /// A frame has gone out.
    func sent(_ frame: UnsafePointer<nghttp2_frame>) -> Int32 {
        switch UInt32(gh_frame_type(frame)) {
        case NGHTTP2_HEADERS.rawValue:
            // Of a server's heads only the last is of interest.
            guard role == .client || endsStream(frame) else { return 0 }
            withState(gh_frame_stream(frame)) { state in
                state.headHasLeft = true
                if endsStream(frame) { signal(.sent, state) }
            }
        case NGHTTP2_DATA.rawValue:
            if endsStream(frame) { withState(gh_frame_stream(frame)) { signal(.sent, $0) } }
        case NGHTTP2_RST_STREAM.rawValue: noteReset(gh_reset_code(frame))
        default: break
        }
        return 0
    }

    private func endsStream(_ frame: UnsafePointer<nghttp2_frame>) -> Bool {
        gh_frame_flags(frame) & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
    }

    /// Resets that say that the peer broke a rule are its doing.
    private func noteReset(_ code: UInt32) {
        switch nghttp2_error_code(code) {
        case NGHTTP2_PROTOCOL_ERROR, NGHTTP2_FLOW_CONTROL_ERROR, NGHTTP2_STREAM_CLOSED, NGHTTP2_FRAME_SIZE_ERROR,
            NGHTTP2_REFUSED_STREAM, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_COMPRESSION_ERROR:
            if floods.count(.provokedResets) { terminate(.enhanceYourCalm) }
        default: break
        }
    }
}
