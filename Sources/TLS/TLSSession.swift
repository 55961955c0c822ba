public import Bytes
import COpenSSL
public import Linux

/// One TLS connection over a socket, of either side. Reads and writes the socket itself (Docs/decisions/0025).
///
/// May be without a connection, as a `ByteBuffer` may be without storage: then `isActive` is false and nothing else may be
/// called. Never blocks.
public struct TLSSession: ~Copyable {
    /// How a transfer ended.
    public enum Transfer: Equatable, Sendable {
        /// That many bytes of content were moved; at least one.
        case bytes(Int)
        /// The socket has to become readable first.
        case wantsRead
        /// The socket has to become writable first.
        case wantsWrite
        /// The other side has said that it sends no more.
        case closed
        case failed(TLSError)
    }

    /// Where a handshake stands.
    public enum Progress: Equatable, Sendable {
        case done
        case wantsRead
        case wantsWrite
        /// The ClientHello has arrived: `accept` or `reject` it, then go on.
        case hello
        /// Requests may be read and answered, though the handshake is not over: see `isEarly`.
        case early
        case failed(TLSError)
    }

    private var ssl: OpaquePointer?
    private var wire: UnsafeMutablePointer<Wire>?
    /// Held alive for OpenSSL's callbacks, with the one that `accept` chose.
    private var context: TLSContext?
    private var certificate: Certificate?
    private var staple: Staple?
    /// Early data may still come: it has functions of its own.
    private var readsEarlyData = false
    private var hasFailed = false

    /// Bytes of content in the largest record.
    public static let recordLimit = 16 << 10

    /// No connection.
    public init() {}

    /// Begins to serve a client.
    ///
    /// - Parameter context: what holds until `accept` chooses by the name that the client indicates. Must be the same for
    ///   all, as sessions are resumed by its rules.
    public init(serving socket: borrowing Descriptor, _ context: TLSContext) {
        self.init(context, Wire(server: socket.number))
        readsEarlyData = context.acceptsEarlyData
        if let ssl { SSL_set_accept_state(ssl) }
    }

    /// Begins to connect to an origin.
    ///
    /// - Parameter session: one to resume, from an earlier connection to the same origin by the same context.
    public init(
        connecting socket: borrowing Descriptor, _ context: TLSContext, resuming session: ResumableSession? = nil
    ) {
        self.init(context, Wire(client: socket.number))
        guard let ssl else { return }
        if let name = context.indicatedName { _ = gh_SSL_set_host_name(ssl, name) }
        if let name = context.verifiedName {
            SSL_set_hostflags(ssl, CUnsignedInt(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            // A name that cannot be set must not pass for one that was verified.
            if SSL_set1_host(ssl, name) != 1 { hasFailed = true }
        }
        if let session { SSL_set_session(ssl, session.pointer) }
        SSL_set_connect_state(ssl)
    }

    private init(_ context: TLSContext, _ wire: Wire) {
        guard let ssl = SSL_new(context.pointer) else { fatalError("no memory for a TLS session") }
        let place = UnsafeMutablePointer<Wire>.allocate(capacity: 1)
        place.initialize(to: wire)
        guard let bio = Wire.makeBIO(place) else { fatalError("no memory for a TLS session") }
        SSL_set_bio(ssl, bio, bio)
        self.ssl = ssl
        self.wire = place
        self.context = context
    }

    deinit {
        guard let ssl, let wire else { return }
        // Else OpenSSL forgets the session of a connection that ends without a goodbye from both sides. After a fatal
        // alert it has done so already.
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        SSL_free(ssl)
        wire.deinitialize(count: 1)
        wire.deallocate()
    }

    /// Whether there is a connection.
    public var isActive: Bool { ssl != nil }

    // MARK: Handshake

    /// Goes on with the handshake.
    ///
    /// - Parameter input: gets what arrived as early data; must have room.
    public mutating func proceed(_ input: inout ByteBuffer) -> Progress {
        guard let ssl else { return .failed(.cutOff) }
        if hasFailed { return .failed(.library(0)) }
        ERR_clear_error()
        if readsEarlyData { return readEarlyFlight(&input) }
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            forgetKeyExchange()
            ERR_clear_error()
            return .done
        }
        return obstacle(result)
    }

    private mutating func readEarlyFlight(_ input: inout ByteBuffer) -> Progress {
        guard let ssl else { return .failed(.cutOff) }
        var outcome = SSL_READ_EARLY_DATA_ERROR
        let count = input.withUnsafeFreeSpace { space in
            var count = 0
            outcome = SSL_read_early_data(ssl, space.baseAddress, space.count, &count)
            return count
        }
        switch outcome {
        case SSL_READ_EARLY_DATA_SUCCESS where count > 0: return .early
        case SSL_READ_EARLY_DATA_SUCCESS, SSL_READ_EARLY_DATA_FINISH:
            readsEarlyData = false
            return proceed(&input)
        default: return obstacle(0)
        }
    }

    private mutating func obstacle(_ result: CInt) -> Progress {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: .wantsRead
        case SSL_ERROR_WANT_WRITE: .wantsWrite
        case SSL_ERROR_WANT_CLIENT_HELLO_CB: .hello
        default: .failed(fail())
        }
    }

    /// The name that the client indicates; nil for none. While the handshake stands at `hello`.
    public var indicatedName: ServerName? {
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        guard SSL_client_hello_get0_ext(ssl, CUnsignedInt(TLSEXT_TYPE_server_name), &bytes, &count) == 1 else {
            return nil
        }
        return ServerName(extension: UnsafeBufferPointer(start: bytes, count: count).span)
    }

    /// Goes on with that certificate.
    ///
    /// - Parameters:
    ///   - chosen: the host's context where it is not the listener's own.
    ///   - scope: at most 32 bytes. A session is resumed only where the scope is the same: it stands for the host and for
    ///     what is asked of its clients.
    /// - Returns: false when OpenSSL refuses the certificate; another may be tried.
    public mutating func accept(_ certificate: Certificate, by chosen: TLSContext? = nil, scope: [UInt8]) -> Bool {
        guard let ssl, let wire else { return false }
        if let chosen, chosen !== context {
            SSL_set_SSL_CTX(ssl, chosen.pointer)
            // These stay with a session when its context changes.
            SSL_set_verify(
                ssl, SSL_CTX_get_verify_mode(chosen.pointer), SSL_CTX_get_verify_callback(chosen.pointer))
            SSL_set_verify_depth(ssl, SSL_CTX_get_verify_depth(chosen.pointer))
            SSL_clear_options(ssl, GH_OP_SERVER_PREFERENCE)
            SSL_set_options(ssl, SSL_CTX_get_options(chosen.pointer))
            context = chosen
        }
        guard SSL_use_cert_and_key(ssl, certificate.leaf, certificate.key, certificate.intermediates, 1) == 1 else {
            ERR_clear_error()
            return false
        }
        self.certificate = certificate
        _ = SSL_set_session_id_context(ssl, scope, CUnsignedInt(min(scope.count, 32)))
        staple = certificate.currentStaple
        wire.pointee.staple = staple?.bytes
        wire.pointee.choice = .accept
        wire.pointee.helloAllowance = .max
        return true
    }

    /// Breaks off with `unrecognized_name` (RFC 6066, section 3).
    public mutating func reject() { wire?.pointee.choice = .reject }

    // MARK: Content

    /// An event says that the socket may be readable.
    public mutating func noteReadable() { wire?.pointee.isDrained = false }

    /// Whether reading may find something though no event has come since the last read.
    public var mayHaveMore: Bool {
        guard let ssl, let wire else { return false }
        return !wire.pointee.isDrained || SSL_has_pending(ssl) != 0
    }

    /// Receives and opens what fits into `buffer`, which must have room.
    public mutating func read(into buffer: inout ByteBuffer) -> Transfer {
        guard let ssl else { return .closed }
        if readsEarlyData {
            if let transfer = readEarly(into: &buffer) { return transfer }
        }
        var last: CInt = 0
        let total = buffer.withUnsafeFreeSpace { space in
            var total = 0
            repeat {
                let room = min(space.count - total, Int(CInt.max))
                last = SSL_read(ssl, space.baseAddress?.advanced(by: total), CInt(room))
                if last > 0 { total += Int(last) }
                // Small records that have come together are taken together.
            } while last > 0 && total < space.count && SSL_has_pending(ssl) != 0
            return total
        }
        if total > 0 {
            if last <= 0 { ERR_clear_error() }
            return .bytes(total)
        }
        return outcome(last)
    }

    /// - Returns: nil when early data is over and the usual reading goes on.
    private mutating func readEarly(into buffer: inout ByteBuffer) -> Transfer? {
        let before = buffer.count
        return switch proceed(&buffer) {
        case .early: .bytes(buffer.count - before)
        case .done: nil
        case .wantsRead, .hello: .wantsRead
        case .wantsWrite: .wantsWrite
        case .failed(let error): .failed(error)
        }
    }

    /// Seals and sends the start of `bytes`, a record at a time, until all is sent or the socket takes no more.
    ///
    /// After `wantsWrite` the next call must begin with the same bytes: their record is made already.
    public mutating func write(_ bytes: Span<UInt8>) -> Transfer {
        guard let ssl, let wire else { return .closed }
        if readsEarlyData || SSL_is_init_finished(ssl) == 0 { return writeEarly(bytes) }
        var last: CInt = 0
        let total = bytes.withUnsafeBytes { source in
            var total = 0
            repeat {
                let count = min(source.count - total, Self.recordLimit)
                wire.pointee.moreFollows = source.count - total > count
                last = SSL_write(ssl, source.baseAddress?.advanced(by: total), CInt(count))
                if last > 0 { total += Int(last) }
            } while last > 0 && total < source.count
            return total
        }
        if total > 0 {
            if last <= 0 { ERR_clear_error() }
            return .bytes(total)
        }
        return outcome(last)
    }

    /// Answers to early data go out while the handshake is not over.
    private mutating func writeEarly(_ bytes: Span<UInt8>) -> Transfer {
        var written = 0
        let result = bytes.withUnsafeBytes {
            SSL_write_early_data(ssl, $0.baseAddress, min($0.count, Self.recordLimit), &written)
        }
        return result == 1 && written > 0 ? .bytes(written) : outcome(0)
    }

    private mutating func outcome(_ result: CInt) -> Transfer {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .closed
        default: return .failed(fail())
        }
    }

    /// Gives the connection up: no goodbye will be said. What was settled may still be asked for.
    public mutating func abandon() {
        if let ssl { SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN) }
    }

    /// Why the last call failed; the session is dead afterwards.
    private mutating func fail() -> TLSError {
        hasFailed = true
        guard let wire else { return .cutOff }
        if wire.pointee.isPlainText { return .plainText }
        if wire.pointee.helloAllowance < 0 { return .helloTooLarge }
        if ERR_peek_error() != 0 { return .takeLibraryError() }
        if wire.pointee.failure != 0 { return .connection(Errno(wire.pointee.failure)) }
        return .cutOff
    }

    /// Tells the other side that nothing more will be sent (`close_notify`), if it can be told.
    public mutating func sayGoodbye() {
        guard let ssl, !hasFailed, SSL_is_init_finished(ssl) != 0, SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0 else {
            return
        }
        wire?.pointee.moreFollows = false
        _ = SSL_shutdown(ssl)
        ERR_clear_error()
    }

    // MARK: What was settled

    /// For the facts in other files.
    var pointer: OpaquePointer? { ssl }
}
