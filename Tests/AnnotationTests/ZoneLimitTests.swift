import Model
import TestSupport
import Testing

/// `limit_req` of snippets. Rates are so low that nothing comes back while a test runs, but where waiting is what is shown.
@Suite struct `limit_req in a snippet` {
    /// Zones as people write them.
    static let zones = """
        limit_req_zone $binary_remote_addr zone=one:10m rate=1r/m;
        limit_req_zone $http_x_api_key zone=keys:10m rate=1r/m;
        limit_req_zone "$server_name$request_uri" zone=pages:1m rate=1r/m;
        limit_req_zone $binary_remote_addr zone=fast:10m rate=20r/s;
        limit_req_zone $plan zone=plans:1m rate=1r/m;
        """

    static func gate(
        _ annotations: [String: String], origins: [String: [ScriptedOrigin]] = [:], configMap: [String: String] = [:],
        workers: Int = 1
    ) throws -> Gate {
        try Gate(
            annotations, origins: origins.merging(["web": [ScriptedOrigin(answering: "ok")]]) { first, _ in first },
            configMap: ["http-snippet": zones].merging(configMap) { $1 }, workers: workers)
    }

    static func statuses(_ gate: Gate, _ count: Int, _ target: String = "/", _ fields: [String] = []) throws -> [Int] {
        try (0..<count).map { _ in try gate.request(target, fields).status }
    }

    @Test(
        arguments: [
            (["configuration-snippet": "limit_req zone=one;"], [:], 1),
            (["configuration-snippet": "limit_req zone=one burst=3 nodelay;"], [:], 4),
            (["configuration-snippet": "limit_req zone=one burst=3 delay=3;"], [:], 4),
            (["server-snippet": "limit_req zone=one burst=2 nodelay;"], [:], 3),
            ([:], ["location-snippet": "limit_req zone=one burst=1 nodelay;"], 2),
            ([:], ["server-snippet": "limit_req zone=one burst=1 nodelay;"], 2),
            // A place has what is around it unless it says something itself.
            (
                [
                    "configuration-snippet": "limit_req zone=one burst=4 nodelay;",
                    "server-snippet": "limit_req zone=one;",
                ], [:], 5
            ),
            (["limit-rpm": "1", "server-snippet": "limit_req zone=one;"], [:], 6),
            // Annotations and snippets of a path stand in one place: both count.
            (["limit-rpm": "1", "configuration-snippet": "limit_req zone=one burst=1 nodelay;"], [:], 2),
            (
                [
                    "limit-rpm": "1", "limit-burst-multiplier": "1",
                    "configuration-snippet": "limit_req zone=fast burst=50 nodelay;",
                ],
                [:], 2
            ),
            (["configuration-snippet": "limit_req zone=keys;"], [:], 6),
        ] as [([String: String], [String: String], Int)])
    func `lets so many of six through at once`(
        annotations: [String: String], configMap: [String: String], admitted: Int
    ) throws {
        let gate = try Self.gate(annotations, configMap: configMap)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        let statuses = try Self.statuses(gate, 6)
        #expect(statuses == (0..<6).map { $0 < admitted ? 200 : 503 })
        #expect(gate.metric("gatehouse_limits_hit_total", "client_requests") == 6 - admitted)
    }

    @Test func `counts by whatever the zone's text says, and nobody for whom it is empty`() throws {
        let gate = try Self.gate(["configuration-snippet": "limit_req zone=keys;"])
        #expect(try Self.statuses(gate, 2, "/", ["X-Api-Key: a"]) == [200, 503])
        #expect(try Self.statuses(gate, 2, "/", ["X-Api-Key: b"]) == [200, 503])
        #expect(try Self.statuses(gate, 3) == [200, 200, 200])
        let pages = try Self.gate(["configuration-snippet": "limit_req zone=pages;"])
        #expect(try Self.statuses(pages, 2, "/a") == [200, 503])
        #expect(try Self.statuses(pages, 2, "/b?c") == [200, 503])
    }

    @Test func `counts by a variable that set gives a value`() throws {
        let gate = try Self.gate([
            "configuration-snippet": """
            set $plan $remote_addr;
            if ($http_x_plan = gold) { set $plan ""; }
            limit_req zone=plans;
            """
        ])
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try Self.statuses(gate, 3, "/", ["X-Plan: gold"]) == [200, 200, 200])
        #expect(try Self.statuses(gate, 2) == [200, 503])
    }

    @Test func `of several zones needs room in all, and counts nowhere what it refuses`() throws {
        let gate = try Self.gate([
            "configuration-snippet": "limit_req zone=keys burst=1 nodelay; limit_req zone=pages nodelay;"
        ])
        #expect(try Self.statuses(gate, 3, "/a", ["X-Api-Key: k"]) == [200, 503, 503])
        // The two that the page refused were given back to the key.
        #expect(try Self.statuses(gate, 1, "/b", ["X-Api-Key: k"]) == [200])
        #expect(try Self.statuses(gate, 1, "/c", ["X-Api-Key: k"]) == [503])
        let both = try Self.gate([
            "limit-rpm": "1", "limit-burst-multiplier": "1", "configuration-snippet": "limit_req zone=pages;",
        ])
        #expect(try Self.statuses(both, 3, "/a") == [200, 503, 503])
        #expect(try Self.statuses(both, 1, "/b") == [200])
        #expect(try Self.statuses(both, 1, "/c") == [503])
    }

    @Test func `shares its count with all who name the zone`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let limit = ["configuration-snippet": "limit_req zone=one burst=1 nodelay;"]
        let gate = try Gate(
            manifests: [
                Manifests.ingress(limit), Manifests.ingress(limit, name: "other", host: "other.example"),
                Manifests.ingress([:], name: "free", host: "free.example"),
            ], origins: ["web": [origin]], configMap: ["http-snippet": Self.zones])
        #expect(try gate.request("/").status == 200)
        #expect(try gate.request("/", host: "other.example").status == 200)
        #expect(try gate.request("/").status == 503)
        #expect(try gate.request("/", host: "other.example").status == 503)
        #expect(try gate.request("/", host: "free.example").status == 200)
    }

    @Test func `holds for a location, and leaves the paths around it alone`() throws {
        let gate = try Self.gate(
            ["server-snippet": "location /login { limit_req zone=one; proxy_pass http://up.shop.svc; }"],
            origins: ["up": [try ScriptedOrigin(answering: "up")]])
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try Self.statuses(gate, 2, "/login") == [200, 503])
        #expect(try Self.statuses(gate, 3) == [200, 200, 200])
    }

    @Test(
        arguments: [
            (["configuration-snippet": "limit_req zone=one; limit_req_status 429;"], [:], 429),
            (["configuration-snippet": "limit_req zone=one;", "server-snippet": "limit_req_status 420;"], [:], 420),
            (
                [
                    "configuration-snippet": "limit_req zone=one; limit_req_status 429;",
                    "server-snippet": "limit_req_status 420;",
                ], [:], 429
            ),
            (["configuration-snippet": "limit_req zone=one;"], ["limit-req-status-code": "429"], 429),
            (["server-snippet": "limit_req zone=one;"], ["limit-req-status-code": "429"], 429),
            (
                ["configuration-snippet": "limit_req zone=one;"],
                ["http-snippet": "\(zones) limit_req_status 444;", "limit-req-status-code": "429"], 444
            ),
            // It is the status of annotations' limits, too.
            (
                ["limit-rpm": "1", "limit-burst-multiplier": "0", "configuration-snippet": "limit_req_status 429;"],
                [:], 429
            ),
            (["limit-rpm": "1", "limit-burst-multiplier": "0", "server-snippet": "limit_req_status 429;"], [:], 429),
        ] as [([String: String], [String: String], Int)])
    func `refuses with the status that is nearest`(
        annotations: [String: String], configMap: [String: String], status: Int
    ) throws {
        let gate = try Self.gate(annotations, configMap: configMap)
        #expect(try gate.request().status == 200)
        let refused = try gate.request()
        #expect(refused.status == status && refused["Retry-After"] != nil)
    }

    @Test(arguments: [
        ["configuration-snippet": "limit_req zone=one; limit_req_dry_run on; limit_req_log_level warn;"],
        ["configuration-snippet": "limit_req zone=one;", "server-snippet": "limit_req_dry_run on;"],
        ["limit-rpm": "1", "limit-burst-multiplier": "0", "configuration-snippet": "limit_req_dry_run on;"],
        ["configuration-snippet": "limit_req zone=one burst=5; limit_req_dry_run on;"],
    ])
    func `refuses and delays nobody on trial`(annotations: [String: String]) throws {
        #expect(try Self.statuses(Self.gate(annotations), 4) == [200, 200, 200, 200])
    }

    @Test func `is not on trial where the place says so`() throws {
        let gate = try Self.gate([
            "configuration-snippet": "limit_req zone=one; limit_req_dry_run off;",
            "server-snippet": "limit_req_dry_run on;",
        ])
        #expect(try Self.statuses(gate, 2) == [200, 503])
    }

    /// Fifty milliseconds apart: the sixth goes on a quarter of a second behind the first, however slow the machine is.
    @Test(arguments: [
        ("limit_req zone=fast burst=5;", 250), ("limit_req zone=fast burst=5 delay=2;", 150),
        // The longest wait counts.
        ("limit_req zone=fast burst=5; limit_req zone=pages burst=9 nodelay;", 250),
    ])
    func `has requests within the burst wait for their turn`(directives: String, milliseconds: Int) throws {
        let gate = try Self.gate(["configuration-snippet": directives])
        let clients = try (0..<6).map { _ in try gate.client() }
        let begin = ContinuousClock.now
        for client in clients { try client.send(Client.head("/a")) }
        for client in clients { #expect(try client.response().status == 200) }
        #expect(ContinuousClock.now - begin >= .milliseconds(milliseconds))
    }

    @Test func `has a body wait with its request`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Self.gate(["configuration-snippet": "limit_req zone=fast burst=1;"], origins: ["web": [origin]])
        let first = try gate.client()
        try first.send(Client.head("/a"))
        let second = try gate.client()
        try second.send(Client.head("/b", method: "POST", ["Content-Length: 4"]) + "body")
        #expect(try first.response().status == 200)
        #expect(try second.response(to: "POST").status == 200)
        #expect(origin.requests.first { $0.startLine.hasPrefix("POST") }?.text == "body")
        // The connection serves on.
        #expect(try second.request("/c").status == 200)
    }

    @Test func `forgets a waiting client that goes away`() throws {
        let gate = try Self.gate(["configuration-snippet": "limit_req zone=one burst=5;"])
        #expect(try gate.request().status == 200)
        let waiting = try gate.client()
        try waiting.send(Client.head("/gone"))
        // What is asked later is answered later.
        #expect(try gate.request(host: "unknown.example").status == 404)
        waiting.wire.close()
        let line = try #require(try gate.accessLogLines().first { $0.contains("/gone") })
        #expect(line.contains(" 499 "))
    }

    @Test func `is not forgotten by a reload`() throws {
        let snippet = ["configuration-snippet": "limit_req zone=one burst=1 nodelay;"]
        let gate = try Self.gate(snippet)
        #expect(try Self.statuses(gate, 2) == [200, 200])
        try gate.replace([Manifests.ingress(snippet.merging(["proxy-body-size": "9m"]) { $1 })])
        #expect(try gate.request().status == 503)
    }

    @Test(arguments: [1, 4])
    func `is one for all workers`(workers: Int) throws {
        let gate = try Self.gate(
            ["configuration-snippet": "limit_req zone=one burst=49 nodelay;"], workers: workers)
        let admitted = try Self.statuses(gate, 100).count { $0 == 200 }
        #expect(admitted >= 50 && admitted < 50 + workers + 2)
    }

    @Test func `comes before addresses and passwords, and behind return`() throws {
        let gate = try Self.gate([
            "configuration-snippet": "limit_req zone=one; deny all; if ($arg_r) { return 410; }"
        ])
        #expect(try Self.statuses(gate, 2, "/?r=1") == [410, 410])
        #expect(try Self.statuses(gate, 2) == [403, 503])
    }

    @Test(
        arguments: [
            ("limit_req zone=none;", "there is no zone \"none\""), ("limit_req burst=5;", "zone=NAME is missing"),
            ("limit_req zone=one burst=0;", "expected zone=NAME, burst=N"),
            ("limit_req zone=one burst=-1;", "expected zone=NAME, burst=N"),
            ("limit_req zone=one burst=9999999999999999999;", "expected zone=NAME, burst=N"),
            ("limit_req zone=one later;", "expected zone=NAME, burst=N"),
            ("limit_req zone=one; limit_req zone=one burst=5;", "is used in this place already"),
            ("limit_req zone=plans;", "whom zone plans counts for: \"$plan\" names $plan, which isn't known"),
            ("if ($arg_x) { limit_req zone=one; }", "has no place in an if"),
            ("limit_conn none 1;", "there is no zone \"none\""),
            ("limit_conn conns 0;", "expected a number from 1 to 65535"),
            ("limit_conn conns 65536;", "expected a number from 1 to 65535"), ("limit_conn conns;", "words behind it"),
        ])
    func `that is not understood closes the Ingress`(snippet: String, fault: String) throws {
        let gate = try Self.gate(
            ["configuration-snippet": snippet],
            configMap: ["http-snippet": Self.zones + " limit_conn_zone $remote_addr zone=conns:1m;"])
        #expect(try gate.request().status == 503)
        #expect(gate.faults(about: "configuration-snippet").contains { $0.contains(fault) }, "\(gate.diagnostics)")
    }

    @Test(
        arguments: [
            "limit_req_zone $remote_addr zone=bad:10m;", "limit_req_zone $remote_addr zone=bad:10m rate=5;",
            "limit_req_zone $remote_addr zone=bad:10m rate=0r/s;", "limit_req_zone $remote_addr zone=bad rate=1r/s;",
            "limit_req_zone $remote_addr zone=bad:1k rate=1r/s;", "limit_req_zone $ zone=bad:10m rate=1r/s;",
            "limit_req_zone \"\" zone=bad:10m rate=1r/s;", "limit_req_zone zone=bad:10m rate=1r/s;",
        ])
    func `closes those alone who name a zone that is not understood`(definition: String) throws {
        let gate = try Gate(
            manifests: [
                Manifests.ingress(["configuration-snippet": "limit_req zone=bad;"]),
                Manifests.ingress([:], name: "other", host: "other.example"),
            ], origins: ["web": [try ScriptedOrigin(answering: "ok")]], configMap: ["http-snippet": definition])
        #expect(gate.diagnostics.contains { $0.field == "data.http-snippet" && $0.severity == .warning })
        #expect(try gate.request().status == 503)
        #expect(try gate.request(host: "other.example").status == 200)
    }
}

@Suite struct `limit_conn in a snippet` {
    private static func gate(_ annotations: [String: String], origin: ScriptedOrigin) throws -> Gate {
        try Gate(
            annotations, origin: origin,
            configMap: [
                "http-snippet":
                    "limit_conn_zone $binary_remote_addr zone=addr:10m; limit_conn_zone $http_x_key zone=key:1m;"
            ])
    }

    @Test(arguments: [
        (["configuration-snippet": "limit_conn addr 1; limit_conn_status 429;"], 429),
        (["server-snippet": "limit_conn addr 1;"], 503),
        (["configuration-snippet": "limit_conn key 9; limit_conn addr 1;"], 503),
        (["limit-connections": "9", "configuration-snippet": "limit_conn addr 1;"], 503),
        (["limit-connections": "1", "configuration-snippet": "limit_conn_status 420;"], 420),
    ])
    func `holds until a request is over`(annotations: [String: String], status: Int) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Self.gate(annotations, origin: origin)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        let first = try gate.client()
        try first.send(Client.head("/", method: "POST", ["Content-Length: 1", "X-Key: k"]))
        try origin.waitForConnections(1)
        #expect(try gate.request("/", ["X-Key: k"]).status == status)
        try first.send("x")
        #expect(try first.response(to: "POST").status == 200)
        #expect(try gate.request("/", ["X-Key: k"]).status == 200)
    }

    @Test func `counts nowhere what one of several refuses, and nobody without a key`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Self.gate(["configuration-snippet": "limit_conn addr 3; limit_conn key 1;"], origin: origin)
        let slow = try (0..<2).map { _ in try gate.client() }
        try slow[0].send(Client.head("/", method: "POST", ["Content-Length: 1", "X-Key: k"]))
        try origin.waitForConnections(1)
        for _ in 0..<5 { #expect(try gate.request("/", ["X-Key: k"]).status == 503) }
        try slow[1].send(Client.head("/", method: "POST", ["Content-Length: 1"]))
        try origin.waitForConnections(2)
        #expect(try gate.request("/").status == 200)
        for client in slow { try client.send("x") }
        for client in slow { #expect(try client.response(to: "POST").status == 200) }
    }

    @Test(arguments: [
        "limit_conn addr 1; limit_conn_dry_run on; limit_conn_log_level info;", "limit_conn key 1;", "",
    ])
    func `refuses nobody on trial, without a key, or by default`(snippet: String) throws {
        let origin = try ScriptedOrigin { connection in _ = try connection.waitForEnd() }
        let gate = try Self.gate(["configuration-snippet": snippet], origin: origin)
        let clients = try (0..<3).map { _ in try gate.client() }
        for client in clients { try client.send(Client.head()) }
        try origin.waitForConnections(3)
    }
}
