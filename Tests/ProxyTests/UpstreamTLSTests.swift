import Linux
import Model
import Proxy
import TestSupport
import Testing

/// Shorthand for models whose endpoints speak TLS.
extension Given {
    static let upstreamCertificate = TestCertificate("web.internal", issuer: authority)

    static var secureOrigin: TLSOriginOptions { TLSOriginOptions(upstreamCertificate) }

    static func secureUpstream(
        _ origins: ScriptedOrigin..., speaks: BackendProtocol = .https, settings: Settings = Settings(),
        tls: UpstreamTLS? = nil, policy change: (inout RoutePolicy) -> Void = { _ in }
    ) -> ProxyModel {
        model(origins.map { endpoint($0) }, settings: settings) { policy in
            policy.transport.speaks = speaks
            policy.transport.tls = tls
            change(&policy)
        }
    }

    /// TLS that trusts `authority`, and what a test wants different.
    static func verifying(_ change: (inout UpstreamTLS) -> Void = { _ in }) -> UpstreamTLS {
        var tls = UpstreamTLS(
            trust: TrustBundle(authorities: SealedBytes(Array(authority.certificatePEM.utf8)), origin: .builtIn),
            verifies: true, name: "web.internal", versions: TLSVersion.allCases, origin: .builtIn)
        change(&tls)
        return tls
    }
}

@Suite struct `TLS towards an endpoint` {
    @Test func `carries requests over connections that are kept, without a name or ALPN unless asked for`() throws {
        let origin = try SecureOrigin(Given.secureOrigin, answering: "ok")
        let rig = try ProxyRig(Given.secureUpstream(origin.origin))
        let client = try rig.client()
        for _ in 0..<3 { #expect(try client.request().text == "ok") }
        #expect(origin.requests.map { $0["X-Forwarded-Proto"] } == ["http", "http", "http"])
        let handshake = try #require(origin.handshakes.first)
        #expect(origin.handshakes.count == 1)
        #expect(handshake.version == "TLSv1.3" && !handshake.isHTTP2 && handshake.indicatedName == nil)
        #expect(handshake.certificate.isEmpty)
    }

    @Test(arguments: [1_000, 800_000])
    func `carries large bodies both ways`(size: Int) throws {
        let origin = try SecureOrigin(Given.secureOrigin) { connection in
            while let request = try connection.request() {
                try connection.respond(String(decoding: request.body, as: UTF8.self))
            }
        }
        let rig = try ProxyRig(Given.secureUpstream(origin.origin))
        let client = try rig.client()
        let body = (0..<size / 8).map { "\(1_000_000 + $0) " }.joined()
        let head = Client.head(method: "POST", ["Content-Length: \(size)"])
        let sender = try BackgroundThread { [wire = client.wire] in try? wire.send(Array((head + body).utf8)) }
        #expect(try client.response().text == body)
        sender.join()
    }

    @Test func `carries tunnels`() throws {
        let origin = try SecureOrigin(Given.secureOrigin) { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
            try connection.send("welcome")
            #expect(try connection.bytes(5) == Array("hello".utf8))
            try connection.send("bye")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.secureUpstream(origin.origin))
        let client = try rig.client()
        try client.send(Client.head("/", ["Upgrade: websocket", "Connection: upgrade"]))
        #expect(try client.reader.head()?.status == 101)
        #expect(try client.reader.bytes(7) == Array("welcome".utf8))
        try client.send("hello")
        #expect(try client.reader.bytes(3) == Array("bye".utf8))
        client.wire.close()
        try origin.origin.waitForFinished(1)
        #expect(origin.origin.faults == [])
    }

    @Test func `carries HTTP/2 by ALPN, many streams on one connection`() throws {
        let origin = try SecureOrigin(Given.secureOrigin) { connection in
            let peer = try connection.http2()
            var waiting: [UInt32] = []
            while let request = try peer.message() {
                #expect(request[":scheme"] == "https")
                waiting.append(request.stream)
                guard waiting.count == 10 else { continue }
                for stream in waiting.reversed() { try peer.respond(to: stream, body: "\(stream)") }
            }
        }
        let rig = try ProxyRig(Given.secureUpstream(origin.origin, speaks: .http2OverTLS))
        let clients = try (0..<10).map { _ in try rig.client() }
        for client in clients { try client.send(Client.head()) }
        #expect(Set(try clients.map { try $0.response().text }) == Set((0..<10).map { "\($0 * 2 + 1)" }))
        #expect(origin.handshakes.map(\.isHTTP2) == [true])
    }

    @Test(arguments: [false, true])
    func `is spoken to backends that are asked as the client asks`(isSecure: Bool) throws {
        let (bundle, _) = Given.bundle("shop/tls", for: "shop.example")
        let plain = try ScriptedOrigin(answering: "plain")
        let secure = try SecureOrigin(Given.secureOrigin, answering: "secure")
        var model = Given.secureModel(
            isSecure ? secure.origin : plain, hosts: [(.exact("shop.example"), "shop/tls")], certificates: [bundle])
        model.virtualHosts[0].routes[0].policy.transport.speaks = .asClient
        let rig = try ProxyRig(model)
        let client = isSecure ? try rig.secureClient() : try rig.client()
        #expect(try client.request().text == (isSecure ? "secure" : "plain"))
    }

    @Test func `indicates the name, keeps to ciphers and versions, and presents a certificate`() throws {
        var options = Given.secureOrigin
        options.asks = Given.authority
        let identity = TestCertificate("proxy.internal", issuer: Given.authority)
        let origin = try SecureOrigin(options, answering: "ok")
        let tls = Given.verifying {
            $0.indicatesName = true
            $0.versions = [.v1_2]
            $0.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"
            $0.identity = .init(
                chain: SealedBytes(Array(identity.chainPEM.utf8)), key: SealedBytes(Array(identity.keyPEM.utf8)))
        }
        let rig = try ProxyRig(Given.secureUpstream(origin.origin, tls: tls))
        #expect(try rig.request().text == "ok")
        let handshake = try #require(origin.handshakes.first)
        #expect(handshake.indicatedName == "web.internal")
        #expect(handshake.version == "TLSv1.2")
        #expect(handshake.cipher == "ECDHE-ECDSA-AES128-GCM-SHA256")
        #expect(handshake.isVerified && handshake.subject.contains("CN=proxy.internal"))
    }

    @Test func `of two routes that ask for different terms has different connections`() throws {
        let origin = try SecureOrigin(Given.secureOrigin, answering: "ok")
        var model = Given.secureUpstream(origin.origin, tls: Given.verifying())
        model.virtualHosts[0].routes.insert(
            Given.route(.exact("/named")) {
                $0.transport = UpstreamTransport(speaks: .https, tls: Given.verifying { $0.indicatesName = true })
            }, at: 0)
        let rig = try ProxyRig(model)
        let client = try rig.client()
        for path in ["/", "/named", "/", "/named"] { #expect(try client.request(path).text == "ok") }
        #expect(origin.handshakes.map(\.indicatedName) == [nil, "web.internal"])
    }

    @Test func `is tried at another endpoint when it fails at one`() throws {
        let plain = try ScriptedOrigin { connection in _ = try connection.bytes(1) }
        let secure = try SecureOrigin(Given.secureOrigin, answering: "ok")
        let settings = Given.settings { $0.upstream.failuresBeforeEjection = 0 }
        let rig = try ProxyRig(Given.secureUpstream(plain, secure.origin, settings: settings))
        let client = try rig.client()
        for _ in 0..<4 {
            #expect(try client.request(method: "POST", ["Content-Length: 2"], body: "hi").text == "ok")
        }
        #expect(rig.metric("gatehouse_upstream_failures_total", "\"tls\"") > 0)
    }

    @Test(arguments: [BackendProtocol.https, .http2OverTLS])
    func `must be settled within the time for connecting`(speaks: BackendProtocol) throws {
        let origin = try ScriptedOrigin { try $0.waitForEnd() }
        let model = Given.secureUpstream(origin, speaks: speaks) {
            $0.timeouts.connect = .milliseconds(100)
            $0.retry.conditions = []
        }
        #expect(try ProxyRig(model).request().status == 504)
    }

    @Test func `that ends without a goodbye cuts off a body that only the end delimits`() throws {
        let origin = try SecureOrigin(Given.secureOrigin) { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf")
            connection.wire.cut()
        }
        let rig = try ProxyRig(Given.secureUpstream(origin.origin))
        let client = try rig.client()
        try client.send(Client.head())
        #expect(throws: (any Error).self) { try client.response() }
    }

    @Test func `that the endpoint closed while it was idle is never met by a request`() throws {
        let origin = try SecureOrigin(Given.secureOrigin) { connection in
            _ = try connection.request()
            try connection.respond("\(connection.number)")
        }
        let rig = try ProxyRig(Given.secureUpstream(origin.origin))
        let client = try rig.client()
        for number in 0..<4 {
            #expect(try client.request().text == "\(number)")
            try origin.origin.waitForFinished(number + 1)
        }
    }
}

private let stranger = TestCertificate("Another Authority", isAuthority: true)

@Suite struct `Verifying an endpoint` {
    private func failure(
        _ certificate: TestCertificate, tls: UpstreamTLS, speaks: BackendProtocol = .https
    ) throws -> (status: Int, faults: [UpstreamFault], requests: Int) {
        let faults = Watched<[UpstreamFault]>([])
        let origin = try SecureOrigin(TLSOriginOptions(certificate), answering: "ok")
        let rig = try ProxyRig(
            Given.secureUpstream(origin.origin, speaks: speaks, tls: tls) { $0.retry.conditions = [] },
            reportFault: { fault in faults.change { $0.append(fault) } })
        let answer = try rig.request(method: "POST", ["Content-Length: 2"], body: "hi")
        return (answer.status, faults.current, origin.requests.count)
    }

    @Test(arguments: ["web.internal", "*.shop.internal"])
    func `lets a good certificate pass`(name: String) throws {
        let certificate = TestCertificate(name, issuer: Given.authority)
        let outcome = try failure(
            certificate, tls: Given.verifying { $0.name = name.replacing("*", with: "web") })
        #expect(outcome.status == 200 && outcome.faults == [])
    }

    @Test(arguments: [
        ("an unknown authority", TestCertificate("web.internal", issuer: stranger), "certificate in certificate chain"),
        ("itself", TestCertificate("web.internal"), "self-signed certificate"),
        ("another name", TestCertificate("other.internal", issuer: Given.authority), "hostname mismatch"),
        (
            "a former time", TestCertificate("web.internal", issuer: Given.authority, days: -1),
            "certificate has expired"
        ),
    ])
    func `refuses one of`(what: String, certificate: TestCertificate, cause: String) throws {
        for speaks in [BackendProtocol.https, .http2OverTLS] {
            let outcome = try failure(certificate, tls: Given.verifying(), speaks: speaks)
            #expect(outcome.status == 502)
            #expect(outcome.requests == 0, "the endpoint gets nothing of the request")
            let fault = try #require(outcome.faults.first)
            #expect(fault.cause.hasPrefix("TLS failed: certificate verify failed: "), "\(fault)")
            #expect(fault.cause.contains(cause), "\(fault)")
        }
    }

    @Test func `refuses one that was revoked`() throws {
        let certificate = TestCertificate("web.internal", issuer: Given.authority, serial: 7)
        let tls = Given.verifying {
            $0.trust?.revocations = SealedBytes(Array(Given.authority.revocationList(of: 7).utf8))
        }
        let outcome = try failure(certificate, tls: tls)
        #expect(outcome.status == 502)
        #expect(outcome.faults.first?.cause.contains("certificate revoked") == true)
    }

    @Test func `refuses a chain that is longer than allowed`() throws {
        let middle = TestCertificate("Middle", issuer: Given.authority, isAuthority: true)
        let lower = TestCertificate("Lower", issuer: middle, isAuthority: true)
        let certificate = TestCertificate("web.internal", issuer: lower)
        let long = try failure(certificate, tls: Given.verifying { $0.depth = 1 })
        #expect(long.status == 502)
        #expect(long.faults.first?.cause.contains("certificate chain too long") == true, "\(long.faults)")
        #expect(try failure(certificate, tls: Given.verifying { $0.depth = 2 }).status == 200)
    }

    @Test func `trusts nobody without authorities`() throws {
        let outcome = try failure(Given.upstreamCertificate, tls: Given.verifying { $0.trust = nil })
        #expect(outcome.status == 502 && outcome.requests == 0)
    }

    @Test func `looks at nothing unless asked to`() throws {
        let certificate = TestCertificate("other.example", issuer: stranger, days: -1)
        #expect(try failure(certificate, tls: Given.verifying { $0.verifies = false }).status == 200)
    }

    @Test func `that cannot even begin answers 502 and says why`() throws {
        let outcome = try failure(Given.upstreamCertificate, tls: Given.verifying { $0.ciphers = "NO-SUCH-CIPHER" })
        #expect(outcome.status == 502 && outcome.requests == 0)
        #expect(outcome.faults.first?.cause.contains("the cipher list names no cipher") == true)
    }

    @Test func `finds out that an endpoint does not speak TLS`() throws {
        let faults = Watched<[UpstreamFault]>([])
        let origin = try ScriptedOrigin { connection in
            _ = try connection.bytes(1)
            try connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(
            Given.secureUpstream(origin) { $0.retry.conditions = [] },
            reportFault: { fault in faults.change { $0.append(fault) } })
        #expect(try rig.request().status == 502)
        #expect(faults.current.first?.cause.hasPrefix("TLS failed: ") == true)
    }
}

@Suite struct `Sessions with endpoints` {
    /// Sends requests one after another to an origin that closes each connection.
    private func settled(
        _ count: Int, speaks: BackendProtocol, _ versions: [TLSVersion]
    ) throws -> [SessionFacts] {
        let origin = try SecureOrigin(Given.secureOrigin) { connection in
            if speaks == .https {
                _ = try connection.request()
                try connection.respond("ok", fields: ["Connection: close"])
            } else {
                let peer = try connection.http2()
                while let request = try peer.message() { try peer.respond(to: request.stream, body: "ok") }
            }
        }
        let settings = Given.settings { $0.upstream.requestsPerConnection = 1 }
        let tls = Given.verifying { $0.versions = versions }
        let rig = try ProxyRig(Given.secureUpstream(origin.origin, speaks: speaks, settings: settings, tls: tls))
        let client = try rig.client()
        for number in 0..<count {
            #expect(try client.request().text == "ok")
            try origin.origin.waitForFinished(number + 1)
        }
        return origin.handshakes
    }

    @Test(arguments: [BackendProtocol.https, .http2OverTLS], [[TLSVersion.v1_2], [.v1_3]])
    func `are resumed: only the first of twenty handshakes is a full one`(
        speaks: BackendProtocol, versions: [TLSVersion]
    ) throws {
        let handshakes = try settled(20, speaks: speaks, versions)
        #expect(handshakes.map(\.isResumed) == [false] + Array(repeating: true, count: 19))
        #expect(Set(handshakes.map(\.version)) == [versions[0].rawValue])
    }

    @Test func `are not resumed on other terms`() throws {
        let origin = try SecureOrigin(Given.secureOrigin, answering: "ok", fields: ["Connection: close"])
        let rig = try ProxyRig(Given.secureUpstream(origin.origin, tls: Given.verifying { $0.verifies = false }))
        let client = try rig.client()
        for _ in 0..<2 { #expect(try client.request().text == "ok") }
        // A session whose certificate nobody looked at must not stand for one that was verified.
        #expect(rig.plane.apply(Given.secureUpstream(origin.origin, tls: Given.verifying())).isEmpty)
        for _ in 0..<2 { #expect(try client.request().text == "ok") }
        #expect(origin.handshakes.map(\.isResumed) == [false, true, false, true])
    }
}
