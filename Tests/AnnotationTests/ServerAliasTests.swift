import Model
import TestSupport
import Testing

@Suite struct `The annotation server-alias` {
    private static let names = "www.example, *.wild.example, trail.*, ~^r[0-9]+\\.example$"

    @Test(
        .shows(effectOf: "server-alias"),
        arguments: [
            ("shop.example", 200), ("www.example", 200), ("WWW.Example:8080", 200), ("www.example.", 200),
            ("a.wild.example", 200), ("wild.example", 404), ("trail.anything", 200), ("r12.example", 200),
            ("r12.example.org", 404), ("other.example", 404),
        ])
    func `gives the host further names`(host: String, status: Int) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["server-alias": Self.names], origin: origin)
        #expect(try gate.request("/", host: host).status == status)
    }

    @Test(.shows(defaultOf: "server-alias"))
    func `is none by default`() throws {
        let gate = try Gate([:], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request("/", host: "www.example").status == 404)
    }

    @Test(
        .shows(badValueOf: "server-alias"),
        arguments: ["~(", "a b.example;", "-.example", "exa$mple", "http://www.example", "*"])
    func `rejects the Ingress when its value is unusable`(value: String) throws {
        let gate = try Gate(["server-alias": value], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().status == 404)
        #expect(gate.faults(about: "server-alias").count == 1)
    }

    /// Exact names before wildcards, and wildcards before patterns; a host of its own before all of them.
    @Test(arguments: [
        ("a.b.example", "exact"), ("c.b.example", "wildcard"), ("c.d.example", "pattern"), ("own.b.example", "own"),
    ])
    func `is looked up by kind, the most exact first`(host: String, answer: String) throws {
        let names = ["pattern": "~^.*\\.example$", "wildcard": "*.b.example", "exact": "a.b.example", "own": ""]
        let origins = try names.mapValues { _ in
            try ScriptedOrigin { connection in
                while let request = try connection.request() { try connection.respond(request["X-Side"] ?? "") }
            }
        }
        var manifests: [String] = []
        for (name, alias) in names {
            let annotations = alias.isEmpty ? [:] : ["server-alias": alias]
            let main = name == "own" ? "own.b.example" : "\(name).main"
            manifests.append(Manifests.ingress(annotations, name: name, host: main, service: name))
        }
        let gate = try Gate(manifests: manifests, origins: origins.mapValues { [$0] })
        _ = try gate.request("/", host: host)
        #expect(origins.filter { !$0.value.requests.isEmpty }.map(\.key) == [answer])
    }

    @Test func `yields to a host of another Ingress`() throws {
        let (main, other) = (try ScriptedOrigin(answering: "main"), try ScriptedOrigin(answering: "other"))
        let gate = try Gate(
            manifests: [
                Manifests.ingress(["server-alias": "other.example"]),
                Manifests.ingress([:], name: "other", host: "other.example", service: "other"),
            ], origins: ["web": [main], "other": [other]])
        #expect(try gate.request("/", host: "other.example").text == "other")
        #expect(gate.faults(about: "server-alias").count == 1)
    }

    @Test func `of a later Ingress for the same host does not count`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            manifests: [
                // Of equal age the greater name comes first.
                Manifests.ingress(["server-alias": "first.example"], name: "z"),
                Manifests.ingress(["server-alias": "second.example"], name: "a", path: "/a"),
            ], origins: ["web": [origin]])
        #expect(try gate.request("/", host: "first.example").status == 200)
        #expect(try gate.request("/", host: "second.example").status == 404)
        #expect(gate.faults(about: "server-alias").count == 1)
    }

    @Test func `of an Ingress without a host is ignored`() throws {
        let gate = try Gate(
            ["server-alias": "www.example"], path: "/web", host: nil,
            origins: ["web": [try ScriptedOrigin(answering: "ok")]])
        #expect(gate.model.virtualHosts.flatMap(\.aliases).isEmpty)
        #expect(try gate.request("/web", host: "www.example").status == 200)
    }

    @Test func `gets the host's session cookies`() throws {
        let gate = try Gate(
            ["server-alias": "www.example", "affinity": "cookie"], origin: try ScriptedOrigin(answering: "ok"))
        let cookie = try #require(try gate.request("/", host: "www.example")["Set-Cookie"]?.prefix { $0 != ";" })
        #expect(cookie.hasPrefix("INGRESSCOOKIE="))
        #expect(try gate.request("/", host: "shop.example", ["Cookie: \(cookie)"])["Set-Cookie"] == nil)
    }

    @Test(arguments: [("www.shop.example", true), ("elsewhere.example", false)])
    func `uses the host's certificate only where it covers the name`(alias: String, covered: Bool) throws {
        let certificate = TestCertificate("shop.example", "www.shop.example")
        let gate = try Gate(
            manifests: [
                Manifests.ingress(
                    ["server-alias": alias], spec: ["tls: [{hosts: [shop.example], secretName: shop-tls}]"]),
                Manifests.secret(
                    "shop-tls", type: "kubernetes.io/tls",
                    ["tls.crt": certificate.chainPEM, "tls.key": certificate.keyPEM]),
            ], origins: ["web": [try ScriptedOrigin(answering: "ok")]], speaksTLS: true)
        let client = try gate.secureClient(TLSOptions(alias))
        #expect(try client.request("/", host: alias).text == "ok")
        #expect((client.wire.session?.subject ?? "").contains("CN=shop.example") == covered)
    }
}
