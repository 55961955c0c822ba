import Model
import TestSupport
import Testing

@Suite struct `configuration-snippet` {
    static func gate(
        _ snippet: String, origin: ScriptedOrigin? = nil, path: String = "/", and annotations: [String: String] = [:],
        configMap: [String: String] = [:]
    ) throws -> Gate {
        try Gate(
            annotations.merging(["configuration-snippet": snippet]) { $1 }, path: path,
            pathType: path == "/" ? "Prefix" : "ImplementationSpecific",
            origin: origin ?? ScriptedOrigin(answering: "ok"), configMap: configMap)
    }

    @Test(.shows(effectOf: "configuration-snippet"))
    func `sets and clears response headers, on own pages too`() throws {
        let gate = try Self.gate(
            """
            more_set_headers "X-Host: $host" "X-Status: $status";
            more_set_headers -s 404 "X-Missing: yes";
            more_clear_headers Content-Type;
            add_header X-Added "$upstream_status";
            if ($arg_no) { return 404; }
            """)
        let answer = try gate.request("/")
        #expect(answer["X-Host"] == "shop.example" && answer["X-Status"] == "200" && answer["X-Missing"] == nil)
        #expect(answer["X-Added"] == "200" && answer["Content-Type"] == nil)
        let own = try gate.request("/?no=1")
        #expect(own.status == 404)
        #expect(own["X-Status"] == "404" && own["X-Missing"] == "yes" && own["X-Added"] == nil)
        #expect(gate.diagnostics.isEmpty)
    }

    @Test func `changes what the backend gets`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Self.gate(
            """
            set $team "shop-$request_method";
            proxy_set_header X-Team $team;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header Host inner.example;
            proxy_set_header Accept-Encoding "";
            more_set_input_headers "X-Client: $http_user_agent";
            more_set_input_headers -r "X-Here: no";
            more_clear_input_headers "X-Drop-*";
            """, origin: origin)
        #expect(
            try gate.request(
                "/", ["User-Agent: curl", "Accept-Encoding: gzip", "X-Drop-A: 1", "X-Drop-B: 2", "X-Team: evil"]
            ).status == 200)
        let request = try #require(origin.requests.first)
        #expect(request.values("X-Team") == ["shop-GET"])
        #expect(request.values("X-Forwarded-Proto") == ["https"])
        #expect(request.values("Host") == ["inner.example"])
        #expect(request["X-Forwarded-Host"] == "shop.example")
        #expect(request["Accept-Encoding"] == nil && request["X-Drop-A"] == nil && request["X-Drop-B"] == nil)
        #expect(request["X-Client"] == "curl" && request["X-Here"] == nil)
    }

    @Test(arguments: [("/", "plain", nil), ("/?gold=1", "gold", "yes"), ("/?silver=1", "plain", nil)])
    func `changes what the backend gets by an if`(target: String, tier: String, extra: String?) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Self.gate(
            """
            proxy_set_header X-Tier plain;
            if ($arg_gold) { proxy_set_header X-Tier gold; proxy_set_header X-Extra yes; }
            if ($arg_silver) { add_header X-Silver 1; }
            """, origin: origin)
        #expect(try gate.request(target, ["X-Extra: forged"]).status == 200)
        #expect(origin.requests.first?.values("X-Tier") == [tier])
        #expect(origin.requests.first?.values("X-Extra") == [extra ?? "forged"])
        #expect(gate.diagnostics.isEmpty)
    }

    @Test(
        arguments: [
            ("proxy_redirect http://inner/ https://shop.example/;", [:], "https://shop.example/a"),
            ("proxy_redirect ~^http://inner/(.*)$ /x/$1;", [:], "/x/a"),
            (
                "proxy_redirect off;", ["proxy-redirect-from": "http://inner/", "proxy-redirect-to": "/y/"],
                "http://inner/a"
            ),
        ] as [(String, [String: String], String)])
    func `changes redirects of the backend`(snippet: String, annotations: [String: String], location: String) throws {
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.respond("", status: "302 Found", fields: ["Location: http://inner/a"])
            }
        }
        let gate = try Self.gate(snippet, origin: origin, and: annotations)
        #expect(try gate.request()["Location"] == location)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
    }

    @Test(arguments: [
        ["configuration-snippet": "client_body_timeout 1s;"], ["server-snippet": "client_body_timeout 1s;"],
        ["configuration-snippet": "client_body_timeout 1s;", "server-snippet": "client_body_timeout 1h;"],
    ])
    func `ends waiting for a body that rests`(annotations: [String: String]) throws {
        let gate = try Gate(annotations, origin: ScriptedOrigin(answering: "ok"))
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        let client = try gate.client()
        try client.send(Client.head("/", method: "POST", ["Content-Length: 10"]) + "half")
        #expect(try client.response().status == 408)
    }

    @Test(arguments: [
        ("return 403;", 403, nil, nil), ("return 204;", 204, nil, nil),
        ("return 301 https://other.example$request_uri;", 301, "https://other.example/a?b=1", nil),
        ("return 302 /x;", 302, "http://shop.example/x", nil), ("return http://x/;", 302, "http://x/", nil),
        ("default_type text/plain; return 200 \"hello $arg_b\";", 200, nil, "hello 1"),
        ("return 503 later;", 503, nil, "later"),
    ])
    func `answers by itself`(snippet: String, status: Int, location: String?, body: String?) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let answer = try Self.gate(snippet, origin: origin).request("/a?b=1")
        #expect(answer.status == status && answer["Location"] == location)
        if let body { #expect(answer.text == body) }
        #expect(origin.requests.isEmpty)
    }

    @Test func `closes the connection for 444`() throws {
        let gate = try Self.gate("return 444;")
        #expect(throws: (any Error).self) { try gate.request("/") }
    }

    @Test(arguments: [
        ("/?x=1", ["User-Agent: curl"], "set"), ("/", ["User-Agent: GoogleBot/2"], "bot 2"),
        ("/", ["User-Agent: curl", "Cookie: tier=gold"], "gold"), ("/", ["User-Agent: curl"], "none"),
        ("/?x=0", ["User-Agent: curl"], "none"), ("/?x=", ["User-Agent: curl"], "none"),
    ])
    func `compares`(target: String, fields: [String], expected: String) throws {
        let answer = try Self.gate(
            """
            set $is none;
            if ($arg_x) { set $is "set"; }
            if ($http_user_agent ~* "(bot)/([0-9]+)") { set $is "bot $2"; }
            if ($cookie_tier = gold) { set $is gold; }
            if ($http_user_agent !~ ".") { return 400; }
            return 200 $is;
            """
        ).request(target, fields)
        #expect(answer.text == expected)
    }

    @Test func `uses the headers of the last branch that held`() throws {
        let gate = try Self.gate(
            """
            add_header X-Where outer;
            if ($arg_a) { add_header X-Where a; }
            if ($arg_b) { more_set_headers "X-B: b"; }
            """)
        #expect(try gate.request("/").values("X-Where") == ["outer"])
        #expect(try gate.request("/?a=1").values("X-Where") == ["a"])
        let both = try gate.request("/?a=1&b=1")
        #expect(both.values("X-Where") == ["outer"] && both["X-B"] == "b")
    }

    @Test(arguments: [
        ("rewrite ^/old/(.*)$ /new/$1 break;", "/old/a%20b?q=1", "/new/a%20b?q=1"),
        ("rewrite ^/old/(.*)$ /new?name=$1 break;", "/old/x?q=1", "/new?name=x&q=1"),
        ("rewrite ^/old/(.*)$ /new/$1? break;", "/old/x?q=1", "/new/x"),
        ("rewrite ^/old/(.*)$ /new/$1 last;", "/old/x", "/new/x"),
        ("rewrite ^/old/(.*)$ /new/$1;", "/old/x?q", "/new/x?q"),
        ("rewrite ^/none /new break;", "/a//b/../c?x", "/a//b/../c?x"),
        ("rewrite ^/(.*)$ /x/$1 break; return 500;", "/a", "/x/a"),
    ])
    func `rewrites the path`(snippet: String, target: String, expected: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        #expect(try Self.gate(snippet, origin: origin).request(target).status == 200)
        #expect(origin.requests.first?.startLine == "GET \(expected) HTTP/1.1")
    }

    @Test(arguments: [
        ("rewrite ^/old/(.*)$ /new/$1 redirect;", 302, "http://shop.example/new/x?q=1"),
        ("rewrite ^/old/(.*)$ /new/$1? permanent;", 301, "http://shop.example/new/x"),
        ("rewrite ^/old/(.*)$ https://other.example/$1;", 302, "https://other.example/x?q=1"),
    ])
    func `redirects by rewriting`(snippet: String, status: Int, location: String) throws {
        let answer = try Self.gate(snippet).request("/old/x?q=1")
        #expect(answer.status == status && answer["Location"] == location)
    }

    @Test func `ends a circle of rewrites with 500`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        #expect(try Self.gate("rewrite ^/(.*)$ /x/$1 last;", origin: origin).request("/a").status == 500)
        #expect(origin.requests.isEmpty)
    }

    @Test func `searches a route for the path that it makes`() throws {
        let (web, api) = (try ScriptedOrigin(answering: "web"), try ScriptedOrigin(answering: "api"))
        let gate = try Gate(
            manifests: [
                Manifests.ingress(["configuration-snippet": "rewrite ^/v1/(.*)$ /api/$1 last;"]),
                "---\n", Manifests.ingress([:], name: "api", path: "/api", service: "api"),
            ], origins: ["web": [web], "api": [api]])
        #expect(try gate.request("/v1/users?x=1").text == "api")
        #expect(api.requests.first?.startLine == "GET /api/users?x=1 HTTP/1.1")
        #expect(try gate.request("/other").text == "web")
    }

    @Test func `allows and denies addresses`() throws {
        #expect(try Self.gate("deny 127.0.0.1;").request().status == 403)
        #expect(try Self.gate("allow 127.0.0.0/8; deny all;").request().status == 200)
        #expect(try Self.gate("deny all;").request().status == 403)
        #expect(try Self.gate("deny 192.0.2.1; allow all;").request().status == 200)
        #expect(try Self.gate("allow 127.0.0.1; deny 127.0.0.0/8; allow all;").request().status == 200)
        #expect(try Self.gate("allow 127.0.0.2; deny 127.0.0.0/8; allow all;").request().status == 403)
    }

    @Test func `sets what annotations set`() throws {
        let gate = try Self.gate("client_max_body_size 4; proxy_cookie_path / \"/; Secure\";")
        #expect(try gate.request("/", method: "POST", body: "12345").status == 413)
        #expect(try gate.request("/", method: "POST", body: "1234").status == 200)
    }

    @Test func `acts before redirects, and preflights before it`() throws {
        let gate = try Self.gate(
            "if ($arg_no) { return 403; }", and: ["permanent-redirect": "https://elsewhere.example/"])
        #expect(try gate.request("/?no=1").status == 403)
        #expect(try gate.request("/").status == 301)
    }

    @Test(
        .shows(badValueOf: "configuration-snippet"),
        arguments: ["deny", "limit_req zone=a;", "access_by_lua 'x';", "if ($x = ) { return 403 }", "auth_jwt x;"])
    func `that may keep somebody out and isn't understood closes its Ingress`(snippet: String) throws {
        let gate = try Self.gate(snippet)
        #expect(try gate.request().status == 503)
        #expect(gate.faults(about: "configuration-snippet").count == 1)
    }

    @Test func `that keeps nobody out and isn't understood is named`() throws {
        let gate = try Self.gate("more_set_headers 'X-A: 1';\nproxy_cache on;\nmore_sett_headers 'X-B: 1';")
        #expect(try gate.request()["X-A"] == "1")
        #expect(gate.faults(about: "configuration-snippet").map { $0.prefix(7) } == ["line 2:", "line 3:"])
    }

    @Test func `can be forbidden`() throws {
        for configMap in [["allow-snippet-annotations": "false"], ["annotations-risk-level": "High"]] {
            let gate = try Self.gate("more_set_headers 'X-A: 1';", configMap: configMap)
            #expect(try gate.request().status == 404)
            #expect(gate.faults(about: "configuration-snippet").count == 1)
        }
        let gate = try Self.gate("more_set_headers 'X-A: 1';", configMap: ["annotations-risk-level": "Critical"])
        #expect(try gate.request()["X-A"] == "1")
    }

    @Test(.shows(defaultOf: "configuration-snippet", "server-snippet"))
    func `does nothing by default`() throws {
        let gate = try Gate([:], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().text == "ok")
        #expect(gate.model.virtualHosts[0].routes.allSatisfy { $0.policy.rules == nil && $0.policy.headerEdits == nil })
    }

    @Test(.shows(effectOf: "ConfigMap/location-snippet"))
    func `stands before the ConfigMap's own`() throws {
        let gate = try Self.gate(
            "more_set_headers 'X-A: path'; set $x 1;",
            configMap: [
                "location-snippet": "more_set_headers 'X-A: common $x';",
                "server-snippet": "more_set_headers 'X-S: server'; if ($arg_s) { return 418; }",
                "http-snippet": "add_header X-H http always; limit_zone x;",
            ])
        let answer = try gate.request()
        #expect(answer["X-A"] == "common 1" && answer["X-S"] == "server" && answer["X-H"] == "http")
        #expect(try gate.request("/?s=1").status == 418)
        #expect(gate.diagnostics.map(\.field).contains("data.http-snippet"))
    }

    @Test(
        arguments: ["server-snippet", "location-snippet", "http-snippet"])
    func `of the ConfigMap that may keep somebody out and isn't understood closes everything`(key: String) throws {
        let gate = try Gate(
            [:], origin: try ScriptedOrigin(answering: "ok"), configMap: [key: "limit_req zone=a burst=5;"])
        #expect(try gate.request().status == 503)
    }
}

@Suite struct `server-snippet` {
    static func gate(_ snippet: String, origin: ScriptedOrigin? = nil, path: String = "/app") throws -> Gate {
        try Gate(["server-snippet": snippet], path: path, origin: origin ?? ScriptedOrigin(answering: "ok"))
    }

    @Test(.shows(effectOf: "server-snippet"))
    func `decides for every path of the host, named or not`() throws {
        let gate = try Self.gate("if ($http_user_agent ~* badbot) { return 403; }")
        #expect(try gate.request("/app", ["User-Agent: BadBot"]).status == 403)
        #expect(try gate.request("/none", ["User-Agent: BadBot"]).status == 403)
        #expect(try gate.request("/app", ["User-Agent: curl"]).status == 200)
        #expect(try gate.request("/none", ["User-Agent: curl"]).status == 404)
    }

    @Test func `changes the path before one is chosen`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Self.gate("rewrite ^/legacy/(.*)$ /app/$1 last;", origin: origin)
        #expect(try gate.request("/legacy/x?y").status == 200)
        #expect(origin.requests.first?.startLine == "GET /app/x?y HTTP/1.1")
    }

    @Test func `has locations of its own`() throws {
        let gate = try Self.gate(
            """
            location = /healthz { default_type text/plain; return 200 "fine"; }
            location /private { deny all; }
            location ~* \\.php$ { return 410; }
            location ^~ /static/ { more_set_headers "X-S: 1"; return 302 https://cdn.example$request_uri; }
            more_set_headers "X-All: 1";
            """, path: "/")
        let health = try gate.request("/healthz")
        #expect(health.status == 200 && health.text == "fine" && health["Content-Type"] == "text/plain")
        #expect(try gate.request("/private/x").status == 403)
        #expect(try gate.request("/a/b.PHP").status == 410)
        let redirect = try gate.request("/static/a")
        #expect(
            redirect["Location"] == "https://cdn.example/static/a" && redirect["X-S"] == "1" && redirect["X-All"] == "1"
        )
        #expect(try gate.request("/other").status == 200)
        #expect(gate.diagnostics.isEmpty)
    }

    @Test func `with a location that isn't understood closes that path`() throws {
        let gate = try Self.gate("location /up { fastcgi_pass up; }", path: "/")
        #expect(try gate.request("/up/x").status == 503)
        #expect(try gate.request("/other").status == 200)
        #expect(gate.faults(about: "server-snippet").count == 2)
    }

    @Test func `of the first Ingress holds, and add_header gives way to that of a path`() throws {
        let web = try ScriptedOrigin(answering: "web")
        let gate = try Gate(
            manifests: [
                Manifests.ingress(
                    ["server-snippet": "add_header X-A server; more_set_headers 'X-First: 1';"], name: "zz"),
                Manifests.ingress(
                    [
                        "server-snippet": "more_set_headers 'X-Second: 1';",
                        "configuration-snippet": "add_header X-A path;",
                    ], name: "aa", path: "/b"),
            ], origins: ["web": [web]])
        let first = try gate.request("/")
        #expect(first.values("X-A") == ["server"] && first["X-First"] == "1" && first["X-Second"] == nil)
        let second = try gate.request("/b")
        #expect(second.values("X-A") == ["path"] && second["X-First"] == "1")
        #expect(gate.faults(about: "server-snippet").count == 1)
    }

    @Test(.shows(badValueOf: "server-snippet"))
    func `that may keep somebody out and isn't understood closes the host`() throws {
        let gate = try Self.gate("ssl_verify_client on;", path: "/")
        #expect(try gate.request("/").status == 503)
    }
}

@Suite struct `auth-snippet` {
    static func gate(_ annotations: [String: String], web: ScriptedOrigin, auth: ScriptedOrigin) throws -> Gate {
        try Gate(
            annotations.merging(["auth-url": "http://auth.shop.svc/check"]) { $1 },
            origins: ["web": [web], "auth": [auth]])
    }

    @Test(.shows(effectOf: "auth-snippet"))
    func `sets headers of the question`() throws {
        let (web, auth) = (try ScriptedOrigin(answering: "ok"), try ScriptedOrigin(answering: "yes"))
        let gate = try Self.gate(
            ["auth-snippet": "proxy_set_header X-From \"gate $request_method\"; proxy_set_header Cookie \"\";"],
            web: web,
            auth: auth)
        #expect(try gate.request("/", ["Cookie: a=b", "X-From: evil"]).status == 200)
        let question = try #require(auth.requests.first)
        #expect(question.values("X-From") == ["gate GET"] && question["Cookie"] == nil)
        #expect(web.requests.first?["Cookie"] == "a=b")
    }

    @Test(.shows(defaultOf: "auth-snippet"), .shows(badValueOf: "auth-snippet"))
    func `is nothing by default, and closes its Ingress when it isn't understood`() throws {
        let (web, auth) = (try ScriptedOrigin(answering: "ok"), try ScriptedOrigin(answering: "yes"))
        #expect(try Self.gate([:], web: web, auth: auth).request().status == 200)
        #expect(auth.requests.first?["X-From"] == nil)
        let gate = try Self.gate(["auth-snippet": "auth_basic x;"], web: web, auth: auth)
        #expect(try gate.request().status == 503)
        #expect(gate.faults(about: "auth-snippet").count == 1)
    }

    @Test func `has a companion that keeps fields of the answer`() throws {
        let web = try ScriptedOrigin(answering: "ok")
        let auth = try ScriptedOrigin(answering: "yes", fields: ["X-User: ada", "X-Team: blue"])
        let gate = try Self.gate(
            [
                "configuration-snippet": """
                auth_request_set $user $upstream_http_x_user;
                auth_request_set $none $upstream_http_x_none;
                proxy_set_header X-Real-User "u:$user$none";
                add_header X-Who $user;
                """
            ], web: web, auth: auth)
        let answer = try gate.request("/", ["X-Real-User: evil"])
        #expect(answer["X-Who"] == "ada")
        #expect(web.requests.first?.values("X-Real-User") == ["u:ada"])
    }

    @Test(arguments: [
        ("$upstream_cookie_session", "take it out if the cookie is for the client"), ("$upstream_status", "have the "),
    ])
    func `has a companion that says what to use instead of what it cannot take`(value: String, remedy: String) throws {
        let web = try ScriptedOrigin(answering: "ok")
        let auth = try ScriptedOrigin(answering: "yes", fields: ["Set-Cookie: session=1", "Set-Cookie: more=2"])
        let gate = try Self.gate(
            ["configuration-snippet": "auth_request_set $kept \(value);"], web: web, auth: auth)
        let finding = gate.diagnostics.first { $0.field.contains("configuration-snippet") && !$0.remedy.isEmpty }
        #expect(finding?.remedy.hasPrefix(remedy) == true)
        #expect(finding?.remedy.contains("$upstream_http_") == true)
    }
}
