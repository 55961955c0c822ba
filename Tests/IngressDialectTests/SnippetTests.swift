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
        ("sub_filter a b;", false), ("more_set_header 'A: b';", false), ("add_header A \"b\nc\";", false),
        ("more_set_headers 'Content-Length: 1';", false), ("proxy_set_header A $nope;", false),
        ("more_set_headers 'A B: c';", false), ("set $x;", false), ("proxy_read_timeout soon;", false),
        ("more_set_headers -x 'A: b';", false), ("error_page 404 /x;", false), ("location / { return 200; }", true),
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
        ("more_set_header 'A: b';", "write more_set_headers"), ("ad_header A b;", "did you mean add_header?"),
        ("limit_req zone=a;", "use the annotations limit-rps or limit-rpm"),
    ])
    func `names what to use instead`(text: String, remedy: String) {
        #expect(Self.compile(text).findings.first?.remedy == remedy)
    }

    @Test func `takes addresses in nginx's order`() {
        func rules(_ text: String) -> AddressRules? { SnippetAccess.rules(Self.compile(text).access) }
        #expect(
            rules("deny 10.0.0.1; allow 10.0.0.0/8; deny all;")
                == AddressRules(denied: ["10.0.0.1"], allowed: ["10.0.0.0/8"]))
        #expect(rules("deny all;") == AddressRules(denied: ["0.0.0.0/0", "::/0"]))
        #expect(rules("deny 10.0.0.1; allow all; deny all;") == AddressRules(denied: ["10.0.0.1"]))
        #expect(rules("allow 10.0.0.1;") == AddressRules())
        #expect(rules("allow 10.0.0.1; deny 10.0.0.0/8;") == nil)
    }

    @Test(arguments: SnippetTable.rows.map(\.name))
    func `has a row of its own for each directive`(name: String) {
        #expect(SnippetTable.rows.count { $0.name == name } == 1)
        #expect(!SnippetTable.instead.contains { $0.name == name })
    }

    @Test func `is what the reference page shows`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Docs/snippets.md")
            .standardizedFileURL
        if Fixture.rewrites { try SnippetReference.page().write(to: page, atomically: true, encoding: .utf8) }
        #expect(
            try String(contentsOf: page, encoding: .utf8) == SnippetReference.page(), "make fixtures prints it anew")
    }
}
