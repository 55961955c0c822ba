import Model
import TestSupport
import Testing

/// `error_page` of snippets: on Gatehouse's own errors and the backend's, to redirects, paths and named locations.
@Suite struct `error_page in a snippet` {
    /// A shop whose backend answers `/s/NNN` with that status, and whose pages come from another.
    struct Shop {
        let web: ScriptedOrigin
        let pages: ScriptedOrigin
        let gate: Gate

        init(
            _ snippet: String = "", server: String = "", _ annotations: [String: String] = [:],
            configMap: [String: String] = [:], also objects: String = ""
        ) throws {
            web = try ScriptedOrigin { connection in
                while let request = try connection.request() {
                    let status = request.target.split(separator: "/").last.flatMap { Int($0) } ?? 200
                    let fields = status == 401 ? ["WWW-Authenticate: Basic realm=\"backend\""] : []
                    try connection.respond("web \(request.target)", status: "\(status) Own Words", fields: fields)
                }
            }
            pages = try ScriptedOrigin { connection in
                while let request = try connection.request() {
                    try connection.respond("page \(request.startLine)", fields: ["X-Page: yes"])
                }
            }
            var all = annotations
            if !snippet.isEmpty { all["configuration-snippet"] = snippet }
            all["server-snippet"] = """
                \(server)
                location /pages { proxy_pass http://pages.shop.svc; }
                location = /text { default_type text/plain; return 200 "text for $request_method $request_uri"; }
                location @sorry { proxy_pass http://pages.shop.svc; }
                location @text { default_type text/plain; return 200 "named $status"; }
                location = /hidden { internal; return 200 hidden; }
                location /denied { deny all; proxy_pass http://pages.shop.svc; }
                """
            gate = try Gate(all, origins: ["web": [web], "pages": [pages]], configMap: configMap, also: objects)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var directives: String
        var target: String
        var status: Int
        var text: String?
        var location: String?
        var testDescription: String { "\(directives) \(target)" }

        init(_ directives: String, _ target: String, _ status: Int, _ text: String? = nil, location: String? = nil) {
            self.directives = directives
            self.target = target
            self.status = status
            self.text = text
            self.location = location
        }
    }

    private static let refusing = "if ($arg_no) { return 403; }"

    static let cases = [
        // Errors of our own: to a path, with the error's status, with that of the answer, with another.
        Case("\(refusing) error_page 403 /text;", "/?no=1", 403, "text for GET /?no=1"),
        Case("\(refusing) error_page 403 = /text;", "/?no=1", 200, "text for GET /?no=1"),
        Case("\(refusing) error_page 403 =503 /text;", "/?no=1", 503, "text for GET /?no=1"),
        Case(
            "\(refusing) error_page 403 /pages/no.html?why=$arg_no;", "/?no=1", 403,
            "page GET /pages/no.html?why=1 HTTP/1.1"),
        Case(
            "\(refusing) error_page 404 403 405 =200 /pages$uri;", "/a%20b?no=1", 200, "page GET /pages/a%20b HTTP/1.1"),
        // To a named location, for the request as it is.
        Case("\(refusing) error_page 403 @sorry;", "/a%20b?no=1", 403, "page GET /a%20b?no=1 HTTP/1.1"),
        Case("\(refusing) error_page 403 = @text;", "/?no=1", 200, "named 403"),
        Case(
            "error_page 418 = @sorry; if ($arg_other) { return 418; }", "/?other=1", 200, "page GET /?other=1 HTTP/1.1"),
        // To somewhere else.
        Case(
            "\(refusing) error_page 403 https://other.example/$arg_no;", "/?no=1", 302,
            location: "https://other.example/1"),
        Case(
            "\(refusing) error_page 403 =301 https://other.example/;", "/?no=1", 301, location: "https://other.example/"
        ),
        Case(
            "\(refusing) error_page 403 =200 http://other.example/;", "/?no=1", 302, location: "http://other.example/"),
        // The first rule that names the status counts; others are answered as they are.
        Case("\(refusing) error_page 403 =410 /text; error_page 403 /pages;", "/?no=1", 410, "text for GET /?no=1"),
        Case("\(refusing) error_page 404 /text;", "/?no=1", 403),
        // A text is no error, as in nginx.
        Case("error_page 403 /text; if ($arg_no) { return 403 own; }", "/?no=1", 403, "own"),
        // The backend's errors are its own unless they are intercepted.
        Case("error_page 404 /text;", "/s/404", 404, "web /s/404"),
        Case("proxy_intercept_errors on; error_page 404 /text;", "/s/404", 404, "text for GET /s/404"),
        Case("proxy_intercept_errors on; error_page 404 =200 /pages/x;", "/s/404", 200, "page GET /pages/x HTTP/1.1"),
        Case("proxy_intercept_errors on; error_page 502 503 @sorry;", "/s/503", 503, "page GET /s/503 HTTP/1.1"),
        Case("proxy_intercept_errors on; error_page 502 /text;", "/s/503", 503, "web /s/503"),
        Case("proxy_intercept_errors on; error_page 302 = /text;", "/s/302", 200, "text for GET /s/302"),
        Case("proxy_intercept_errors on; error_page 404 =204 /pages/x;", "/s/404", 204, ""),
        Case("proxy_intercept_errors on; error_page 404 =204 /text;", "/s/404", 204, ""),
        // What fails on the way is answered as it is.
        Case("\(refusing) error_page 403 404 /denied;", "/?no=1", 403),
        Case("\(refusing) error_page 403 404 /s/404; proxy_intercept_errors on;", "/?no=1", 403, "web /s/404"),
        Case("\(refusing) error_page 403 404 = /s/404; proxy_intercept_errors on;", "/?no=1", 404, "web /s/404"),
        Case("\(refusing) error_page 403 /?no=1; recursive_error_pages on;", "/?no=1", 403),
        Case(
            "\(refusing) error_page 403 /s/404; error_page 404 =200 /text; proxy_intercept_errors on; recursive_error_pages on;",
            "/?no=1", 200, "text for GET /?no=1"),
        // Nobody but an error gets in.
        Case("\(refusing) error_page 403 = /hidden;", "/?no=1", 200, "hidden"),
        Case("\(refusing) error_page 403 = /hidden;", "/hidden", 404),
        Case("rewrite ^/way$ /hidden last;", "/way", 200, "hidden"),
    ]

    @Test(arguments: cases)
    func `answers`(given: Case) throws {
        let shop = try Shop(given.directives)
        #expect(shop.gate.diagnostics.isEmpty, "\(shop.gate.diagnostics)")
        let client = try shop.gate.client()
        for _ in 0..<2 {
            let answer = try client.request(given.target)
            #expect(answer.status == given.status)
            if let text = given.text { #expect(answer.text == text) }
            #expect(answer["Location"] == given.location)
        }
        // The connection serves on.
        #expect(try client.request("/s/200").text == "web /s/200")
    }

    @Test(
        arguments: [
            ("error_page 413 /text;", ["proxy-body-size": "4"], 413),
            ("error_page 403 = /text;", ["denylist-source-range": "127.0.0.1"], 200),
            ("error_page 429 =403 /text; limit_conn none 1; limit_conn_status 429;", [:], 403),
        ] as [(String, [String: String], Int)])
    func `acts for limits and access, and drops the body`(
        directives: String, annotations: [String: String], status: Int
    ) throws {
        let shop = try Shop(
            directives, annotations, configMap: ["http-snippet": "limit_conn_zone $http_x_none zone=none:1m;"])
        #expect(shop.gate.diagnostics.isEmpty, "\(shop.gate.diagnostics)")
        let isHeld = annotations.isEmpty
        let held = try shop.gate.client()
        if isHeld {
            try held.send(Client.head("/held", method: "POST", ["Content-Length: 1", "X-None: a"]))
            try shop.web.waitForConnections(1)
        }
        let client = try shop.gate.client()
        let answer = try client.request("/a", method: "POST", ["Content-Length: 8", "X-None: a"], body: "a body\r\n")
        #expect(answer.status == status && answer.text == "text for GET /a")
        #expect(try client.request("/text").text == "text for GET /text")
    }

    @Test func `acts for backends that fail, and where there is none`() throws {
        let pages = try ScriptedOrigin(answering: "sorry")
        let gate = try Gate(
            [
                "configuration-snippet": "error_page 503 @sorry;",
                "server-snippet": "location @sorry { proxy_pass http://pages.shop.svc; }",
            ], origins: ["pages": [pages]], also: Manifests.service("web"))
        let answer = try gate.request("/x", method: "PUT", body: "all of it")
        #expect(answer.status == 503 && answer.text == "sorry")
        // Nobody had read the body, so a named location gets it.
        #expect(pages.requests.first?.startLine == "PUT /x HTTP/1.1")
        #expect(pages.requests.first?.text == "all of it")
        let broken = try ScriptedOrigin { connection in _ = try connection.request() }
        let other = try Gate(
            [
                "configuration-snippet": "error_page 502 =200 /sorry;", "proxy-next-upstream": "off",
                "server-snippet": "location /sorry { proxy_pass http://pages.shop.svc; }",
            ], origins: ["web": [broken], "pages": [pages]])
        #expect(try other.request("/x", method: "POST", body: "abc").text == "sorry")
        #expect(pages.requests.last?.startLine == "GET /sorry HTTP/1.1")
        #expect(pages.requests.last?.text == "" && pages.requests.last?["Content-Length"] == nil)
    }

    @Test func `gives a body that is here whole to a named location`() throws {
        let shop = try Shop(
            "error_page 404 @sorry; proxy_intercept_errors on;", ["proxy-request-buffering": "on"])
        let client = try shop.gate.client()
        #expect(try client.request("/s/404", method: "POST", ["Content-Length: 3"], body: "abc").status == 404)
        #expect(shop.pages.requests.first?.startLine == "POST /s/404 HTTP/1.1")
        #expect(shop.pages.requests.first?.text == "abc")
        #expect(try client.request("/s/200").status == 200)
    }

    @Test func `keeps what a password is asked by`() throws {
        let shop = try Shop(
            "error_page 401 /text;", ["auth-type": "basic", "auth-secret": "users"],
            also: Manifests.secret("users", ["auth": "ann:{PLAIN}secret"]))
        let own = try shop.gate.request("/a")
        #expect(own.status == 401 && own.text == "text for GET /a")
        #expect(own["WWW-Authenticate"]?.hasPrefix("Basic realm=") == true)
        let upstreams = try Shop("error_page 401 /pages/login; proxy_intercept_errors on;")
        let answer = try upstreams.gate.request("/s/401")
        #expect(answer.status == 401 && answer["WWW-Authenticate"] == "Basic realm=\"backend\"")
        #expect(answer["X-Page"] == "yes")
    }

    @Test func `is the host's unless the path says something itself`() throws {
        let server = "error_page 404 =200 /text; proxy_intercept_errors on;"
        #expect(try Shop(server: server).gate.request("/s/404").text == "text for GET /s/404")
        let own = try Shop("error_page 503 /text;", server: server)
        #expect(try own.gate.request("/s/404").text == "web /s/404")
        #expect(try own.gate.request("/s/503").text == "text for GET /s/503")
        let spared = try Shop("proxy_intercept_errors off;", server: server)
        #expect(try spared.gate.request("/s/404").text == "web /s/404")
        let common = try Shop(configMap: ["server-snippet": "error_page 404 =200 /text; proxy_intercept_errors on;"])
        #expect(try common.gate.request("/s/404").text == "text for GET /s/404")
    }

    /// A host that is closed for maintenance, as people write it.
    @Test func `leads to a named location past a rule of the host`() throws {
        let shop = try Shop(
            server: """
                set $closed 1;
                if ($uri ~ ^/pages) { set $closed 0; }
                if ($closed) { return 503; }
                error_page 503 @text;
                """)
        let answer = try shop.gate.request("/a")
        #expect(answer.status == 503 && answer.text == "named 503")
        // A path is judged by the rules of the host once more.
        let path = try Shop(server: "if ($arg_closed) { return 503; } error_page 503 /text?closed=1;")
        #expect(try path.gate.request("/a?closed=1").status == 503)
        let open = try Shop(server: "if ($arg_closed) { return 503; } error_page 503 /text;")
        #expect(try open.gate.request("/a?closed=1").text == "text for GET /a?closed=1")
    }

    @Test func `stands before custom-http-errors of its Ingress, and in place of the ConfigMap's`() throws {
        let both = try Shop(
            "error_page 404 /text;", ["custom-http-errors": "404,503", "default-backend": "pages"])
        #expect(try both.gate.request("/s/404").text == "text for GET /s/404")
        #expect(try both.gate.request("/s/503").text.hasPrefix("page GET /"))
        #expect(both.pages.requests.last?["X-Code"] == "503")
        let common = try Shop("error_page 404 /text;", configMap: ["custom-http-errors": "404,503"])
        #expect(try common.gate.request("/s/404").text == "text for GET /s/404")
        #expect(try common.gate.request("/s/503").text == "web /s/503")
    }

    @Test func `keeps HEAD what it is`() throws {
        let shop = try Shop("error_page 404 /pages/x; proxy_intercept_errors on;")
        let client = try shop.gate.client()
        let answer = try client.request("/s/404", method: "HEAD")
        #expect(answer.status == 404 && answer.text == "")
        #expect(shop.pages.requests.last?.startLine == "HEAD /pages/x HTTP/1.1")
        #expect(try client.request("/s/200").text == "web /s/200")
    }

    @Test func `is logged under the request that was sent`() throws {
        let shop = try Shop("error_page 404 =200 /pages/x; proxy_intercept_errors on;")
        #expect(try shop.gate.request("/s/404", method: "POST", body: "abc").status == 200)
        let line = try #require(try shop.gate.accessLogLines().first)
        #expect(line.contains("\"POST /s/404 HTTP/1.1\" 200 "))
        #expect(line.contains("404 : 200") || line.contains("404, 200"), "\(line)")
    }

    @Test(arguments: [
        ("error_page /x;", "words behind it"), ("error_page 200 /x;", "expected statuses from 300 to 599"),
        ("error_page 499 /x;", "expected statuses from 300 to 599"), ("error_page 600 /x;", "expected statuses"),
        ("error_page = /x;", "the statuses are missing"), ("error_page 404 =99 /x;", "expected = and a status"),
        ("error_page 404 x;", "expected a path, @name, or a URL"), ("error_page 404 ftp://x/;", "expected a path"),
        ("error_page 404 @;", "expected a location such as @sorry"), ("error_page 404 @a/b;", "expected a location"),
        ("error_page 404 /$nothing;", "names $nothing, which isn't known"),
        ("recursive_error_pages maybe;", "expected on or off"),
        ("error_page 404 javascript:alert(1);", "expected a path"),
    ])
    func `that is not understood counts as absent`(directive: String, fault: String) throws {
        let shop = try Shop(directive)
        #expect(try shop.gate.request("/s/404").text == "web /s/404")
        #expect(
            shop.gate.faults(about: "configuration-snippet").contains { $0.contains(fault) }, "\(shop.gate.diagnostics)"
        )
    }

    @Test func `to a location that is missing is named, and the error is answered as it is`() throws {
        let shop = try Shop("if ($arg_no) { return 403; } error_page 403 @nowhere;")
        #expect(try shop.gate.request("/?no=1").status == 403)
        #expect(shop.gate.diagnostics.contains { $0.fault.contains("no location @nowhere") })
    }

    /// Nobody reaches a named location by a path of its name.
    @Test(arguments: ["/@sorry", "/%40sorry", "@sorry", "//@sorry"])
    func `names no path`(target: String) throws {
        let shop = try Shop("error_page 404 @sorry;")
        _ = try? shop.gate.request(target)
        #expect(shop.pages.requests.isEmpty)
    }
}
