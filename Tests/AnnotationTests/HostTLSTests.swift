import Foundation
import Model
import TLS
import TestSupport
import Testing
import Translation

/// A shop over TLS with a certificate of its own, and what handshakes with it settle.
private struct EncryptedShop {
    static let shop = TestCertificate("shop.example", "other.example")
    static let secret = Manifests.secret(
        "shop-tls", type: "kubernetes.io/tls", ["tls.crt": shop.chainPEM, "tls.key": shop.keyPEM])
    static let spec = ["tls: [{hosts: [shop.example, other.example], secretName: shop-tls}]"]

    let origin: ScriptedOrigin
    let gate: Gate

    init(_ annotations: [String: String] = [:], configMap: [String: String] = [:]) throws {
        origin = try ScriptedOrigin(answering: "ok")
        gate = try Gate(
            manifests: [
                Manifests.ingress(annotations, spec: Self.spec),
                Manifests.ingress([:], name: "other", host: "other.example", spec: Self.spec), Self.secret,
            ], origins: ["web": [origin]], configMap: configMap, speaksTLS: true)
    }

    /// What a handshake settles; nil when it fails.
    func handshake(
        _ host: String? = "shop.example", version: String? = "TLSv1.2", offering protocols: [String] = [],
        resuming session: ResumableSession? = nil
    ) throws -> (facts: SessionFacts, session: ResumableSession?)? {
        var options = TLSOptions(host)
        options.speaksTLS12 = version != "TLSv1.3"
        options.speaksTLS13 = version != "TLSv1.2"
        options.protocols = protocols
        options.session = session
        guard let client = try? gate.secureClient(options) else { return nil }
        #expect(try protocols.contains("h2") || client.request(host: host ?? "shop.example").status == 200)
        return (try #require(client.wire.session), client.wire.resumable)
    }

    func cipher(_ host: String = "shop.example") throws -> String? { try handshake(host)?.facts.cipher }
}

private let strong = "ECDHE-ECDSA-AES256-GCM-SHA384"
private let usual = "ECDHE-ECDSA-AES128-GCM-SHA256"

@Suite struct `The annotation ssl-ciphers` {
    @Test(.shows(effectOf: "ssl-ciphers"))
    func `settles the ciphers of its host for TLS 1.2, and of no other`() throws {
        let shop = try EncryptedShop(["ssl-ciphers": strong])
        #expect(try shop.cipher() == strong)
        #expect(try shop.cipher("other.example") == usual)
        #expect(try shop.handshake(version: "TLSv1.3")?.facts.version == "TLSv1.3")
    }

    @Test(.shows(defaultOf: "ssl-ciphers"))
    func `goes before the ConfigMap, whose list is the default`() throws {
        #expect(try EncryptedShop().cipher() == usual)
        let shop = try EncryptedShop(
            ["ssl-ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305"], configMap: ["ssl-ciphers": strong])
        #expect(try shop.cipher() == "ECDHE-ECDSA-CHACHA20-POLY1305")
        #expect(try shop.cipher("other.example") == strong)
    }

    @Test func `of the first Ingress of a host counts`() throws {
        let gate = try Gate(
            manifests: [
                Manifests.ingress(["ssl-ciphers": strong], name: "zebra", path: "/z", spec: EncryptedShop.spec),
                Manifests.ingress(["ssl-ciphers": usual], name: "ant", path: "/a", spec: EncryptedShop.spec),
                EncryptedShop.secret,
            ], origins: ["web": [try ScriptedOrigin(answering: "ok")]], speaksTLS: true)
        var options = TLSOptions()
        options.speaksTLS13 = false
        #expect(try gate.secureClient(options).wire.session?.cipher == strong)
    }
}

@Suite struct `An unusable list of ciphers` {
    @Test(.shows(badValueOf: "ssl-ciphers"), arguments: ["HIGH;aNULL", "AES 128", "ECDHE\nX"])
    func `rejects the Ingress, and no other`(list: String) throws {
        let shop = try EncryptedShop(["ssl-ciphers": list])
        #expect(try shop.gate.request().status == 404)
        #expect(shop.gate.faults(about: "ssl-ciphers").count == 1)
        #expect(try shop.cipher("other.example") == usual)
    }
}

@Suite struct `The annotation ssl-prefer-server-ciphers` {
    @Test(
        .shows(effectOf: "ssl-prefer-server-ciphers"), .shows(defaultOf: "ssl-prefer-server-ciphers"),
        .shows(badValueOf: "ssl-prefer-server-ciphers"),
        arguments: [
            ([:], [:], usual), (["ssl-prefer-server-ciphers": "false"], [:], strong),
            (["ssl-prefer-server-ciphers": "never"], [:], usual), ([:], ["ssl-prefer-server-ciphers": "false"], strong),
            (["ssl-prefer-server-ciphers": "true"], ["ssl-prefer-server-ciphers": "false"], usual),
        ] as [([String: String], [String: String], String)])
    func `says whose order counts`(
        annotations: [String: String], configMap: [String: String], expected: String
    ) throws {
        // The client would rather have the strong one, the server's list begins with the usual one.
        let shop = try EncryptedShop(annotations, configMap: configMap)
        #expect(try shop.cipher() == expected)
        #expect(shop.gate.faults(about: "ssl-prefer-server-ciphers").isEmpty != annotations.values.contains("never"))
    }
}

@Suite struct `The annotation ssl-passthrough` {
    private static let inner = TestCertificate("shop.example")

    private func gate(
        _ annotations: [String: String], _ origin: SecureOrigin, _ plain: ScriptedOrigin, root: String = "/",
        isAllowed: Bool = true
    ) throws -> Gate {
        try Gate(
            manifests: [
                Manifests.ingress(annotations, path: root, service: "raw"),
                Manifests.ingress([:], name: "plain", path: "/plain"),
            ], origins: ["raw": [origin.origin], "web": [plain]], speaksTLS: true
        ) { $0.allowsPassthrough = isAllowed }
    }

    /// The certificate that a client of TLS meets, and what it is answered.
    private func meet(_ gate: Gate) throws -> (certificate: String?, answer: Message) {
        let client = try gate.secureClient(TLSOptions())
        return (client.wire.session?.certificate, try client.request())
    }

    @Test(.shows(effectOf: "ssl-passthrough"))
    func `hands TLS to the Service of the path /, whatever other annotations say, and not plain HTTP`() throws {
        let origin = try SecureOrigin(TLSOriginOptions(Self.inner), answering: "inside")
        let plain = try ScriptedOrigin(answering: "plain")
        let gate = try gate(
            ["ssl-passthrough": "true", "denylist-source-range": "0.0.0.0/0", "ssl-redirect": "false"], origin, plain)
        let (certificate, answer) = try meet(gate)
        #expect(certificate == Self.inner.certificatePEM && answer.text == "inside")
        #expect(origin.handshakes.map(\.indicatedName) == ["shop.example"])
        #expect(origin.requests.allSatisfy { $0["X-Real-IP"] == nil }, "nothing is added to what was not opened")
        #expect(try gate.request("/").status == 403, "in the clear the annotations hold")
        #expect(try gate.request("/plain").text == "plain")
    }

    @Test(.shows(badValueOf: "ssl-passthrough"))
    func `rejects the Ingress when its value is unusable, so that nothing is handed on`() throws {
        let origin = try SecureOrigin(TLSOriginOptions(Self.inner), answering: "inside")
        let gate = try gate(["ssl-passthrough": "on"], origin, try ScriptedOrigin(answering: "plain"))
        #expect(try meet(gate).answer.status == 404)
        #expect(try gate.request("/plain").text == "plain")
        #expect(origin.handshakes.isEmpty)
        #expect(gate.faults(about: "ssl-passthrough").count == 1)
    }

    @Test func `leaves names of other hosts to us`() throws {
        let origin = try SecureOrigin(TLSOriginOptions(Self.inner), answering: "inside")
        let gate = try gate(["ssl-passthrough": "true"], origin, ScriptedOrigin(answering: "plain"))
        let client = try gate.secureClient(TLSOptions("nobody.example"))
        #expect(client.wire.session?.subject.contains("Fake Certificate") == true)
        #expect(origin.handshakes.isEmpty)
    }

    @Test(
        .shows(defaultOf: "ssl-passthrough"),
        arguments: [
            ([:], "/", true, 0), (["ssl-passthrough": "false"], "/", true, 0),
            (["ssl-passthrough": "true"], "/", false, 1),
            (["ssl-passthrough": "true"], "/deep", true, 1),
        ] as [([String: String], String, Bool, Int)])
    func `has TLS opened here by default, without the flag, and without a path /`(
        annotations: [String: String], root: String, isAllowed: Bool, faults: Int
    ) throws {
        let origin = try SecureOrigin(TLSOriginOptions(Self.inner), answering: "inside")
        let gate = try gate(
            annotations, origin, ScriptedOrigin(answering: "plain"), root: root, isAllowed: isAllowed)
        let client = try gate.secureClient(TLSOptions())
        #expect(client.wire.session?.subject.contains("Fake Certificate") == true)
        #expect(try client.request("/plain").text == "plain")
        #expect(gate.faults(about: "ssl-passthrough").count == faults)
    }
}

/// Keys of the ConfigMap about handshakes.
@Suite struct `The ConfigMap's key of TLS` {
    @Test(
        .shows(effectOf: "ConfigMap/ssl-protocols"), .shows(badValueOf: "ConfigMap/ssl-protocols"),
        arguments: [
            ("TLSv1.3", nil, "TLSv1.3"), ("TLSv1.2", "TLSv1.2", "TLSv1.2"), ("TLSv1.2 TLSv1.3", "TLSv1.2", "TLSv1.3"),
            ("TLSv1 TLSv1.3", nil, "TLSv1.3"), ("SSLv3", "TLSv1.2", "TLSv1.3"), ("newest", "TLSv1.2", "TLSv1.3"),
        ] as [(String, String?, String)])
    func `ssl-protocols settles the versions`(value: String, older: String?, newest: String) throws {
        let shop = try EncryptedShop(configMap: ["ssl-protocols": value])
        #expect(try shop.handshake(version: "TLSv1.2")?.facts.version == older)
        #expect(try shop.handshake(version: nil)?.facts.version == newest)
    }

    @Test(
        .shows(effectOf: "ConfigMap/ssl-ciphers"), .shows(badValueOf: "ConfigMap/ssl-ciphers"),
        arguments: [(strong, strong), ("", usual), ("no such {cipher}", usual)])
    func `ssl-ciphers settles the ciphers of every host`(value: String, expected: String) throws {
        let shop = try EncryptedShop(configMap: ["ssl-ciphers": value])
        #expect(try shop.cipher() == expected)
        let faults = shop.gate.diagnostics.filter { $0.field == "data.ssl-ciphers" }
        #expect(faults.isEmpty == (value != "no such {cipher}"))
    }

    @Test(
        .shows(effectOf: "ConfigMap/ssl-reject-handshake"), .shows(badValueOf: "ConfigMap/ssl-reject-handshake"),
        arguments: [("true", false), ("false", true), ("perhaps", true)])
    func `ssl-reject-handshake ends handshakes for names that nobody has`(value: String, isServed: Bool) throws {
        let shop = try EncryptedShop(configMap: ["ssl-reject-handshake": value])
        #expect(try shop.handshake() != nil)
        for name in ["nobody.example", nil] {
            #expect(((try? shop.gate.secureClient(TLSOptions(name))) != nil) == isServed)
        }
    }

    @Test(
        .shows(effectOf: "ConfigMap/use-http2"), .shows(badValueOf: "ConfigMap/use-http2"),
        arguments: [("true", true), ("false", false), ("2", true)])
    func `use-http2 offers HTTP/2`(value: String, isOffered: Bool) throws {
        let shop = try EncryptedShop(configMap: ["use-http2": value])
        var options = TLSOptions()
        options.protocols = ["h2", "http/1.1"]
        #expect(try shop.gate.secureClient(options).wire.session?.isHTTP2 == isOffered)
    }

    @Test(
        arguments: [
            ([:], true), (["ssl-session-cache": "false"], false),
            (["ssl-session-cache": "false", "ssl-session-tickets": "true"], true),
        ] as [([String: String], Bool)])
    func `ssl-session-cache and ssl-session-tickets let clients resume`(
        configMap: [String: String], resumes: Bool
    ) throws {
        let shop = try EncryptedShop(configMap: configMap)
        let first = try #require(try shop.handshake())
        #expect(!first.facts.isResumed)
        #expect(try shop.handshake(resuming: first.session)?.facts.isResumed == resumes)
    }

    @Test func `ssl-session-ticket-key lets one replica resume what another began`() throws {
        let key = Data((0..<80).map { UInt8($0) }).base64EncodedString()
        let configMap = [
            "ssl-session-cache": "false", "ssl-session-tickets": "true", "ssl-session-ticket-key": key,
        ]
        let (one, other) = (try EncryptedShop(configMap: configMap), try EncryptedShop(configMap: configMap))
        let stranger = try EncryptedShop(
            configMap: ["ssl-session-cache": "false", "ssl-session-tickets": "true"])
        let session = try #require(try one.handshake()).session
        #expect(try stranger.handshake(resuming: session)?.facts.isResumed == false)
        #expect(try other.handshake(resuming: session)?.facts.isResumed == true)
    }

    @Test(arguments: [("1", UInt32(1)), ("", 128), ("none", 128)])
    func `http2-max-concurrent-streams is told to clients`(value: String, streams: UInt32) throws {
        let shop = try EncryptedShop(configMap: ["http2-max-concurrent-streams": value])
        var options = TLSOptions()
        options.protocols = ["h2"]
        let peer = HTTP2Peer(try shop.gate.secureClient(options).wire)
        try peer.beginAsClient()
        let settings = try peer.frame(HTTP2Frame.Kind.settings)
        let entries = stride(from: 0, to: settings.payload.count, by: 6).map { settings.payload[$0..<$0 + 6] }
        let told = entries.first { Array($0.prefix(2)) == [0, 3] }.map { HTTP2Frame.word($0.dropFirst(2)) }
        #expect(told == streams)
    }
}
