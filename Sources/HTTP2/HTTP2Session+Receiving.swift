import Bytes
import CNghttp2
import HTTP

/// What nghttp2 reports of incoming frames.
extension HTTP2Session {
    private static var goOn: Int32 { 0 }
    private static var fatal: Int32 { NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    private static var resetStream: Int32 { NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue }
    /// Fields beyond this multiple of what may be sent are not worth an answer.
    private static let absurdity = 4

    func beginFrame(type: UInt8, flags: UInt8, length: Int, stream: Int32) -> Int32 {
        // nghttp2 passes over PRIORITY altogether where RFC 7540's priorities are declined.
        if stream == 0, UInt32(type) == NGHTTP2_PRIORITY.rawValue { return Self.fatal }
        guard let kind = HTTP2FloodGuard.kind(type: type, flags: flags, length: length) else { return Self.goOn }
        // An endpoint resets the streams that we begin, and opens windows for what we send: neither is more than we ask for.
        if role == .client, kind == .resets || kind == .windowUpdates { return Self.goOn }
        // Work that has come to an answer was not wasted: who streams to many readers hears of many that have enough.
        if kind == .resets, withState(stream, { $0.headIsSent }) == true { return Self.goOn }
        return floods.count(kind) ? Self.fatal : Self.goOn
    }

    func takeUnknownFrame() -> Int32 {
        floods.count(.unknownFrames) ? Self.fatal : NGHTTP2_ERR_CANCEL.rawValue
    }

    // MARK: Heads

    func beginHeaders(_ frame: UnsafePointer<nghttp2_frame>) -> Int32 {
        let id = gh_frame_stream(frame)
        guard role == .server, gh_headers_category(frame) == Int32(NGHTTP2_HCAT_REQUEST.rawValue) else {
            withState(id) { state in
                state.section = role == .server ? .trailers : .undecided
                state.fieldCount = 0
                if role == .client { state.headBytes = 0 }
            }
            return Self.goOn
        }
        floods.noteStream()
        // Who has said goodbye asks for nothing more: without streams nghttp2 hears nothing after it, and whether there are
        // any must not decide.
        guard peerGoAway == nil else {
            submitReset(id, .refusedStream)
            return Self.resetStream
        }
        let state = begin(id)
        state.section = .request
        state.request.beginStream()
        return Self.goOn
    }

    func takeField(
        _ frame: UnsafePointer<nghttp2_frame>, _ name: UnsafeBufferPointer<UInt8>,
        _ value: UnsafeBufferPointer<UInt8>
    ) -> Int32 {
        withState(gh_frame_stream(frame)) { takeField(of: $0, name, value) } ?? Self.goOn
    }

    private func takeField(
        of state: HTTP2StreamState, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
    ) -> Int32 {
        state.headBytes += name.count + value.count + 4
        state.fieldCount += 1
        if role == .client, let fault = Self.fault(of: state) {
            state.fault = fault
            return refuseField(of: state.id)
        }
        let limits = configuration.headLimits
        guard state.headBytes <= limits.totalFieldBytes * Self.absurdity,
            state.fieldCount <= limits.fieldCount * Self.absurdity
        else {
            return floods.count(.headers) ? Self.fatal : Self.resetStream
        }
        let name = Span(_unsafeElements: name)
        let value = Span(_unsafeElements: value)
        switch state.section {
        case .request: return takeRequestField(state, name, value, limits)
        case .trailers: return takeTrailer(state, name, value, limits)
        case .undecided: return decide(state, name, value)
        case .interim: return state.interim.takeField(name, value) ? Self.goOn : Self.resetStream
        case .response: return state.response.takeField(name, value) ? Self.goOn : Self.resetStream
        case .none: break
        }
        return Self.goOn
    }

    /// Which limit the field section of a response is over.
    private static func fault(of state: HTTP2StreamState) -> HTTP1Error? {
        if state.headBytes > state.headLimits.totalFieldBytes { return .fieldsTooLarge }
        return state.fieldCount > state.headLimits.fieldCount ? .tooManyFields : nil
    }

    private func takeRequestField(
        _ state: HTTP2StreamState, _ name: Span<UInt8>, _ value: Span<UInt8>, _ limits: HeadLimits
    ) -> Int32 {
        if state.fault != nil { return Self.goOn }
        if let pseudo = RequestPseudoField(name: name) {
            if value.count > limits.startLineBytes {
                state.fault = .requestLineTooLong
            } else {
                state.request.take(pseudo, value)
            }
            return Self.goOn
        }
        // Compression splits a cookie at will (RFC 9113 §8.2.3): its pieces are one field.
        if name.equals("cookie") {
            if state.hasCookie { state.fieldCount -= 1 }
            state.hasCookie = true
        }
        if name.count + value.count + 4 > limits.fieldLineBytes { state.fault = .fieldLineTooLong }
        if state.headBytes > limits.totalFieldBytes { state.fault = .fieldsTooLarge }
        if state.fieldCount > limits.fieldCount { state.fault = .tooManyFields }
        if state.fault != nil { return Self.goOn }
        guard state.request.takeField(name, value, underscores: configuration.underscores) else {
            return refuseField(of: state.id)
        }
        return Self.goOn
    }

    /// Trailers of a request have the room that its head had: the answer may be on its way, so that a stream with more is
    /// reset. Those of a response were held against its limits before.
    private func takeTrailer(
        _ state: HTTP2StreamState, _ name: Span<UInt8>, _ value: Span<UInt8>, _ limits: HeadLimits
    ) -> Int32 {
        if role == .server {
            let bytes = name.count + value.count + 4
            state.trailerBytes += bytes
            guard bytes <= limits.fieldLineBytes, state.trailerBytes <= limits.totalFieldBytes,
                state.fieldCount <= limits.fieldCount
            else {
                submitReset(state.id, .enhanceYourCalm)
                return floods.count(.headers) ? Self.fatal : Self.resetStream
            }
        }
        state.trailers.appendTrailer(name, value)
        return Self.goOn
    }

    /// The first field of a block from a server says what the block is.
    private func decide(_ state: HTTP2StreamState, _ name: Span<UInt8>, _ value: Span<UInt8>) -> Int32 {
        guard name.equals(":status"), let code = value.decimalValue else {
            state.section = .trailers
            state.trailers.appendTrailer(name, value)
            return Self.goOn
        }
        // nghttp2 sees to it that there are three digits; HTTP has no status below 100 (RFC 9110 §15).
        guard code >= 100 else { return refuseField(of: state.id) }
        let status = Status(rawValue: UInt16(clamping: code))
        if status == .continue {
            // An answer to what we never ask; it must not push out one that means something.
            state.section = .none
        } else if status.isInformational {
            state.section = .interim
            state.interim.beginStream(status)
        } else {
            state.section = .response
            state.response.beginStream(status)
        }
        return Self.goOn
    }

    /// A field that nghttp2 would pass over: the message is malformed (RFC 9113 §8.2.1).
    func takeInvalidField(_ frame: UnsafePointer<nghttp2_frame>) -> Int32 { refuseField(of: gh_frame_stream(frame)) }

    /// The code comes first: the one that nghttp2 would choose says that the fault is ours.
    private func refuseField(of id: Int32) -> Int32 {
        submitReset(id, .protocolError)
        return Self.resetStream
    }

    // MARK: Frames

    func takeFrame(_ frame: UnsafePointer<nghttp2_frame>) -> Int32 {
        switch UInt32(gh_frame_type(frame)) {
        case NGHTTP2_HEADERS.rawValue:
            withState(gh_frame_stream(frame)) { state in
                if endHeaders(state) { noteEnd(frame, state) }
            }
        case NGHTTP2_DATA.rawValue: withState(gh_frame_stream(frame)) { noteEnd(frame, $0) }
        case NGHTTP2_GOAWAY.rawValue:
            peerGoAway = (gh_goaway_code(frame), gh_goaway_last_stream(frame))
        case NGHTTP2_SETTINGS.rawValue: knowsPeerSettings = true
        case NGHTTP2_PING.rawValue where gh_frame_flags(frame) & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0:
            pingsAnswered += 1
        default: break
        }
        return Self.goOn
    }

    /// - Returns: whether the block was good.
    private func endHeaders(_ state: HTTP2StreamState) -> Bool {
        let section = state.section
        state.section = .none
        switch section {
        case .request: return endRequest(state)
        case .interim: signal(.interim, state)
        case .response: signal(.head, state)
        case .trailers, .undecided, .none: break
        }
        return true
    }

    private func endRequest(_ state: HTTP2StreamState) -> Bool {
        if state.fault == nil {
            switch state.request.finishStream(limits: configuration.headLimits) {
            case .good: break
            case .malformed:
                submitReset(state.id, .protocolError)
                return false
            case .refused(let error): state.fault = error
            }
        }
        signal(.head, state)
        return true
    }

    private func noteEnd(_ frame: UnsafePointer<nghttp2_frame>, _ state: HTTP2StreamState) {
        guard gh_frame_flags(frame) & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 else { return }
        state.hasEnded = true
        signal(.ended, state)
    }

    func takeData(_ id: Int32, _ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
        if withState(id, { takeData($0, bytes) }) == nil { closedInput(bytes.count) }
        return Self.goOn
    }

    private func takeData(_ state: HTTP2StreamState, _ bytes: UnsafeBufferPointer<UInt8>) {
        buffers.lend(to: &state.input)
        if state.input.room < bytes.count {
            state.input.compact()
            if state.input.room < bytes.count { _ = buffers.enlarge(&state.input) }
            if state.input.room < bytes.count {
                // The window bounds this.
                state.input.grow(to: max(state.input.count + bytes.count, state.input.capacity * 2))
            }
        }
        state.input.append(Span(_unsafeElements: bytes))
        state.received += bytes.count
        signal(.data, state)
    }

    func closed(_ id: Int32, _ code: UInt32) -> Int32 {
        withState(id) { state in
            state.closeCode = code
            // What nobody will take any more must not narrow the connection's window.
            let waiting = state.received - state.consumed
            state.consumed = state.received
            if waiting > 0 { closedInput(waiting) }
            signal(.closed, state)
        }
        return Self.goOn
    }
}
