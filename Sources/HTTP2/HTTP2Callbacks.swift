import CNghttp2

/// What nghttp2 calls: each finds its session and calls a method of it.
enum HTTP2Callbacks {
    /// Never dereferenced: stands in until a session has an address that nghttp2 can be told.
    static var placeholder: OpaquePointer { OpaquePointer(bitPattern: 8).unsafelyUnwrapped }

    /// Made once and only read afterwards: nghttp2 copies both into each session.
    nonisolated(unsafe) private static let callbacks = makeCallbacks()
    nonisolated(unsafe) private static let serverOptions = makeOptions(.server)
    nonisolated(unsafe) private static let clientOptions = makeOptions(.client)

    static func makeSession(
        _ role: HTTP2Session.Role, _ user: UnsafeMutableRawPointer, _ memory: nghttp2_mem
    ) -> OpaquePointer {
        var made: OpaquePointer?
        var memory = memory
        let result =
            role == .server
            ? nghttp2_session_server_new3(&made, callbacks, user, serverOptions, &memory)
            : nghttp2_session_client_new3(&made, callbacks, user, clientOptions, &memory)
        guard result == 0, let made else { fatalError("no memory for an HTTP/2 session") }
        return made
    }

    static func provider(of state: HTTP2StreamState) -> nghttp2_data_provider {
        gh_data_provider(Unmanaged.passUnretained(state).toOpaque()) { _, _, _, length, flags, source, user in
            withSession(user) { session in
                withStream(source) { session.readData($0, length, flags.unsafelyUnwrapped) }
            }
        }
    }

    /// Frames that a head may go on in after its first. Endpoints may be allowed heads of a mebibyte
    /// (`proxy-buffer-size`); how many bytes they send is bounded as they come.
    private static func continuations(_ role: HTTP2Session.Role) -> Int { role == .server ? 8 : 72 }

    private static func makeOptions(_ role: HTTP2Session.Role) -> OpaquePointer {
        var made: OpaquePointer?
        guard nghttp2_option_new(&made) == 0, let made else { fatalError("no memory for HTTP/2 options") }
        nghttp2_option_set_no_auto_window_update(made, 1)
        nghttp2_option_set_no_closed_streams(made, 1)
        nghttp2_option_set_builtin_recv_extension_type(made, UInt8(NGHTTP2_PRIORITY_UPDATE.rawValue))
        // Beyond what `HTTP2FloodGuard` lets through.
        nghttp2_option_set_max_outbound_ack(made, 1000)
        // nghttp2 counts a frame anew with each piece of its header, of which there may be nine.
        nghttp2_option_set_max_continuations(made, 9 * continuations(role))
        // So that frames of types that mean nothing here are told of, and counted.
        for type in UInt8(0x0A)...0xFF where UInt32(type) != NGHTTP2_PRIORITY_UPDATE.rawValue {
            nghttp2_option_set_user_recv_extension_type(made, type)
        }
        // Ours counts them, and says so in metrics.
        nghttp2_option_set_stream_reset_rate_limit(made, 1 << 20, 1 << 20)
        nghttp2_option_set_max_deflate_dynamic_table_size(made, 4096)
        // Heads that we send have obeyed the limits of whoever took them in; nghttp2 would drop those beyond 64 KiB.
        nghttp2_option_set_max_send_header_block_length(made, 16 << 20)
        return made
    }

    private static func makeCallbacks() -> OpaquePointer {
        var made: OpaquePointer?
        guard nghttp2_session_callbacks_new(&made) == 0, let made else {
            fatalError("no memory for HTTP/2 callbacks")
        }
        setReceiving(made)
        setSending(made)
        return made
    }

    private static func setReceiving(_ made: OpaquePointer) {
        nghttp2_session_callbacks_set_on_begin_frame_callback(made) { _, header, user in
            let header = header.unsafelyUnwrapped.pointee
            return withSession(user) {
                $0.beginFrame(
                    type: header.type, flags: header.flags, length: header.length, stream: header.stream_id)
            }
        }
        nghttp2_session_callbacks_set_unpack_extension_callback(made) { _, _, _, user in
            withSession(user) { $0.takeUnknownFrame() }
        }
        nghttp2_session_callbacks_set_on_begin_headers_callback(made) { _, frame, user in
            withSession(user) { $0.beginHeaders(frame.unsafelyUnwrapped) }
        }
        nghttp2_session_callbacks_set_on_header_callback(made) { _, frame, name, nameLength, value, length, _, user in
            withSession(user) {
                $0.takeField(
                    frame.unsafelyUnwrapped, UnsafeBufferPointer(start: name, count: nameLength),
                    UnsafeBufferPointer(start: value, count: length))
            }
        }
        nghttp2_session_callbacks_set_on_invalid_header_callback(made) { _, frame, _, _, _, _, _, user in
            withSession(user) { $0.takeInvalidField(frame.unsafelyUnwrapped) }
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(made) { _, frame, user in
            withSession(user) { $0.takeFrame(frame.unsafelyUnwrapped) }
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made) { _, _, stream, bytes, count, user in
            withSession(user) { $0.takeData(stream, UnsafeBufferPointer(start: bytes, count: count)) }
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(made) { _, stream, code, user in
            withSession(user) { $0.closed(stream, code) }
        }
    }

    private static func setSending(_ made: OpaquePointer) {
        nghttp2_session_callbacks_set_on_frame_send_callback(made) { _, frame, user in
            withSession(user) { $0.sent(frame.unsafelyUnwrapped) }
        }
        nghttp2_session_callbacks_set_send_data_callback(made) { _, _, header, length, source, user in
            withSession(user) { session in
                withStream(source) { session.sendData($0, header.unsafelyUnwrapped, length) }
            }
        }
    }
}

/// Whoever has nghttp2 call holds the session meanwhile, and the session its streams, so that neither is counted: a request
/// comes to some twenty calls.
@inline(__always)
private func withSession<Result>(_ user: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Result) -> Result {
    Unmanaged<HTTP2Session>.fromOpaque(user.unsafelyUnwrapped)._withUnsafeGuaranteedRef(body)
}

@inline(__always)
private func withStream<Result>(
    _ source: UnsafeMutablePointer<nghttp2_data_source>?, _ body: (HTTP2StreamState) -> Result
) -> Result {
    Unmanaged<HTTP2StreamState>.fromOpaque(gh_data_source(source))._withUnsafeGuaranteedRef(body)
}
