import Bytes
import Glibc
import Linux
import Testing

@testable import TLS

/// A client's and a server's session over a pair of sockets, driven by hand.
///
/// A class, because tests hand it about; it belongs to one test.
final class SessionPair {
    let serverSocket: Descriptor
    let clientSocket: Descriptor
    var server: TLSSession
    var client: TLSSession
    private var serverInput = ByteBuffer(capacity: 16 << 10)
    private var clientInput = ByteBuffer(capacity: 16 << 10)
    /// What the server does with a ClientHello.
    private let choose: (inout TLSSession) -> Void
    /// The name that the server saw.
    private(set) var indicatedName: ServerName?
    private(set) var serverFailure: TLSError?
    private(set) var clientFailure: TLSError?

    init(
        server context: TLSContext, client: TLSContext, resuming session: ResumableSession? = nil,
        choose: @escaping (inout TLSSession) -> Void = { _ = $0.accept(Given.certificate, scope: Given.scope) }
    ) {
        var ends: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        precondition(socketpair(AF_UNIX, type, 0, &ends) == 0, "a pair of sockets")
        serverSocket = Descriptor(adopting: ends[0])
        clientSocket = Descriptor(adopting: ends[1])
        server = TLSSession(serving: serverSocket, context)
        self.client = TLSSession(connecting: clientSocket, client, resuming: session)
        self.choose = choose
    }

    /// Drives both handshakes until both are over.
    ///
    /// - Returns: whether both came to a good end.
    @discardableResult
    func shakeHands() -> Bool {
        var (serverDone, clientDone) = (false, false)
        for _ in 0..<20 {
            if !clientDone && clientFailure == nil {
                switch client.proceed(&clientInput) {
                case .done: clientDone = true
                case .failed(let error): clientFailure = error
                case .wantsRead, .wantsWrite, .hello, .early: break
                }
            }
            if !serverDone && serverFailure == nil {
                switch server.proceed(&serverInput) {
                case .done: serverDone = true
                case .hello:
                    indicatedName = server.indicatedName
                    choose(&server)
                case .failed(let error): serverFailure = error
                case .wantsRead, .wantsWrite, .early: break
                }
            }
            if (serverDone || serverFailure != nil) && (clientDone || clientFailure != nil) { break }
        }
        return serverDone && clientDone
    }

    /// Sends from the server to the client.
    func sendToClient(_ bytes: [UInt8]) -> [UInt8] {
        var sent = 0
        var received: [UInt8] = []
        for _ in 0..<10_000 where received.count < bytes.count {
            if sent < bytes.count, case .bytes(let count) = server.write(bytes.span.extracting(sent..<bytes.count)) {
                sent += count
            }
            received += readAsClient()
        }
        return received
    }

    /// What has arrived at the client.
    func readAsClient() -> [UInt8] {
        var bytes: [UInt8] = []
        while case .bytes = client.read(into: &clientInput) {
            bytes += clientInput.readable.array()
            clientInput.clear()
        }
        return bytes
    }

    /// What has arrived at the server.
    func readAsServer() -> [UInt8] {
        var bytes: [UInt8] = []
        while case .bytes = server.read(into: &serverInput) {
            bytes += serverInput.readable.array()
            serverInput.clear()
        }
        return bytes
    }

    func sendToServer(_ text: String) -> String {
        let bytes = Array(text.utf8)
        _ = client.write(bytes.span)
        return String(decoding: readAsServer(), as: UTF8.self)
    }
}

extension Span<UInt8> {
    /// A copy of the bytes.
    func array() -> [UInt8] { (0..<count).map { self[$0] } }
}

/// Certificates and contexts for tests, made once a run.
enum Given {
    static let certificate = certificate(for: "shop.example")
    static let scope = Array("shop".utf8)

    static func certificate(for name: String) -> Certificate {
        do {
            return try Certificate.selfSigned(
                commonName: name, organization: "Test", names: [name],
                usage: "serverAuth,clientAuth")
        } catch {
            fatalError("no certificate: \(error)")
        }
    }

    static func server(
        resumption: Resumption = Resumption(), asking: ClientVerification? = nil,
        _ change: (inout TLSServerSettings) -> Void = { _ in }
    ) throws -> TLSContext {
        var settings = TLSServerSettings()
        change(&settings)
        resumption.configure(cacheBytes: 1 << 20, sessionSeconds: settings.sessionSeconds, ticketKey: nil)
        return try TLSContext(server: settings, asking: asking, resumption: resumption)
    }

    static func client(_ change: (inout TLSClientSettings) -> Void = { _ in }) throws -> TLSContext {
        var settings = TLSClientSettings()
        settings.indicatedName = "shop.example"
        change(&settings)
        return try TLSContext(client: settings)
    }
}
