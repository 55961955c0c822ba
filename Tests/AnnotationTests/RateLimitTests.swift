import Model
import TestSupport
import Testing

/// One Ingress's limits on requests: `limit-rps`, `limit-rpm`, `limit-burst-multiplier`, `limit-allowlist`, `rate-limit` and
/// `rate-limit-window`. The rates are so low that nothing comes back while a test runs; where a stalled machine could make
/// that untrue, the time that has passed is reckoned with.
@Suite struct `Limits on requests` {
    struct Case: Sendable, CustomTestStringConvertible {
        var annotations: [String: String]
        /// How many of forty requests pass at once.
        var admitted: Int
        /// What makes room for one more.
        var interval = Duration.seconds(60)
        var testDescription: String { "\(annotations)" }
    }

    static let cases = [
        Case(annotations: [:], admitted: 40),
        Case(annotations: ["limit-rpm": "1"], admitted: 6),
        Case(annotations: ["limit-rpm": "2"], admitted: 11, interval: .seconds(30)),
        Case(annotations: ["limit-rpm": "1", "limit-burst-multiplier": "10"], admitted: 11),
        Case(annotations: ["limit-rpm": "1", "limit-burst-multiplier": "0"], admitted: 1),
        Case(annotations: ["limit-rpm": "1", "limit-burst-multiplier": "much"], admitted: 6),
        Case(annotations: ["limit-rpm": "0"], admitted: 40),
        Case(annotations: ["limit-rpm": "-1"], admitted: 40),
        Case(annotations: ["limit-rps": "1000", "limit-rpm": "1"], admitted: 6),
        Case(annotations: ["limit-rpm": "1", "limit-allowlist": "127.0.0.0/8"], admitted: 40),
        Case(annotations: ["limit-rpm": "1", "limit-whitelist": "127.0.0.1, 10.0.0.0/8"], admitted: 40),
        Case(annotations: ["limit-rpm": "1", "limit-whitelist": "10.0.0.0/8"], admitted: 6),
        Case(
            annotations: ["limit-rpm": "1", "limit-allowlist": "10.0.0.0/8", "limit-whitelist": "127.0.0.0/8"],
            admitted: 6),
        Case(annotations: ["rate-limit": "7", "rate-limit-window": "1h"], admitted: 7),
        Case(annotations: ["rate-limit": "7"], admitted: 7, interval: .seconds(8)),
        Case(annotations: ["rate-limit": "7", "rate-limit-window": "24h"], admitted: 7),
        Case(annotations: ["rate-limit-window": "1h"], admitted: 40),
        Case(annotations: ["rate-limit": "7", "rate-limit-window": "1h", "limit-rpm": "1"], admitted: 6),
    ]

    @Test(
        .shows(
            effectOf: "limit-rpm", "limit-burst-multiplier", "limit-allowlist", "limit-whitelist", "rate-limit",
            "rate-limit-window"),
        .shows(
            defaultOf: "limit-rps", "limit-rpm", "limit-burst-multiplier", "limit-allowlist", "limit-whitelist",
            "rate-limit", "rate-limit-window"), .shows(badValueOf: "limit-burst-multiplier"), arguments: cases)
    func `let a burst through and one more`(given: Case) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(given.annotations, origin: origin)
        let client = try gate.client()
        let start = ContinuousClock.now
        let statuses = try (0..<40).map { _ in try client.request("/").status }
        let late = Int(start.duration(to: .now) / given.interval)
        let passed = statuses.count { $0 == 200 }
        #expect((given.admitted...given.admitted + late).contains(passed))
        #expect(statuses.prefix(given.admitted).allSatisfy { $0 == 200 })
        #expect(statuses.count { $0 == 503 } == 40 - passed)
        #expect(origin.requests.count == passed)
        #expect(gate.metric("gatehouse_limits_hit_total", "client_requests") == 40 - passed)
    }

    /// Twenty-six at once, as the reference has it; a second's worth more may come while the test runs.
    @Test(.shows(effectOf: "limit-rps"))
    func `of each second let a burst through`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["limit-rps": "5"], origin: origin)
        let client = try gate.client()
        for _ in 0..<26 { #expect(try client.request("/").status == 200) }
    }

    @Test(
        .shows(
            badValueOf: "limit-rps", "limit-rpm", "limit-connections", "limit-allowlist", "limit-whitelist",
            "rate-limit",
            "rate-limit-window"),
        arguments: [
            ["limit-rps": "many"], ["limit-rpm": "1.5"], ["limit-connections": "ten"],
            ["limit-allowlist": "10.0.0.0/33"],
            ["limit-whitelist": "everybody"],
            ["limit-rps": "99999999999999999999"], ["rate-limit": "1", "rate-limit-window": "soon"],
            ["rate-limit": "1", "rate-limit-window": "25h"], ["rate-limit": "x"],
        ])
    func `reject an Ingress with a value that means nothing`(annotations: [String: String]) throws {
        let gate = try Gate(annotations, origin: ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().status == 404)
        #expect(gate.diagnostics.contains { $0.severity == .rejected })
    }

    @Test func `say when to come back, with the status of the ConfigMap`() throws {
        let gate = try Gate(
            ["limit-rpm": "1", "limit-burst-multiplier": "0"], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["limit-req-status-code": "429"])
        #expect(try gate.request().status == 200)
        let answer = try gate.request()
        #expect(answer.status == 429)
        let seconds = try #require(answer["Retry-After"].flatMap { Int($0) })
        #expect((1...60).contains(seconds))
        #expect(answer["RateLimit-Limit"] == nil)
    }

    @Test func `tell every client what it has left when the ConfigMap says so`() throws {
        let gate = try Gate(
            ["limit-rpm": "1", "limit-burst-multiplier": "1"], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["limit-response-headers": "true"])
        for remaining in ["1", "0", "0"] {
            let answer = try gate.request()
            #expect(answer["RateLimit-Limit"] == "2")
            #expect(answer["RateLimit-Remaining"] == remaining)
            #expect(answer["RateLimit-Reset"].flatMap { Int($0) } ?? 0 > 0)
        }
    }

    @Test func `count by the variable of the ConfigMap`() throws {
        let gate = try Gate(
            ["limit-rpm": "1", "limit-burst-multiplier": "0"], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["limit-conn-zone-variable": "$http_x_tenant"])
        #expect(try gate.request("/", ["X-Tenant: a"]).status == 200)
        #expect(try gate.request("/", ["X-Tenant: b"]).status == 200)
        #expect(try gate.request("/", ["X-Tenant: a"]).status == 503)
        #expect(try gate.request("/").status == 200)
        #expect(try gate.request("/").status == 200)
    }

    @Test func `count all paths and hosts of an Ingress together, and other Ingresses apart`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let limits = ["limit-rpm": "1", "limit-burst-multiplier": "1"]
        let gate = try Gate(
            manifests: [
                Manifests.ingress(limits, spec: ["defaultBackend: {service: {name: web, port: {number: 80}}}"]),
                Manifests.ingress(limits, name: "other", host: "other.example"),
            ], origins: ["web": [origin]])
        #expect(try gate.request("/a").status == 200)
        #expect(try gate.request("/b").status == 200)
        #expect(try gate.request("/c").status == 503)
        #expect(try gate.request("/", host: "other.example").status == 200)
    }

    @Test func `are not forgotten by a reload`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["limit-rpm": "1", "limit-burst-multiplier": "1"], origin: origin)
        #expect(try gate.request().status == 200)
        #expect(try gate.request().status == 200)
        try gate.replace([
            Manifests.ingress(["limit-rpm": "1", "limit-burst-multiplier": "1", "proxy-body-size": "9m"])
        ])
        #expect(try gate.request().status == 503)
    }

    /// One limiter for all workers: what it admits is exact, but for the first moment of a new client.
    @Test(arguments: [1, 4])
    func `are one for all workers`(workers: Int) throws {
        let gate = try Gate(
            ["rate-limit": "50", "rate-limit-window": "24h"], origin: ScriptedOrigin(answering: "ok"),
            workers: workers)
        var admitted = 0
        for _ in 0..<100 where try gate.request().status == 200 { admitted += 1 }
        #expect(admitted >= 50 && admitted < 50 + workers)
    }

    @Test func `come after redirects and before address lists`() throws {
        let redirecting = try Gate(
            ["limit-rpm": "1", "limit-burst-multiplier": "0", "permanent-redirect": "https://example.com/"],
            origin: ScriptedOrigin(answering: "ok"))
        for _ in 0..<5 { #expect(try redirecting.request().status == 301) }
        let closed = try Gate(
            ["limit-rpm": "1", "limit-burst-multiplier": "0", "denylist-source-range": "127.0.0.1"],
            origin: ScriptedOrigin(answering: "ok"))
        #expect(try closed.request().status == 403)
        #expect(try closed.request().status == 503)
    }

    @Test func `are not asked where there is no endpoint`() throws {
        let gate = try Gate(
            ["limit-rpm": "1", "limit-burst-multiplier": "0"], origins: ["other": [ScriptedOrigin(answering: "ok")]],
            also: Manifests.service("web"))
        for _ in 0..<3 {
            let answer = try gate.request()
            #expect(answer.status == 503)
            #expect(answer["Retry-After"] == nil)
        }
    }
}

@Suite struct `The annotation limit-connections` {
    @Test(.shows(effectOf: "limit-connections", "ConfigMap/limit-conn-status-code"))
    func `holds until a request is over, however it ends`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            ["limit-connections": "1"], origin: origin, configMap: ["limit-conn-status-code": "429"])
        let first = try gate.client()
        try first.send("POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 1\r\n\r\n")
        try origin.waitForConnections(1)
        #expect(try gate.request().status == 429)
        try first.send("x")
        #expect(try first.response(to: "POST").status == 200)
        #expect(try gate.request().status == 200)
        // The first connection lives, but nothing is under way on it.
        #expect(try first.request("/").status == 200)
        #expect(try gate.request().status == 200)
    }

    @Test func `is freed by a client that goes away`() throws {
        let origin = try ScriptedOrigin { connection in _ = try connection.waitForEnd() }
        let gate = try Gate(["limit-connections": "1"], origin: origin)
        do {
            let first = try gate.client()
            try first.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
            try origin.waitForConnections(1)
            #expect(try gate.request().status == 503)
        }
        try origin.waitForFinished(1)
        let second = try gate.client()
        try second.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        try origin.waitForConnections(2)
    }

    @Test func `counts what is under way on one connection of HTTP/2 as if it were on many`() throws {
        let opened = TestSupport.Gate()
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/slow" { try opened.wait() }
                try connection.respond("ok")
            }
        }
        let gate = try Gate(
            manifests: [Manifests.ingress(["limit-connections": "2"])], origins: ["web": [origin]], speaksTLS: true)
        let peer = try gate.http2OverTLS()
        let slow = try (0..<2).map { _ in try peer.request("/slow", scheme: "https") }
        #expect(try peer.message(peer.request(scheme: "https")).status == 503)
        let other = try gate.http2OverTLS()
        #expect(try other.message(other.request(scheme: "https")).status == 503)
        opened.open()
        for stream in slow { #expect(try peer.message(stream).status == 200) }
        #expect(try peer.message(peer.request(scheme: "https")).status == 200)
    }

    @Test(.shows(defaultOf: "limit-connections"))
    func `does not hold for exempt addresses, nor by default`() throws {
        for annotations in [["limit-connections": "1", "limit-allowlist": "127.0.0.1"], [:]] {
            let origin = try ScriptedOrigin { connection in _ = try connection.waitForEnd() }
            let gate = try Gate(annotations, origin: origin)
            let clients = try (0..<3).map { _ in try gate.client() }
            for client in clients { try client.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n") }
            try origin.waitForConnections(3)
        }
    }
}
