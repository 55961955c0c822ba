import Model

extension ConfigKey {
    /// Why a key is taken and does nothing.
    struct Shortfall: Sendable {
        var severity: Diagnostic.Severity
        var reason: String
        var remedy: String
    }

    /// A key without effect here. Nothing is said of it while it has its default value.
    init(
        _ name: String, idle standard: String, _ severity: Diagnostic.Severity = .note, _ reason: String,
        instead remedy: String = ""
    ) {
        self.init(name, form: "", default: standard, reason) { _, _ in }
        shortfall = Shortfall(severity: severity, reason: reason, remedy: remedy)
    }

    /// What there is to say about a value of a key without effect.
    func shortfall(of value: String) -> Shortfall? {
        guard let shortfall, value.lowercased() != standard.lowercased() else { return nil }
        return shortfall
    }

    /// Beginnings of keys that ingress-nginx has given up itself.
    static let removedFamilies = ["jaeger-", "zipkin-", "datadog-", "global-rate-limit-"]
}

/// Keys that ask for something that Gatehouse doesn't do.
let missingKeys = [
    ConfigKey(
        "enable-brotli", idle: "false", .warning, "responses are compressed by gzip alone", instead: "use use-gzip"),
    ConfigKey(
        "enable-syslog", idle: "false", .warning, "the access log goes to a file or to standard output", instead: logTo),
    ConfigKey("use-geoip", idle: "false", .note, "it was removed from ingress-nginx, too"),
    ConfigKey("enable-opentracing", idle: "false", .note, "it was removed from ingress-nginx, too"),
    ConfigKey(
        "stream-snippet", idle: "", .warning, "raw TCP and UDP are not proxied", instead: "expose the Service by itself"
    ),
    ConfigKey(
        "modsecurity-snippet", idle: "", .warning, "there is no firewall here; paths that turn it on answer 503"),
    ConfigKey(
        "enable-auth-access-log", idle: "false", .warning, "questions to authentication services are not logged",
        instead: "see gatehouse_auth_… in the metrics"),
    ConfigKey(
        "ignore-invalid-headers", idle: "true", .note,
        "a header whose name holds illegal characters is always answered 400"),
    ConfigKey("bind-address", idle: "", .warning, "addresses are chosen at start", instead: "start with --address"),
    ConfigKey(
        "disable-ipv6", idle: "false", .warning, "addresses are chosen at start",
        instead: "start with --address 0.0.0.0"),
    ConfigKey(
        "otlp-collector-host", idle: "", .warning, "spans are not exported",
        instead: "let the backends export them: traced requests carry traceparent"),
    ConfigKey("log-format-stream", idle: "", .note, "raw TCP and UDP are not proxied"),
    ConfigKey(
        "access-log-path", idle: "/var/log/nginx/access.log", .note, "the place is chosen at start", instead: logTo),
    ConfigKey("http-access-log-path", idle: "", .note, "the place is chosen at start", instead: logTo),
    ConfigKey("error-log-path", idle: "/var/log/nginx/error.log", .note, "Gatehouse reports on standard error"),
    ConfigKey("error-log-level", idle: "notice", .note, "it is chosen at start", instead: "start with --log-level"),
    ConfigKey(
        "enable-access-log-for-default-backend", idle: "false", .note, "requests that no rule matches are always logged"
    ),
]

/// Keys that tune what isn't there to be tuned.
let idleKeys =
    idle(
        "it belongs to Brotli, which Gatehouse doesn't speak",
        ["brotli-level": "4", "brotli-min-length": "20", "brotli-types": ""])
    + idle("no browser that is in use misreads gzip", ["gzip-disable": ""])
    + idle(
        "it belongs to the export of spans, which Gatehouse doesn't do",
        [
            "otlp-collector-port": "4317", "otel-service-name": "nginx", "otel-sampler": "AlwaysOn",
            "otel-sampler-ratio": "0.01", "otel-sampler-parent-based": "true", "otel-max-queuesize": "2048",
            "otel-schedule-delay-millis": "5000", "otel-max-export-batch-size": "512",
            "opentelemetry-operation-name": "",
            "opentelemetry-config": "/etc/ingress-controller/telemetry/opentelemetry.toml",
        ])
    + idle(
        "it belongs to TCP and UDP services, which Gatehouse doesn't serve",
        [
            "proxy-stream-timeout": "600s", "proxy-stream-next-upstream": "true",
            "proxy-stream-next-upstream-timeout": "600s", "proxy-stream-next-upstream-tries": "3",
            "proxy-stream-responses": "1", "disable-stream-access-log": "false", "stream-access-log-path": "",
        ])
    + idle("it belongs to logging by syslog, which Gatehouse doesn't do", ["syslog-host": "", "syslog-port": "514"])
    + idle(
        "it tunes the inside of nginx and has no counterpart",
        [
            "access-log-params": "", "client-header-buffer-size": "1k", "debug-connections": "",
            "disable-ipv6-dns": "false", "enable-aio-write": "true", "enable-multi-accept": "true",
            "enable-serial-reloads": "false", "forwarded-for-proxy-protocol-header": "X-Forwarded-For-Proxy-Protocol",
            "grpc-buffer-size-kb": "0", "http2-max-field-size": "", "http2-max-header-size": "",
            "http2-max-requests": "",
            "lua-shared-dicts": "", "map-hash-bucket-size": "64", "max-worker-connections": "16384",
            "max-worker-open-files": "0", "nginx-status-ipv4-whitelist": "127.0.0.1",
            "nginx-status-ipv6-whitelist": "::1",
            "proxy-busy-buffers-size": "", "proxy-headers-hash-bucket-size": "64", "proxy-headers-hash-max-size": "512",
            "reuse-port": "true",
            "server-name-hash-bucket-size": "", "server-name-hash-max-size": "1024",
            "variables-hash-bucket-size": "256", "variables-hash-max-size": "2048", "worker-cpu-affinity": "",
        ])

private func idle(_ reason: String, _ keys: [String: String]) -> [ConfigKey] {
    keys.sorted { $0.key < $1.key }.map { ConfigKey($0.key, idle: $0.value, .note, reason) }
}

private let logTo = "start with --access-log"
