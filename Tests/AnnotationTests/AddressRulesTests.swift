import TestSupport
import Testing

@Suite struct `Address lists` {
    struct Case: Sendable, CustomTestStringConvertible {
        var annotations: [String: String] = [:]
        var configMap: [String: String] = [:]
        var status: Int
        var testDescription: String { "\(annotations) \(configMap)" }
    }

    static let here = "127.0.0.0/8"
    static let elsewhere = "192.0.2.0/24, 2001:db8::/32"

    static let cases = [
        Case(status: 200),
        Case(annotations: ["allowlist-source-range": here], status: 200),
        Case(annotations: ["allowlist-source-range": elsewhere], status: 403),
        Case(annotations: ["whitelist-source-range": elsewhere], status: 403),
        Case(annotations: ["denylist-source-range": here], status: 403),
        Case(annotations: ["denylist-source-range": elsewhere], status: 200),
        Case(annotations: ["denylist-source-range": here, "allowlist-source-range": here], status: 403),
        // A fault closes: ingress-nginx's 503.
        Case(annotations: ["allowlist-source-range": "10.0.0.0/99"], status: 503),
        Case(annotations: ["whitelist-source-range": "localhost"], status: 503),
        Case(annotations: ["denylist-source-range": "everybody"], status: 503),
        Case(annotations: ["allowlist-source-range": "127.0.0.1, x"], status: 503),
        Case(annotations: ["allowlist-source-range": ","], status: 503),
        // The ConfigMap's lists hold where no annotation does.
        Case(configMap: ["whitelist-source-range": elsewhere], status: 403),
        Case(
            annotations: ["allowlist-source-range": here], configMap: ["whitelist-source-range": elsewhere], status: 200
        ),
        Case(configMap: ["denylist-source-range": here], status: 403),
        Case(
            annotations: ["denylist-source-range": elsewhere], configMap: ["denylist-source-range": here], status: 200),
        Case(configMap: ["whitelist-source-range": "x"], status: 503),
        Case(configMap: ["denylist-source-range": "x"], status: 503),
        Case(configMap: ["block-cidrs": here], status: 403),
        Case(configMap: ["block-cidrs": elsewhere], status: 200),
        Case(configMap: ["block-cidrs": "x"], status: 503),
        Case(annotations: ["allowlist-source-range": here], configMap: ["block-cidrs": here], status: 200),
        // They come after redirects.
        Case(
            annotations: ["denylist-source-range": here, "temporal-redirect": "https://example.com/"], status: 302),
        // One rule alone satisfies nobody by not speaking.
        Case(annotations: ["denylist-source-range": here, "satisfy": "any"], status: 403),
        Case(annotations: ["denylist-source-range": elsewhere, "satisfy": "any"], status: 200),
        Case(annotations: ["allowlist-source-range": elsewhere, "satisfy": "some"], status: 403),
    ]

    @Test(
        .shows(
            effectOf: "allowlist-source-range", "whitelist-source-range", "denylist-source-range", "satisfy",
            "ConfigMap/whitelist-source-range", "ConfigMap/denylist-source-range"),
        .shows(defaultOf: "allowlist-source-range", "whitelist-source-range", "denylist-source-range", "satisfy"),
        .shows(
            badValueOf: "allowlist-source-range", "whitelist-source-range", "denylist-source-range", "satisfy",
            "ConfigMap/whitelist-source-range", "ConfigMap/denylist-source-range"), arguments: cases)
    func `decide who comes in`(given: Case) throws {
        let gate = try Gate(given.annotations, origin: ScriptedOrigin(answering: "ok"), configMap: given.configMap)
        #expect(try gate.request().status == given.status)
        let isFaulty = given.status == 503 || given.annotations["satisfy"] == "some"
        #expect(gate.diagnostics.isEmpty == !isFaulty, "\(gate.diagnostics)")
    }

    @Test(arguments: [
        (here, elsewhere, 200), (elsewhere, here, 403), (elsewhere, "x", 403), (" ", elsewhere, 403),
    ])
    func `go by the new name where an Ingress has the old one, whitelist-source-range, too`(
        allowlist: String, whitelist: String, status: Int
    ) throws {
        let gate = try Gate(
            ["allowlist-source-range": allowlist, "whitelist-source-range": whitelist],
            origin: ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().status == status)
        #expect(gate.faults(about: "whitelist-source-range").isEmpty == (allowlist == " "))
    }

    @Test func `look at the client that a trusted hop names`() throws {
        let gate = try Gate(
            ["denylist-source-range": "198.51.100.7"], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["use-forwarded-headers": "true"])
        #expect(try gate.request("/", ["X-Forwarded-For: 198.51.100.7"]).status == 403)
        #expect(try gate.request("/", ["X-Forwarded-For: 198.51.100.8"]).status == 200)
    }

    @Test func `do not believe what an untrusted client says of itself`() throws {
        let gate = try Gate(["allowlist-source-range": "198.51.100.7"], origin: ScriptedOrigin(answering: "ok"))
        #expect(try gate.request("/", ["X-Forwarded-For: 198.51.100.7", "X-Real-IP: 198.51.100.7"]).status == 403)
    }

    @Test func `of one Ingress are no matter for another`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            manifests: [
                Manifests.ingress(["allowlist-source-range": "no\u{0}body\n{}$"]),
                Manifests.ingress([:], name: "other", host: "other.example"),
            ], origins: ["web": [origin]])
        #expect(try gate.request().status == 503)
        #expect(try gate.request(host: "other.example").status == 200)
    }
}

@Suite struct `Keys that block clients` {
    @Test(arguments: [
        ("block-user-agents", "evil", "User-Agent: Evil", 403), ("block-user-agents", "evil", "User-Agent: good", 200),
        ("block-user-agents", "~*^evil", "User-Agent: EVIL/2", 403), ("block-user-agents", "~(", "User-Agent: x", 503),
        ("block-referers", "~spam", "Referer: http://spam.example/", 403),
        ("block-referers", "~spam", "User-Agent: spam", 200),
    ])
    func `answer 403 before anything else`(key: String, value: String, field: String, status: Int) throws {
        let gate = try Gate([:], origin: ScriptedOrigin(answering: "ok"), configMap: [key: value])
        #expect(try gate.request("/", [field]).status == status)
    }

    @Test func `come before redirects`() throws {
        let gate = try Gate(
            ["permanent-redirect": "https://example.com/"], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["block-user-agents": "evil"])
        #expect(try gate.request("/", ["User-Agent: evil"]).status == 403)
        #expect(try gate.request("/", ["User-Agent: good"]).status == 301)
    }
}
