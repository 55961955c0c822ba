import Foundation
import Model
import TestSupport
import Testing

/// `allow` and `deny` of snippets beside what annotations ask, as nginx's access phase has them.
@Suite struct `Address rules of a snippet` {
    struct Case: Sendable, CustomTestStringConvertible {
        var rules: String
        var satisfy: String? = "any"
        var configMap: [String: String] = [:]
        var withoutPassword: Int
        var withPassword = 200
        var testDescription: String { "\(satisfy ?? "") \(rules) \(configMap)" }
    }

    /// Who asks is 127.0.0.1.
    static let cases = [
        // Whom a rule lets in needs no password, and nobody else is kept out by it: they need one.
        Case(rules: "allow 127.0.0.0/8;", withoutPassword: 200),
        Case(rules: "allow 192.0.2.0/24;", withoutPassword: 401),
        Case(rules: "allow all;", withoutPassword: 200),
        Case(rules: "deny 192.0.2.0/24;", withoutPassword: 401),
        Case(rules: "deny 127.0.0.1; allow 127.0.0.0/8;", withoutPassword: 401),
        Case(rules: "allow 127.0.0.1; deny 127.0.0.0/8;", withoutPassword: 200),
        Case(rules: "allow 192.0.2.0/24; deny all;", withoutPassword: 401),
        Case(rules: "deny all;", withoutPassword: 401),
        // Both have to be fulfilled.
        Case(rules: "allow 127.0.0.0/8;", satisfy: nil, withoutPassword: 401),
        Case(rules: "allow 192.0.2.0/24;", satisfy: nil, withoutPassword: 401),
        Case(rules: "allow all;", satisfy: "all", withoutPassword: 401),
        Case(rules: "allow 192.0.2.0/24; deny all;", satisfy: nil, withoutPassword: 403, withPassword: 403),
    ]

    @Test(arguments: cases)
    func `stand beside a password as satisfy says`(given: Case) throws {
        var annotations = ["auth-type": "basic", "auth-secret": "users", "configuration-snippet": given.rules]
        annotations["satisfy"] = given.satisfy
        let gate = try Gate(
            annotations, origin: ScriptedOrigin(answering: "ok"), configMap: given.configMap,
            also: Manifests.secret("users", ["auth": "ann:{PLAIN}secret"]))
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try gate.request().status == given.withoutPassword)
        let login = "Authorization: Basic \(Data("ann:secret".utf8).base64EncodedString())"
        #expect(try gate.request("/", [login]).status == given.withPassword)
    }

    @Test(arguments: [("allow 192.0.2.0/24;", 200), ("deny 127.0.0.1;", 403), ("allow all;", 200)])
    func `with satisfy any and nothing else keep out whom they deny`(rules: String, status: Int) throws {
        let gate = try Gate(
            ["satisfy": "any", "configuration-snippet": rules], origin: ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().status == status)
    }

    /// `block-cidrs` holds where neither the path nor its host says anything of addresses.
    @Test(arguments: [
        (["server-snippet": "deny 127.0.0.1;"], "192.0.2.0/24", 403),
        (["server-snippet": "allow all;"], "127.0.0.0/8", 200),
        (["configuration-snippet": "deny 127.0.0.1;"], "192.0.2.0/24", 403),
        (["configuration-snippet": "allow all;"], "127.0.0.0/8", 200),
        (["server-snippet": "more_set_headers \"A: b\";"], "127.0.0.0/8", 403),
        // The path's own rules, lists of annotations among them, take the place of its host's.
        (["server-snippet": "deny 127.0.0.1;", "configuration-snippet": "allow all;"], "192.0.2.0/24", 200),
        (["server-snippet": "deny 127.0.0.1;", "allowlist-source-range": "127.0.0.0/8"], "192.0.2.0/24", 200),
        (["server-snippet": "allow all;", "denylist-source-range": "127.0.0.0/8"], "192.0.2.0/24", 403),
    ])
    func `take the place of block-cidrs, the path's that of the host's`(
        annotations: [String: String], blocked: String, status: Int
    ) throws {
        let gate = try Gate(
            annotations, origin: ScriptedOrigin(answering: "ok"), configMap: ["block-cidrs": blocked])
        #expect(try gate.request().status == status)
    }
}

/// A snippet that switches off what annotations ask never lets people pass by it.
@Suite struct `Switching authentication off in a snippet` {
    private static let password = ["auth-type": "basic", "auth-secret": "users"]
    private static let service = ["auth-url": "http://auth.shop.svc/check"]

    private func gate(_ annotations: [String: String], configMap: [String: String] = [:]) throws -> Gate {
        try Gate(
            manifests: [
                Manifests.ingress(annotations), Manifests.ingress([:], name: "other", host: "other.example"),
                Manifests.secret("users", ["auth": "ann:{PLAIN}secret"]),
            ],
            origins: [
                "web": [try ScriptedOrigin(answering: "ok")],
                "auth": [try ScriptedOrigin { while try $0.request() != nil { try $0.respond("", status: "403 No") } }],
            ],
            configMap: configMap)
    }

    @Test(arguments: [
        (password, "auth_basic off;", "contradicts auth-type"), (service, "auth_request off;", "contradicts auth-url"),
        (password.merging(service) { $1 }, "auth_request off;", "contradicts auth-url"),
    ])
    func `closes the Ingress whose annotations ask, as nginx would not load it`(
        annotations: [String: String], snippet: String, fault: String
    ) throws {
        let gate = try gate(annotations.merging(["configuration-snippet": snippet]) { $1 })
        #expect(try gate.request().status == 503)
        #expect(try gate.request(host: "other.example").status == 200)
        let finding = try #require(gate.diagnostics.first { $0.fault.contains(fault) })
        #expect(finding.severity == .rejected && finding.fault.contains("line 1") && !finding.remedy.isEmpty)
    }

    @Test(arguments: [
        ([:], "auth_basic off;"), ([:], "auth_request off;"), (service, "auth_basic off;"),
        (password, "auth_request off;"),
    ])
    func `has no effect where nobody asks for it`(annotations: [String: String], snippet: String) throws {
        let gate = try gate(annotations.merging(["configuration-snippet": snippet]) { $1 })
        let without = try self.gate(annotations)
        #expect(try gate.request().status == without.request().status)
        #expect(gate.diagnostics.map(\.severity) == [.note])
    }

    @Test(arguments: [(nil, 503), ("false", 200)])
    func `closes the Ingress that the ConfigMap's service guards`(follows: String?, status: Int) throws {
        var annotations = ["configuration-snippet": "auth_request off;"]
        annotations["enable-global-auth"] = follows
        let gate = try gate(annotations, configMap: ["global-auth-url": "http://auth.shop.svc/check"])
        #expect(try gate.request().status == status)
    }

    @Test func `of the ConfigMap's location-snippet closes the Ingresses whose annotations ask alone`() throws {
        let gate = try gate(Self.password, configMap: ["location-snippet": "auth_basic off;"])
        #expect(try gate.request().status == 503)
        #expect(try gate.request(host: "other.example").status == 200)
        #expect(gate.faults(about: "auth-type").contains { $0.contains("location-snippet of the ConfigMap") })
    }

    @Test(arguments: ["auth_basic off;", "auth_request off;", "location /open { auth_basic off; return 200; }"])
    func `of a host leaves its paths what they ask`(snippet: String) throws {
        let gate = try gate(Self.password.merging(["server-snippet": snippet]) { $1 })
        #expect(try gate.request().status == 401)
        #expect(gate.diagnostics.map(\.severity) == [.note])
    }

    @Test(arguments: ["auth_basic secret;", "auth_request /ask;", "if ($arg_x) { auth_basic off; }"])
    func `is all that may be said of it`(snippet: String) throws {
        let gate = try gate(["configuration-snippet": snippet])
        #expect(try gate.request().status == 503)
    }
}

@Suite struct `The variable $auth_cookie` {
    @Test(arguments: [("a=1; Path=/", "[a=1; Path=/]"), (nil, "[]")])
    func `is the cookie of the authorization service's answer`(cookie: String?, value: String) throws {
        let fields = cookie.map { ["Set-Cookie: \($0)"] } ?? []
        let gate = try Gate(
            [
                "auth-url": "http://auth.shop.svc/check",
                "configuration-snippet": "add_header X-Cookie \"[$auth_cookie]\" always;",
            ],
            origins: [
                "web": [try ScriptedOrigin(answering: "ok")],
                "auth": [
                    try ScriptedOrigin {
                        while try $0.request() != nil { try $0.respond("", status: "200 OK", fields: fields) }
                    }
                ],
            ])
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try gate.request()["X-Cookie"] == value)
    }

    @Test func `is empty where nobody is asked`() throws {
        let gate = try `configuration-snippet`.gate("add_header X-Cookie \"[$auth_cookie]\";")
        #expect(try gate.request()["X-Cookie"] == "[]")
    }
}
