import Kubernetes
import Model

/// What to write instead of directives that are not honoured.
///
/// Every directive of nginx's HTTP modules that isn't a row of the table is here by its name or its family, and those of
/// other modules that people write; for one that nobody knows there is an answer, too.
extension SnippetTable {
    /// What to use instead of a directive that is known and not honoured; nil for an unknown one.
    static func remedy(for name: String) -> String? {
        instead.first { $0.name == name }?.remedy ?? families.first { name.hasPrefix($0.prefix) }?.remedy
    }

    /// The known name that an unknown one was probably meant to be.
    static func nearest(to name: String) -> String? {
        name.utf8.count > 63 ? nil : nearestName(to: name, among: rows.map(\.name) + instead.map(\.name))
    }

    /// What to do about a directive that nobody knows.
    static func remedyForUnknown(_ name: String) -> String {
        let elsewhere = "use an annotation, or have the backend do it; Docs/snippets.md lists the directives that act"
        return nearest(to: name).map { "did you mean \($0)? Otherwise \(elsewhere)" } ?? elsewhere
    }

    /// What to do about a text that refers to something unknown.
    static func remedy(for fault: TemplateText.Fault) -> String {
        let plain = "write ${literal_dollar} for a plain $"
        guard case .unknown(let name) = fault else { return plain }
        let nearest = nearestName(to: name, among: Array(TemplateText.names))
        let meant = nearest.map { "did you mean $\($0)? Otherwise " } ?? ""
        if name.hasPrefix("geoip") { return "\(meant)choose one of the variables in Docs/geoip.md" }
        return "\(meant)give it a value by set, or \(plain)"
    }

    /// Whether a directive that isn't understood might keep somebody out. Errs on the side of yes.
    static func mayKeepOut(_ name: String) -> Bool {
        if harmless.contains(name) { return false }
        return deciding.contains { name.hasPrefix($0) } || name.contains("_by_lua")
    }

    /// Beginnings of directives that decide who may come in, whom addresses belong to, or whom to trust.
    private static let deciding = [
        "allow", "auth_", "basicrule", "BasicRule", "CheckRule", "deny", "Denied", "if", "internal", "js_access",
        "js_content", "limit_conn", "limit_except", "limit_req", "location", "modsecurity", "naxsi", "perl", "real_ip_",
        "return", "rewrite", "satisfy", "Sec", "secure_link", "set_real_ip_from", "ssl_client_", "ssl_crl",
        "ssl_ocsp", "ssl_reject_handshake", "ssl_trusted_certificate", "ssl_verify_", "testcookie", "valid_referers",
    ]

    /// Those of them without which others keep out as many, or more: whoever names a zone that is missing is closed.
    private static let harmless: Set<String> = [
        "limit_conn_dry_run", "limit_conn_log_level", "limit_conn_status", "limit_conn_zone", "limit_req_dry_run",
        "limit_req_log_level", "limit_req_status", "limit_req_zone",
    ]

    private static let toFiles = "serve files by a backend"
    private static let toServices = "name the Service in the Ingress"
    private static let toCertificate = "use spec.tls of the Ingress"
    private static let toRates = "use the annotations limit-rps or limit-rpm"
    private static let toConnections = "use the annotation limit-connections"
    private static let toClientCertificates = "use the annotations auth-tls-secret and auth-tls-verify-client"
    private static let toRealIP = "use enable-real-ip and proxy-real-ip-cidr of the ConfigMap"
    private static let toBackend = "have the backend do it"
    private static let toConditions = "write if with set"
    private static let toProtocol = "put a web server beside the process that speaks HTTP to Gatehouse"
    private static let toMetrics = "scrape /metrics of Gatehouse"
    private static let toFirewall = "there is no such firewall here: put one before Gatehouse or into the backend"
    private static let toService = "use the annotation auth-url"
    private static let toProgram = "use annotations, or a service that auth-url asks"

    /// Beginnings of directives that are not honoured.
    static let families: [(prefix: String, remedy: String)] = [
        ("acme_", toCertificate), ("add_after_", toBackend), ("add_before_", toBackend), ("addition_", toBackend),
        ("ancient_", "write if ($http_user_agent ~ …)"), ("auth_digest", "use the annotation auth-type: digest"),
        ("auth_", toService), ("autoindex", toFiles), ("balancer_by_", "use the annotation load-balance"),
        ("charset_", "have the backend name its charset"), ("dav_", toFiles), ("echo", "write return 200"),
        ("fancyindex", toFiles), ("fastcgi_", "put a web server beside the FastCGI process"), ("flv", toFiles),
        ("geoip", "use use-geoip2 of the ConfigMap: then $geoip2_… are known"),
        ("grpc_ssl_", "use the annotations proxy-ssl-…"), ("grpc_", "write the proxy_… directive of the same name"),
        ("hls", toFiles), ("http2", "use use-http2 of the ConfigMap"),
        ("http3", "clients of HTTP/1.1 and HTTP/2 are served"), ("image_filter", toBackend),
        ("influxdb", toMetrics), ("jaeger", "name a collector to the backends: traceparent is passed on"),
        ("js_", toProgram), ("keyval", toConditions), ("limit_conn_", toConnections), ("limit_req_", toRates),
        ("lua_", toProgram), ("map_", toConditions), ("memcached_", toServices),
        ("modern_", "write if ($http_user_agent ~ …)"),
        ("modsecurity", toFirewall), ("mp4", toFiles), ("naxsi", toFirewall), ("open_file_cache", toFiles),
        ("opentelemetry", "use the annotation enable-opentelemetry"),
        ("opentracing", "use the annotation enable-opentelemetry"),
        ("otel_", "use the annotation enable-opentelemetry"), ("perl", toProgram),
        ("proxy_ssl_", "use the annotations proxy-ssl-…"), ("push_stream", toBackend),
        ("quic_", "clients of HTTP/1.1 and HTTP/2 are served"), ("real_ip_", toRealIP), ("scgi_", toProtocol),
        ("session_log", "use log-format-upstream of the ConfigMap"), ("set_escape", "use $escaped_request_uri"),
        ("slice", toBackend), ("ssi", toBackend),
        ("ssl_certificate", toCertificate), ("ssl_client_", toClientCertificates), ("ssl_crl", toClientCertificates),
        ("ssl_ocsp", toClientCertificates), ("ssl_session_", "use ssl-session-… of the ConfigMap"),
        ("ssl_stapling", "use enable-ocsp of the ConfigMap"), ("ssl_verify_", toClientCertificates),
        ("status", toMetrics), ("sticky", "use the annotation affinity: cookie"), ("subs_filter", "write sub_filter"),
        ("testcookie", toService), ("types_hash_", "media types are the backend's"), ("upload_", toBackend),
        ("userid", "use the annotation affinity: cookie, or have the backend set the cookie"), ("uwsgi_", toProtocol),
        ("vhost_traffic_status", toMetrics), ("xslt_", toBackend), ("xml_", toBackend),
        ("zipkin", "name a collector to the backends: traceparent is passed on"),
    ]

    /// Directives that are not honoured.
    static let instead: [(name: String, remedy: String)] = [
        ("add_trailer", "have the backend send the trailer"), ("alias", toFiles), ("api", toMetrics),
        ("auth_basic_user_file", "use the annotations auth-type and auth-secret"),
        ("client_body_in_file_only", "bodies are in memory first: use client-body-buffer-size"),
        ("client_body_in_single_buffer", "use the annotation client-body-buffer-size"),
        ("connection_pool_size", "memory has fixed bounds, which Docs/proxying.md lists"),
        ("create_full_put_path", toFiles),
        ("directio", toFiles), ("directio_alignment", toFiles), ("disable_symlinks", toFiles),
        ("early_hints", "have the backend send 103, which passes"), ("empty_gif", toBackend),
        ("events", "use options of the command line: gatehouse serve --help"),
        ("geo", "use the annotations allowlist-source-range or denylist-source-range"),
        ("grpc_pass", "name the Service in the Ingress, with backend-protocol: GRPC"), ("gzip_static", toBackend),
        ("hash", "use the annotation upstream-hash-by"), ("health_check", "use readinessProbe of the pods"),
        ("http", "write what is between its braces into http-snippet of the ConfigMap"),
        ("include", "write out what the file holds"),
        ("index", toFiles),
        ("internal_redirect", "write rewrite … last"),
        ("ip_hash", "use the annotation upstream-hash-by: $binary_remote_addr"),
        ("keepalive", "use upstream-keepalive-connections of the ConfigMap"),
        ("keepalive_disable", "send Connection: close to such clients from the backend"),
        ("keepalive_min_timeout", "use keep-alive of the ConfigMap"),
        ("keepalive_time", "use keep-alive of the ConfigMap"),
        ("least_conn", "use the annotation load-balance: least_conn"),
        ("least_time", "use the annotation load-balance: ewma"),
        ("limit_except", "use if ($request_method …) { return 405; }"),
        ("listen", "use --http-port, --https-port and --address of gatehouse serve"),
        ("load_module", "nothing is loaded: use annotations"), ("map", toConditions), ("max_ranges", toBackend),
        ("mirror", "use the annotation mirror-target"),
        ("mirror_request_body", "use the annotation mirror-request-body"),
        ("more_set_header", "write more_set_headers"),
        ("ntlm", "send NTLM clients to the backend by ssl-passthrough"),
        ("output_buffers", toBackend), ("override_charset", "have the backend name its charset"),
        ("postpone_output", "use the annotation proxy-buffering"),
        ("proxy_bind", "choose the source address by routes of the machine"),
        ("proxy_cache_purge", "give responses short times: proxy_cache_valid"),
        ("proxy_limit_rate", "use the annotation limit-rate"),
        ("proxy_pass_trailers", "trailers pass by themselves"),
        ("proxy_temp_path", "use TMPDIR of the environment"),
        ("proxy_upload_rate", "limit the rate of requests: limit-rps"),
        ("queue", "use the annotation limit-connections"), ("random", "use the annotation load-balance: ewma"),
        ("random_index", toFiles),
        ("referer_hash_bucket_size", "nothing of it has a size to set"), ("root", toFiles), ("secure_link", toService),
        ("secure_link_md5", toService), ("secure_link_secret", toService),
        ("server", "in an upstream: name a Service; around locations: write them into server-snippet"),
        ("server_name", "use spec.rules[].host, or the annotation server-alias"),
        ("set_real_ip_from", toRealIP), ("source_charset", "have the backend name its charset"),
        ("split_clients", "use the annotations canary and canary-weight"),
        ("ssl", toCertificate), ("ssl_buffer_size", "use ssl-buffer-size of the ConfigMap"),
        ("ssl_ciphers", "use the annotation ssl-ciphers"),
        ("ssl_conf_command", "use ssl-ciphers and ssl-protocols of the ConfigMap"),
        ("ssl_dhparam", "use ssl-dh-param of the ConfigMap"), ("ssl_early_data", "use ssl-early-data of the ConfigMap"),
        ("ssl_ecdh_curve", "use ssl-ecdh-curve of the ConfigMap"),
        ("ssl_password_file", "keep the key in the Secret without a password"),
        ("ssl_prefer_server_ciphers", "use the annotation ssl-prefer-server-ciphers"),
        ("ssl_preread", "use the annotation ssl-passthrough"),
        ("ssl_protocols", "use ssl-protocols of the ConfigMap"),
        ("ssl_reject_handshake", "use ssl-reject-handshake of the ConfigMap"),
        ("ssl_trusted_certificate", toClientCertificates), ("state", toServices),
        ("stream", "raw TCP has no place here: use a Service of type LoadBalancer"), ("stub_status", toMetrics),
        ("sub_filter_last_modified", "set Last-Modified by more_set_headers"),
        ("try_files", toFiles), ("types", "media types are the backend's"), ("upstream", toServices),
        ("use", "use options of the command line: gatehouse serve --help"),
        ("valid_referers", "use if ($http_referer !~ …) { return 403; }"), ("zone", toServices),
    ]
}
