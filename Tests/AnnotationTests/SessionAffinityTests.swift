import Model
import TestSupport
import Testing

/// A Service with `sessionAffinity: ClientIP`, whose clients are told apart by a believed `X-Forwarded-For`.
private struct Shop {
    let origins: [ScriptedOrigin]
    let gate: Gate

    /// - Parameter spec: of the Service.
    init(
        _ annotations: [String: String] = [:], spec: [String] = ["sessionAffinity: ClientIP"], endpoints: Int = 4,
        workers: Int = 2
    ) throws {
        origins = try (0..<endpoints).map { try ScriptedOrigin(answering: "\($0)") }
        gate = try Gate(
            manifests: Self.manifests(annotations, spec, origins), origins: [:],
            configMap: ["use-forwarded-headers": "true"], workers: workers)
    }

    static func manifests(_ annotations: [String: String], _ spec: [String], _ origins: [ScriptedOrigin]) -> [String] {
        [Manifests.ingress(annotations, service: "kept"), Manifests.service("kept", spec: spec)]
            + origins.enumerated().map { Manifests.slice(of: "kept", $0.offset, port: $0.element.port) }
    }

    func ask(_ client: Int) throws -> String {
        try gate.request("/", ["X-Forwarded-For: 192.0.2.\(client)"]).text
    }

    func endpoints(of clients: ClosedRange<Int>) throws -> [String] { try clients.map(ask) }
}

@Suite struct `A Service's sessionAffinity ClientIP` {
    @Test func `keeps a client on its endpoint, on every worker`() throws {
        let shop = try Shop()
        let first = try shop.endpoints(of: 1...20)
        #expect(Set(first).count > 1)
        for _ in 0..<3 { #expect(try shop.endpoints(of: 1...20) == first) }
    }

    @Test func `keeps clients where they are when endpoints come`() throws {
        let shop = try Shop(endpoints: 2)
        let first = try shop.endpoints(of: 1...20)
        let newcomers = try (0..<4).map { try ScriptedOrigin(answering: "new \($0)") }
        try shop.gate.replace(
            Shop.manifests([:], ["sessionAffinity: ClientIP"], shop.origins + newcomers))
        // Most of the clients that nobody has seen yet go to one of the newcomers, once the workers know of them.
        try eventually("a newcomer to serve") {
            try (21...120).contains { try shop.ask($0).hasPrefix("new") }
        }
        #expect(try shop.endpoints(of: 1...20) == first)
    }

    @Test func `goes before upstream-hash-by and load-balance, and behind a cookie`() throws {
        let hashed = try Shop(["upstream-hash-by": "$uri", "load-balance": "ewma"])
        #expect(Set(try hashed.endpoints(of: 1...20)).count > 1)
        let shop = try Shop(["affinity": "cookie"])
        let answer = try shop.gate.request("/", ["X-Forwarded-For: 192.0.2.1"])
        let cookie = try #require(answer["Set-Cookie"]?.prefix { $0 != ";" })
        for client in 1...12 {
            let fields = ["X-Forwarded-For: 192.0.2.\(client)", "Cookie: \(cookie)"]
            #expect(try shop.gate.request("/", fields).text == answer.text)
        }
    }

    @Test(arguments: [
        (["sessionAffinity: ClientIP"], 10_800),
        (["sessionAffinity: ClientIP", "sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}"], 5),
    ])
    func `lasts three hours, or as long as the Service says`(spec: [String], seconds: Int) throws {
        let shop = try Shop(spec: spec)
        #expect(shop.gate.model.upstreams.map(\.affinity) == [.clientAddress(timeout: .seconds(seconds))])
        #expect(try shop.ask(1) == shop.ask(1))
    }

    @Test(arguments: [[String](), ["sessionAffinity: None"]])
    func `is off by default`(spec: [String]) throws {
        let shop = try Shop(spec: spec, workers: 1)
        #expect(Set(try (0..<8).map { _ in try shop.ask(1) }).count == 4)
    }

    /// No cluster holds such a Service; in a file it is left out, as every object that cannot be read.
    @Test(arguments: ["0", "-5", "86401", "soon"])
    func `with a time that Kubernetes refuses is no Service`(seconds: String) throws {
        let shop = try Shop(spec: [
            "sessionAffinity: ClientIP", "sessionAffinityConfig: {clientIP: {timeoutSeconds: \(seconds)}}",
        ])
        #expect(try shop.gate.request().status == 503)
    }
}
