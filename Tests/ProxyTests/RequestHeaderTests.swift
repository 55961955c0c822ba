import Model
import TestSupport
import Testing

@Suite struct `What an origin is told` {
    /// The request that reaches the origin.
    private func forwarded(
        _ target: String = "/", host: String? = "shop.example", version: String = "1.1", _ fields: [String] = [],
        settings: Settings = Settings(), policy: (inout RoutePolicy) -> Void = { _ in }
    ) throws -> (request: Message, port: UInt16) {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin, settings: settings, policy: policy))
        #expect(try rig.request(target, host: host, version: version, fields).status == 200)
        return (try #require(origin.requests.first), rig.port)
    }

    @Test func `of a plain request is where it came from and how`() throws {
        let (request, port) = try forwarded("/a/../b?c=%20", ["Accept: */*", "X-My-Own: Kept As Is"])
        #expect(request.startLine == "GET /a/../b?c=%20 HTTP/1.1")
        #expect(request.names[0] == "Host")
        #expect(request["Host"] == "shop.example")
        #expect(request["X-Real-IP"] == "127.0.0.1")
        #expect(request["X-Forwarded-For"] == "127.0.0.1")
        #expect(request["X-Forwarded-Host"] == "shop.example")
        #expect(request["X-Forwarded-Port"] == "\(port)")
        #expect(request["X-Forwarded-Proto"] == "http")
        #expect(request["X-Forwarded-Scheme"] == "http")
        #expect(request["X-Scheme"] == "http")
        #expect(request["Accept"] == "*/*")
        #expect(request["X-My-Own"] == "Kept As Is")
        #expect(request["Connection"] == nil)
        #expect(Set(request.names.map { $0.lowercased() }).count == request.names.count, "no field twice")
    }

    @Test func `holds an identifier of 32 hexadecimal digits, another for each request`() throws {
        let first = try #require(try forwarded().request["X-Request-ID"])
        let second = try #require(try forwarded().request["X-Request-ID"])
        #expect(first.count == 32 && first.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        #expect(first != second)
        #expect(try forwarded("/", ["X-Request-ID: mine"]).request.values("X-Request-ID") == ["mine"])
        #expect(
            try forwarded(settings: Given.settings { $0.forwarding.generatesRequestID = false }).request["X-Request-ID"]
                == nil)
    }

    static let claims = [
        "X-Forwarded-For: 203.0.113.9", "X-Real-IP: 203.0.113.9", "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: https", "X-Forwarded-Port: 443", "X-Forwarded-Scheme: https", "X-Scheme: https",
        "X-Original-URI: /evil", "X-Original-Method: DELETE", "X-Forwarded-Prefix: /evil",
        "X-Auth-Request-Redirect: /evil", "ssl-client-verify: SUCCESS", "Proxy: http://evil.example",
        "Forwarded: for=203.0.113.9;host=evil.example",
    ]

    @Test func `is never what an untrusted client claims`() throws {
        let (request, _) = try forwarded("/", Self.claims)
        #expect(request.values("X-Real-IP") == ["127.0.0.1"])
        #expect(request.values("X-Forwarded-For") == ["127.0.0.1"])
        #expect(request.values("X-Forwarded-Host") == ["shop.example"])
        #expect(request.values("X-Forwarded-Proto") == ["http"])
        #expect(request["X-Original-Forwarded-For"] == "203.0.113.9")
        for name in [
            "X-Original-URI", "X-Original-Method", "X-Forwarded-Prefix", "X-Auth-Request-Redirect", "ssl-client-verify",
            "Proxy", "Forwarded",
        ] {
            #expect(request[name] == nil)
        }
    }

    @Test func `is what a trusted client claims`() throws {
        let (request, _) = try forwarded(
            "/", Self.claims, settings: Given.settings { $0.forwarding.trustsForwardedHeaders = true })
        #expect(request.values("X-Real-IP") == ["203.0.113.9"])
        #expect(request.values("X-Forwarded-Host") == ["evil.example"])
        #expect(request.values("X-Forwarded-Proto") == ["https"])
        #expect(request.values("X-Forwarded-Port") == ["443"])
    }

    @Test func `holds nothing that concerns the client's connection alone`() throws {
        let (request, _) = try forwarded(
            "/",
            [
                "Connection: keep-alive, X-Private, Authorization, X-Forwarded-For, Host, Cookie",
                "Keep-Alive: timeout=5",
                "X-Private: 1", "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic x", "TE: trailers, gzip",
                "Trailer: X", "Authorization: Bearer y", "Cookie: a=b",
            ])
        for name in ["Connection", "Keep-Alive", "X-Private", "Proxy-Connection", "Proxy-Authorization", "Trailer"] {
            #expect(request[name] == nil)
        }
        #expect(request["TE"] == "trailers")
        #expect(request["Authorization"] == "Bearer y", "a client must not make this go away")
        #expect(request["Cookie"] == "a=b")
        #expect(request["Host"] == "shop.example")
        #expect(request["X-Forwarded-For"] == "127.0.0.1")
    }

    @Test func `holds names with an underscore only where that is wanted`() throws {
        let fields = ["X_Api_Key: 1", "X_Forwarded_For: 203.0.113.9", "Content_Length: 5"]
        #expect(try forwarded("/", fields).request.names.filter { $0.contains("_") } == [])
        let kept = try forwarded("/", fields, settings: Given.settings { $0.client.keepsUnderscoreNames = true })
        #expect(kept.request["X_Api_Key"] == "1")
        #expect(kept.request["X_Forwarded_For"] == nil, "it would pass for a field that the proxy sets")
        #expect(kept.request["Content_Length"] == nil)
    }

    @Test(arguments: [
        ("http://other.example/x?y", "other.example", "/x?y"), ("http://other.example", "other.example", "/"),
        ("http://OTHER.example:8080/", "OTHER.example:8080", "/"), ("HTTP://other.example?q", "other.example", "/?q"),
    ])
    func `of an absolute target is one consistent host`(target: String, host: String, path: String) throws {
        let (request, _) = try forwarded(target)
        #expect(request.startLine == "GET \(path) HTTP/1.1")
        #expect(request.values("Host") == [host])
        #expect(request["X-Forwarded-Host"] == host)
    }

    @Test func `by an HTTP 1.0 client without a host is said in HTTP 1.1`() throws {
        let (request, _) = try forwarded(host: nil, version: "1.0")
        #expect(request.startLine == "GET / HTTP/1.1")
        #expect(request.values("Host").count == 1)
    }

    @Test func `may name another host`() throws {
        let (request, _) = try forwarded { $0.hostOverride = HostOverride(template: "inner.$host") }
        #expect(request.values("Host") == ["inner.shop.example"])
        #expect(request["X-Forwarded-Host"] == "shop.example")
    }

    @Test func `asks to close where no connections are kept`() throws {
        let (request, _) = try forwarded(settings: Given.settings { $0.upstream.idleConnections = 0 })
        #expect(request["Connection"] == "close")
    }
}

@Suite struct `What a client is told` {
    private func answer(
        _ fields: [String], settings: Settings = Settings(), policy: (inout RoutePolicy) -> Void = { _ in }
    ) throws -> Message {
        let origin = try ScriptedOrigin(answering: "ok", fields: fields)
        return try ProxyRig(Given.model(origin, settings: settings, policy: policy)).request()
    }

    @Test func `has the proxy's date, and neither the origin's server nor what concerns its connection`() throws {
        let answer = try answer([
            "Date: Thu, 01 Jan 1970 00:00:00 GMT", "Server: secret/1.0", "Keep-Alive: timeout=5",
            "Connection: keep-alive, X-Hop", "X-Hop: 1", "X-Kept: yes", "Set-Cookie: a=1", "Set-Cookie: b=2",
            "X-Accel-Redirect: /internal", "Proxy-Authenticate: Basic",
        ])
        #expect(answer.values("Date").count == 1)
        #expect(answer["Date"] != "Thu, 01 Jan 1970 00:00:00 GMT")
        for name in ["Server", "Keep-Alive", "Connection", "X-Hop", "X-Accel-Redirect", "Proxy-Authenticate"] {
            #expect(answer[name] == nil)
        }
        #expect(answer["X-Kept"] == "yes")
        #expect(answer.values("Set-Cookie") == ["a=1", "b=2"])
    }

    @Test func `has or lacks what the settings say`() throws {
        let answer = try answer(
            ["Server: shown/1.0", "X-Powered-By: magic"],
            settings: Given.settings {
                $0.response.passesServerField = true
                $0.response.hiddenFields = ["x-powered-by"]
            })
        #expect(answer["Server"] == "shown/1.0")
        #expect(answer["X-Powered-By"] == nil)
    }

    @Test func `has the route's own fields in place of the origin's, on every status`() throws {
        let edits = HeaderEdits(setOnResponse: [
            .init(name: "X-Frame-Options", value: "DENY"), .init(name: "X-A", value: "1"),
        ])
        let answer = try answer(["x-frame-options: ALLOW"]) { $0.headerEdits = edits }
        #expect(answer.values("X-Frame-Options") == ["DENY"])
        #expect(answer["X-A"] == "1")
        let refusing = try RefusingPort()
        let rig = try ProxyRig(Given.model([Given.endpoint(refusing.port)]) { $0.headerEdits = edits })
        let page = try rig.request()
        #expect(page.status == 502)
        #expect(page.values("X-Frame-Options") == ["DENY"])
    }
}
