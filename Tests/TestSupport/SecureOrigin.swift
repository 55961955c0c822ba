import TLS

/// How a test's origin speaks TLS.
public struct TLSOriginOptions: Sendable {
    public var identity: TestCertificate
    /// Whom clients' certificates must come from; nil asks for none.
    public var asks: TestCertificate?
    public var offersHTTP2 = true
    public var speaksTLS12 = true
    public var speaksTLS13 = true

    public init(_ identity: TestCertificate) { self.identity = identity }

    func context(_ resumption: Resumption) throws -> TLSContext {
        var settings = TLSServerSettings()
        settings.offersHTTP2 = offersHTTP2
        settings.speaksTLS12 = speaksTLS12
        settings.speaksTLS13 = speaksTLS13
        settings.issuesTickets = true
        let verification = asks.map { ClientVerification(authorities: Array($0.certificatePEM.utf8), depth: 4) }
        return try TLSContext(server: settings, asking: verification, resumption: resumption)
    }
}

extension TestCertificate {
    func forServers() throws -> Certificate {
        try Certificate(chain: Array(chainPEM.utf8), key: Array(keyPEM.utf8))
    }
}

/// An origin that speaks TLS and writes down what its handshakes settled.
public final class SecureOrigin: Sendable {
    public let origin: ScriptedOrigin
    private let settled: Watched<[SessionFacts]>

    /// - Parameter script: what to do with each connection once it is encrypted.
    public init(_ options: TLSOriginOptions, _ script: @escaping ScriptedOrigin.Script) throws {
        let settled = Watched<[SessionFacts]>([])
        let resumption = Resumption()
        resumption.configure(cacheBytes: 1 << 20, sessionSeconds: 600, ticketKey: nil)
        self.settled = settled
        origin = try ScriptedOrigin { connection in
            try connection.wire.acceptTLS(options, resumption)
            if let facts = connection.wire.session { settled.change { $0.append(facts) } }
            try script(connection)
        }
    }

    /// Answers every request of HTTP/1.1 with 200 and this body.
    public convenience init(
        _ options: TLSOriginOptions, answering body: String, fields: [String] = []
    ) throws {
        try self.init(options) { connection in
            while try connection.request() != nil { try connection.respond(body, fields: fields) }
        }
    }

    /// Answers every request of HTTP/2 with 200 and this body.
    public convenience init(_ options: TLSOriginOptions, answeringHTTP2 body: String) throws {
        try self.init(options) { connection in
            let peer = try connection.http2()
            while let request = try peer.message() { try peer.respond(to: request.stream, body: body) }
        }
    }

    /// What each handshake that was completed has settled.
    public var handshakes: [SessionFacts] { settled.current }
    public var requests: [Message] { origin.requests }
}
