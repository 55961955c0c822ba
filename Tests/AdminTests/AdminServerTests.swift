import Admin
import Linux
import Telemetry
import Testing

@Suite struct `Admin server` {
    @Test(arguments: ["/healthz", "/readyz"])
    func `fails before the first configuration, says ok while serving, fails while draining`(path: String) throws {
        let rig = try AdminRig()
        #expect(try rig.get(path).status == 500)
        rig.beat()
        rig.health.begin()
        let healthy = try rig.get(path)
        #expect(healthy.status == 200 && healthy.body == "ok")
        rig.health.drain()
        let draining = try rig.get(path)
        #expect(draining.status == 500)
        #expect(draining.body.contains("[-]draining failed: shutting down"))
    }

    @Test func `fails when a worker is stuck`() throws {
        let rig = try AdminRig(workers: 2)
        rig.health.begin()
        rig.beat()
        #expect(try rig.get("/healthz").status == 200)
        rig.metrics.shards[1].beat(Instant(nanoseconds: Instant.now().nanoseconds - Health.longestSilence - 1))
        let answer = try rig.get("/healthz")
        #expect(answer.status == 500 && answer.body.contains("worker 1 has been silent for 30 seconds"))
        #expect(try rig.get("/healthz/workers").status == 500)
        #expect(try rig.get("/healthz/ping").status == 200)
    }

    @Test func `lists its checks on demand`() throws {
        let rig = try AdminRig()
        rig.beat()
        rig.health.begin()
        let answer = try rig.get("/healthz?verbose")
        #expect(answer.status == 200)
        #expect(
            answer.body
                == "[+]ping ok\n[+]configuration ok\n[+]draining ok\n[+]workers ok\nhealthz check passed\n")
    }

    @Test(arguments: [
        ("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404), ("GET /healthz/nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405),
        ("HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 405), ("DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("GET /healthz HTTP/1.1\r\n\r\n", 400), ("GET /healthz HTTP/2.0\r\n\r\n", 505), ("rubbish\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\nHost: a\n\n", 400), ("GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ])
    func `refuses what it does not serve`(request: String, status: Int) throws {
        let rig = try AdminRig()
        let client = try AdminClient(rig.server)
        client.send(request)
        let answer = try #require(Answer(client.readToEnd()))
        #expect(answer.status == status)
        #expect(answer.head.contains("Connection: close"))
        #expect((status == 405) == answer.head.contains("Allow: GET"))
    }

    @Test(arguments: [("/?" + String(repeating: "q", count: 9000), 414), ("/ok", 431)])
    func `refuses heads that are too large`(target: String, status: Int) throws {
        let rig = try AdminRig()
        let client = try AdminClient(rig.server)
        client.send("GET \(target) HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 9000))\r\n\r\n")
        #expect(try #require(Answer(client.readToEnd())).status == status)
    }

    @Test func `reads a request that comes in pieces`() throws {
        let rig = try AdminRig()
        let client = try AdminClient(rig.server)
        for character in "GET /healthz/ping HTTP/1.0\r\n\r\n" { client.send(String(character)) }
        #expect(try #require(Answer(client.readToEnd())).body == "ok")
    }

    @Test(arguments: ["1.0", "1.1"])
    func `shows all metrics, however many`(version: String) throws {
        let rig = try AdminRig()
        countSomething(rig, series: 500)
        let answer = try rig.get("/metrics", version: version)
        let text = try #require(version == "1.1" ? answer.dechunked : answer.body)
        #expect(answer.status == 200 && answer.head.contains("Content-Type: text/plain; version=0.0.4"))
        #expect(answer.head.contains("chunked") == (version == "1.1"))
        let requests = text.split(separator: "\n").filter { $0.hasPrefix("nginx_ingress_controller_requests{") }
        #expect(requests.count == 500)
        #expect(text.hasSuffix("\n"))
    }
}

@Suite struct `A slow admin client` {
    private static func limits(connections: Int = 32) -> AdminLimits {
        var limits = AdminLimits()
        limits.connections = connections
        return limits
    }

    @Test func `that does not finish its request is closed`() throws {
        var limits = AdminLimits()
        limits.headTime = 50_000_000
        let rig = try AdminRig(limits: limits)
        let client = try AdminClient(rig.server)
        client.send("GET /healthz HTT")
        #expect(client.readToEnd() == "")
    }

    @Test func `that does not read its answer is closed`() throws {
        var limits = AdminLimits()
        limits.responseTime = 100_000_000
        limits.headTime = 300_000_000
        let rig = try AdminRig(limits: limits)
        countSomething(rig, series: 3000)
        let client = try AdminClient(rig.server)
        client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        // A second one, which says nothing, is closed after a longer time than the first one has.
        let silent = try AdminClient(rig.server)
        #expect(silent.readToEnd() == "")
        let answer = try #require(Answer(client.readToEnd()))
        #expect(answer.status == 200 && answer.dechunked == nil)
    }

    @Test func `cannot pile up scrapes`() throws {
        var limits = AdminLimits()
        limits.scrapes = 1
        let rig = try AdminRig(limits: limits)
        countSomething(rig, series: 3000)
        let client = try AdminClient(rig.server)
        client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        client.waitForBytes()
        #expect(try rig.get("/metrics").status == 503)
        #expect(try rig.get("/healthz/ping").status == 200)
        #expect(try #require(Answer(client.readToEnd())).dechunked != nil)
        #expect(try rig.get("/metrics").status == 200)
    }

    @Test func `makes room for the next when there are too many`() throws {
        let rig = try AdminRig(limits: Self.limits(connections: 2))
        let first = try AdminClient(rig.server)
        let second = try AdminClient(rig.server)
        #expect(try rig.get("/healthz/ping").status == 200)
        #expect(first.readToEnd() == "")
        second.send("GET /healthz/ping HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try #require(Answer(second.readToEnd())).status == 200)
    }

    @Test func `does not keep the server from stopping`() throws {
        let rig = try AdminRig()
        let client = try AdminClient(rig.server)
        rig.server.stop()
        #expect(client.readToEnd() == "")
        let late = try AdminClient(rig.server)
        late.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(late.readToEnd() == "", "the port is closed")
    }
}

/// Counts one request for each of so many Ingresses.
private func countSomething(_ rig: AdminRig, series count: Int) {
    let worker = WorkerMetrics(rig.metrics.shards[0])
    for index in 0..<count {
        let labels = MetricLabels(namespace: "shop", ingress: "web-\(index)", service: "cart", host: "")
        let outcome = RequestOutcome(
            status: 200, duration: 1, upstreamDuration: 1, requestBytes: 1, responseBytes: 1, responseBodyBytes: 1)
        var tally = SeriesTally(rig.metrics.registry.series(labels))
        worker.record(outcome, in: &tally)
    }
}
