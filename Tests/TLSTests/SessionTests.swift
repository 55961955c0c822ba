import Bytes
import Linux
import Testing

@testable import TLS

@Suite struct `TLS session` {
    @Test(arguments: [(true, false), (false, true), (true, true)])
    func `carries bytes both ways`(tls12: Bool, tls13: Bool) throws {
        let pair = try SessionPair(
            server: Given.server {
                $0.speaksTLS12 = tls12
                $0.speaksTLS13 = tls13
            }, client: Given.client())
        #expect(pair.shakeHands())
        let version = pair.server.versionName
        #expect(version == (tls13 ? "TLSv1.3" : "TLSv1.2"))
        #expect(pair.indicatedName?.description == "shop.example")
        #expect(pair.sendToServer("hello") == "hello")
        let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(pair.sendToClient(large) == large)
    }

    @Test(arguments: ["X25519", "P-256"])
    func `forgets the keys that agreed on its secret, and goes on`(group: String) throws {
        let pair = try SessionPair(server: Given.server { $0.groups = [group] }, client: Given.client())
        #expect(pair.shakeHands())
        let (server, client) = (pair.server.remembersKeyExchange, pair.client.remembersKeyExchange)
        #expect(!server)
        #expect(!client)
        #expect(pair.sendToServer("hello") == "hello")
        #expect(pair.sendToClient([1, 2, 3]) == [1, 2, 3])
    }

    @Test func `ends with a goodbye that the other side hears`() throws {
        let pair = try SessionPair(server: Given.server(), client: Given.client())
        #expect(pair.shakeHands())
        _ = pair.readAsClient()
        pair.server.sayGoodbye()
        var buffer = ByteBuffer(capacity: 1024)
        let end = pair.client.read(into: &buffer)
        #expect(end == .closed)
    }

    @Test func `an end without a goodbye is a cut`() throws {
        let pair = try SessionPair(server: Given.server(), client: Given.client())
        #expect(pair.shakeHands())
        _ = pair.readAsClient()
        Socket.shutdownSending(pair.serverSocket)
        var buffer = ByteBuffer(capacity: 1024)
        let end = pair.client.read(into: &buffer)
        #expect(end == .failed(.cutOff))
    }

    @Test func `tells that nothing more waits without asking the socket once more`() throws {
        let pair = try SessionPair(server: Given.server(), client: Given.client())
        #expect(pair.shakeHands())
        var input = ByteBuffer(capacity: 1024)
        _ = pair.client.write(Array("ping".utf8).span)
        pair.server.noteReadable()
        let received = pair.server.read(into: &input)
        #expect(received == .bytes(4))
        let mayHaveMore = pair.server.mayHaveMore
        #expect(!mayHaveMore)
    }

    @Test func `refuses a hello for a name that it does not want`() throws {
        let pair = try SessionPair(
            server: Given.server(), client: Given.client(), choose: { $0.reject() })
        #expect(!pair.shakeHands())
        #expect(pair.clientFailure?.reason == "tlsv1 unrecognized name")
    }

    @Test(arguments: [(["h2", "http/1.1"], ApplicationProtocol.http2), (["http/1.1"], .http1), ([], .http1)])
    func `settles on the server's first protocol that the client has`(
        offers: [String], expected: ApplicationProtocol
    ) throws {
        let pair = try SessionPair(
            server: Given.server { $0.offersHTTP2 = true }, client: Given.client { $0.protocols = offers })
        #expect(pair.shakeHands())
        let chosen = pair.server.applicationProtocol
        #expect(chosen == expected)
    }

    @Test(arguments: [["h2"], ["acme-tls/1"]])
    func `turns a client away that speaks only other protocols`(offers: [String]) throws {
        let pair = try SessionPair(server: Given.server(), client: Given.client { $0.protocols = offers })
        #expect(!pair.shakeHands())
        #expect(pair.clientFailure?.reason == "tlsv1 alert no application protocol")
    }

    @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "OPTIONS * HTTP/1.1\r\n"])
    func `tells text from TLS`(text: String) throws {
        let pair = try SessionPair(server: Given.server(), client: Given.client())
        _ = pair.clientSocket.write(Array(text.utf8).span)
        var input = ByteBuffer(capacity: 1024)
        let progress = pair.server.proceed(&input)
        #expect(progress == .failed(.plainText))
    }

    @Test func `bounds what comes before a whole hello`() throws {
        let pair = try SessionPair(server: Given.server(), client: Given.client())
        // A handshake message of 100 KiB in records of one byte each.
        let record: [UInt8] = [22, 3, 1, 0, 1]
        var bytes = record + [1] + record + [1] + record + [0x90] + record + [0]
        for _ in 0..<4000 { bytes += record + [0] }
        _ = pair.clientSocket.write(bytes.span)
        var input = ByteBuffer(capacity: 1024)
        let progress = pair.server.proceed(&input)
        #expect(progress == .failed(.helloTooLarge))
    }
}

@Suite struct `TLS resumption` {
    /// Two handshakes of a client, the second with what the first gave it.
    private func resumes(
        tls13: Bool, _ first: TLSContext, _ second: TLSContext, scope: [UInt8] = Given.scope
    ) throws -> Bool {
        let context = try Given.client { $0.speaksTLS13 = tls13 }
        let one = SessionPair(server: first, client: context)
        #expect(one.shakeHands())
        #expect(one.sendToClient([1, 2, 3]) == [1, 2, 3])
        let session = one.client.resumable
        let two = SessionPair(
            server: second, client: context, resuming: session,
            choose: { _ = $0.accept(Given.certificate, scope: scope) })
        #expect(two.shakeHands())
        #expect(two.sendToClient([4]) == [4])
        let (server, client) = (two.server.isResumed, two.client.isResumed)
        #expect(server == client)
        return server
    }

    @Test(arguments: [true, false], [true, false])
    func `works from one worker's context to another's`(tls13: Bool, tickets: Bool) throws {
        let resumption = Resumption()
        let contexts = try (0..<2).map { _ in
            try Given.server(resumption: resumption) {
                $0.issuesTickets = tickets
                $0.keepsSessions = !tickets
            }
        }
        #expect(try resumes(tls13: tls13, contexts[0], contexts[1]))
        #expect((resumption.usage.sessions > 0) == !tickets)
    }

    @Test(arguments: [true, false], [true, false])
    func `is bound to its scope`(tls13: Bool, tickets: Bool) throws {
        let context = try Given.server { $0.issuesTickets = tickets }
        #expect(try !resumes(tls13: tls13, context, context, scope: Array("other".utf8)))
    }

    @Test(arguments: [true, false])
    func `is off where neither tickets nor sessions are wanted`(tls13: Bool) throws {
        let context = try Given.server { $0.keepsSessions = false }
        #expect(try !resumes(tls13: tls13, context, context))
    }
}

@Suite struct `Client verification` {
    private func pair(trusted: Certificate, presented: Certificate?) throws -> SessionPair {
        let context = try Given.server(
            asking: ClientVerification(authorities: PeerCertificate(trusted.leaf).pem))
        let client = try Given.client()
        if let presented {
            #expect(presented.use(in: client))
        }
        let pair = SessionPair(server: context, client: client)
        #expect(pair.shakeHands())
        return pair
    }

    @Test func `knows a good certificate by its names`() throws {
        let pair = try pair(trusted: Given.certificate, presented: Given.certificate)
        let verification = pair.server.verification
        #expect(verification == .success)
        let certificate = pair.server.peerCertificate
        let peer = try #require(certificate)
        #expect(String(decoding: peer.subject, as: UTF8.self) == "CN=shop.example,O=Test")
        #expect(peer.fingerprint.count == 40)
        #expect(String(decoding: peer.pem, as: UTF8.self).hasPrefix("-----BEGIN CERTIFICATE-----\n"))
    }

    @Test func `completes without one, and says so`() throws {
        let verification = try pair(trusted: Given.certificate, presented: nil).server.verification
        #expect(verification == .none)
    }

    @Test func `completes with one from elsewhere, and says why it is no good`() throws {
        let pair = try pair(trusted: Given.certificate, presented: Given.certificate(for: "elsewhere.example"))
        let verification = pair.server.verification
        #expect(verification.isUnknownAuthority)
        #expect(verification.reason == "self-signed certificate")
    }
}

@Suite struct `Origin verification` {
    private func handshake(name: String?, trusted: Certificate = Given.certificate) throws -> SessionPair {
        let pair = try SessionPair(
            server: try Given.server(),
            client: Given.client {
                $0.authorities = PeerCertificate(trusted.leaf).pem
                $0.verifiedName = name
            })
        pair.shakeHands()
        return pair
    }

    @Test func `takes a certificate of the authority for the name`() throws {
        #expect(try handshake(name: "shop.example").clientFailure == nil)
    }

    @Test func `refuses another name`() throws {
        let pair = try handshake(name: "other.example")
        #expect(pair.clientFailure?.reason == "certificate verify failed")
        let verification = pair.client.verification
        #expect(verification.reason == "hostname mismatch")
    }

    @Test func `refuses another authority`() throws {
        let pair = try handshake(name: nil, trusted: Given.certificate(for: "elsewhere.example"))
        #expect(pair.clientFailure?.reason == "certificate verify failed")
    }
}
