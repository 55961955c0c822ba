import Model
import TestSupport
import Testing

/// A Service with two endpoints, of which one misbehaves. Which of them is first in turn is not known, so tests ask as
/// often as there are endpoints.
private struct Pair {
    let bad: ScriptedOrigin
    let good: ScriptedOrigin
    let gate: Gate

    init(
        _ annotations: [String: String], configMap: [String: String] = [:], bad script: @escaping ScriptedOrigin.Script
    ) throws {
        bad = try ScriptedOrigin(script)
        good = try ScriptedOrigin(answering: "good")
        gate = try Gate(annotations, origins: ["web": [bad, good]], configMap: configMap)
    }

    func statuses(_ method: String = "GET", count: Int = 2) throws -> [Int] {
        try (0..<count).map { _ in try gate.request(method: method).status }.sorted()
    }

    static func answering(_ status: Int) -> ScriptedOrigin.Script {
        { connection in while try connection.request() != nil { try connection.respond("bad", status: "\(status) Bad") }
        }
    }

    static let breaking: ScriptedOrigin.Script = { connection in
        _ = try connection.request()
        connection.reset()
    }

    static let babbling: ScriptedOrigin.Script = { connection in
        _ = try connection.request()
        try connection.send("BABBLE\r\n\r\n")
    }
}

@Suite struct `The annotation proxy-next-upstream` {
    @Test(.shows(defaultOf: "proxy-next-upstream"))
    func `is error and timeout by default`() throws {
        #expect(try Pair([:], bad: Pair.breaking).statuses() == [200, 200])
        #expect(try Pair(["proxy-read-timeout": "1"], bad: { _ = try $0.waitForEnd() }).statuses() == [200, 200])
        #expect(try Pair([:], bad: Pair.answering(503)).statuses() == [200, 503])
        #expect(try Pair([:], bad: Pair.babbling).statuses() == [200, 502])
    }

    @Test(.shows(effectOf: "proxy-next-upstream"), arguments: [500, 502, 503, 504, 403, 404, 429])
    func `tries another endpoint for the statuses that it names`(status: Int) throws {
        let pair = try Pair(["proxy-next-upstream": "error http_\(status)"], bad: Pair.answering(status))
        #expect(try pair.statuses() == [200, 200])
        let other = try Pair(
            ["proxy-next-upstream": "error http_\(status == 500 ? 502 : 500)"], bad: Pair.answering(status))
        #expect(try other.statuses() == [200, status].sorted())
    }

    @Test func `tries another endpoint for an invalid_header`() throws {
        #expect(try Pair(["proxy-next-upstream": "invalid_header"], bad: Pair.babbling).statuses() == [200, 200])
    }

    @Test(arguments: [
        ("off", [200, 502]), ("error off", [200, 502]), ("timeout", [200, 502]), ("error", [200, 200]),
    ])
    func `is what it says alone`(value: String, statuses: [Int]) throws {
        #expect(try Pair(["proxy-next-upstream": value], bad: Pair.breaking).statuses() == statuses)
    }

    @Test(arguments: [
        (["proxy-next-upstream": "error"], [:], [200, 502]),
        (["proxy-next-upstream": "error non_idempotent"], [:], [200, 200]),
        ([:], ["retry-non-idempotent": "true"], [200, 200]),
    ])
    func `repeats a POST where that is allowed`(
        annotations: [String: String], configMap: [String: String], statuses: [Int]
    ) throws {
        let pair = try Pair(annotations, configMap: configMap, bad: Pair.breaking)
        #expect(try pair.statuses("POST") == statuses)
    }

    @Test func `repeats nothing of which the client has seen a byte`() throws {
        let pair = try Pair([:]) { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            connection.reset()
        }
        var broken = 0
        for _ in 0..<2 {
            do { #expect(try pair.gate.request().text == "good") } catch { broken += 1 }
        }
        #expect(broken == 1 && pair.good.requests.count == 1)
    }

    @Test(.shows(badValueOf: "proxy-next-upstream"), arguments: ["http_501", "error, timeout", "errors"])
    func `is as by default when its value is unusable`(value: String) throws {
        let pair = try Pair(["proxy-next-upstream": value], bad: Pair.breaking)
        #expect(try pair.statuses() == [200, 200])
        #expect(pair.gate.faults(about: "proxy-next-upstream").count == 1)
    }

    @Test(arguments: [([:], [200, 503]), (["proxy-next-upstream": "http_503"], [200, 200])])
    func `goes before the ConfigMap's`(annotations: [String: String], statuses: [Int]) throws {
        let pair = try Pair(annotations, configMap: ["proxy-next-upstream": "off"], bad: Pair.answering(503))
        #expect(try pair.statuses() == statuses)
    }
}

@Suite struct `The annotation proxy-next-upstream-tries` {
    @Test(
        .shows(effectOf: "proxy-next-upstream-tries"), .shows(defaultOf: "proxy-next-upstream-tries"),
        .shows(badValueOf: "proxy-next-upstream-tries"),
        arguments: [
            ("1", 1), ("2", 2), ("5", 5), (nil, 3), ("many", 3), ("-1", 3), ("99999999999999999999", 3),
        ] as [(String?, Int)])
    func `is how often a request is tried in all`(value: String?, tries: Int) throws {
        let bad = try ScriptedOrigin(Pair.breaking)
        let gate = try Gate(value.map { ["proxy-next-upstream-tries": $0] } ?? [:], origin: bad)
        #expect(try gate.request().status == 502)
        #expect(bad.requests.count == tries)
        #expect(
            gate.faults(about: "proxy-next-upstream-tries").isEmpty
                == (value.flatMap(Int.init) == tries || value == nil))
    }

    @Test(arguments: [(5, [1, 1, 1, 1, 1]), (1, [3])])
    func `of 0 is as often as there are endpoints, and no less than by default`(endpoints: Int, tries: [Int]) throws {
        let bad = try (0..<endpoints).map { _ in try ScriptedOrigin(Pair.breaking) }
        let gate = try Gate(["proxy-next-upstream-tries": "0"], origins: ["web": bad])
        #expect(try gate.request().status == 502)
        #expect(bad.map(\.requests.count) == tries)
    }
}

@Suite struct `The annotation proxy-next-upstream-timeout` {
    @Test(.shows(effectOf: "proxy-next-upstream-timeout"))
    func `ends trying when its seconds are over`() throws {
        // Each attempt takes a second, so the second begins when the time is over.
        let hanging = try ScriptedOrigin { _ = try $0.waitForEnd() }
        let annotations = [
            "proxy-next-upstream-timeout": "1", "proxy-read-timeout": "1", "proxy-next-upstream-tries": "5",
        ]
        let gate = try Gate(annotations, origin: hanging)
        #expect(try gate.request().status == 504)
        #expect(hanging.connectionCount == 1)
    }

    @Test(
        .shows(defaultOf: "proxy-next-upstream-timeout"), .shows(badValueOf: "proxy-next-upstream-timeout"),
        arguments: [nil, "0", "-3", "soon", "1m"] as [String?])
    func `is no limit by default, and when its value is unusable`(value: String?) throws {
        let gate = try Gate(
            value.map { ["proxy-next-upstream-timeout": $0] } ?? [:], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().status == 200)
        #expect(gate.model.virtualHosts.first?.routes.first?.policy.retry.timeout == .zero)
        #expect(gate.faults(about: "proxy-next-upstream-timeout").isEmpty == (value == nil || value == "0"))
    }
}
