import Foundation
import Model
import TestSupport
import Testing

/// A shop whose backend speaks TLS.
private struct SecureShop {
    static let authority = TestCertificate("Backends Authority", isAuthority: true)
    static let stranger = TestCertificate("Other Authority", isAuthority: true)
    static let backend = TestCertificate("web.internal", issuer: authority)
    static let client = TestCertificate("gatehouse.internal", issuer: authority)

    let origin: SecureOrigin
    let gate: Gate

    /// - Parameters:
    ///   - annotations: beside `backend-protocol` and `proxy-ssl-secret`.
    ///   - trusted: whom the Secret's `ca.crt` trusts; nil for a Secret without it.
    ///   - secret: nil leaves `proxy-ssl-secret` out.
    init(
        _ annotations: [String: String] = [:], speaks: String = "HTTPS", certificate: TestCertificate = backend,
        trusted: TestCertificate? = authority, identity: TestCertificate? = nil, secret: String? = "shop/backend-tls",
        configMap: [String: String] = [:], also objects: [String] = [], speaksTLS: Bool = false
    ) throws {
        var options = TLSOriginOptions(certificate)
        options.asks = Self.authority
        origin =
            try speaks == "GRPCS"
            ? SecureOrigin(options, answeringHTTP2: "ok") : SecureOrigin(options, answering: "ok")
        var all = annotations
        all["backend-protocol"] = speaks
        all["proxy-ssl-secret"] = secret
        var data: [String: String] = [:]
        data["ca.crt"] = trusted?.certificatePEM
        data["tls.crt"] = identity?.chainPEM
        data["tls.key"] = identity?.keyPEM
        gate = try Gate(
            manifests: [Manifests.ingress(all), Manifests.secret("backend-tls", data)] + objects,
            origins: ["web": [origin.origin]], configMap: configMap, speaksTLS: speaksTLS)
    }

    /// The status of one request, and what the handshake has settled, if it was completed.
    func ask() throws -> (status: Int, handshake: SessionFacts?) {
        (try gate.request().status, origin.handshakes.first)
    }
}

@Suite struct `TLS by backend-protocol` {
    @Test(arguments: ["HTTPS", "https"])
    func `is spoken for HTTPS, without verification, name or certificate`(value: String) throws {
        let (status, handshake) = try SecureShop(speaks: value, certificate: .init("x.example"), secret: nil).ask()
        #expect(status == 200)
        #expect(handshake?.indicatedName == nil && handshake?.subject == "" && handshake?.isHTTP2 == false)
    }

    @Test func `is spoken for GRPCS with HTTP/2 by ALPN`() throws {
        let (status, handshake) = try SecureShop(speaks: "GRPCS", secret: nil).ask()
        #expect(status == 200)
        #expect(handshake?.isHTTP2 == true)
    }

    @Test func `is spoken for AUTO_HTTP to clients of HTTPS alone`() throws {
        let shop = try SecureShop(speaks: "AUTO_HTTP", secret: nil, speaksTLS: true)
        #expect(try shop.gate.secureClient(TLSOptions()).request().status == 200)
        #expect(try shop.gate.request().status == 502, "the endpoint is asked in the clear")
        #expect(shop.origin.handshakes.count == 1)
    }

    @Test func `is spoken where appProtocol is https, and not where an annotation says HTTP`() throws {
        for (annotations, expected) in [([:], 200), (["backend-protocol": "HTTP"], 502)] {
            let origin = try SecureOrigin(TLSOriginOptions(SecureShop.backend), answering: "ok")
            let service = Manifests.service("typed").replacingOccurrences(
                of: "port: 80}", with: "port: 80, appProtocol: https}")
            let gate = try Gate(
                manifests: [
                    Manifests.ingress(annotations, service: "typed"), service,
                    Manifests.slice(of: "typed", 0, port: origin.origin.port),
                ], origins: [:])
            #expect(try gate.request().status == expected)
        }
    }

    @Test func `that fails is answered 502, or as gRPC says it`() throws {
        let shop = try SecureShop(
            ["proxy-ssl-verify": "on", "proxy-ssl-name": "web.internal"], speaks: "GRPCS",
            trusted: SecureShop.stranger)
        let answer = try shop.gate.request("/a.B/C", method: "POST", ["Content-Type: application/grpc"])
        #expect(answer.status == 200 && answer["grpc-status"] == "14")
        #expect(try shop.gate.request().status == 502)
    }
}

@Suite struct `The annotation proxy-ssl-verify` {
    @Test(.shows(effectOf: "proxy-ssl-verify"))
    func `lets a backend serve whose certificate is good`() throws {
        let shop = try SecureShop(["proxy-ssl-verify": "on", "proxy-ssl-name": "web.internal"])
        #expect(try shop.ask().status == 200)
    }

    @Test func `answers 502 for one of another authority or name, and sends it nothing`() throws {
        let annotations = ["proxy-ssl-verify": "on", "proxy-ssl-name": "web.internal"]
        for shop in [
            try SecureShop(annotations, trusted: SecureShop.stranger),
            try SecureShop(annotations, certificate: .init("other.internal", issuer: SecureShop.authority)),
        ] {
            #expect(try shop.ask().status == 502)
            #expect(shop.origin.requests.isEmpty)
            #expect(shop.gate.metric("gatehouse_upstream_failures_total", "\"tls\"") > 0)
        }
    }

    @Test func `verifies the upstream's own name unless proxy-ssl-name gives another`() throws {
        let own = TestCertificate("shop-web-80", issuer: SecureShop.authority)
        #expect(try SecureShop(["proxy-ssl-verify": "on"], certificate: own).ask().status == 200)
        #expect(try SecureShop(["proxy-ssl-verify": "on"]).ask().status == 502)
    }

    @Test(.shows(defaultOf: "proxy-ssl-verify"), arguments: [[:], ["proxy-ssl-verify": "off"]])
    func `takes any certificate when it is off or absent`(annotations: [String: String]) throws {
        #expect(try SecureShop(annotations, trusted: SecureShop.stranger).ask().status == 200)
    }

    @Test(.shows(badValueOf: "proxy-ssl-verify"))
    func `answers 503 when its value is unusable: nobody may take a backend for verified`() throws {
        let shop = try SecureShop(["proxy-ssl-verify": "yes please"])
        #expect(try shop.ask().status == 503)
        #expect(shop.origin.handshakes.isEmpty)
        #expect(shop.gate.faults(about: "proxy-ssl-verify").isEmpty == false)
    }

    @Test func `answers 503 when the Secret has nothing to verify by`() throws {
        let shop = try SecureShop(["proxy-ssl-verify": "on"], trusted: nil, identity: SecureShop.client)
        #expect(try shop.ask().status == 503)
    }
}

@Suite struct `The annotation proxy-ssl-verify-depth` {
    private static let middle = TestCertificate("Middle", issuer: SecureShop.authority, isAuthority: true)
    private static let lower = TestCertificate("Lower", issuer: middle, isAuthority: true)
    private static let deep = TestCertificate("web.internal", issuer: lower)

    @Test(
        .shows(effectOf: "proxy-ssl-verify-depth"), .shows(defaultOf: "proxy-ssl-verify-depth"),
        .shows(badValueOf: "proxy-ssl-verify-depth"),
        arguments: [("2", 200), (nil, 502), ("1", 502), ("0", 502), ("many", 502)] as [(String?, Int)])
    func `bounds the chain, 1 by default`(depth: String?, status: Int) throws {
        var annotations = ["proxy-ssl-verify": "on", "proxy-ssl-name": "web.internal"]
        annotations["proxy-ssl-verify-depth"] = depth
        let shop = try SecureShop(annotations, certificate: Self.deep)
        #expect(try shop.ask().status == status)
        #expect(shop.gate.faults(about: "proxy-ssl-verify-depth").isEmpty == (depth != "many"))
    }
}

@Suite struct `The annotation proxy-ssl-secret` {
    @Test(.shows(effectOf: "proxy-ssl-secret"))
    func `has its certificate presented`() throws {
        let handshake = try SecureShop(identity: SecureShop.client).ask().handshake
        #expect(handshake?.isVerified == true)
        #expect(handshake?.subject.contains("CN=gatehouse.internal") == true)
    }

    @Test(.shows(defaultOf: "proxy-ssl-secret"))
    func `has none presented by default`() throws {
        #expect(try SecureShop().ask().handshake?.subject == "")
        let without = try SecureShop(secret: nil).ask()
        #expect(without.status == 200 && without.handshake?.subject == "")
    }

    @Test(arguments: ["shop/missing", "other/backend-tls", "backend-tls"])
    func `answers 503 when its Secret cannot be used`(secret: String) throws {
        let shop = try SecureShop(secret: secret)
        #expect(try shop.ask().status == 503)
        #expect(shop.gate.faults(about: "proxy-ssl-secret").isEmpty == false)
        #expect(shop.origin.handshakes.isEmpty)
    }

    @Test(.shows(badValueOf: "proxy-ssl-secret"))
    func `rejects the Ingress when it is no name of a Secret`() throws {
        let shop = try SecureShop(secret: "shop/backend tls")
        #expect(try shop.ask().status == 404)
        #expect(shop.gate.faults(about: "proxy-ssl-secret").count == 1)
        #expect(shop.origin.handshakes.isEmpty)
    }

    @Test func `is what the other annotations need`() throws {
        let shop = try SecureShop(
            ["proxy-ssl-verify": "on", "proxy-ssl-server-name": "on", "proxy-ssl-name": "a.example"], secret: nil)
        let (status, handshake) = try shop.ask()
        #expect(status == 200 && handshake?.indicatedName == nil)
        #expect(shop.gate.faults(about: "proxy-ssl-verify").first?.contains("has no effect without") == true)
    }

    @Test(arguments: [("false", "web.internal"), ("true", nil)] as [(String, String?)])
    func `holds for the host's other Ingresses, unless the ConfigMap says otherwise`(
        only: String, name: String?
    ) throws {
        let other = Manifests.ingress(["backend-protocol": "HTTPS"], name: "other", path: "/other")
        let shop = try SecureShop(
            ["proxy-ssl-server-name": "on", "proxy-ssl-name": "web.internal"],
            configMap: ["proxy-ssl-location-only": only], also: [other])
        #expect(try shop.gate.request("/other").status == 200)
        #expect(shop.origin.handshakes.first?.indicatedName == name)
    }
}

@Suite struct `The annotations proxy-ssl-name and proxy-ssl-server-name` {
    @Test(
        .shows(effectOf: "proxy-ssl-name", "proxy-ssl-server-name"),
        .shows(defaultOf: "proxy-ssl-name", "proxy-ssl-server-name"),
        .shows(badValueOf: "proxy-ssl-name", "proxy-ssl-server-name"),
        arguments: [
            (["proxy-ssl-server-name": "on", "proxy-ssl-name": "Web.Internal"], "web.internal"),
            (["proxy-ssl-server-name": "on"], "shop-web-80"),
            (["proxy-ssl-name": "web.internal"], nil), ([:], nil),
            (["proxy-ssl-server-name": "maybe", "proxy-ssl-name": "web.internal"], nil),
            (["proxy-ssl-server-name": "on", "proxy-ssl-name": "not a name"], "shop-web-80"),
        ] as [([String: String], String?)])
    func `decide which name is sent`(annotations: [String: String], name: String?) throws {
        let (status, handshake) = try SecureShop(annotations).ask()
        #expect(status == 200)
        #expect(handshake?.indicatedName == name)
    }
}

/// As in nginx they need no Secret; whoever is verified by a Secret stays so.
@Suite struct `proxy_ssl directives of a snippet` {
    @Test(
        arguments: [
            ("proxy_ssl_server_name on; proxy_ssl_name web.internal;", nil, "web.internal"),
            ("proxy_ssl_server_name on;", nil, "shop-web-80"), ("proxy_ssl_verify off;", nil, nil),
            ("proxy_ssl_server_name on; proxy_ssl_name web.internal;", "shop/backend-tls", "web.internal"),
        ] as [(String, String?, String?)])
    func `decide which name is sent`(snippet: String, secret: String?, name: String?) throws {
        let (status, handshake) = try SecureShop(["configuration-snippet": snippet], secret: secret).ask()
        #expect(status == 200)
        #expect(handshake?.indicatedName == name)
    }

    @Test(arguments: [("TLSv1.2", "TLSv1.2"), ("TLSv1.3", "TLSv1.3"), ("TLSv1.2 TLSv1.3", "TLSv1.3")])
    func `choose the version`(versions: String, version: String) throws {
        let (status, handshake) = try SecureShop(
            ["configuration-snippet": "proxy_ssl_protocols \(versions);"], secret: nil
        ).ask()
        #expect(status == 200 && handshake?.version == version)
    }

    @Test(arguments: ["proxy_ssl_verify on;", "proxy_ssl_verify on; proxy_ssl_trusted_certificate /etc/ca.crt;"])
    func `close the Ingress when they ask for verification by a file`(snippet: String) throws {
        let shop = try SecureShop(["configuration-snippet": snippet], secret: nil)
        #expect(try shop.ask().status == 503)
        #expect(shop.gate.diagnostics.contains { $0.remedy.contains("proxy-ssl-verify") })
    }

    /// Another Ingress of the host, whose snippet names the backend, is verified as the first one's Secret asks.
    @Test(arguments: [("web.internal", 200), ("other.internal", 502)])
    func `leave the verification of the host's Secret on`(name: String, status: Int) throws {
        let snippet = "proxy_ssl_server_name on; proxy_ssl_name \(name);"
        let shop = try SecureShop(
            ["proxy-ssl-verify": "on", "proxy-ssl-name": "web.internal"],
            also: [
                Manifests.ingress(
                    ["backend-protocol": "HTTPS", "configuration-snippet": snippet], name: "a", path: "/other")
            ])
        #expect(try shop.gate.request("/other").status == status)
        #expect(try shop.gate.request("/").status == 200)
    }

    @Test(arguments: [("web.internal", 200), ("other.internal", 502)])
    func `leave it on in a location of server-snippet, too`(name: String, status: Int) throws {
        let shop = try SecureShop([
            "proxy-ssl-verify": "on", "proxy-ssl-name": "web.internal",
            "server-snippet":
                "location /other { proxy_ssl_name \(name); proxy_ssl_server_name on; proxy_pass https://web.shop.svc:80; }",
        ])
        #expect(try shop.gate.request("/other").status == status)
    }
}

@Suite struct `The annotations proxy-ssl-protocols and proxy-ssl-ciphers` {
    @Test(
        .shows(effectOf: "proxy-ssl-protocols"), .shows(defaultOf: "proxy-ssl-protocols"),
        .shows(badValueOf: "proxy-ssl-protocols"),
        arguments: [
            ([:], "TLSv1.2"), (["proxy-ssl-protocols": "TLSv1.3"], "TLSv1.3"),
            (["proxy-ssl-protocols": "TLSv1.2 TLSv1.3"], "TLSv1.3"),
            (["proxy-ssl-protocols": "TLSv1.1 TLSv1.2"], "TLSv1.2"),
            (["proxy-ssl-protocols": "TLSv9"], "TLSv1.2"),
        ])
    func `choose the version`(annotations: [String: String], version: String) throws {
        let shop = try SecureShop(annotations)
        let (status, handshake) = try shop.ask()
        #expect(status == 200 && handshake?.version == version)
        #expect(shop.gate.faults(about: "proxy-ssl-protocols").isEmpty != annotations.values.contains("TLSv9"))
    }

    @Test(
        .shows(effectOf: "proxy-ssl-ciphers"),
        arguments: [
            ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
            ("ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ])
    func `choose the cipher`(list: String, cipher: String) throws {
        #expect(try SecureShop(["proxy-ssl-ciphers": list]).ask().handshake?.cipher == cipher)
    }

    @Test(.shows(defaultOf: "proxy-ssl-ciphers"), .shows(badValueOf: "proxy-ssl-ciphers"))
    func `keep the default list when the value is unusable`() throws {
        let usual = try SecureShop().ask()
        #expect(usual.status == 200 && usual.handshake?.cipher.isEmpty == false)
        let shop = try SecureShop(["proxy-ssl-ciphers": "HIGH;evil"])
        let answer = try shop.ask()
        #expect(answer.status == 200 && answer.handshake?.cipher == usual.handshake?.cipher)
        #expect(shop.gate.faults(about: "proxy-ssl-ciphers").isEmpty == false)
    }
}

@Suite struct `Services that are asked over TLS` {
    private static let certificate = TestCertificate("whoever.internal")

    @Test func `may say who passes`() throws {
        let service = try SecureOrigin(TLSOriginOptions(Self.certificate)) { connection in
            while let request = try connection.request() {
                let passes = request["Cookie"] == "pass=1"
                try connection.respond(status: passes ? "200 OK" : "403 Forbidden", fields: ["X-User: ann"])
            }
        }
        let origin = try ScriptedOrigin(answering: "shop")
        let gate = try Gate(
            ["auth-url": "https://auth.shop.svc:80/check", "auth-response-headers": "X-User"],
            origins: ["web": [origin], "auth": [service.origin]])
        #expect(try gate.request("/", ["Cookie: pass=1"]).text == "shop")
        #expect(try gate.request().status == 403)
        #expect(origin.requests.map { $0["X-User"] } == ["ann"])
        #expect(service.handshakes.map(\.indicatedName) == ["auth.shop.svc"], "one connection, with SNI")
    }

    @Test func `let nobody pass when they do not speak TLS`() throws {
        // Says yes to whatever comes, the start of a handshake too, as a server of plain HTTP may.
        let service = try ScriptedOrigin { connection in
            _ = try connection.bytes(1)
            try connection.respond("yes")
        }
        let origin = try ScriptedOrigin(answering: "shop")
        let gate = try Gate(
            ["auth-url": "https://auth.shop.svc:80/check"], origins: ["web": [origin], "auth": [service]])
        #expect(try gate.request().status == 500)
        #expect(origin.requests.isEmpty && service.connectionCount == 1)
    }

    @Test func `get copies of requests`() throws {
        let shadow = try SecureOrigin(TLSOriginOptions(Self.certificate), answering: "copy")
        let gate = try Gate(
            ["mirror-target": "https://shadow.shop.svc:80$request_uri"],
            origins: ["web": [try ScriptedOrigin(answering: "shop")], "shadow": [shadow.origin]])
        #expect(try gate.request("/a", method: "POST", body: "hello").text == "shop")
        let copy = try #require(try shadow.origin.waitForRequests(1).first)
        #expect(copy.target == "/a" && copy.text == "hello")
        #expect(shadow.handshakes.map(\.indicatedName) == ["shadow.shop.svc"])
    }
}
