import Model
import Testing

@testable import IngressDialect

/// "Any other directive is a diagnostic that names line, directive and what to use instead."
@Suite struct `A directive of nginx` {
    /// The directives of nginx's HTTP modules, by its alphabetical index, and of modules that ingress-nginx has or that
    /// people ask for.
    static let directives = """
        absolute_redirect accept_mutex access_by_lua_block access_by_lua_file access_log acme_certificate add_after_body
        add_before_body add_header add_trailer addition_types aio aio_write alias allow ancient_browser api auth_basic
        auth_basic_user_file auth_delay auth_digest auth_jwt auth_jwt_key_file auth_ldap auth_pam auth_request
        auth_request_set autoindex autoindex_format balancer_by_lua_block body_filter_by_lua_block break brotli
        brotli_types charset charset_map charset_types chunked_transfer_encoding client_body_buffer_size
        client_body_in_file_only client_body_in_single_buffer client_body_temp_path client_body_timeout
        client_header_buffer_size client_header_timeout client_max_body_size connection_pool_size content_by_lua_block
        create_full_put_path dav_access dav_methods default_type deny directio directio_alignment disable_symlinks
        early_hints echo echo_exec empty_gif error_log error_page etag events expires fancyindex fastcgi_buffers
        fastcgi_param fastcgi_pass fastcgi_read_timeout flv geo geoip2 geoip_country grpc_buffer_size grpc_connect_timeout
        grpc_hide_header grpc_intercept_errors grpc_next_upstream grpc_pass grpc_pass_header grpc_read_timeout
        grpc_send_timeout grpc_set_header grpc_socket_keepalive grpc_ssl_name grpc_ssl_server_name grpc_ssl_verify gunzip
        gunzip_buffers gzip gzip_buffers gzip_comp_level gzip_disable gzip_http_version gzip_min_length gzip_proxied
        gzip_static gzip_types gzip_vary hash header_filter_by_lua_block health_check hls http http2
        http2_max_concurrent_streams http2_push http2_push_preload http3 if if_modified_since ignore_invalid_headers
        image_filter include index influxdb internal internal_redirect ip_hash jaeger_sample_rate js_access js_content
        js_import js_set keepalive keepalive_disable keepalive_min_timeout keepalive_requests keepalive_time
        keepalive_timeout keyval keyval_zone large_client_header_buffers least_conn least_time limit_conn
        limit_conn_dry_run limit_conn_log_level limit_conn_status limit_conn_zone limit_except limit_rate
        limit_rate_after limit_req limit_req_dry_run limit_req_log_level limit_req_status limit_req_zone lingering_close
        lingering_time lingering_timeout listen load_module location log_by_lua_block log_format log_not_found
        log_subrequest lua_package_path lua_shared_dict map map_hash_bucket_size map_hash_max_size max_ranges
        memcached_pass merge_slashes min_delete_depth mirror mirror_request_body modern_browser modsecurity
        modsecurity_rules modsecurity_rules_file modsecurity_transaction_id more_clear_headers more_clear_input_headers
        more_set_headers more_set_input_headers mp4 msie_padding msie_refresh naxsi_extensive_log ntlm open_file_cache
        open_file_cache_errors opentelemetry opentelemetry_propagate opentracing opentracing_tag otel_exporter otel_trace
        output_buffers override_charset perl perl_set port_in_redirect postpone_output proxy_bind proxy_buffer_size
        proxy_buffering proxy_buffers proxy_busy_buffers_size proxy_cache proxy_cache_background_update
        proxy_cache_bypass proxy_cache_convert_head proxy_cache_key proxy_cache_lock proxy_cache_lock_age
        proxy_cache_lock_timeout proxy_cache_max_range_offset proxy_cache_methods proxy_cache_min_uses proxy_cache_path
        proxy_cache_purge proxy_cache_revalidate proxy_cache_use_stale proxy_cache_valid proxy_connect_timeout
        proxy_cookie_domain proxy_cookie_flags proxy_cookie_path proxy_force_ranges proxy_headers_hash_bucket_size
        proxy_headers_hash_max_size proxy_hide_header proxy_http_version proxy_ignore_client_abort proxy_ignore_headers
        proxy_intercept_errors proxy_limit_rate proxy_max_temp_file_size proxy_method proxy_next_upstream
        proxy_next_upstream_timeout proxy_next_upstream_tries proxy_no_cache proxy_pass proxy_pass_header
        proxy_pass_request_body proxy_pass_request_headers proxy_pass_trailers proxy_read_timeout proxy_redirect
        proxy_request_buffering proxy_send_lowat proxy_send_timeout proxy_set_body proxy_set_header
        proxy_socket_keepalive proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_ciphers proxy_ssl_conf_command
        proxy_ssl_crl proxy_ssl_name proxy_ssl_password_file proxy_ssl_protocols proxy_ssl_server_name
        proxy_ssl_session_reuse proxy_ssl_trusted_certificate proxy_ssl_verify proxy_ssl_verify_depth proxy_store
        proxy_store_access proxy_temp_file_write_size proxy_temp_path quic_retry random random_index read_ahead
        real_ip_header real_ip_recursive recursive_error_pages referer_hash_bucket_size request_pool_size
        reset_timedout_connection resolver resolver_timeout return rewrite rewrite_by_lua_block rewrite_log root satisfy
        scgi_pass secure_link secure_link_md5 secure_link_secret send_lowat send_timeout sendfile sendfile_max_chunk
        server server_name server_name_in_redirect server_names_hash_bucket_size server_names_hash_max_size
        server_tokens session_log set set_by_lua_block set_escape_uri set_real_ip_from slice source_charset
        split_clients ssi ssi_types ssl ssl_buffer_size ssl_certificate ssl_certificate_key ssl_ciphers
        ssl_client_certificate ssl_conf_command ssl_crl ssl_dhparam ssl_early_data ssl_ecdh_curve ssl_ocsp
        ssl_password_file ssl_prefer_server_ciphers ssl_protocols ssl_reject_handshake ssl_session_cache
        ssl_session_ticket_key ssl_session_tickets ssl_session_timeout ssl_stapling ssl_stapling_verify
        ssl_trusted_certificate ssl_verify_client ssl_verify_depth state status status_zone sticky stream stub_status
        sub_filter sub_filter_last_modified sub_filter_once sub_filter_types subrequest_output_buffer_size subs_filter
        tcp_nodelay tcp_nopush testcookie try_files types types_hash_bucket_size types_hash_max_size
        underscores_in_headers uninitialized_variable_warn upstream use userid userid_name uwsgi_pass valid_referers
        variables_hash_bucket_size variables_hash_max_size vhost_traffic_status_zone xslt_stylesheet zipkin_sample_rate
        zone
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    /// Of the main part of the configuration, which no snippet stands in.
    private static let ofMain: Set<String> = ["accept_mutex"]

    @Test(arguments: directives)
    func `acts, or its diagnostic names the line, the directive and what to use instead`(name: String) throws {
        guard SnippetTable[name] == nil, !Self.ofMain.contains(name) else { return }
        let findings = `A snippet`.compile("\n\(name) something;").findings
        #expect(findings.map(\.line) == [2])
        let finding = try #require(findings.first)
        #expect(finding.severity > .note && finding.fault.contains(name))
        #expect(finding.remedy.count > 10, "\(finding)")
        #expect(!finding.remedy.contains("did you mean"), "\(name) is in no table")
    }

    /// What decides who may come in closes its place; a program does, too.
    @Test(arguments: [
        "auth_jwt", "auth_ldap", "auth_digest", "limit_req", "limit_conn", "modsecurity_rules", "access_by_lua_file",
        "valid_referers", "secure_link", "ssl_verify_client", "ssl_client_certificate", "ssl_crl", "ssl_ocsp",
        "real_ip_header", "set_real_ip_from", "js_access", "perl", "naxsi_extensive_log", "testcookie", "internal",
        "ssl_reject_handshake", "SecRulesEnabled", "BasicRule",
    ])
    func `that may keep somebody out closes its place`(name: String) {
        #expect(`A snippet`.compile("\(name) something;").isRefused)
    }

    @Test(arguments: ["listen", "gzip_static", "proxy_bind", "error_page", "ssl_stapling", "try_files", "root"])
    func `that keeps nobody out counts as absent`(name: String) {
        let compiler = `A snippet`.compile("\(name) something;")
        #expect(!compiler.isRefused && compiler.findings.map(\.severity) == [.warning])
    }

    @Test(arguments: ["florbulate", "x", String(repeating: "long_", count: 50), "Ürgl"])
    func `that nobody knows is named with where to look`(name: String) {
        let findings = `A snippet`.compile("\(name) on;").findings
        #expect(
            findings.map(\.remedy) == [
                "use an annotation, or have the backend do it; Docs/snippets.md lists the directives that act"
            ])
        #expect(findings.first?.fault.contains("is no directive that Gatehouse knows") == true)
    }

    @Test(arguments: [("ad_header", "add_header"), ("proxy_read_timeot", "proxy_read_timeout"), ("retrun", "return")])
    func `that is misspelt is named with what was meant`(name: String, meant: String) {
        #expect(`A snippet`.compile("\(name) a b;").findings.first?.remedy.hasPrefix("did you mean \(meant)? ") == true)
    }

    @Test(arguments: ["off", "on"])
    func `that verifies backends closes its place unless it switches that off`(value: String) {
        for name in ["proxy_ssl_verify", "grpc_ssl_verify"] {
            #expect(`A snippet`.compile("\(name) \(value);").isRefused == (value == "on"))
        }
    }

    @Test(arguments: SnippetTable.instead.map(\.name) + SnippetTable.families.map(\.prefix))
    func `has one remedy that is not empty`(name: String) {
        #expect(SnippetTable.instead.count { $0.name == name } + SnippetTable.families.count { $0.prefix == name } == 1)
        #expect(SnippetTable.remedy(for: name)?.isEmpty == false)
    }
}
