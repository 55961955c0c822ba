import Model
import TestSupport
import Testing

/// A host has one `server-snippet`, and with it the variables that this one sets.
@Suite struct `Variables of a server-snippet` {
    private static let guarded = [
        "server-snippet": "set $closed $http_x_closed;",
        "configuration-snippet": "if ($closed) { return 403; } add_header X-Closed \"[$closed]\" always;",
    ]

    private static func first(_ snippet: String?, host: String = "shop.example") -> String {
        Manifests.ingress(snippet.map { ["server-snippet": $0] } ?? [:], name: "zz", host: host)
    }

    /// - Parameter second: the annotations of an Ingress for `/b`, on both hosts.
    private static func gate(first: String, second: [String: String] = guarded) throws -> Gate {
        let other = """
                - host: other.example
                  http: {paths: [{path: /b, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}

            """
        let late = Manifests.ingress(second, name: "aa", path: "/b") + other
        return try Gate(manifests: [first, late], origins: ["web": [ScriptedOrigin(answering: "web")]])
    }

    @Test func `are read by snippets of the Ingress whose it is`() throws {
        let gate = try Self.gate(first: Self.first(nil))
        for host in ["shop.example", "other.example"] {
            #expect(try gate.request("/b", host: host)["X-Closed"] == "[]")
            #expect(try gate.request("/b", host: host, ["X-Closed: yes"]).status == 403)
        }
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
    }

    @Test func `that gives way to another leave the paths closed that need them, on that host alone`() throws {
        let gate = try Self.gate(first: Self.first("set $other 1;"))
        #expect(try gate.request("/b").status == 503)
        #expect(try gate.request("/b", ["X-Closed: yes"]).status == 503)
        #expect(try gate.request("/").status == 200)
        #expect(try gate.request("/b", host: "other.example")["X-Closed"] == "[]")
        let faults = gate.diagnostics.filter { $0.severity == .rejected }
        #expect(faults.count == 1)
        let fault = try #require(faults.first)
        #expect(fault.field.hasSuffix("/server-snippet]"))
        #expect("\(fault.origin)".contains("shop/aa"))
        #expect(
            fault.fault.contains("$closed") && fault.fault.contains("shop.example has the server snippet of")
                && fault.fault.contains("shop/zz"), "\(fault)")
        #expect(gate.faults(about: "server-snippet").count == 2)
    }

    @Test func `that gives way to one that sets them as well are those of that one`() throws {
        let gate = try Self.gate(first: Self.first("set $closed $http_x_shut;"))
        #expect(try gate.request("/b")["X-Closed"] == "[]")
        #expect(try gate.request("/b", ["X-Shut: 1"]).status == 403)
        #expect(try gate.request("/b", ["X-Closed: 1"]).status == 200)
        #expect(gate.diagnostics.allSatisfy { $0.severity != .rejected })
    }

    @Test(arguments: [
        "set $closed 0; if ($closed) { return 403; }", "more_set_headers 'X-A: $host';",
        "if ($request_uri ~ ^/(?<closed>x)) { more_set_headers 'X-A: $closed'; }",
        "more_set_headers \"X-A: $closed_else\"; set $closed_else 1;",
    ])
    func `that nobody reads are missed by nobody`(snippet: String) throws {
        let gate = try Self.gate(
            first: Self.first("set $other 1;"),
            second: ["server-snippet": "set $closed $http_x_closed;", "configuration-snippet": snippet])
        #expect(try gate.request("/b").status == 200)
        #expect(gate.diagnostics.allSatisfy { $0.severity != .rejected }, "\(gate.diagnostics)")
    }

    // MARK: Other annotations

    @Test func `are known to other annotations, as those of configuration-snippet are`() throws {
        let auth = try ScriptedOrigin(answering: "")
        let web = try ScriptedOrigin(answering: "web")
        let gate = try Gate(
            [
                "server-snippet": "set $tenant $http_x_tenant;", "configuration-snippet": "set $realm \"of-$tenant\";",
                "auth-url": "http://auth.shop.svc/check/$tenant", "auth-snippet": "proxy_set_header X-Realm $realm;",
                "upstream-vhost": "$tenant.$realm", "rewrite-target": "/new", "x-forwarded-prefix": "/$realm",
            ], path: "/app", origins: ["web": [web], "auth": [auth]])
        #expect(gate.diagnostics.allSatisfy { $0.severity == .note }, "\(gate.diagnostics)")
        #expect(try gate.request("/app", ["X-Tenant: blue"]).text == "web")
        let question = try #require(auth.requests.first)
        #expect(question.target == "/check/blue" && question["X-Realm"] == "of-blue")
        let request = try #require(web.requests.first)
        #expect(request["Host"] == "blue.of-blue" && request["X-Forwarded-Prefix"] == "/of-blue")
    }

    @Test func `that give way close paths whose other annotations need them`() throws {
        let gate = try Self.gate(
            first: Self.first("set $other 1;"),
            second: ["server-snippet": "set $tenant $http_x_tenant;", "upstream-vhost": "$tenant.example"])
        #expect(try gate.request("/b").status == 503)
        #expect(gate.diagnostics.filter { $0.severity == .rejected }.count == 1)
    }

    @Test func `that nobody sets are as bad as ever`() throws {
        let gate = try Gate(
            ["configuration-snippet": "set $tenant x;", "upstream-vhost": "$tenants.example"],
            origin: ScriptedOrigin(answering: "web"))
        #expect(
            gate.faults(about: "upstream-vhost") == [
                "\"$tenants.example\" names $tenants, which isn't known: the Ingress is rejected"
            ])
    }
}
