import Model
import TestSupport
import Testing

@Suite struct `proxy_pass in a location of server-snippet` {
    /// A host whose `/` leads to `web`, and whatever the snippet leads to `up`.
    struct Pair {
        let web: ScriptedOrigin
        let up: ScriptedOrigin
        let gate: Gate

        init(_ snippet: String, _ annotations: [String: String] = [:], configMap: [String: String] = [:]) throws {
            web = try ScriptedOrigin(answering: "web")
            up = try ScriptedOrigin(answering: "up")
            gate = try Gate(
                annotations.merging(["server-snippet": snippet]) { $1 }, origins: ["web": [web], "up": [up]],
                configMap: configMap)
        }
    }

    @Test(arguments: [
        ("location /up { proxy_pass http://up.shop.svc; }", "/up/a?b=c", "/up/a?b=c"),
        ("location /up { proxy_pass http://up.shop.svc.cluster.local:80; }", "/up", "/up"),
        ("location /up/ { proxy_pass http://up.shop.svc/; }", "/up/a%20b?c", "/a%20b?c"),
        ("location /up { proxy_pass http://up.shop.svc/new; }", "/up/a?c", "/new/a?c"),
        ("location = /up { proxy_pass http://up.shop.svc/one; }", "/up?c", "/one?c"),
        ("location ~ ^/(up|down) { proxy_pass http://up.shop.svc$request_uri; }", "/down/x", "/down/x"),
        (
            "location ~ ^/v1/ { rewrite ^/v1/(.*)$ /api/$1 break; proxy_pass http://up.shop.svc; }", "/v1/x", "/api/x"
        ),
    ])
    func `leads there`(snippet: String, asked: String, given: String) throws {
        let pair = try Pair(snippet)
        #expect(try pair.gate.request(asked).text == "up")
        #expect(pair.up.requests.first?.startLine == "GET \(given) HTTP/1.1")
        #expect(try pair.gate.request("/other").text == "web")
        #expect(pair.gate.diagnostics.isEmpty)
    }

    @Test func `has what its own directives say`() throws {
        let pair = try Pair(
            """
            location /up {
              deny 192.0.2.0/24;
              client_max_body_size 4;
              proxy_set_header Host inner.example;
              proxy_set_header X-From $host;
              more_set_headers "X-Here: yes";
              if ($arg_no) { return 410; }
              proxy_pass http://up.shop.svc;
            }
            """)
        let answer = try pair.gate.request("/up")
        #expect(answer.status == 200 && answer["X-Here"] == "yes")
        #expect(pair.up.requests.first?["Host"] == "inner.example")
        #expect(pair.up.requests.first?["X-From"] == "shop.example")
        #expect(try pair.gate.request("/up?no=1").status == 410)
        #expect(try pair.gate.request("/up", method: "POST", body: "12345").status == 413)
        let closed = try Pair("location /up { allow 192.0.2.1; deny all; proxy_pass http://up.shop.svc; }")
        #expect(try closed.gate.request("/up").status == 403)
        #expect(closed.up.requests.isEmpty)
    }

    @Test(arguments: [
        "location /up { proxy_pass up; }", "location /up { proxy_pass http://$arg_to; }",
        "location /up { proxy_pass http://up.shop.svc/$1; }", "location ~ ^/up { proxy_pass http://up.shop.svc/x; }",
        "location /up { proxy_pass http://ann:pw@up.shop.svc; }",
        "location /up { proxy_pass http://up.shop.svc/?a=b; }",
        "location /up { limit_req zone=x; proxy_pass http://up.shop.svc; }",
    ])
    func `closes its path where it isn't understood`(snippet: String) throws {
        let pair = try Pair(snippet)
        #expect(try pair.gate.request("/up").status == 503)
        #expect(try pair.gate.request("/other").text == "web")
        #expect(!pair.gate.faults(about: "server-snippet").isEmpty)
        #expect(pair.up.requests.isEmpty)
    }

    @Test func `is not for the ConfigMap's snippet`() throws {
        let pair = try Pair(
            "more_set_headers 'X-A: 1';",
            configMap: ["server-snippet": "location /up { proxy_pass http://up.shop.svc; }"])
        #expect(try pair.gate.request("/up").status == 503)
        #expect(pair.gate.diagnostics.contains { $0.field == "data.server-snippet" })
    }

    @Test func `answers 503 for a Service that isn't there`() throws {
        let pair = try Pair("location /up { proxy_pass http://nobody.shop.svc; }")
        #expect(try pair.gate.request("/up").status == 503)
        #expect(!pair.gate.diagnostics.isEmpty)
    }
}

@Suite struct `proxy_cookie_flags` {
    static func cookies(_ snippet: String) throws -> [String] {
        let origin = try ScriptedOrigin(
            answering: "ok",
            fields: ["Set-Cookie: session=1; Path=/; secure", "Set-Cookie: theme=dark; SameSite=None; Max-Age=5"])
        return try Gate(["configuration-snippet": snippet], origin: origin).request().values("Set-Cookie")
    }

    @Test(arguments: [
        ("", "session=1; Path=/; secure", "theme=dark; SameSite=None; Max-Age=5"),
        (
            "proxy_cookie_flags ~ httponly samesite=strict;", "session=1; Path=/; secure; HttpOnly; SameSite=Strict",
            "theme=dark; Max-Age=5; HttpOnly; SameSite=Strict"
        ),
        (
            "proxy_cookie_flags SESSION secure samesite=lax;", "session=1; Path=/; Secure; SameSite=Lax",
            "theme=dark; SameSite=None; Max-Age=5"
        ),
        (
            "proxy_cookie_flags ~^th nosamesite secure; proxy_cookie_flags ~ nosecure;", "session=1; Path=/",
            "theme=dark; Max-Age=5; Secure"
        ),
        ("proxy_cookie_flags off;", "session=1; Path=/; secure", "theme=dark; SameSite=None; Max-Age=5"),
        ("proxy_cookie_flags ~ shiny;", "session=1; Path=/; secure", "theme=dark; SameSite=None; Max-Age=5"),
    ])
    func `gives cookies flags and takes them`(snippet: String, session: String, theme: String) throws {
        #expect(try Self.cookies(snippet) == [session, theme])
    }
}
