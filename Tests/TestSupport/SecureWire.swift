import Bytes
import Glibc
import Linux
import Synchronization
public import TLS

/// How a test's client speaks TLS.
public struct TLSOptions {
    /// The name that is indicated; nil indicates none.
    public var name: String?
    /// PEM of an authority that the server's certificate must come from; nil takes any certificate.
    public var authority: String?
    public var identity: TestCertificate?
    public var protocols: [String] = []
    public var speaksTLS12 = true
    public var speaksTLS13 = true
    public var session: ResumableSession?

    public init(_ name: String? = "shop.example", authority: TestCertificate? = nil) {
        self.name = name
        self.authority = authority?.certificatePEM
    }

    /// What sessions with these options have in common.
    func context() throws -> TLSContext {
        var settings = TLSClientSettings()
        settings.indicatedName = name
        settings.verifiedName = name
        settings.depth = 4
        settings.authorities = authority.map { Array($0.utf8) }
        settings.protocols = protocols
        settings.speaksTLS12 = speaksTLS12
        settings.speaksTLS13 = speaksTLS13
        settings.identity = identity.map {
            TLSClientSettings.Identity(chain: Array($0.chainPEM.utf8), key: Array($0.keyPEM.utf8))
        }
        return try TLSContext(client: settings)
    }
}

/// One end of an encrypted connection over a wire's socket.
///
/// `@unchecked Sendable`: `session` is touched under `lock` alone.
final class SecureSide: @unchecked Sendable {
    private let lock = Mutex(())
    private let socket: Descriptor
    private let context: TLSContext
    private var session: TLSSession
    /// Servers: the name that the client asked for.
    private(set) var indicatedName: String?

    /// Shakes hands; blocks until that is done.
    init(client number: CInt, _ options: TLSOptions) throws {
        socket = Descriptor(adopting: dup(number))
        context = try options.context()
        session = TLSSession(connecting: socket, context, resuming: options.session)
        var nothing = ByteBuffer(capacity: 1)
        switch session.proceed(&nothing) {
        case .done: break
        case .failed(let error): throw error
        case .wantsRead, .wantsWrite, .hello, .early: throw WireFault.silence("shaking hands")
        }
    }

    /// Waits for a client's handshake and answers it; blocks until that is done.
    init(server number: CInt, _ side: TLSOriginOptions, _ resumption: Resumption) throws {
        socket = Descriptor(adopting: dup(number))
        context = try side.context(resumption)
        let certificate = try side.identity.forServers()
        session = TLSSession(serving: socket, context)
        var nothing = ByteBuffer(capacity: 1)
        while true {
            switch session.proceed(&nothing) {
            case .done: return
            case .hello:
                indicatedName = session.indicatedName.map { String(decoding: $0.bytes, as: UTF8.self) }
                _ = session.accept(certificate, scope: [1])
            case .failed(let error): throw error
            case .wantsRead, .wantsWrite, .early: throw WireFault.silence("shaking hands")
            }
        }
    }

    func send(_ bytes: [UInt8]) throws {
        try lock.withLock { _ in
            var sent = 0
            while sent < bytes.count {
                switch session.write(bytes.span.extracting(sent...)) {
                case .bytes(let count): sent += count
                case .failed(.connection), .failed(.cutOff), .closed: throw WireFault.reset
                case .failed(let error): throw error
                case .wantsRead, .wantsWrite: throw WireFault.silence("sending")
                }
            }
        }
    }

    /// Empty at the end of the stream. An end without a goodbye is a reset.
    func receive(atMost limit: Int) throws -> [UInt8] {
        try lock.withLock { _ in
            var buffer = ByteBuffer(capacity: limit)
            switch session.read(into: &buffer) {
            case .bytes: return (0..<buffer.count).map { buffer[$0] }
            case .closed: return []
            case .failed(.connection), .failed(.cutOff): throw WireFault.reset
            case .failed(let error): throw error
            case .wantsRead, .wantsWrite: throw WireFault.silence("receiving")
            }
        }
    }

    /// Unless another thread waits for something to read.
    func sayGoodbye() { _ = lock.withLockIfAvailable { _ in session.sayGoodbye() } }

    var facts: SessionFacts {
        lock.withLock { _ in
            SessionFacts(
                version: session.versionName, cipher: session.cipherName, isResumed: session.isResumed,
                isHTTP2: session.applicationProtocol == .http2,
                certificate: session.peerCertificate.map { String(decoding: $0.pem, as: UTF8.self) } ?? "",
                subject: session.peerCertificate.map { String(decoding: $0.subject, as: UTF8.self) } ?? "",
                isVerified: session.verification == .success, indicatedName: indicatedName)
        }
    }

    var resumable: ResumableSession? { lock.withLock { _ in session.resumable } }
}

/// What a handshake settled, as one side sees it.
public struct SessionFacts: Equatable, Sendable {
    public var version: String
    public var cipher: String
    public var isResumed: Bool
    public var isHTTP2: Bool
    /// PEM of the other side's certificate.
    public var certificate: String
    /// Its subject as RFC 2253 writes it.
    public var subject: String
    /// The other side's certificate was found good.
    public var isVerified: Bool
    /// Servers: the name that the client asked for.
    public var indicatedName: String?
}

extension Wire {
    /// Shakes hands; everything goes through TLS from then on.
    public func startTLS(_ options: TLSOptions) throws {
        let side = try SecureSide(client: number, options)
        secure.withLock { $0 = side }
    }

    /// Answers a client's handshake; everything goes through TLS from then on.
    func acceptTLS(_ options: TLSOriginOptions, _ resumption: Resumption) throws {
        let side = try SecureSide(server: number, options, resumption)
        secure.withLock { $0 = side }
    }

    var secureSide: SecureSide? { secure.withLock { $0 } }

    /// What the handshake settled; nil without TLS.
    public var session: SessionFacts? { secureSide?.facts }

    /// The session, for another connection; TLS 1.3 gives it with the first answer.
    public var resumable: ResumableSession? { secureSide?.resumable }
}

extension Client {
    /// Connects to a loopback port and shakes hands.
    public convenience init(toPort port: UInt16, tls options: TLSOptions) throws {
        try self.init(toPort: port)
        try wire.startTLS(options)
    }
}
