import TestSupport
import Testing

@Suite struct `Health and metrics` {
    @Test func `are well as soon as it says that it is ready`() throws {
        let gatehouse = try Gatehouse(["-f", "-"], input: Manifest.site("shop"))
        for path in ["/healthz", "/readyz"] {
            let answer = try gatehouse.admin(path)
            #expect(answer.status == 200 && answer.text == "ok", "\(path): \(answer.text)")
        }
        #expect(try gatehouse.metrics().sum("gatehouse_worker_heartbeat_age_seconds") < 60)
        #expect(try gatehouse.admin("/elsewhere").status == 404)
    }

    @Test func `are not served on the port for traffic`() throws {
        let gatehouse = try Gatehouse(["-f", "-"], input: Manifest.site("shop"))
        for path in ["/healthz", "/metrics"] {
            #expect(try gatehouse.request(path, host: "localhost").status == 404)
        }
    }

    @Test func `count what has been asked, by Ingress, Service and status`() throws {
        let folder = try ManifestFolder([
            "sites.yaml": Manifest.site("shop") + Manifest.site("blog")
                + Manifest.site("old", annotations: ["permanent-redirect": "http://new.example"])
        ])
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                try connection.respond(status: request.target == "/missing" ? "404 Not Found" : "200 OK")
            }
        }
        let refusing = try RefusingPort()
        let gatehouse = try Gatehouse([
            "-f", folder.path, "--backend", "shop=127.0.0.1:\(origin.port)", "--backend",
            "blog=127.0.0.1:\(refusing.port)", "--backend", "old=127.0.0.1:\(origin.port)",
        ])
        let client = try gatehouse.client()
        for _ in 0..<7 { #expect(try client.request(host: "shop.example").status == 200) }
        for _ in 0..<3 { #expect(try client.request("/missing", host: "shop.example").status == 404) }
        for _ in 0..<2 { #expect(try client.request(host: "blog.example").status == 502) }
        for _ in 0..<4 { #expect(try client.request(host: "old.example").status == 301) }
        for _ in 0..<5 { #expect(try client.request(host: "nobody.example").status == 404) }

        let requests = "nginx_ingress_controller_requests"
        try eventually("all requests to be counted") { try gatehouse.metrics().sum(requests) == 21 }
        let metrics = try gatehouse.metrics()
        let expected: [(ingress: String, service: String, host: String, status: String, count: Double)] = [
            ("shop", "shop", "shop.example", "2xx", 7), ("shop", "shop", "shop.example", "4xx", 3),
            ("shop", "shop", "shop.example", "5xx", 0), ("blog", "blog", "blog.example", "5xx", 2),
            ("old", "old", "old.example", "3xx", 4), ("", "", "_", "4xx", 5),
        ]
        for row in expected {
            let labels = ["ingress": row.ingress, "service": row.service, "host": row.host, "status": row.status]
            #expect(metrics.sum(requests, labels) == row.count, "\(labels)")
        }
        #expect(metrics.sum("nginx_ingress_controller_request_duration_seconds_count", ["ingress": "shop"]) == 10)
        #expect(
            metrics.sum("nginx_ingress_controller_request_duration_seconds_bucket", ["ingress": "shop", "le": "+Inf"])
                == 10)
        #expect(metrics.sum("nginx_ingress_controller_nginx_process_requests_total") == 21)
        #expect(metrics.sum("nginx_ingress_controller_nginx_process_connections_total", ["state": "accepted"]) == 1)
        withExtendedLifetime(client) {
            #expect(metrics.sum("nginx_ingress_controller_nginx_process_connections", ["state": "active"]) == 1)
        }
        #expect(metrics.sum("gatehouse_upstream_connections_opened_total") == 1)
        #expect(metrics.sum("gatehouse_upstream_connections_reused_total") == 9)
        #expect(metrics.sum("gatehouse_upstream_failures_total", ["reason": "refused"]) >= 2)
    }

    @Test func `count reloads, and keep their counters over them`() throws {
        let folder = try ManifestFolder(["a.yaml": Manifest.site("a")])
        let gatehouse = try Gatehouse(["-f", folder.path, "--demo-backends"])
        #expect(try gatehouse.request(host: "a.example").status == 200)
        try gatehouse.reloads { try folder.replace("b.yaml", with: Manifest.site("b")) }
        try gatehouse.reloads { try folder.replace("b.yaml", with: Manifest.site("b", to: "c")) }
        #expect(try gatehouse.request(host: "a.example").status == 200)
        let requests = "nginx_ingress_controller_requests"
        try eventually("both requests to be counted") {
            try gatehouse.metrics().sum(requests, ["ingress": "a", "status": "2xx"]) == 2
        }
        try eventually("three configurations to be counted") {
            try gatehouse.metrics().sum("nginx_ingress_controller_success") == 3
        }
        let metrics = try gatehouse.metrics()
        #expect(metrics.sum("nginx_ingress_controller_errors") == 0)
        #expect(metrics.sum("nginx_ingress_controller_config_last_reload_successful") == 1)
        #expect(metrics.sum("gatehouse_config_reload_duration_seconds_count") == 3)
        #expect(metrics.sum("gatehouse_rejected_objects") == 0)
    }

    @Test func `have no label for what clients make up`() throws {
        let gatehouse = try Gatehouse(["-f", "-", "--demo-backends"], input: Manifest.site("shop"))
        let client = try gatehouse.client()
        for number in 0..<50 {
            #expect(try client.request("/\(number)", host: "made-up-\(number).example").status == 404)
        }
        #expect(try client.request("/x", method: "WHATEVER", host: "shop.example").status == 200)
        let requests = "nginx_ingress_controller_requests"
        try eventually("all requests to be counted") { try gatehouse.metrics().sum(requests) == 51 }
        let metrics = try gatehouse.metrics()
        #expect(metrics.values(of: "host", in: requests) == ["_", "shop.example"])
    }
}
