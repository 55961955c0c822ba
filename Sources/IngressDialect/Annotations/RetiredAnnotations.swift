/// Annotations that ingress-nginx had once and that manifests still carry: what to write in their place.
enum RetiredAnnotations {
    static func remedy(for name: String) -> String? {
        remedies[name] ?? families.first { name.hasPrefix($0.prefix) }?.remedy
    }

    private static let remedies = [
        "add-base-url": "let the backend write its base URL",
        "base-url-scheme": "let the backend write its base URL",
        "enable-opentracing": "write enable-opentelemetry",
        "grpc-backend": "write backend-protocol: GRPC",
        "mirror-uri": "write mirror-target",
        "opentracing-trust-incoming-span": "write opentelemetry-trust-incoming-span",
        "secure-backends": "write backend-protocol: HTTPS",
        "secure-verify-ca-secret": "write proxy-ssl-secret and proxy-ssl-verify: \"on\"",
        "session-cookie-hash": "take it out; the cookie always holds a keyed digest",
        "upstream-fail-timeout": "take it out; gatehouse-upstream-ejection-time of the ConfigMap says it for all",
        "upstream-max-fails": "take it out; gatehouse-upstream-ejection-failures of the ConfigMap says it for all",
        "websocket-services": "take it out; WebSockets need no annotation",
    ]

    private static let families = [
        (prefix: "global-rate-limit", remedy: "write limit-rps or limit-rpm, which all workers count together"),
        (prefix: "influxdb-", remedy: "take it out; metrics are for Prometheus"),
        (prefix: "enable-influxdb", remedy: "take it out; metrics are for Prometheus"),
        (prefix: "lua-resty-waf", remedy: "take it out; there is no such firewall here"),
        (prefix: "opentracing-", remedy: "take it out"),
    ]
}
