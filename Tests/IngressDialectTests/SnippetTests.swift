import Foundation
import Model
import Testing

@testable import IngressDialect

@Suite struct `A snippet` {
    static func compile(_ text: String, in context: SnippetContexts = .location) -> SnippetCompiler {
        var compiler = SnippetCompiler(context)
        compiler.add(text)
        return compiler
    }

    /// The rules as people see them.
    static func rules(_ text: String) -> [String] {
        let compiler = compile(text)
        #expect(compiler.findings == [], "\(text)")
        var policy = RoutePolicy()
        policy.rules = RequestRules(ofPath: compiler.steps)
        let edits = compiler.headers.edits()
        if !edits.isEmpty { policy.headerEdits = edits }
        return policy.lines
    }

    /// What people really write, by the reference of ingress-nginx's users.
    static let usual = [
        "more_set_headers", "more_clear_headers", "more_set_input_headers", "more_clear_input_headers", "add_header",
        "proxy_set_header", "proxy_hide_header", "proxy_pass_header", "set", "if", "return", "rewrite", "location",
        "allow", "deny", "expires", "etag", "default_type", "charset", "sub_filter", "sub_filter_once",
        "sub_filter_types", "auth_request_set", "proxy_cookie_path", "proxy_cookie_flags", "proxy_cookie_domain",
        "client_max_body_size", "client_body_timeout", "proxy_read_timeout", "proxy_buffers", "proxy_buffer_size",
        "large_client_header_buffers", "proxy_cache", "proxy_cache_valid", "limit_req", "limit_req_zone", "limit_conn",
        "limit_conn_status", "satisfy", "error_page", "access_log", "gzip", "gzip_types", "proxy_method",
        "proxy_intercept_errors", "proxy_ssl_verify", "proxy_ssl_trusted_certificate", "grpc_set_header",
        "grpc_read_timeout", "underscores_in_headers", "keepalive_timeout", "proxy_redirect",
    ]

    @Test(arguments: usual)
    func `knows what people write, or says what to write instead`(name: String) {
        #expect(SnippetTable[name] != nil || SnippetTable.remedy(for: name)?.isEmpty == false)
    }

    @Test(arguments: [
        "host", "http_host", "hostname", "request_uri", "uri", "document_uri", "args", "query_string", "is_args",
        "arg_x", "http_x", "cookie_x", "request_method", "request", "scheme", "https", "server_name", "server_port",
        "server_protocol", "server_addr", "remote_addr", "remote_port", "remote_user", "binary_remote_addr",
        "realip_remote_addr", "content_type", "content_length", "request_id", "request_length", "request_time", "msec",
        "time_iso8601", "time_local", "connection", "connection_requests", "pid", "status", "body_bytes_sent",
        "bytes_sent", "sent_http_x", "upstream_addr", "upstream_status", "upstream_response_time",
        "upstream_connect_time", "upstream_header_time", "upstream_response_length", "upstream_http_x",
        "upstream_cookie_x", "upstream_cache_status", "ssl_protocol", "ssl_cipher", "ssl_server_name",
        "ssl_client_verify", "ssl_client_s_dn", "ssl_client_i_dn", "ssl_client_serial", "ssl_client_fingerprint",
        "ssl_client_escaped_cert", "ssl_session_reused", "namespace", "ingress_name", "service_name", "service_port",
        "location_path", "proxy_upstream_name", "proxy_alternative_upstream_name", "proxy_host", "best_http_host",
        "pass_access_scheme", "pass_port", "pass_server_port", "req_id", "escaped_request_uri", "connection_upgrade",
        "literal_dollar", "auth_cookie", "request_body",
    ])
    func `knows the variables that people use`(name: String) {
        #expect(Self.compile("add_header X-V \"$\(name)\" always;").findings == [])
    }

    @Test(arguments: ["geoip2_city", "no_such_thing"])
    func `names a variable that it does not know`(name: String) {
        let findings = Self.compile("add_header X-V $\(name);").findings
        #expect(findings.count == 1 && findings.first?.fault.contains(name) == true)
    }

    @Test(arguments: [
        ("return 403;", ["rule: answer 403"]), ("return 444;", ["rule: close"]),
        ("return 204;", ["rule: answer 204"]), ("return https://x/$1;", ["rule: answer 302 to https://x/$1"]),
        ("return 301 /a?b;", ["rule: answer 301 to /a?b"]),
        ("default_type text/plain; return 200 'a b';", ["rule: answer 200 with text/plain a b"]),
        ("return 418 teapot;", ["rule: answer 418 with text/html teapot"]),
        ("rewrite ^/a/(.*)$ /b/$1? break;", ["rule: rewrite ^/a/(.*)$ to /b/$1?, stay"]),
        ("rewrite ^ /x last;", ["rule: rewrite ^ to /x, search again"]),
        ("rewrite ^ /x redirect;", ["rule: rewrite ^ to /x, redirect 302"]),
        ("rewrite ^ /x permanent;", ["rule: rewrite ^ to /x, redirect 301"]),
        ("set $a \"${host}1\"; break;", ["rule: $a = ${host}1", "rule: stop"]),
        (
            "if ($http_x) { return 401; }", ["rule: if $http_x (branch 1)", "rule:   answer 401"]
        ),
        (
            "if ($a = \"b c\") { set $a d; }", ["rule: if $a is b c (branch 1)", "rule:   $a = d"]
        ),
        (
            "if ($host !~* (a|b)) { break; }",
            ["rule: if not $host matches (a|b) (any case) (branch 1)", "rule:   stop"]
        ),
        (
            "if ($host ~ \"^(a)(?<b>.)\") { set $c $b; }",
            ["rule: if $host matches ^(a)(?<b>.) (branch 1)", "rule:   $c = $b"]
        ),
        ("if ($args ~ x) { break; }", ["rule: if $args matches x (branch 1)", "rule:   stop"]),
        ("if ($request_method != GET) { break; }", ["rule: if not $request_method is GET (branch 1)", "rule:   stop"]),
    ])
    func `decides by rules`(text: String, lines: [String]) { #expect(Self.rules(text) == lines) }

    @Test(arguments: [
        (
            "more_set_headers 'A: b' \"C: $host\" 'D:' E;",
            ["response header A: b", "response header C: $host", "response header D: ", "response header E: "]
        ),
        ("more_set_headers -s '404 500' -t text/html 'A: b';", ["response header A: b on 404 500 for text/html"]),
        (
            "more_clear_headers 'X-*' Server -s 200;",
            ["response without header X-* on 200", "response without header Server on 200"]
        ),
        ("more_set_input_headers -r 'A: b';", ["client's header A if present: b"]),
        ("more_clear_input_headers A;", ["client's without header A"]),
        ("add_header A b always;", ["response header added A: b"]),
        ("add_header A b;", ["response header added A: b on 200 201 204 206 301 302 303 304 307 308"]),
        ("proxy_set_header X-A $remote_addr;", ["request header X-A: $remote_addr"]),
        ("proxy_set_header Accept-Encoding \"\";", ["request header Accept-Encoding: "]),
        ("proxy_hide_header X-A;", ["response without header X-A"]),
        ("proxy_pass_header Server;", ["response keeps header server"]),
        (
            "expires 1h;",
            [
                "response header Expires: the time and 3600s on 200 201 204 206 301 302 303 304 307 308",
                "response header Cache-Control: max-age=3600 on 200 201 204 206 301 302 303 304 307 308",
            ]
        ),
        ("expires off;", []),
    ])
    func `edits headers`(text: String, lines: [String]) { #expect(Self.rules(text) == lines) }

    @Test func `gives add_header to the branches that have none of their own`() {
        let lines = Self.rules(
            """
            add_header A outer always;
            if ($http_a) { add_header A inner always; }
            if ($http_b) { more_set_headers "B: b"; }
            """)
        #expect(
            lines.suffix(3) == [
                "response header added A: outer in branch 0, 2", "response header added A: inner in branch 1",
                "response header B: b in branch 2",
            ])
    }

    @Test(arguments: [
        ("proxy_read_timeout 2m;", "proxy-read-timeout", "120"), ("grpc_send_timeout 90s;", "proxy-send-timeout", "90"),
        ("client_max_body_size 10m;", "proxy-body-size", "10m"), ("limit_rate 100k;", "limit-rate", "100"),
        ("proxy_buffers 8 16k;", "proxy-buffers-number", "8"), ("satisfy any;", "satisfy", "any"),
        ("proxy_next_upstream error http_502;", "proxy-next-upstream", "error http_502"),
        ("access_log off;", "enable-access-log", "false"), ("proxy_cookie_path /a /b;", "proxy-cookie-path", "/a /b"),
        ("proxy_intercept_errors off;", "disable-proxy-intercept-errors", "true"),
    ])
    func `says what annotations say`(text: String, annotation: String, value: String) {
        let compiler = Self.compile(text)
        #expect(compiler.findings == [])
        #expect(compiler.overrides.map { [$0.annotation, $0.value] } == [[annotation, value]])
    }

    @Test(arguments: [
        ("deny_all;", true), ("limit_req zone=a;", true), ("auth_basic x;", true), ("return;", true),
        ("return 99;", true),
        ("if $x { a; }", true), ("if ($x ~ \"(\") { break; }", true), ("if ($nope) { return 403; }", true),
        ("rewrite \"(\" /x;", true), ("rewrite ^ /x sideways;", true), ("allow nobody;", true), ("deny all", true),
        ("access_by_lua_block { ngx.exit(403) }", true), ("return 200 $nope;", true), ("satisfy some;", true),
        ("if ($host) { proxy_pass http://x; }", false), ("proxy_pass http://x;", false), ("nonsense a;", false),
        ("error_page 200 /x;", false), ("more_set_header 'A: b';", false), ("add_header A \"b\nc\";", false),
        ("more_set_headers 'Content-Length: 1';", false), ("proxy_set_header A $nope;", false),
        ("more_set_headers 'A B: c';", false), ("set $x;", false), ("proxy_read_timeout soon;", false),
        ("more_set_headers -x 'A: b';", false), ("error_page 200 /x;", false), ("location / { return 200; }", true),
    ])
    func `that isn't understood is named, and closed where it might keep somebody out`(text: String, closes: Bool)
        throws
    {
        let compiler = Self.compile(text)
        let finding = try #require(compiler.findings.first)
        #expect(compiler.isRefused == closes)
        #expect(finding.severity == (closes ? .rejected : .warning))
        #expect(finding.line == 1 || text.contains("\n"))
    }

    @Test(arguments: [
        ("more_set_header 'A: b';", "write more_set_headers"),
        ("auth_basic secret;", "use the annotations auth-type, auth-secret and auth-realm"),
        ("auth_request /ask;", "use the annotation auth-url"),
        ("access_by_lua_file x;", "use annotations, or a service that auth-url asks"),
        ("add_header A $geoip2_city_country_code;", GeoSettings.remedy),
        (
            "add_header A $geoip2_city_countrycode;",
            "did you mean $geoip2_city_country_code? Otherwise choose one of the variables in Docs/geoip.md"
        ),
        (
            "add_header A $hostt;",
            "did you mean $host? Otherwise give it a value by set, or write ${literal_dollar} for a plain $"
        ),
        (
            "limit_req zone=a;",
            "write limit_req_zone $binary_remote_addr zone=a:10m rate=10r/s; into http-snippet of the ConfigMap, or use an "
                + "annotation such as limit-rps"
        ),
        ("real_ip_header X-Real-IP;", "use enable-real-ip and proxy-real-ip-cidr of the ConfigMap"),
        ("autoindex on;", "serve files by a backend"),
    ])
    func `names what to use instead`(text: String, remedy: String) {
        #expect(Self.compile(text).findings.first?.remedy == remedy)
    }

    @Test(arguments: [
        ("grpc_read_timeout 5m;", SnippetContexts.server, "use the annotation proxy-read-timeout"),
        ("proxy_set_header A b;", .server, "write it in configuration-snippet"),
        ("location /x { deny all; }", .location, "write it in server-snippet"),
    ])
    func `says where a directive belongs`(text: String, context: SnippetContexts, remedy: String) {
        var compiler = SnippetCompiler(context)
        compiler.add(text)
        #expect(compiler.findings.map(\.remedy) == [remedy])
    }

    @Test func `names programs as what they are, whatever they look like`() {
        let compiler = Self.compile(
            "set $a b;\naccess_by_lua_block {\n  if ngx.var.a ~= \"\" then x() end\n}\nset $c d;")
        #expect(compiler.isRefused)
        #expect(compiler.findings.map(\.line) == [2])
        #expect(compiler.findings.first?.fault.hasPrefix("access_by_lua_block would run code") == true)
        #expect(compiler.steps.count == 2)
    }

    @Test(
        arguments: [
            ("allow all;", nil), ("allow all; deny all;", nil), ("allow 10.0.0.1;", nil), ("deny all;", 403),
            ("allow 10.0.0.0/8; deny all;", 503), ("deny 10.0.0.1;", 503), ("allow 10.0.0.1; deny 10.0.0.0/8;", 503),
        ] as [(String, UInt16?)])
    func `lets a location without a backend keep out all or nobody`(text: String, status: UInt16?) throws {
        var compiler = SnippetCompiler(.server)
        compiler.isOfIngress = true
        compiler.add("location = /robots.txt { \(text) access_log off; }")
        let server = ServerSnippet(compiler, labels: RouteLabels(), origin: .builtIn, over: IngressDraft())
        let route = try #require(server.locations.first?.route)
        let isRefused = compiler.locations[0].compiled.isRefused
        #expect(isRefused == (status == 503))
        #expect(route.action == .refuse(status: isRefused ? 503 : 404, reason: route.action.reason))
        #expect((route.policy.rules?.ofPath == [.answer(.page(403))]) == (status == 403))
    }

    @Test(arguments: SnippetTable.rows.map(\.name))
    func `has a row of its own for each directive`(name: String) {
        #expect(SnippetTable.rows.count { $0.name == name } == 1)
        #expect(!SnippetTable.instead.contains { $0.name == name })
        // Somebody who writes it in the wrong place, or wrongly, learns what to write.
        for context in [SnippetContexts.http, .server, .location, .condition, .serverCondition, .question] {
            for text in ["\(name);", "\(name) a b c d e f g h i j k l m n o p q r s t u v;", "\(name) {}"] {
                for finding in Self.compile(text, in: context).findings where finding.severity > .note {
                    #expect(!finding.remedy.isEmpty, "\(text) in \(context.name): \(finding.fault)")
                }
            }
        }
    }

    @Test func `is what the reference page shows`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Docs/snippets.md")
            .standardizedFileURL
        if Fixture.rewrites { try SnippetReference.page().write(to: page, atomically: true, encoding: .utf8) }
        #expect(
            try String(contentsOf: page, encoding: .utf8) == SnippetReference.page(), "make fixtures prints it anew")
    }
}

extension RouteAction {
    fileprivate var reason: String {
        if case .refuse(_, let reason) = self { reason } else { "" }
    }
}
