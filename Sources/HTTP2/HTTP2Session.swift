public import Bytes
import CNghttp2
public import HTTP

/// One HTTP/2 connection without its socket: takes the bytes that came, gives the bytes that are to go, and tells
/// on which streams something has happened (RFC 9113, RFC 7541).
///
/// The owner of one nghttp2 session, which keeps the protocol's rules: framing, header compression, stream states,
/// flow control, priorities (RFC 9218) and the form of HTTP messages. What happens meanwhile is noted on the
/// streams and fetched with `nextSignalled`; nobody is called back. Windows open only as content is taken, so a
/// peer never has more than the windows under way. Belongs to one thread.
public final class HTTP2Session {
    /// Which side of the connection the session speaks for.
    public enum Role: Sendable { case server, client }

    /// What the session allows its peer.
    public struct Configuration: Sendable {
        /// Streams that the peer may have open.
        public var concurrentStreams: Int
        /// Bytes of content that may wait on a stream.
        public var streamWindow: Int
        /// Bytes of content that may wait on all streams together.
        public var connectionWindow: Int
        /// What a head may hold, decoded. The peer is told how many bytes; a client's requests say for their responses what
        /// holds (`request`).
        public var headLimits: HeadLimits
        public var underscores: UnderscorePolicy
        /// Requests may open tunnels (RFC 8441).
        public var allowsExtendedConnect: Bool

        public init(
            concurrentStreams: Int = 128, streamWindow: Int = 65_535, connectionWindow: Int = 1 << 20,
            headLimits: HeadLimits = .request, underscores: UnderscorePolicy = .drop, allowsExtendedConnect: Bool = true
        ) {
            self.concurrentStreams = concurrentStreams
            self.streamWindow = streamWindow
            self.connectionWindow = connectionWindow
            self.headLimits = headLimits
            self.underscores = underscores
            self.allowsExtendedConnect = allowsExtendedConnect
        }
    }

    public let role: Role
    let configuration: Configuration
    let pool: HTTP2StreamPool
    /// Never null, freed in `deinit`.
    private var session: OpaquePointer
    /// By index; places that are free hold nil.
    private var streams: ContiguousArray<HTTP2StreamState?> = []
    private var freeIndices: ContiguousArray<Int> = []
    private var signalled: ContiguousArray<HTTP2StreamState> = []
    private var nextSignal = 0
    /// The owner's, while it lends them.
    var outgoing = ByteBuffer()
    var buffers = BufferPool(bufferCapacity: 1, keepingAtMost: 0)
    var floods = HTTP2FloodGuard()
    /// The code of a GOAWAY that the peer has sent, and the last stream that it will have served.
    public internal(set) var peerGoAway: (code: UInt32, lastStream: Int32)?
    /// Answers to our pings that have come.
    public internal(set) var pingsAnswered = 0
    /// The peer's SETTINGS have come.
    public internal(set) var knowsPeerSettings = false
    private var hasFailed = false

    /// Room in the output below which no more frames are made.
    private static let smallestRoom = 1024
    /// Frames that may wait to be sent, beyond what streams explain.
    private static let longestQueue = 1000

    /// - Parameter pool: of the same role.
    public init(_ role: Role, _ configuration: Configuration, pool: HTTP2StreamPool) {
        self.role = role
        self.configuration = configuration
        self.pool = pool
        session = HTTP2Callbacks.placeholder
        let user = Unmanaged.passUnretained(self).toOpaque()
        session = HTTP2Callbacks.makeSession(role, user, pool.memory.functions)
        submitSettings()
    }

    deinit { nghttp2_session_del(session) }

    private func submitSettings() {
        func entry(_ id: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
            nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: UInt32(clamping: value))
        }
        var entries = [
            entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, configuration.streamWindow),
            entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, configuration.headLimits.totalFieldBytes),
        ]
        switch role {
        case .server:
            entries.append(entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, configuration.concurrentStreams))
            entries.append(entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1))
            if configuration.allowsExtendedConnect {
                entries.append(entry(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1))
            }
        case .client: entries.append(entry(NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
        }
        nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
        nghttp2_session_set_local_window_size(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(clamping: configuration.connectionWindow))
    }

    // MARK: Bytes

    /// Takes everything that has been received.
    ///
    /// - Parameters:
    ///   - now: nanoseconds of the monotonic clock.
    ///   - pool: lends the streams' buffers.
    public func receive(_ bytes: Span<UInt8>, now: UInt64, _ pool: inout BufferPool) {
        guard !hasFailed else { return }
        floods.advance(to: now)
        swap(&buffers, &pool)
        let result = bytes.withUnsafeBufferPointer { nghttp2_session_mem_recv(session, $0.baseAddress, $0.count) }
        swap(&buffers, &pool)
        if result < 0 { fail(nghttp2_error(Int32(truncatingIfNeeded: result))) }
        if nghttp2_session_get_outbound_queue_size(session) > Self.longestQueue {
            floods.note(.unreadAnswers)
            fail(NGHTTP2_ERR_FLOODED)
        }
    }

    /// Nothing of the peer can be understood or borne any more: says goodbye. Faults that nghttp2 answers itself
    /// do not come here.
    private func fail(_ error: nghttp2_error) {
        hasFailed = true
        var code = NGHTTP2_PROTOCOL_ERROR
        switch error {
        case NGHTTP2_ERR_FLOODED:
            floods.note(.unreadAnswers)
            code = NGHTTP2_ENHANCE_YOUR_CALM
        case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
            floods.note(.continuations)
            code = NGHTTP2_ENHANCE_YOUR_CALM
        case NGHTTP2_ERR_CALLBACK_FAILURE where floods.flood != nil: code = NGHTTP2_ENHANCE_YOUR_CALM
        default: break
        }
        nghttp2_session_terminate_session(session, code.rawValue)
    }

    /// Appends frames that are to go until `output` is full or there is nothing more to say.
    ///
    /// - Returns: whether anything was appended.
    public func drain(into output: inout ByteBuffer, _ pool: inout BufferPool) -> Bool {
        pool.lend(to: &output)
        let before = output.count
        swap(&outgoing, &output)
        swap(&buffers, &pool)
        while outgoing.room >= Self.smallestRoom {
            var data: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(session, &data)
            guard count > 0 else { break }
            if outgoing.room < count { outgoing.grow(to: outgoing.count + count + Self.smallestRoom) }
            outgoing.append(Span(_unsafeStart: data.unsafelyUnwrapped, count: count))
        }
        swap(&outgoing, &output)
        swap(&buffers, &pool)
        if output.isEmpty { pool.takeBack(&output) }
        return output.count > before
    }

    /// Whether `drain` may have something to give.
    public var wantsToSend: Bool { nghttp2_session_want_write(session) != 0 }

    /// Nothing more comes, and all has been given out: the connection is to be closed.
    public var isOver: Bool {
        nghttp2_session_want_write(session) == 0 && (hasFailed || nghttp2_session_want_read(session) == 0)
    }

    /// What the peer did too often, once it did.
    public var flood: HTTP2Flood? { floods.flood }

    // MARK: What has happened

    /// The next stream on which something has happened, and what.
    public func nextSignalled() -> (state: HTTP2StreamState, signals: HTTP2StreamState.Signals)? {
        guard nextSignal < signalled.count else {
            if nextSignal > 0 {
                signalled.removeAll(keepingCapacity: true)
                nextSignal = 0
            }
            return nil
        }
        let state = signalled[nextSignal]
        nextSignal += 1
        state.isQueued = false
        let signals = state.signals
        state.signals = []
        return (state, signals)
    }

    func signal(_ signals: HTTP2StreamState.Signals, _ state: HTTP2StreamState) {
        state.signals.formUnion(signals)
        guard !state.isQueued else { return }
        state.isQueued = true
        signalled.append(state)
    }

    /// Streams that are open or not yet given back.
    public var streamCount: Int { streams.count - freeIndices.count }

    /// Takes a stream in.
    func begin(_ id: Int32) -> HTTP2StreamState {
        let state = pool.take()
        state.id = id
        if let index = freeIndices.popLast() {
            state.index = index
            streams[index] = state
        } else {
            state.index = streams.count
            streams.append(state)
        }
        nghttp2_session_set_stream_user_data(session, id, Unmanaged.passUnretained(state).toOpaque())
        return state
    }

    /// Calls `body` with the stream of an identifier, while nghttp2 knows it. The session holds it meanwhile, so that it
    /// is not counted.
    @discardableResult
    @inline(__always)
    func withState<Result>(_ id: Int32, _ body: (HTTP2StreamState) -> Result) -> Result? {
        guard let pointer = nghttp2_session_get_stream_user_data(session, id) else { return nil }
        return Unmanaged<HTTP2StreamState>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
    }

    /// Takes back a stream that has signalled `closed`, or one of a session that is given up.
    public func recycle(_ state: HTTP2StreamState, _ pool: inout BufferPool) {
        guard state.index < streams.count, streams[state.index] === state else { return }
        pool.takeBack(&state.input)
        pool.takeBack(&state.output)
        streams[state.index] = nil
        freeIndices.append(state.index)
        self.pool.give(state)
    }

    /// Takes back all streams: the connection is gone.
    public func recycleAll(_ pool: inout BufferPool) {
        hasFailed = true
        signalled.removeAll()
        nextSignal = 0
        for index in streams.indices {
            guard let state = streams[index] else { continue }
            if state.closeCode == nil { nghttp2_session_set_stream_user_data(session, state.id, nil) }
            recycle(state, &pool)
        }
    }

    // MARK: What is said

    /// Sends the head of a response. Lines that concern an HTTP/1 connection are left out.
    ///
    /// - Parameters:
    ///   - head: status line and field lines in HTTP/1 form, with the empty line behind them.
    ///   - status: what is said in place of the status line.
    ///   - endsStream: no content follows.
    public func respond(
        _ state: HTTP2StreamState, _ status: Status, _ head: borrowing ByteBuffer, endsStream: Bool
    ) {
        pool.fields.clear()
        pool.fields.append(status: status)
        head.readable.withUnsafeBufferPointer { pool.fields.append(linesOf: $0) }
        state.headIsSent = true
        if endsStream {
            state.outputEnded = true
            nghttp2_submit_response(session, state.id, pool.fields.pairs, pool.fields.count, nil)
        } else {
            var provider = HTTP2Callbacks.provider(of: state)
            nghttp2_submit_response(session, state.id, pool.fields.pairs, pool.fields.count, &provider)
        }
    }

    /// Sends the head of an interim response (1xx).
    public func inform(_ state: HTTP2StreamState, _ status: Status, _ head: borrowing ByteBuffer) {
        pool.fields.clear()
        pool.fields.append(status: status)
        head.readable.withUnsafeBufferPointer { pool.fields.append(linesOf: $0) }
        nghttp2_submit_headers(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), state.id, nil, pool.fields.pairs, pool.fields.count, nil)
    }

    /// Opens a stream with a request; clients only.
    ///
    /// - Parameters:
    ///   - head: request line and field lines in HTTP/1 form, with the empty line behind them.
    ///   - endsStream: no content follows.
    ///   - limits: what each head of the response may hold, and the trailers.
    /// - Returns: the stream; nil when the session takes no more.
    public func request(
        _ head: borrowing ByteBuffer, scheme: StaticString, endsStream: Bool, limits: HeadLimits = .response
    ) -> HTTP2StreamState? {
        pool.fields.clear()
        head.readable.withUnsafeBufferPointer { pool.fields.append(request: $0, scheme: scheme) }
        let state = pool.take()
        state.section = .undecided
        state.headLimits = limits
        let id: Int32
        let user = Unmanaged.passUnretained(state).toOpaque()
        if endsStream {
            state.outputEnded = true
            id = nghttp2_submit_request(session, nil, pool.fields.pairs, pool.fields.count, nil, user)
        } else {
            var provider = HTTP2Callbacks.provider(of: state)
            id = nghttp2_submit_request(session, nil, pool.fields.pairs, pool.fields.count, &provider, user)
        }
        guard id > 0 else {
            pool.give(state)
            return nil
        }
        state.id = id
        state.headIsSent = true
        if let index = freeIndices.popLast() {
            state.index = index
            streams[index] = state
        } else {
            state.index = streams.count
            streams.append(state)
        }
        return state
    }

    /// There is more in `output`, or it has ended.
    public func resume(_ state: HTTP2StreamState) {
        guard state.isDeferred, !state.output.isEmpty || state.outputEnded else { return }
        state.isDeferred = false
        nghttp2_session_resume_data(session, state.id)
    }

    /// Nothing more is added to `output`; what stands in `outgoingTrailers` goes behind it.
    public func endOutput(_ state: HTTP2StreamState) {
        guard !state.outputEnded else { return }
        state.outputEnded = true
        resume(state)
    }

    func submitTrailers(of state: HTTP2StreamState) {
        pool.fields.clear()
        pool.fields.append(state.outgoingTrailers)
        nghttp2_submit_trailer(session, state.id, pool.fields.pairs, pool.fields.count)
    }

    /// Opens the windows for as much as was taken from `input`.
    public func consume(_ state: HTTP2StreamState) {
        let taken = state.received - state.input.count
        guard taken > state.consumed else { return }
        let count = taken - state.consumed
        state.consumed = taken
        nghttp2_session_consume(session, state.id, count)
    }

    /// Drops what has come on a stream. The connection's window opens for it, the stream's own does not: the peer may send
    /// what is left of that and no more.
    public func drop(_ state: HTTP2StreamState, _ pool: inout BufferPool) {
        state.input.clear()
        pool.takeBack(&state.input)
        let count = state.received - state.consumed
        guard count > 0 else { return }
        state.consumed = state.received
        closedInput(count)
    }

    /// Resets a stream. It signals `closed` when that has been said.
    public func reset(_ state: HTTP2StreamState, _ code: HTTP2ErrorCode) {
        guard state.closeCode == nil else { return }
        nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), state.id, code.rawValue)
    }

    /// Announces that no more streams will be taken, while those under way still are: the first step of going.
    public func announceShutdown() { nghttp2_submit_shutdown_notice(session) }

    /// Takes no more streams (RFC 9113 §6.8). Those that were begun go on; with the last the session is over.
    public func goAway(_ code: HTTP2ErrorCode = .none) {
        let last = nghttp2_session_get_last_proc_stream_id(session)
        nghttp2_submit_goaway(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code.rawValue, nil, 0)
    }

    /// Says goodbye and serves nothing any more.
    public func terminate(_ code: HTTP2ErrorCode) {
        hasFailed = true
        nghttp2_session_terminate_session(session, code.rawValue)
    }

    /// Asks the peer whether it is there; it answers by `pingsAnswered`.
    public func ping() { nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil) }

    /// Streams that the peer lets us have open; clients ask. Unlimited until its settings have come.
    public var peerConcurrentStreams: Int {
        Int(nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
    }

    /// Whether another request can be begun; clients ask.
    public var allowsRequest: Bool { !hasFailed && nghttp2_session_check_request_allowed(session) != 0 }

    func closedInput(_ count: Int) { nghttp2_session_consume_connection(session, count) }
    func submitReset(_ id: Int32, _ code: HTTP2ErrorCode) {
        nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, code.rawValue)
    }
}
