import Linux
import Telemetry
import Testing

@Suite struct `Request metrics` {
    private let requests = "nginx_ingress_controller_requests"

    @Test func `are added up over workers by label set and status class`() {
        let measured = Measured(workers: 2)
        let series = measured.metrics.registry.series(measured.web)
        for status in [200, 204, 299, 404, 503, 200] { measured.workers[0].record(outcome(status), in: series) }
        measured.workers[1].record(outcome(200), in: series)
        #expect(measured.value(requests, #"status="2xx""#) == "5")
        #expect(measured.value(requests, #"status="4xx""#) == "1")
        #expect(measured.value(requests, #"status="5xx""#) == "1")
        #expect(measured.value(requests, #"status="3xx""#) == nil)
    }

    @Test func `of one route are told apart by status class, whichever came before`() {
        let measured = Measured()
        var tally = SeriesTally(measured.metrics.registry.series(measured.web))
        for status in [200, 404, 404, 200, 503, 200] { measured.workers[0].record(outcome(status), in: &tally) }
        #expect(measured.value(requests, #"status="2xx""#) == "3")
        #expect(measured.value(requests, #"status="4xx""#) == "2")
        #expect(measured.value(requests, #"status="5xx""#) == "1")
    }

    @Test func `carry ingress-nginx's labels`() {
        let measured = Measured()
        measured.workers[0].record(outcome(), in: measured.metrics.registry.series(measured.web))
        let line =
            requests + #"{controller_class="k8s.io/ingress-nginx",controller_namespace="edge","#
            + #"controller_pod="gatehouse-0",namespace="shop",ingress="web",service="cart",host="shop.example","#
            + #"canary="",status="2xx"} 1"#
        #expect(measured.scrape().contains(line))
    }

    @Test(
        arguments: [
            (5, "0.005"), (6, "0.01"), (25, "0.025"), (50, "0.05"), (51, "0.1"), (250, "0.25"), (500, "0.5"),
            (1000, "1"), (2500, "2.5"), (5000, "5"), (10_000, "10"), (10_001, "+Inf"),
        ] as [(UInt64, String)])
    func `put a duration into the first bucket that holds it`(milliseconds: UInt64, bound: String) {
        let measured = Measured()
        let series = measured.metrics.registry.series(measured.web)
        measured.workers[0].record(outcome(milliseconds: milliseconds), in: series)
        let bounds = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]
        let bucket = "nginx_ingress_controller_request_duration_seconds_bucket"
        let counts = bounds.map { measured.value(bucket, "le=\"\($0)\"") }
        let place = bounds.firstIndex(of: bound) ?? 0
        #expect(counts == bounds.indices.map { $0 < place ? "0" : "1" })
    }

    @Test func `sum durations and bytes`() {
        let measured = Measured()
        let series = measured.metrics.registry.series(measured.web)
        measured.workers[0].record(outcome(milliseconds: 1500, upstream: 250), in: series)
        measured.workers[0].record(outcome(milliseconds: 500, upstream: nil), in: series)
        let prefix = "nginx_ingress_controller_"
        #expect(measured.value(prefix + "request_duration_seconds_sum") == "2.0")
        #expect(measured.value(prefix + "request_duration_seconds_count") == "2")
        #expect(measured.value(prefix + "response_duration_seconds_sum") == "0.25")
        #expect(measured.value(prefix + "response_duration_seconds_count") == "1")
        #expect(measured.value(prefix + "request_size_sum") == "200")
        #expect(measured.value(prefix + "response_size_sum") == "600")
        #expect(measured.value(prefix + "bytes_sent_sum") == "400")
    }

    /// The text is written in pieces: somewhere among these lengths each head of a family ends one.
    @Test func `name each family once, wherever a piece of the text ends`() {
        for length in 1...200 {
            let measured = Measured()
            let labels = MetricLabels(
                namespace: "shop", ingress: "web", service: "cart", host: String(repeating: "h", count: length))
            measured.workers[0].record(outcome(), in: measured.metrics.registry.series(labels))
            let heads = measured.scrape().filter { $0.hasPrefix("# TYPE") }
            #expect(Set(heads).count == heads.count, "with a host of \(length) bytes")
        }
    }

    @Test func `without an upstream have no upstream duration`() {
        let measured = Measured()
        let series = measured.metrics.registry.series(measured.web)
        measured.workers[0].record(outcome(upstream: nil), in: series)
        #expect(!measured.scrape().contains { $0.hasPrefix("nginx_ingress_controller_response_duration_seconds_") })
    }

    @Test func `of odd statuses fall into the nearest class`() {
        let measured = Measured()
        let series = measured.metrics.registry.series(measured.web)
        measured.workers[0].record(outcome(999), in: series)
        measured.workers[0].record(outcome(0), in: series)
        #expect(measured.value(requests, #"status="5xx""#) == "1")
        #expect(measured.value(requests, #"status="1xx""#) == "1")
    }
}

@Suite struct `Metric registry` {
    private let other = MetricLabels(namespace: "shop", ingress: "other", service: "cart", host: "")

    @Test func `gives a label set the same number for as long as it is configured`() {
        let registry = MetricRegistry()
        let labels = Measured().web
        let first = registry.series(labels)
        registry.keep(only: [first])
        #expect(registry.series(labels) == first)
        registry.keep(only: [])
        #expect(registry.series(labels) != first)
    }

    @Test func `drops the series of what is no longer configured`() {
        let measured = Measured()
        let registry = measured.metrics.registry
        let gone = registry.series(measured.web)
        let stays = registry.series(other)
        for series in [gone, stays] { measured.workers[0].record(outcome(), in: series) }
        registry.keep(only: [stays])
        let lines = measured.scrape()
        #expect(!lines.contains { $0.contains(#"ingress="web""#) })
        #expect(lines.contains { $0.contains(#"ingress="other""#) })
    }

    @Test func `never counts a late request for the label set that took its place`() {
        let measured = Measured()
        let registry = measured.metrics.registry
        let gone = registry.series(measured.web)
        var remembered = SeriesTally(gone)
        measured.workers[0].record(outcome(), in: &remembered)
        registry.keep(only: [])
        let successor = registry.series(other)
        measured.workers[0].record(outcome(), in: gone)
        #expect(measured.value("nginx_ingress_controller_requests", "other") == nil)
        measured.workers[0].record(outcome(), in: successor)
        measured.workers[0].record(outcome(), in: gone)
        measured.workers[0].record(outcome(), in: &remembered)
        #expect(measured.value("nginx_ingress_controller_requests", "other") == "1")
    }

    @Test func `counts what exceeds its limit as unmatched`() {
        let measured = Measured(limit: 2)
        let registry = measured.metrics.registry
        #expect(registry.series(measured.web) != .unmatched)
        #expect(registry.series(other) == .unmatched)
        #expect(registry.count == 2)
        measured.workers[0].record(outcome(404), in: .unmatched)
        #expect(measured.value("nginx_ingress_controller_requests", #"host="_""#) == "1")
    }
}

@Suite struct `Worker counters` {
    @Test func `appear by name, reason and limit`() {
        let measured = Measured(workers: 2)
        for worker in measured.workers {
            worker.count(.retries)
            worker.count(.bytesSent, 500)
            worker.count(UpstreamFailure.readTimeout)
            worker.count(Limit.chunkExtensions)
        }
        #expect(measured.value("gatehouse_retries_total") == "2")
        #expect(measured.value("nginx_ingress_controller_nginx_process_write_bytes_total") == "1000")
        #expect(measured.value("gatehouse_upstream_failures_total", #"reason="read_timeout""#) == "2")
        #expect(measured.value("gatehouse_limits_hit_total", #"limit="chunk_extensions""#) == "2")
        #expect(measured.value("gatehouse_limits_hit_total", #"limit="request_line""#) == "0")
    }

    @Test func `each have a cell of their own`() {
        let measured = Measured()
        for counter in WorkerCounter.allCases { measured.workers[0].count(counter, 1000) }
        for failure in UpstreamFailure.allCases { measured.workers[0].count(failure) }
        for limit in Limit.allCases { measured.workers[0].count(limit) }
        let lines = measured.scrape()
        let counted = lines.filter { $0.hasSuffix(" 1000") }
        #expect(counted.count == WorkerCounter.allCases.count)
        let hits = lines.filter { $0.hasPrefix("gatehouse_limits_hit") || $0.hasPrefix("gatehouse_upstream_failures") }
        #expect(hits.count == UpstreamFailure.allCases.count + Limit.allCases.count)
        #expect(hits.allSatisfy { $0.hasSuffix(" 1") })
        #expect(measured.value("nginx_ingress_controller_nginx_process_connections", #"state="active""#) == "0")
    }

    @Test func `follow connections through their states, whichever worker looks`() {
        let measured = Measured(workers: 2)
        for worker in measured.workers {
            worker.enter(.reading)
            worker.enter(.reading)
            worker.move(from: .reading, to: .writing)
        }
        measured.workers[0].move(from: .writing, to: .waiting)
        measured.workers[1].leave(.reading)
        let name = "nginx_ingress_controller_nginx_process_connections"
        #expect(measured.value(name, #"state="active""#) == "3")
        #expect(measured.value(name, #"state="reading""#) == "1")
        #expect(measured.value(name, #"state="writing""#) == "1")
        #expect(measured.value(name, #"state="waiting""#) == "1")
    }
}

@Suite struct `Controller metrics` {
    @Test func `tell of reloads`() {
        let measured = Measured()
        let controller = measured.metrics.controller
        controller.reloadSucceeded(at: 1_700_000_000, duration: 250_000_000, hash: 42, rejected: 3)
        let prefix = "nginx_ingress_controller_"
        #expect(measured.value(prefix + "success") == "1")
        #expect(measured.value(prefix + "config_last_reload_successful") == "1")
        #expect(measured.value(prefix + "config_last_reload_successful_timestamp_seconds") == "1700000000")
        #expect(measured.value(prefix + "config_hash") == "42")
        #expect(measured.value("gatehouse_config_last_reload_duration_seconds") == "0.25")
        #expect(measured.value("gatehouse_rejected_objects") == "3")
        controller.reloadFailed()
        #expect(measured.value(prefix + "errors") == "1")
        #expect(measured.value(prefix + "config_last_reload_successful") == "0")
        #expect(measured.value(prefix + "success") == "1")
    }

    @Test func `tell of the process`() throws {
        let measured = Measured()
        #expect(measured.value("nginx_ingress_controller_build_info", #"release="1.2.3""#) == "1")
        for name in [
            "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds", "process_max_fds",
            "process_start_time_seconds",
        ] {
            let value = try #require(measured.value(name).flatMap { Int($0) })
            #expect(value > 0, "\(name)")
        }
        let cpu = try #require(measured.value("process_cpu_seconds_total").flatMap { Double($0) })
        #expect(cpu > 0)
    }
}

@Suite struct `A scrape` {
    @Test func `keeps the samples of a family together under one head`() {
        let measured = Measured()
        for index in 0..<200 {
            let labels = MetricLabels(namespace: "shop", ingress: "web-\(index)", service: "cart", host: "")
            measured.workers[0].record(outcome(), in: measured.metrics.registry.series(labels))
        }
        var heads: Set<Substring> = []
        var current: Substring = ""
        for line in measured.scrape() {
            if line.hasPrefix("# TYPE ") {
                current = line.split(separator: " ")[2]
                #expect(heads.insert(current).inserted, "\(current) has two heads")
            } else if !line.hasPrefix("#") {
                #expect(line.hasPrefix(current), "\(line) stands under \(current)")
            }
        }
        #expect(heads.contains("nginx_ingress_controller_bytes_sent"))
    }

    @Test func `comes in pieces of bounded length`() {
        let measured = Measured()
        for index in 0..<1000 {
            let labels = MetricLabels(namespace: "shop", ingress: "web-\(index)", service: "cart", host: "")
            measured.workers[0].record(outcome(), in: measured.metrics.registry.series(labels))
        }
        var scrape = Scrape(measured.metrics, now: .now())
        var pieces = 0
        while let piece = scrape.next() {
            #expect(piece.count < 64 << 10)
            pieces += 1
        }
        #expect(pieces > 50)
    }

    @Test func `escapes label values`() {
        let measured = Measured()
        let labels = MetricLabels(namespace: "a\"b", ingress: "c\\d", service: "e\nf", host: "")
        measured.workers[0].record(outcome(), in: measured.metrics.registry.series(labels))
        let lines = measured.scrape()
        #expect(lines.contains { $0.contains(#"namespace="a\"b",ingress="c\\d",service="e\nf""#) })
    }
}
