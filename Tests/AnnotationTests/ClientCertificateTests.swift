import Foundation
import TestSupport
import Testing

@Suite struct `auth-tls-secret` {
    @Test(.shows(effectOf: "auth-tls-secret"), .shows(defaultOf: "auth-tls-match-cn"))
    func `lets in whoever shows a certificate of its authorities`() throws {
        let shop = try MutualShop()
        #expect(try shop.request(as: MutualShop.client).status == 200)
        let request = try #require(shop.origin.requests.first)
        #expect(request["ssl-client-verify"] == "SUCCESS")
        #expect(request["ssl-client-subject-dn"] == "CN=web-client,O=Gatehouse Tests")
        #expect(request["ssl-client-issuer-dn"] == "CN=Clients Authority,O=Gatehouse Tests")
        #expect(request["ssl-client-cert"] == nil)
    }

    @Test(.shows(defaultOf: "auth-tls-verify-client", "auth-tls-error-page"))
    func `answers 400 to those without, and closes`() throws {
        let shop = try MutualShop()
        let client = try shop.gate.secureClient(TLSOptions("shop.example"))
        let answer = try client.request("/")
        #expect(answer.status == 400 && answer.text.contains("No required SSL certificate was sent"))
        #expect(try client.isEnded())
    }

    @Test(arguments: [MutualShop.unknown, MutualShop.expired])
    func `answers 400 to a certificate that is no good`(identity: TestCertificate) throws {
        let answer = try MutualShop().request(as: identity)
        #expect(answer.status == 400 && answer.text.contains("The SSL certificate error"))
    }

    @Test func `refuses what its list of revocations names`() throws {
        let list = Manifests.secret(
            "revoking",
            ["ca.crt": MutualShop.authority.certificatePEM, "ca.crl": MutualShop.authority.revocationList(of: 9)])
        let shop = try MutualShop(secret: "shop/revoking", also: [list])
        #expect(try shop.request(as: MutualShop.client).status == 200)
        #expect(try shop.request(as: MutualShop.revoked).status == 400)
    }

    @Test(arguments: ["shop/none", "clients-ca", "other/clients-ca", "shop/shop-tls"])
    func `that can't be used makes the whole host answer 403, plain HTTP too`(reference: String) throws {
        let neighbour = Manifests.ingress([:], name: "neighbour", path: "/other")
        let shop = try MutualShop(["ssl-redirect": "false"], secret: reference, also: [neighbour])
        #expect(try shop.request(as: MutualShop.client).status == 403)
        #expect(try shop.gate.request("/").status == 403)
        #expect(try shop.gate.request("/other").status == 403)
        #expect(shop.gate.faults(about: "auth-tls-secret").count == 1)
    }

    @Test(.shows(badValueOf: "auth-tls-secret"))
    func `rejects its Ingress when it is no name of a Secret`() throws {
        let shop = try MutualShop(secret: "shop/clients ca")
        #expect(try shop.request(as: MutualShop.client).status == 404)
        #expect(shop.origin.requests.isEmpty)
        #expect(shop.gate.faults(about: "auth-tls-secret").count == 1)
    }

    @Test func `holds for every path of the host, of all Ingresses, and for no other host`() throws {
        let others = [
            Manifests.ingress([:], name: "younger", path: "/younger"),
            Manifests.ingress([:], name: "other", host: "www.shop.example"),
        ]
        let shop = try MutualShop(also: others)
        #expect(try shop.request("/younger").status == 400)
        #expect(try shop.request("/younger", as: MutualShop.client).status == 200)
        #expect(try shop.request(host: "www.shop.example", sni: "www.shop.example").status == 200)
    }

    @Test func `serves nobody over plain HTTP, but redirects`() throws {
        #expect(try MutualShop().gate.request("/").status == 308)
        let open = try MutualShop(["ssl-redirect": "false"])
        #expect(try open.gate.request("/").status == 400)
        #expect(open.origin.requests.isEmpty)
    }

    @Test(.shows(defaultOf: "auth-tls-secret"))
    func `is absent by default: no certificate is asked for, and no field says anything of one`() throws {
        let shop = try MutualShop(secret: nil)
        let forged = ["ssl-client-verify: SUCCESS", "ssl-client-subject-dn: CN=root", "ssl-client-cert: x"]
        #expect(try shop.request(with: forged).status == 200)
        let request = try #require(shop.origin.requests.first)
        #expect(request.fields.allSatisfy { !$0.name.lowercased().hasPrefix("ssl-client") })
    }

    @Test func `takes the place of what a client says of itself`() throws {
        let shop = try MutualShop(["auth-tls-verify-client": "optional"])
        #expect(try shop.request(with: ["ssl-client-verify: SUCCESS", "SSL-Client-Subject-DN: CN=root"]).status == 200)
        let request = try #require(shop.origin.requests.first)
        #expect(request.values("ssl-client-verify") == ["NONE"])
        #expect(request.values("ssl-client-subject-dn") == [])
    }

    @Test func `answers 421 to requests for it over a connection to another host, and the other way`() throws {
        let open = Manifests.ingress([:], name: "open", host: "open.example", spec: ["tls: [{hosts: [open.example]}]"])
        let twin = Manifests.ingress(
            ["auth-tls-secret": "shop/clients-ca"], name: "twin", host: "twin.example",
            spec: ["tls: [{hosts: [twin.example]}]"])
        let shop = try MutualShop(also: [open, twin])
        #expect(try shop.request(as: MutualShop.client, sni: "open.example").status == 421)
        #expect(try shop.request(as: MutualShop.client, host: "open.example").status == 421)
        #expect(try shop.request(as: MutualShop.client, host: "twin.example").status == 200)
        #expect(try shop.request(host: "open.example", sni: "open.example").status == 200)
    }
}

@Suite struct `auth-tls-verify-client` {
    @Test(
        .shows(effectOf: "auth-tls-verify-client"), .shows(badValueOf: "auth-tls-verify-client"),
        arguments: [
            ("on", 200, 400, 400), ("off", 200, 200, 200), ("optional", 200, 200, 400),
            ("optional_no_ca", 200, 200, 200),
            ("maybe", 200, 400, 400),
        ])
    func `says who may come in`(mode: String, good: Int, none: Int, bad: Int) throws {
        let shop = try MutualShop(["auth-tls-verify-client": mode])
        #expect(try shop.request(as: MutualShop.client).status == good)
        #expect(try shop.request(as: nil).status == none)
        #expect(try shop.request(as: MutualShop.unknown).status == bad)
        #expect(shop.gate.faults(about: "auth-tls-verify-client").isEmpty == (mode != "maybe"))
    }

    @Test(arguments: ["on", "optional", "optional_no_ca"])
    func `never takes one that has expired`(mode: String) throws {
        let answer = try MutualShop(["auth-tls-verify-client": mode]).request(as: MutualShop.expired)
        #expect(answer.status == 400 && answer.text.contains("The SSL certificate error"))
    }

    @Test func `tells the backend what a certificate of anybody is worth`() throws {
        let shop = try MutualShop(["auth-tls-verify-client": "optional_no_ca"])
        _ = try shop.request(as: MutualShop.unknown)
        _ = try shop.request()
        let verdicts = shop.origin.requests.map { $0["ssl-client-verify"] ?? "-" }
        #expect(verdicts.first?.hasPrefix("FAILED:") == true && verdicts.last == "NONE")
    }

    @Test func `has no effect without a Secret, which is said`() throws {
        let shop = try MutualShop(["auth-tls-verify-client": "optional"], secret: nil)
        #expect(try shop.request().status == 200)
        #expect(shop.gate.faults(about: "auth-tls-verify-client").count == 1)
    }
}

@Suite struct `auth-tls-verify-depth` {
    // OpenSSL counts what lies between the client and the authority.
    static let upper = TestCertificate("Upper Authority", issuer: MutualShop.authority, isAuthority: true)
    static let lower = TestCertificate("Lower Authority", issuer: upper, isAuthority: true)
    static let near = TestCertificate("near-client", issuer: upper)
    static let deep = TestCertificate("deep-client", issuer: lower)

    @Test(
        .shows(effectOf: "auth-tls-verify-depth"), .shows(defaultOf: "auth-tls-verify-depth"),
        .shows(badValueOf: "auth-tls-verify-depth"), arguments: [(nil, 400), ("2", 200), ("0", 400), ("deep", 400)])
    func `bounds the chain`(depth: String?, status: Int) throws {
        let shop = try MutualShop(depth.map { ["auth-tls-verify-depth": $0] } ?? [:])
        #expect(try shop.request(as: Self.deep).status == status)
        #expect(try shop.request(as: Self.near).status == 200)
        #expect(try shop.request(as: MutualShop.client).status == 200)
        #expect(shop.gate.faults(about: "auth-tls-verify-depth").isEmpty == (depth != "deep"))
    }
}

@Suite struct `auth-tls-error-page` {
    @Test(.shows(effectOf: "auth-tls-error-page"))
    func `is where clients without a good certificate are sent`() throws {
        let shop = try MutualShop(["auth-tls-error-page": "https://example.com/none"])
        for identity in [nil, MutualShop.unknown] {
            let answer = try shop.request(as: identity)
            #expect(answer.status == 302 && answer["Location"] == "https://example.com/none")
        }
        #expect(try shop.request(as: MutualShop.client).status == 200)
    }

    @Test func `may be a path of the host, which is then open`() throws {
        let shop = try MutualShop(["auth-tls-error-page": "/none"])
        #expect(try shop.request("/x")["Location"] == "/none")
        #expect(try shop.request("/none").status == 200)
        #expect(try shop.request("/none/../x").status == 302)
    }

    @Test(.shows(badValueOf: "auth-tls-error-page"))
    func `rejects its Ingress when it is neither`() throws {
        let shop = try MutualShop(["auth-tls-error-page": "javascript:x"])
        #expect(try shop.request(as: MutualShop.client).status == 404)
        let named = try MutualShop(["auth-tls-error-page": "@error"])
        #expect(try named.request().status == 400)
        #expect(named.gate.faults(about: "auth-tls-error-page").count == 1)
    }
}

@Suite struct `auth-tls-pass-certificate-to-upstream` {
    @Test(
        .shows(effectOf: "auth-tls-pass-certificate-to-upstream"),
        .shows(defaultOf: "auth-tls-pass-certificate-to-upstream"),
        arguments: [("true", true), ("false", false), (nil, false)] as [(String?, Bool)])
    func `hands the certificate on, percent-encoded`(value: String?, passes: Bool) throws {
        let shop = try MutualShop(value.map { ["auth-tls-pass-certificate-to-upstream": $0] } ?? [:])
        #expect(try shop.request(as: MutualShop.client).status == 200)
        let passed = try #require(shop.origin.requests.first)["ssl-client-cert"]
        #expect((passed != nil) == passes)
        #expect(passed == nil || passed?.removingPercentEncoding == MutualShop.client.certificatePEM)
    }

    @Test(.shows(badValueOf: "auth-tls-pass-certificate-to-upstream"))
    func `rejects its Ingress when the value is bad`() throws {
        let shop = try MutualShop(["auth-tls-pass-certificate-to-upstream": "maybe"])
        #expect(try shop.request(as: MutualShop.client).status == 404)
    }
}

@Suite struct `auth-tls-match-cn` {
    @Test(
        .shows(effectOf: "auth-tls-match-cn"),
        arguments: [("CN=web-client", 200), ("CN=web-.*", 200), ("CN=(app|db)", 403)])
    func `must match the subject`(pattern: String, status: Int) throws {
        let shop = try MutualShop(["auth-tls-match-cn": pattern])
        let answer = try shop.request(as: MutualShop.client)
        #expect(answer.status == status)
        if status == 403 { #expect(answer.text == "client certificate unauthorized") }
    }

    @Test func `is judged over plain HTTP too, before the redirect to HTTPS`() throws {
        let shop = try MutualShop(["auth-tls-match-cn": "CN=web"])
        #expect(try shop.gate.request("/").status == 403)
    }

    @Test func `comes before app-root`() throws {
        let shop = try MutualShop(["auth-tls-match-cn": "CN=app", "app-root": "/app"])
        #expect(try shop.request(as: MutualShop.client).status == 403)
    }

    @Test(.shows(badValueOf: "auth-tls-match-cn"))
    func `closes its Ingress when no certificate is asked for, and rejects it when it is no pattern`() throws {
        let alone = try MutualShop(["auth-tls-match-cn": "CN=web"], secret: nil)
        #expect(try alone.request(as: MutualShop.client).status == 503)
        let bad = try MutualShop(["auth-tls-match-cn": "CN=(web"])
        #expect(try bad.request(as: MutualShop.client).status == 404)
        #expect(bad.gate.faults(about: "auth-tls-match-cn").count == 1)
    }
}
