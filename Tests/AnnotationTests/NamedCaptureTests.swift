import Model
import TestSupport
import Testing

@Suite struct `A named group in a snippet` {
    @Test(arguments: ["?<sub>", "?P<sub>", "?'sub'"])
    func `sets the variable of its name when its condition matched`(form: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(
            """
            if ($http_origin ~* "^https?://(\(form)[a-z]+)\\.example\\.com$") {
              add_header Access-Control-Allow-Origin "https://$sub.example.com" always;
              proxy_set_header X-Sub $sub;
            }
            """, origin: origin)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        let answer = try gate.request("/", ["Origin: https://Shop.example.com"])
        #expect(answer["Access-Control-Allow-Origin"] == "https://Shop.example.com")
        #expect(origin.requests.last?["X-Sub"] == "Shop")
        let other = try gate.request("/", ["Origin: https://shop.example.org"])
        #expect(other.status == 200 && other["Access-Control-Allow-Origin"] == nil)
        #expect(origin.requests.last?["X-Sub"] == nil)
    }

    @Test(arguments: [
        // The names stay, the numbers are those of the last match.
        ("/?a=xy&b=z", "x z z"), ("/?a=xy", "x  xy"), ("/?b=z", " z z"), ("/", "  "),
        // A match sets each group, one that took no part to nothing.
        ("/?a=xy&c=-", "  -"), ("/?a=xy&c=x-", "x  x-"),
    ])
    func `keeps its value for the rest of the request`(target: String, text: String) throws {
        let gate = try `configuration-snippet`.gate(
            """
            if ($arg_a ~ "^((?<first>.).*)$") { set $seen 1; }
            if ($arg_b ~ "^(?<second>.)") { set $seen 1; }
            if ($arg_c ~ "^((?<first>x)?-)") { set $seen 1; }
            return 200 "$first $second $1";
            """)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try gate.request(target).text == text)
    }

    @Test func `is set by the match of a condition that is negated`() throws {
        let gate = try `configuration-snippet`.gate(
            "if ($arg_id !~ \"^(?<number>[0-9]+)$\") { return 400; } return 200 $number;")
        #expect(try gate.request("/?id=17").text == "17")
        #expect(try gate.request("/?id=x").status == 400)
    }

    @Test func `is set by the pattern of a rewrite`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(
            """
            rewrite "^/(?<lang>[a-z]{2})/(?<rest>.*)$" /$rest?lang=$lang break;
            proxy_set_header X-Lang $lang;
            """, origin: origin)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try gate.request("/de/a/b?c=1").status == 200)
        #expect(origin.requests.last?.startLine == "GET /a/b?lang=de&c=1 HTTP/1.1")
        #expect(origin.requests.last?["X-Lang"] == "de")
        #expect(try gate.request("/shop/a").status == 200)
        #expect(origin.requests.last?.startLine == "GET /shop/a HTTP/1.1")
        #expect(origin.requests.last?["X-Lang"] == nil)
    }

    @Test func `is set by the path of the Ingress that matched`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(
            """
            if ($tenant = evil) { return 403; }
            proxy_set_header X-Tenant $tenant;
            add_header X-Rest "$1 $2" always;
            """, origin: origin, path: "/t/(?<tenant>[^/]+)/(.*)", and: ["use-regex": "true"])
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        let answer = try gate.request("/t/blue/a/b")
        #expect(answer.status == 200 && answer["X-Rest"] == "blue a/b")
        #expect(origin.requests.last?["X-Tenant"] == "blue")
        #expect(try gate.request("/t/e%76il/a").status == 403)
    }

    @Test func `is set by the location that matched`() throws {
        let up = try ScriptedOrigin(answering: "up")
        let gate = try Gate(
            [
                "server-snippet": """
                location ~ ^/u/(?<user>[^/]+)$ { default_type text/plain; return 200 "user $user"; }
                location ~ ^/v(?<version>[0-9]+)/ {
                  proxy_set_header X-Version $version;
                  proxy_pass http://up.shop.svc;
                }
                """
            ], origins: ["web": [try ScriptedOrigin(answering: "web")], "up": [up]])
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try gate.request("/u/ann").text == "user ann")
        #expect(try gate.request("/v2/x").text == "up")
        #expect(up.requests.last?["X-Version"] == "2")
        #expect(try gate.request("/x").text == "web")
    }

    @Test func `of server-snippet is known to every path of the host`() throws {
        let gate = try Gate(
            [
                "server-snippet": "if ($host ~ \"^(?<shop>[a-z]+)\\.\") { set $found 1; }",
                "configuration-snippet": "return 200 $shop$found;",
            ], origin: ScriptedOrigin(answering: "ok"))
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try gate.request().text == "shop1")
    }

    /// The routes number their variables differently; values go by name, and nobody gets another's.
    @Test func `keeps its value on the way to another route`() throws {
        let gate = try Gate(
            manifests: [
                Manifests.ingress([
                    "configuration-snippet": """
                    set $other "not this";
                    if ($arg_a ~ "^(?<tier>[a-z]+)$") { rewrite ^/v1/(.*)$ /api/$1 last; }
                    """
                ]),
                Manifests.ingress(
                    [
                        "configuration-snippet": """
                        if ($arg_never) { set $fresh 1; set $tier 1; }
                        return 200 "[$fresh] [$tier]";
                        """
                    ], name: "api", path: "/api"),
            ], origins: ["web": [try ScriptedOrigin(answering: "web")]])
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try gate.request("/v1/x?a=gold").text == "[] [gold]")
        #expect(try gate.request("/api/x").text == "[] []")
    }

    /// What a client sends never completes the host of a redirect, under a name as little as under a number.
    @Test(arguments: [
        ("/go.evil.example/x", "https://cdn.example/.evil.example/x"), ("/go/a", "https://cdn.example/a"),
        ("/go", "https://cdn.example"),
    ])
    func `begins a path directly behind a host`(target: String, location: String) throws {
        let gate = try `configuration-snippet`.gate(
            """
            if ($uri ~ "^/go(?<rest>.*)$") { return 301 https://cdn.example$rest; }
            """)
        #expect(try gate.request(target)["Location"] == location)
        let rewriting = try `configuration-snippet`.gate(
            "rewrite ^/go(?<rest>.*)$ https://cdn.example$rest? permanent;")
        #expect(try rewriting.request(target)["Location"] == location)
    }

    @Test func `adds no header by a line end that a client sent`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(
            """
            if ($uri ~ "^/(?<name>[\\s\\S]*)$") { set $x 1; }
            add_header X-Name $name always;
            proxy_set_header X-Name $name;
            """, origin: origin)
        let answer = try gate.request("/a%0d%0aX-Evil:%201")
        #expect(answer["X-Evil"] == nil)
        #expect(origin.requests.allSatisfy { $0["X-Evil"] == nil })
    }

    @Test(arguments: [
        ("if ($arg_x ~ \"(a)(b)(c)(d)(e)(f)(g)(h)(i)(?<tenth>j)\") { return 403; }", "of which 9 are kept"),
        ("rewrite (a)(b)(c)(d)(e)(f)(g)(h)(i)(?<tenth>j) /$tenth;", "of which 9 are kept"),
        ("if ($arg_x ~ \"(?<host>.)\") { return 403; }", "the name of a variable that stands for something else"),
        ("if ($arg_x ~ \"(?<http_x_user>.)\") { return 403; }", "the name of a variable"),
        ("if ($arg_x ~ \"(?<a>.)(?<a>.)\") { return 403; }", "two named subpatterns have the same name"),
        ("if ($arg_x ~ \"(?<1a>.)\") { return 403; }", "is no regular expression"),
        ("if ($arg_x ~ \"(?<a>.)\") { return 403 $b; }", "names $b, which isn't known"),
    ])
    func `that can't be kept closes the Ingress, and says so`(snippet: String, fault: String) throws {
        let gate = try `configuration-snippet`.gate(snippet)
        #expect(try gate.request("/").status == 503)
        #expect(gate.faults(about: "configuration-snippet").contains { $0.contains(fault) }, "\(gate.diagnostics)")
    }
}
