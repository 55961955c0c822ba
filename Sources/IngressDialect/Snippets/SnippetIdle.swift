import Model

/// Directives that have nothing to do here, each with what is done or used in its place.
extension SnippetTable {
    static let idle: [SnippetDirective] = reasons.flatMap { reason, names in
        names.map {
            SnippetDirective($0, [.http, .server, .location, .condition, .question], withoutEffect: reason)
        }
    }

    private static let reasons: [(String, [String])] = [
        (
            "Gatehouse keeps responses in memory alone; use proxy_cache", ["proxy_store", "proxy_store_access"]
        ),
        ("a part of what isn't kept is asked of the backend", ["proxy_cache_max_range_offset"]),
        ("it is always done", ["gzip_vary", "gzip_proxied", "merge_slashes", "tcp_nodelay"]),
        (
            "clients of HTTP/1.1 and HTTP/2 get compressed responses, others don't",
            ["gzip_http_version", "gzip_disable"]
        ),
        ("what the backend has compressed is passed on as it is", ["gunzip", "gunzip_buffers"]),
        (
            "Gatehouse compresses by gzip alone; use gzip",
            [
                "brotli", "brotli_buffers", "brotli_comp_level", "brotli_min_length", "brotli_static", "brotli_types",
                "brotli_window",
            ]
        ),
        (
            "memory has fixed bounds, which Docs/proxying.md lists",
            [
                "gzip_buffers", "proxy_busy_buffers_size", "proxy_temp_file_write_size", "proxy_headers_hash_max_size",
                "proxy_headers_hash_bucket_size", "request_pool_size", "server_names_hash_bucket_size",
                "server_names_hash_max_size", "subrequest_output_buffer_size", "variables_hash_bucket_size",
                "variables_hash_max_size",
            ]
        ),
        ("an ETag is the backend's", ["etag"]), ("the backend answers conditional requests", ["if_modified_since"]),
        ("use enable-underscores-in-headers of the ConfigMap", ["underscores_in_headers"]),
        ("use ignore-invalid-headers of the ConfigMap", ["ignore_invalid_headers"]),
        ("use keep-alive-requests of the ConfigMap", ["keepalive_requests"]),
        (
            "use large-client-header-buffers of the ConfigMap",
            ["large_client_header_buffers", "client_header_buffer_size"]
        ),
        ("use client-header-timeout of the ConfigMap", ["client_header_timeout"]),
        ("use server-tokens of the ConfigMap", ["server_tokens"]),
        ("use relative-redirects", ["absolute_redirect"]), ("use use-port-in-redirects", ["port_in_redirect"]),
        ("redirects name the host that was asked", ["server_name_in_redirect"]),
        ("use log-format-upstream of the ConfigMap", ["log_format", "access_log_format"]),
        (
            "use --log-level and --log-format of gatehouse serve",
            ["error_log", "log_not_found", "log_subrequest", "rewrite_log", "uninitialized_variable_warn"]
        ),
        ("/metrics counts what limits refuse", ["limit_conn_log_level", "limit_req_log_level"]),
        ("names are looked up as the machine looks them up", ["resolver", "resolver_timeout"]),
        ("use gatehouse-client-send-timeout of the ConfigMap", ["send_timeout"]),
        ("bodies that don't fit in memory are in unlinked files of TMPDIR", ["client_body_temp_path"]),
        (
            "the kernel is asked for what is fit",
            [
                "aio", "aio_write", "open_file_cache", "proxy_send_lowat", "proxy_socket_keepalive", "read_ahead",
                "reset_timedout_connection",
                "send_lowat", "sendfile", "sendfile_max_chunk", "tcp_nopush",
            ]
        ),
        (
            "unread rests of requests are read for as long as nginx reads them by default",
            ["lingering_close", "lingering_time", "lingering_timeout"]
        ),
        (
            "no client of today needs it",
            ["msie_padding", "msie_refresh", "chunked_transfer_encoding", "http2_push_preload"]
        ),
        ("a client that goes away ends its request", ["proxy_ignore_client_abort"]),
        ("ranges are the backend's", ["proxy_force_ranges"]),
        ("use the annotation enable-opentelemetry", ["opentelemetry", "opentracing"]),
    ]
}

/// TLS towards backends, as the annotations have it; unlike those the directives act without a Secret, as in nginx.
extension SnippetTable {
    static let upstreamTLS: [SnippetDirective] =
        ["server_name", "name", "ciphers", "verify_depth"].map { setting in
            SnippetDirective("proxy_ssl_\(setting)", as: "proxy-ssl-\(setting.replacing("_", with: "-"))") { $0[0] }
        } + [
            SnippetDirective("proxy_ssl_protocols", as: "proxy-ssl-protocols", words: 1...6) {
                $0.joined(separator: " ")
            }, verifying("proxy_ssl_verify"), verifying("grpc_ssl_verify"),
        ]

    /// Whom to trust stands in a file that is not here, so that asking for it closes the place.
    private static func verifying(_ name: String) -> SnippetDirective {
        SnippetDirective(
            name, [.server, .location], 1...1,
            "`off` alone: certificates of backends are verified where `proxy-ssl-verify` asks for it. `on` closes the Ingress."
        ) { snippet, directive throws(ValueFault) in
            guard directive.arguments[0].text != "off" else {
                return snippet.report(
                    .note, directive.line, "\(name) off has no effect: proxy-ssl-verify alone asks for it")
            }
            snippet.refuse(
                directive.line, "\(name) names nobody to trust",
                remedy: "use the annotations proxy-ssl-secret and proxy-ssl-verify")
        }
    }
}
