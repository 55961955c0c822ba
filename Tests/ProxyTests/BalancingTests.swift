import Model
import Proxy
import TestSupport
import Testing

@Suite struct `Balancing on the wire` {
    /// Origins that each answer with their number.
    private func origins(_ count: Int) throws -> [ScriptedOrigin] {
        try (0..<count).map { try ScriptedOrigin(answering: "\($0)") }
    }

    private func counts(_ rig: ProxyRig, requests: Int) throws -> [String: Int] {
        let client = try rig.client()
        return try (0..<requests).reduce(into: [:]) { counts, _ in counts[try client.request().text, default: 0] += 1 }
    }

    @Test func `in turn gives each endpoint the same share`() throws {
        let origins = try origins(3)
        let rig = try ProxyRig(Given.model(origins.map { Given.endpoint($0) }))
        #expect(try counts(rig, requests: 30) == ["0": 10, "1": 10, "2": 10])
    }

    @Test func `in turn gives each endpoint its weight`() throws {
        let origins = try origins(3)
        let weights = [5, 1, 2]
        let rig = try ProxyRig(
            Given.model(zip(origins, weights).map { Given.endpoint($0, weight: $1) }))
        #expect(try counts(rig, requests: 40) == ["0": 25, "1": 5, "2": 10])
    }

    @Test func `by fewest connections avoids endpoints that hold requests, on all workers`() throws {
        let gate = Gate()
        let slow = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try gate.wait()
                try connection.respond("slow")
            }
        }
        let quick = try ScriptedOrigin(answering: "quick")
        let rig = try ProxyRig(Given.model([Given.endpoint(slow)], balancing: .leastConnections), workers: 2)
        let held = try (0..<3).map { _ in try rig.client() }
        for client in held { try client.send(Client.head()) }
        try slow.waitForRequests(3)
        rig.plane.apply(Given.model([Given.endpoint(slow), Given.endpoint(quick)], balancing: .leastConnections))
        for _ in 0..<20 { #expect(try rig.request().text == "quick") }
        #expect(slow.requests.count == 3)
        gate.open()
        for client in held { #expect(try client.response().text == "slow") }
    }

    @Test(arguments: [LoadBalancing.addressHash, .roundRobin])
    func `by the client's address keeps a client on its endpoint`(balancing: LoadBalancing) throws {
        let origins = try origins(4)
        var model = Given.model(
            origins.map { Given.endpoint($0) }, balancing: balancing,
            settings: Given.settings { $0.forwarding.trustsForwardedHeaders = true })
        if balancing == .roundRobin { model.upstreams[0].affinity = .clientAddress(timeout: .seconds(60)) }
        let rig = try ProxyRig(model, workers: 2)
        var chosen = Set<String>()
        for client in 1...40 {
            let fields = ["X-Forwarded-For: 192.0.2.\(client)"]
            let answers = Set(try (0..<3).map { _ in try rig.request("/", fields).text })
            #expect(answers.count == 1)
            chosen.formUnion(answers)
        }
        #expect(chosen.count == 4, "clients spread over the endpoints")
    }

    @Test func `by response time serves from every endpoint and fails none`() throws {
        let origins = try origins(3)
        let rig = try ProxyRig(Given.model(origins.map { Given.endpoint($0) }, balancing: .ewma))
        #expect(try counts(rig, requests: 60).count == 3)
    }

    @Test func `without endpoints is 503, and the connection goes on`() throws {
        let rig = try ProxyRig(Given.model([]))
        let client = try rig.client()
        #expect(try client.request().status == 503)
        #expect(try client.request(method: "POST", ["Content-Length: 2"], body: "hi").status == 503)
        #expect(try client.request().status == 503)
    }
}

@Suite struct `An endpoint that keeps failing` {
    @Test func `is left out`() throws {
        let (bad, good) = (try Self.hangingUp(), try ScriptedOrigin(answering: "good"))
        let rig = try Self.rig([bad, good], ejectionTime: .seconds(3600))
        let client = try rig.client()
        for _ in 0..<20 { #expect(try client.request().text == "good") }
        #expect(bad.requests.count == 2, "two failures eject it")
    }

    @Test func `comes back after a while`() throws {
        let (bad, good) = (try Self.hangingUp(), try ScriptedOrigin(answering: "good"))
        let rig = try Self.rig([bad, good], ejectionTime: .milliseconds(50))
        try eventually("the endpoint to be tried again") {
            _ = try rig.request()
            return bad.requests.count > 2
        }
    }

    private static func hangingUp() throws -> ScriptedOrigin {
        try ScriptedOrigin { connection in _ = try connection.request() }
    }

    /// Two failures eject an endpoint.
    private static func rig(_ origins: [ScriptedOrigin], ejectionTime: Duration) throws -> ProxyRig {
        try ProxyRig(
            Given.model(
                origins.map { Given.endpoint($0) },
                settings: Given.settings {
                    $0.upstream.failuresBeforeEjection = 2
                    $0.upstream.ejectionTime = ejectionTime
                }))
    }

    @Test func `is tried all the same when there is no other`() throws {
        let origin = try ScriptedOrigin { connection in
            guard let request = try connection.request() else { return }
            if request.target == "/good" { try connection.respond("good") }
        }
        let rig = try ProxyRig(
            Given.model(
                [Given.endpoint(origin)],
                settings: Given.settings {
                    $0.upstream.failuresBeforeEjection = 1
                    $0.upstream.ejectionTime = .seconds(60)
                }
            ) { $0.retry.tries = 1 })
        let client = try rig.client()
        for _ in 0..<3 { #expect(try client.request("/bad").status == 502) }
        #expect(try client.request("/good").text == "good")
    }
}
