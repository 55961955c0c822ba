import Model
import TestSupport
import Testing

@Suite struct `A failed attempt` {
    /// A model whose first endpoint in turn is not known, so tests ask twice to meet both.
    private func rig(
        _ endpoints: [Endpoint], settings: Settings = Given.settings { $0.upstream.failuresBeforeEjection = 0 },
        _ change: (inout RoutePolicy) -> Void = { _ in }
    ) throws -> ProxyRig {
        try ProxyRig(Given.model(endpoints, settings: settings, policy: change))
    }

    @Test func `to connect goes to another endpoint, for every method and with its body`() throws {
        let refusing = try RefusingPort()
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() { try connection.respond(request.method + request.text) }
        }
        let rig = try rig([Given.endpoint(refusing.port), Given.endpoint(origin)])
        let client = try rig.client()
        for _ in 0..<2 {
            #expect(try client.request().text == "GET")
            #expect(try client.request(method: "POST", ["Content-Length: 2"], body: "hi").text == "POSThi")
            #expect(
                try client.request(method: "PATCH", ["Transfer-Encoding: chunked"], body: "2\r\nyo\r\n0\r\n\r\n").text
                    == "PATCHyo")
        }
        #expect(rig.metric("gatehouse_retries_total") > 0)
    }

    @Test func `to connect within the time goes to another endpoint`() throws {
        let silent = try SilentPort()
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try rig([Given.endpoint(silent.port), Given.endpoint(origin)]) {
            $0.timeouts.connect = .milliseconds(100)
        }
        for _ in 0..<2 { #expect(try rig.request(method: "POST", ["Content-Length: 2"], body: "hi").text == "ok") }
    }

    @Test func `that leaves no endpoint is answered 502 when refused and 504 when silent`() throws {
        let refusing = try RefusingPort()
        #expect(try rig([Given.endpoint(refusing.port)]).request().status == 502)
        let silent = try SilentPort()
        let rig = try rig([Given.endpoint(silent.port)]) {
            $0.timeouts.connect = .milliseconds(100)
            $0.retry.tries = 1
        }
        let client = try rig.client()
        #expect(try client.request().status == 504)
        #expect(try client.request("/again").status == 504, "the client's connection goes on")
    }

    enum Misdeed: CaseIterable { case closing, resetting, closingAmidHead }

    private static func misbehaving(_ misdeed: Misdeed) throws -> ScriptedOrigin {
        try ScriptedOrigin { connection in
            guard try connection.request() != nil else { return }
            if misdeed == .closingAmidHead { try connection.send("HTTP/1.1 200 O") }
            if misdeed == .resetting { connection.reset() }
        }
    }

    @Test(arguments: Misdeed.allCases)
    func `before a response goes to another endpoint, but not for POST`(misdeed: Misdeed) throws {
        let bad = try Self.misbehaving(misdeed)
        let good = try ScriptedOrigin(answering: "good")
        let rig = try rig([Given.endpoint(bad), Given.endpoint(good)])
        for method in ["GET", "PUT", "DELETE"] {
            for _ in 0..<2 { #expect(try rig.request(method: method).text == "good") }
        }
        let statuses = try (0..<2).map { _ in try rig.request(method: "POST").status }
        #expect(statuses.sorted() == [200, 502], "a POST must not be sent twice")
    }

    @Test func `of a POST goes to another endpoint where the route allows it`() throws {
        let bad = try Self.misbehaving(.closing)
        let good = try ScriptedOrigin { connection in
            while let request = try connection.request() { try connection.respond(request.text) }
        }
        let rig = try rig([Given.endpoint(bad), Given.endpoint(good)]) { $0.retry.conditions.insert(.nonIdempotent) }
        for _ in 0..<2 {
            #expect(try rig.request(method: "POST", ["Content-Length: 4"], body: "body").text == "body")
        }
    }

    @Test func `with a body that has gone is not repeated, whatever the method`() throws {
        let bad = try ScriptedOrigin { connection in
            _ = try connection.head()
            _ = try connection.bytes(20_000)
            connection.reset()
        }
        let rig = try rig([Given.endpoint(bad)])
        let client = try rig.client()
        try client.send(Client.head(method: "PUT", ["Content-Length: 20001"]) + String(repeating: "x", count: 20_000))
        #expect(try client.response().status == 502)
        #expect(bad.connectionCount == 1)
    }

    @Test func `repeats a chunked body that was empty as an empty body`() throws {
        let origin = try ScriptedOrigin { connection in
            guard let request = try connection.request() else { return }
            guard connection.number > 0 else { return connection.reset() }
            try connection.respond("\(request.framing)")
        }
        let rig = try rig([Given.endpoint(origin)]) { $0.timeouts.read = .milliseconds(300) }
        #expect(
            try rig.request(method: "PUT", ["Transfer-Encoding: chunked"], body: "0\r\n\r\n").text == "chunked")
        #expect(origin.connectionCount == 2)
    }

    @Test(arguments: [500, 502, 503, 504, 403, 404, 429])
    func `by status goes to another endpoint where the route says so`(status: Int) throws {
        let bad = try ScriptedOrigin { connection in
            while try connection.request() != nil { try connection.respond("bad", status: "\(status) Bad") }
        }
        let good = try ScriptedOrigin(answering: "good")
        let endpoints = [Given.endpoint(bad), Given.endpoint(good)]
        let retrying = try rig(endpoints) { $0.retry.conditions = Retry.Conditions.status(status) }
        for _ in 0..<4 { #expect(try retrying.request().text == "good") }
        let posts = try (0..<4).map { _ in try retrying.request(method: "POST").status }
        #expect(posts.sorted() == [200, 200, status, status])
        let plain = try rig(endpoints)
        let statuses = try (0..<4).map { _ in try plain.request().status }
        #expect(statuses.sorted() == [200, 200, status, status])
    }

    @Test func `by status passes the last answer on when every try is spent`() throws {
        let bad = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                try connection.respond("sorry \(request.target)", status: "503 Busy", fields: ["Retry-After: 1"])
            }
        }
        let rig = try rig([Given.endpoint(bad)]) {
            $0.retry.conditions = .status503
            $0.retry.tries = 3
        }
        let answer = try rig.request("/x")
        #expect(answer.status == 503)
        #expect(answer.text == "sorry /x")
        #expect(answer["Retry-After"] == "1")
        #expect(bad.requests.count == 3)
    }

    @Test(arguments: [1, 2, 5])
    func `is repeated no more often than the route allows`(tries: Int) throws {
        let bad = try Self.misbehaving(.closing)
        let rig = try rig([Given.endpoint(bad)]) {
            $0.retry.tries = tries
        }
        #expect(try rig.request().status == 502)
        #expect(bad.connectionCount == tries)
    }

    /// A fifth of the requests, and ten a second besides: a failing upstream is not hit threefold.
    @Test func `is repeated within the budget of the upstream`() throws {
        let refusing = try RefusingPort()
        let rig = try rig([Given.endpoint(refusing.port)]) { $0.retry.tries = 3 }
        let client = try rig.client()
        let start = ContinuousClock.now
        for _ in 0..<200 { #expect(try client.request().status == 502) }
        let seconds = Int((ContinuousClock.now - start).components.seconds) + 1
        let retries = rig.metric("gatehouse_retries_total")
        #expect(retries >= 40)
        #expect(retries <= 40 + 10 + 10 * seconds)
        #expect(rig.metric("gatehouse_retries_denied_total") > 0)
    }

    @Test func `is not repeated where the route forbids it`() throws {
        let bad = try Self.misbehaving(.closing)
        let good = try ScriptedOrigin(answering: "good")
        let rig = try rig([Given.endpoint(bad), Given.endpoint(good)]) { $0.retry.conditions = [] }
        let statuses = try (0..<4).map { _ in try rig.request().status }
        #expect(statuses.sorted() == [200, 200, 502, 502])
    }

    @Test func `is not repeated once its time is over`() throws {
        let hanging = try ScriptedOrigin { connection in try connection.waitForEnd() }
        let rig = try rig([Given.endpoint(hanging)]) {
            $0.timeouts.read = .milliseconds(200)
            $0.retry = Retry(conditions: [.timeout], tries: 5, timeout: .milliseconds(100))
        }
        #expect(try rig.request().status == 504)
        #expect(hanging.connectionCount == 1)
    }

    @Test func `by a hanging endpoint goes to another, and is 504 when there is none`() throws {
        let hanging = try ScriptedOrigin { connection in try connection.waitForEnd() }
        let good = try ScriptedOrigin(answering: "good")
        let both = try rig([Given.endpoint(hanging), Given.endpoint(good)]) { $0.timeouts.read = .seconds(1) }
        for _ in 0..<2 { #expect(try both.request().text == "good") }
        let alone = try rig([Given.endpoint(hanging)]) {
            $0.timeouts.read = .milliseconds(150)
            $0.retry.tries = 1
        }
        let client = try alone.client()
        #expect(try client.request().status == 504)
        #expect(try client.request().status == 504)
        try hanging.waitForFinished(hanging.connectionCount)
    }

    @Test func `in the middle of a body that hangs cuts the client off`() throws {
        let hanging = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            try connection.waitForEnd()
        }
        let rig = try rig([Given.endpoint(hanging)]) { $0.timeouts.read = .milliseconds(150) }
        let client = try rig.client()
        try client.send(Client.head())
        #expect(try client.reader.head()?.status == 200)
        #expect(try client.wire.receiveToEnd().ending == .reset)
        try hanging.waitForFinished(1)
    }
}
