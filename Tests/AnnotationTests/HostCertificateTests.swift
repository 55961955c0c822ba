import Kubernetes
import Model
import TestSupport
import Testing
import Translation

@Suite struct `Strict-Transport-Security` {
    @Test func `is on every answer over TLS, in place of the backend's`() throws {
        let shop = try MutualShop(
            secret: nil, also: [Manifests.ingress([:], name: "gone", path: "/gone", service: "gone")])
        let value = "max-age=31536000; includeSubDomains"
        #expect(try shop.request("/").values("Strict-Transport-Security") == [value])
        #expect(try shop.request("/gone").values("Strict-Transport-Security") == [value])
        #expect(try shop.request("/gone").status == 503)
    }

    @Test func `is never on plain HTTP, whatever X-Forwarded-Proto says`() throws {
        let shop = try MutualShop(["ssl-redirect": "false"], secret: nil, configMap: ["use-forwarded-headers": "true"])
        let answer = try shop.gate.request("/", ["X-Forwarded-Proto: https"])
        #expect(answer.values("Strict-Transport-Security") == ["max-age=1"])
    }

    @Test(
        .shows(
            effectOf: "ConfigMap/hsts", "ConfigMap/hsts-max-age", "ConfigMap/hsts-include-subdomains",
            "ConfigMap/hsts-preload"),
        .shows(
            badValueOf: "ConfigMap/hsts", "ConfigMap/hsts-max-age", "ConfigMap/hsts-include-subdomains",
            "ConfigMap/hsts-preload"),
        arguments: [
            (["hsts": "false"], "max-age=1"),
            (["hsts-max-age": "9", "hsts-preload": "true"], "max-age=9; includeSubDomains; preload"),
            (["hsts-include-subdomains": "false"], "max-age=31536000"),
            (["hsts-max-age": "long"], "max-age=31536000; includeSubDomains"),
            (["hsts": "on"], "max-age=31536000; includeSubDomains"),
            (["hsts-include-subdomains": "no"], "max-age=31536000; includeSubDomains"),
            (["hsts-preload": "yes"], "max-age=31536000; includeSubDomains"),
        ])
    func `says what the ConfigMap says`(configMap: [String: String], value: String) throws {
        let shop = try MutualShop(secret: nil, configMap: configMap)
        #expect(try shop.request("/").values("Strict-Transport-Security") == [value])
    }

    @Test func `is not on what another service says in place of an error`() throws {
        let errors = ["custom-http-errors": "403", "default-backend": "web", "denylist-source-range": "127.0.0.0/8"]
        let shop = try MutualShop(secret: nil, also: [Manifests.ingress(errors, name: "lost", path: "/lost")])
        let answer = try shop.request("/lost")
        #expect(answer.text == "ok" && shop.origin.requests.first?["X-Code"] == "403")
        #expect(answer.values("Strict-Transport-Security") == ["max-age=1"])
    }

    @Test func `is not on the redirect to where people sign in`() throws {
        let auth = try ScriptedOrigin(
            answering: "no", status: "401 Unauthorized", fields: ["Strict-Transport-Security: max-age=2"])
        let url = "http://127.0.0.1:\(auth.port)/"
        let shop = try MutualShop(
            ["auth-url": url, "auth-signin": "https://login.example/"], secret: nil,
            also: [Manifests.ingress(["auth-url": url], name: "plain", path: "/plain")])
        let answer = try shop.request("/")
        #expect(answer.status == 302)
        #expect(answer["Location"]?.hasPrefix("https://login.example/") == true)
        #expect(answer["Strict-Transport-Security"] == nil)
        let refused = try shop.request("/plain")
        #expect(refused.status == 401)
        #expect(refused.values("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains"])
    }

    @Test func `is not on the answers of a host that redirects to another`() throws {
        let shop = try MutualShop(["from-to-www-redirect": "true"], secret: nil)
        let answer = try shop.request(host: "www.shop.example", sni: "www.shop.example")
        #expect(answer.status == 308 && answer["Strict-Transport-Security"] == nil)
        #expect(answer["Location"] == "https://shop.example:443")
    }
}

@Suite struct `The certificate of a host` {
    @Test func `is the one of its Secret, and the default one where that can't be used`() throws {
        let wrong = Manifests.secret(
            "wrong", type: "kubernetes.io/tls",
            ["tls.crt": MutualShop.shop.chainPEM, "tls.key": MutualShop.client.keyPEM])
        let old = TestCertificate("old.example", issuer: MutualShop.authority, days: -1)
        let expired = Manifests.secret(
            "expired", type: "kubernetes.io/tls", ["tls.crt": old.chainPEM, "tls.key": old.keyPEM])
        let ingresses = [("key", "wrong"), ("old", "expired"), ("gone", "missing"), ("mismatch", "shop-tls")].map {
            Manifests.ingress(
                [:], name: $0.0, host: "\($0.0).example",
                spec: ["tls: [{hosts: [\($0.0).example], secretName: \($0.1)}]"])
        }
        let shop = try MutualShop(secret: nil, also: ingresses + [wrong, expired])
        func subject(_ host: String) throws -> String {
            var options = TLSOptions(host)
            options.authority = nil
            return try shop.gate.secureClient(options).wire.session?.subject ?? ""
        }
        #expect(try subject("shop.example").contains("CN=shop.example"))
        #expect(try subject("www.shop.example").contains("Fake Certificate"))
        for host in ["key", "old", "gone", "mismatch"] {
            #expect(try subject("\(host).example").contains("Kubernetes Ingress Controller Fake Certificate"))
            #expect(try shop.request(host: "\(host).example", sni: "\(host).example").status == 200)
        }
        #expect(shop.gate.diagnostics.filter { $0.field == "spec.tls[0].secretName" }.count == 4)
    }

    @Test func `is the default one of the command line for other names`() throws {
        let fallback = TestCertificate("fallback.example", issuer: MutualShop.authority)
        let secret = Manifests.secret(
            "fallback", type: "kubernetes.io/tls", ["tls.crt": fallback.chainPEM, "tls.key": fallback.keyPEM])
        let gate = try Gate(
            manifests: [Manifests.ingress([:]), secret], origins: ["web": [try ScriptedOrigin(answering: "ok")]],
            speaksTLS: true
        ) { $0.defaultCertificate = .init(namespace: "shop", name: "fallback") }
        #expect(
            try gate.secureClient(TLSOptions("shop.example")).wire.session?.subject.contains("CN=fallback.example")
                == true)
    }
}
