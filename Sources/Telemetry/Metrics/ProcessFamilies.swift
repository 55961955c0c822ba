internal import Linux

/// The families that have one series or a few: controller, process, workers.
extension PrometheusText {
    mutating func writeController(_ metrics: Metrics, _ common: [UInt8]) {
        let prefix = "nginx_ingress_controller_"
        let identity = metrics.identity
        let build = Self.labels([("release", identity.release), ("build", identity.build), ("repository", "gatehouse")])
        single(prefix + "build_info", .gauge, "The running build; always 1.", common + [0x2C] + build, 1)

        let reloads = metrics.controller.current
        single(prefix + "success", .counter, "Configurations that went live.", common, UInt64(reloads.successes))
        single(prefix + "errors", .counter, "Configurations that did not go live.", common, UInt64(reloads.failures))
        single(
            prefix + "config_last_reload_successful", .gauge, "Whether the newest configuration went live.", common,
            reloads.lastSucceeded ? 1 : 0)
        single(
            prefix + "config_last_reload_successful_timestamp_seconds", .gauge,
            "When a configuration last went live.", common, UInt64(reloads.lastSuccess))
        // A Prometheus value is a double: 53 bits survive.
        single(
            prefix + "config_hash", .gauge, "Hash of the running configuration.", common,
            reloads.configurationHash & (1 << 53 - 1))
        writeReloadTimes(reloads, common)
        single(
            "gatehouse_rejected_objects", .gauge, "Objects that the running configuration leaves out.", common,
            UInt64(reloads.rejectedObjects))
        single(
            "gatehouse_metric_series", .gauge, "Label sets that requests are counted by.", common,
            UInt64(metrics.registry.count))
    }

    private mutating func writeReloadTimes(_ reloads: ControllerMetrics.Reloads, _ common: [UInt8]) {
        let name = "gatehouse_config_reload_duration_seconds"
        family(name, .histogram, "Seconds from a change of configuration to its being live.")
        sample(name + "_bucket", common, plus: ("le", "+Inf"), UInt64(reloads.successes))
        sample(name + "_sum", common, Double(reloads.nanoseconds) / 1e9)
        sample(name + "_count", common, UInt64(reloads.successes))
        family("gatehouse_config_last_reload_duration_seconds", .gauge, "The same of the newest configuration.")
        sample(
            "gatehouse_config_last_reload_duration_seconds", common, Double(reloads.lastNanoseconds) / 1e9)
    }

    mutating func writeProcess(_ metrics: Metrics, _ common: [UInt8], now: Instant) {
        let prefix = "nginx_ingress_controller_nginx_process_"
        let usage = ProcessUsage.current()
        single(prefix + "num_procs", .gauge, "Processes that serve traffic.", common, 1)
        for (name, labels) in [(prefix + "cpu_seconds_total", common), ("process_cpu_seconds_total", [])] {
            family(name, .counter, "Processor time used, in seconds.")
            sample(name, labels, usage.cpuSeconds)
        }
        for (name, labels) in [(prefix + "resident_memory_bytes", common), ("process_resident_memory_bytes", [])] {
            single(name, .gauge, "Memory in use, in bytes.", labels, usage.residentBytes)
        }
        for (name, labels) in [(prefix + "virtual_memory_bytes", common), ("process_virtual_memory_bytes", [])] {
            single(name, .gauge, "Address space in use, in bytes.", labels, usage.virtualBytes)
        }
        single("process_open_fds", .gauge, "Open file descriptors.", [], usage.openDescriptors)
        single("process_max_fds", .gauge, "Most file descriptors that may be open.", [], usage.descriptorLimit)
        for (name, labels) in [
            (prefix + "oldest_start_time_seconds", common), ("process_start_time_seconds", []),
        ] {
            single(name, .gauge, "When the process started, in seconds since 1970.", labels, usage.startTime)
        }
        let ages = metrics.shards.map { now.nanoseconds(since: $0.lastBeat) }
        family("gatehouse_worker_heartbeat_age_seconds", .gauge, "Seconds since the slowest worker's loop came round.")
        sample("gatehouse_worker_heartbeat_age_seconds", common, Double(ages.max() ?? 0) / 1e9)
    }

    mutating func writeWorkers(_ metrics: Metrics, _ common: [UInt8]) {
        writeConnections(metrics, common)
        for (counter, name, help) in Self.counters {
            single(name, .counter, help, common, metrics.total(of: counter))
        }
        family("gatehouse_upstream_failures_total", .counter, "Failed attempts at endpoints, by reason.")
        for failure in UpstreamFailure.allCases {
            sample(
                "gatehouse_upstream_failures_total", common, plus: ("reason", failure.label),
                metrics.total(at: ShardLayout.failures + failure.rawValue))
        }
        family("gatehouse_limits_hit_total", .counter, "Times that a limit was hit, by its name.")
        for limit in Limit.allCases {
            sample(
                "gatehouse_limits_hit_total", common, plus: ("limit", limit.label),
                metrics.total(at: ShardLayout.limits + limit.rawValue))
        }
        if let log = metrics.accessLog {
            single(
                "gatehouse_access_log_drops_total", .counter, "Lines of the access log that were lost.", common,
                log.dropped)
        }
    }

    private mutating func writeConnections(_ metrics: Metrics, _ common: [UInt8]) {
        let name = "nginx_ingress_controller_nginx_process_connections"
        let counts = ConnectionState.allCases.map { state in
            metrics.shards.reduce(0) { $0 + $1.cells[ShardLayout.connections + state.rawValue].gauge }
        }
        family(name, .gauge, "Client connections, by what they are doing.")
        sample(name, common, plus: ("state", "active"), counts.reduce(0, +))
        for (state, count) in zip(["reading", "writing", "waiting"], counts) {
            sample(name, common, plus: ("state", state), count)
        }
        family(name + "_total", .counter, "Client connections since the start.")
        sample(name + "_total", common, plus: ("state", "accepted"), metrics.total(of: .connectionsAccepted))
        sample(name + "_total", common, plus: ("state", "handled"), metrics.total(of: .connectionsHandled))
    }

    private static let counters: [(WorkerCounter, name: String, help: String)] = [
        (
            .requests, "nginx_ingress_controller_nginx_process_requests_total",
            "Requests of clients, whatever the route."
        ),
        (.bytesReceived, "nginx_ingress_controller_nginx_process_read_bytes_total", "Bytes received from clients."),
        (.bytesSent, "nginx_ingress_controller_nginx_process_write_bytes_total", "Bytes sent to clients."),
        (.upstreamConnectionsOpened, "gatehouse_upstream_connections_opened_total", "Connections made to endpoints."),
        (
            .upstreamConnectionsReused, "gatehouse_upstream_connections_reused_total",
            "Attempts that found an idle connection."
        ),
        (
            .unaskedAnswers, "gatehouse_upstream_unasked_answers_total",
            "Connections to endpoints that were closed because bytes came that no request had asked for."
        ),
        (.retries, "gatehouse_retries_total", "Attempts after the first."),
        (.retriesDenied, "gatehouse_retries_denied_total", "Retries that the budget did not allow."),
        (.ejections, "gatehouse_ejections_total", "Endpoints left out for a while because they failed."),
        (.tunnels, "gatehouse_tunnels_total", "Connections that became tunnels, such as WebSockets."),
        (.authRequests, "gatehouse_auth_requests_total", "Questions to authentication services."),
        (
            .authCacheHits, "gatehouse_auth_cache_hits_total",
            "Requests for which an authentication service's answer was kept."
        ),
        (.authFailures, "gatehouse_auth_failures_total", "Questions that got no answer of use."),
        (
            .responseCacheAnswers, "gatehouse_response_cache_answers_total",
            "Requests that were answered by a response which was kept."
        ),
        (.mirrorRequests, "gatehouse_mirror_requests_total", "Copies of requests that were sent."),
        (.mirrorFailures, "gatehouse_mirror_failures_total", "Copies of requests that reached no endpoint."),
        (.tlsHandshakes, "gatehouse_tls_handshakes_total", "TLS handshakes with clients that were completed."),
        (.tlsResumptions, "gatehouse_tls_resumptions_total", "Those of them that resumed an earlier session."),
        (.tlsFailures, "gatehouse_tls_handshake_failures_total", "TLS handshakes with clients that failed."),
        (.http2Connections, "gatehouse_http2_connections_total", "Client connections that spoke HTTP/2."),
    ]

    private mutating func single(_ name: String, _ kind: Kind, _ help: String, _ labels: [UInt8], _ value: UInt64) {
        family(name, kind, help)
        sample(name, labels, value)
    }
}

extension Metrics {
    func total(at place: Int) -> UInt64 { shards.reduce(0) { $0 &+ $1.cells[place].current } }
    func total(of counter: WorkerCounter) -> UInt64 { total(at: ShardLayout.counters + counter.rawValue) }
}
