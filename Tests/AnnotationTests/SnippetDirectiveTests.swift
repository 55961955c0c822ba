import Model
import TestSupport
import Testing

@Suite struct `A directive of configuration-snippet` {
    struct Case: Sendable, CustomTestStringConvertible {
        var directive: String
        var annotations: [String: String]
        var testDescription: String { directive }
    }

    static let cases = [
        Case(directive: "proxy_connect_timeout 7s;", annotations: ["proxy-connect-timeout": "7"]),
        Case(directive: "proxy_send_timeout 2m;", annotations: ["proxy-send-timeout": "120"]),
        Case(directive: "proxy_read_timeout 3600;", annotations: ["proxy-read-timeout": "3600"]),
        Case(directive: "grpc_connect_timeout 7s;", annotations: ["proxy-connect-timeout": "7"]),
        Case(directive: "grpc_send_timeout 90s;", annotations: ["proxy-send-timeout": "90"]),
        Case(directive: "grpc_read_timeout 1h;", annotations: ["proxy-read-timeout": "3600"]),
        Case(directive: "client_max_body_size 50m;", annotations: ["proxy-body-size": "50m"]),
        Case(directive: "client_max_body_size 0;", annotations: ["proxy-body-size": "0"]),
        Case(directive: "client_body_buffer_size 16k;", annotations: ["client-body-buffer-size": "16k"]),
        Case(directive: "proxy_buffering on;", annotations: ["proxy-buffering": "on"]),
        Case(directive: "proxy_request_buffering on;", annotations: ["proxy-request-buffering": "on"]),
        Case(
            directive: "proxy_buffering on; proxy_buffers 8 16k; proxy_buffer_size 64k; proxy_max_temp_file_size 0;",
            annotations: [
                "proxy-buffering": "on", "proxy-buffers-number": "8", "proxy-buffer-size": "64k",
                "proxy-max-temp-file-size": "0",
            ]),
        Case(directive: "proxy_http_version 1.0;", annotations: ["proxy-http-version": "1.0"]),
        Case(
            directive:
                "proxy_next_upstream error http_502; proxy_next_upstream_tries 2; proxy_next_upstream_timeout 9s;",
            annotations: [
                "proxy-next-upstream": "error http_502", "proxy-next-upstream-tries": "2",
                "proxy-next-upstream-timeout": "9",
            ]),
        Case(
            directive: "proxy_cookie_domain internal example.com;",
            annotations: [
                "proxy-cookie-domain": "internal example.com"
            ]),
        Case(directive: "proxy_cookie_path /one/ /;", annotations: ["proxy-cookie-path": "/one/ /"]),
        Case(
            directive: "proxy_redirect http://internal/ /;",
            annotations: ["proxy-redirect-from": "http://internal/", "proxy-redirect-to": "/"]),
        Case(
            directive: "proxy_buffering on; limit_rate 100k; limit_rate_after 1m;",
            annotations: ["proxy-buffering": "on", "limit-rate": "100", "limit-rate-after": "1024"]),
        Case(directive: "access_log off;", annotations: ["enable-access-log": "false"]),
        Case(
            directive: "satisfy any; deny 192.0.2.0/24;",
            annotations: [
                "satisfy": "any", "denylist-source-range": "192.0.2.0/24",
            ]),
        Case(directive: "allow 192.0.2.0/24; deny all;", annotations: ["allowlist-source-range": "192.0.2.0/24"]),
    ]

    /// The policies of an Ingress's routes.
    private func policies(_ annotations: [String: String]) throws -> [RoutePolicy] {
        let gate = try Gate(annotations, origin: ScriptedOrigin(answering: "ok"))
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        return gate.model.virtualHosts.flatMap(\.routes).map(\.policy)
    }

    @Test(arguments: cases)
    func `that says what an annotation says makes the same policy`(given: Case) throws {
        let said = try policies(["configuration-snippet": given.directive])
        #expect(try said == policies(given.annotations))
        #expect(try said != policies([:]))
    }

    struct Response: Sendable, CustomTestStringConvertible {
        var directives: String
        var target = "/page"
        var name: String
        var values: [String]
        var testDescription: String { "\(directives) \(target) \(name)" }
    }

    static let responses = [
        Response(directives: "more_set_headers -t 'text/html text/plain' 'X-A: 1';", name: "X-A", values: ["1"]),
        Response(directives: "more_set_headers -t 'text/html' 'X-A: 1';", target: "/json", name: "X-A", values: []),
        Response(directives: "more_set_headers -s '404 500' 'X-A: 1';", target: "/missing", name: "X-A", values: ["1"]),
        Response(directives: "more_set_headers -s '404 500' 'X-A: 1';", name: "X-A", values: []),
        Response(directives: "more_set_headers 'X-Kind: mine';", name: "X-Kind", values: ["mine"]),
        Response(directives: "more_set_headers 'X-Kind:';", name: "X-Kind", values: []),
        Response(directives: "more_clear_headers 'X-*';", name: "X-Kind", values: []),
        Response(directives: "more_clear_headers -s 404 X-Kind;", name: "X-Kind", values: ["theirs"]),
        Response(
            directives: "more_clear_headers -t text/html X-Kind;", target: "/json", name: "X-Kind", values: ["theirs"]),
        Response(directives: "add_header X-Kind mine;", name: "X-Kind", values: ["theirs", "mine"]),
        Response(directives: "add_header X-A 1;", target: "/missing", name: "X-A", values: []),
        Response(directives: "add_header X-A 1 always;", target: "/missing", name: "X-A", values: ["1"]),
        Response(directives: "proxy_hide_header X-Kind;", name: "X-Kind", values: []),
        Response(directives: "proxy_hide_header X-Other;", name: "X-Kind", values: ["theirs"]),
        Response(directives: "proxy_pass_header Server;", name: "Server", values: ["origin/1"]),
        Response(directives: "", name: "Server", values: []),
        Response(directives: "expires max;", name: "Cache-Control", values: ["max-age=315360000"]),
        Response(directives: "expires 1h;", name: "Cache-Control", values: ["max-age=3600"]),
        Response(directives: "expires -1;", name: "Cache-Control", values: ["no-cache"]),
        Response(directives: "expires epoch;", name: "Expires", values: ["Thu, 01 Jan 1970 00:00:01 GMT"]),
        Response(directives: "expires 1h;", target: "/missing", name: "Cache-Control", values: []),
    ]

    @Test(arguments: responses)
    func `changes the response where it says so`(given: Response) throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                let type = request.target == "/json" ? "application/json" : "text/html; charset=utf-8"
                try connection.respond(
                    "x", status: request.target == "/missing" ? "404 Not Found" : "200 OK",
                    fields: ["Content-Type: \(type)", "X-Kind: theirs", "Server: origin/1"])
            }
        }
        let gate = try Gate(["configuration-snippet": given.directives], origin: origin)
        #expect(try gate.request(given.target).values(given.name) == given.values)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
    }

    /// What a host's snippet and a path's say, and what comes of both.
    static let laidOver = [
        ("expires 1h;", "", "Cache-Control", ["max-age=3600"]),
        ("expires 1h;", "expires 2h;", "Cache-Control", ["max-age=7200"]),
        ("expires 1h;", "expires off;", "Cache-Control", []),
        ("expires 1h;", "if ($arg_old = 1) { expires -1; }", "Cache-Control", ["max-age=3600"]),
        ("expires 1h;", "if ($arg_old = \"\") { expires -1; }", "Cache-Control", ["no-cache"]),
        ("proxy_cookie_flags ~ secure;", "", "Set-Cookie", ["a=1; Secure"]),
        ("proxy_cookie_flags ~ secure;", "proxy_cookie_flags ~ httponly;", "Set-Cookie", ["a=1; HttpOnly"]),
        ("proxy_cookie_flags ~ secure;", "proxy_cookie_flags off;", "Set-Cookie", ["a=1"]),
    ]

    @Test(arguments: laidOver)
    func `lets a path's word take the place of its host's`(
        host: String, path: String, name: String, values: [String]
    ) throws {
        let origin = try ScriptedOrigin(answering: "x", fields: ["Set-Cookie: a=1"])
        let snippets = path.isEmpty ? [:] : ["configuration-snippet": path]
        let gate = try Gate(snippets.merging(["server-snippet": host]) { $1 }, origin: origin)
        #expect(try gate.request().values(name) == values)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
    }

    static let variables = [
        "$host": "shop.example", "$http_host": "shop.example:81", "$hostname": "gate-machine",
        "$request_uri": "/a%20b/c?x=1&y=", "$uri": "/a b/c", "$document_uri": "/a b/c", "$args": "x=1&y=",
        "$query_string": "x=1&y=", "$is_args": "?", "$arg_x": "1", "$arg_none": "", "$http_x_some_thing": "some",
        "$cookie_id": "42", "$request_method": "GET", "$request": "GET /a%20b/c?x=1&y= HTTP/1.1", "$scheme": "http",
        "$https": "", "$server_name": "shop.example", "$server_protocol": "HTTP/1.1", "$server_addr": "127.0.0.1",
        "$remote_addr": "127.0.0.1", "$realip_remote_addr": "127.0.0.1", "$remote_user": "ann",
        "$content_type": "text/x", "$request_id": "from-client", "$req_id": "from-client", "$namespace": "shop",
        "$ingress_name": "web", "$service_name": "web", "$service_port": "80", "$location_path": "/",
        "$proxy_upstream_name": "shop-web-80", "$proxy_host": "shop-web-80",
        "$proxy_alternative_upstream_name": "", "$best_http_host": "shop.example:81", "$pass_access_scheme": "http",
        "$escaped_request_uri": "%2Fa%2520b%2Fc%3Fx%3D1%26y%3D", "$connection_upgrade": "", "$literal_dollar": "$",
        "$status": "201", "$upstream_status": "201", "$sent_http_x_kind": "theirs", "$upstream_http_x_kind": "theirs",
        "$upstream_cookie_session": "s1", "$ssl_protocol": "", "$upstream_cache_status": "",
        "$connection_requests": "1", "${arg_x}${arg_x}": "11",
    ]

    @Test func `knows what variables say`() throws {
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.respond(
                    "x", status: "201 Created", fields: ["X-Kind: theirs", "Set-Cookie: session=s1; Path=/"])
            }
        }
        let sorted = Self.variables.sorted { $0.key < $1.key }
        let lines = sorted.enumerated().map { "add_header X-V\($0.offset) \"<\($0.element.key)>\" always;" }
        let gate = try Gate(["configuration-snippet": lines.joined(separator: "\n")], origin: origin)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        let answer = try gate.request(
            "/a%20b/c?x=1&y=", host: "shop.example:81",
            [
                "X-Some-Thing: some", "Cookie: a=b; id=42", "Authorization: Basic YW5uOnNlY3JldA==",
                "Content-Type: text/x", "X-Request-ID: from-client",
            ])
        for (number, variable) in sorted.enumerated() {
            let value = answer["X-V\(number)"]
            #expect(value == "<\(variable.value)>", "\(variable.key)")
        }
    }
}
