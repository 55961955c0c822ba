import Model
import TestSupport
import Testing
import Translation

/// Keys of the controller's ConfigMap that no annotation goes with.
@Suite struct `The ConfigMap's key` {
    static func gate(
        _ configMap: [String: String], origin: ScriptedOrigin? = nil, _ annotations: [String: String] = [:]
    )
        throws -> Gate
    {
        try Gate(annotations, origin: origin ?? ScriptedOrigin(answering: "ok"), configMap: configMap)
    }

    @Test func `keep-alive-requests closes a connection after so many`() throws {
        let gate = try Self.gate(["keep-alive-requests": "2"])
        let client = try gate.client()
        #expect(try client.request()["Connection"] == nil)
        #expect(try client.request()["Connection"] == "close")
        #expect(try client.isEnded())
    }

    @Test func `keep-alive closes at once when it is 0`() throws {
        let (gate, plain) = (try Self.gate(["keep-alive": "0"]), try Self.gate([:]))
        let client = try gate.client()
        #expect(try client.request()["Connection"] == "close")
        #expect(try client.isEnded())
        let usual = try plain.client()
        for _ in 0..<3 { #expect(try usual.request()["Connection"] == nil) }
    }

    @Test func `large-client-header-buffers bounds request line and headers`() throws {
        let long = String(repeating: "a", count: 3000)
        let small = try Self.gate(["large-client-header-buffers": "4 2k"])
        #expect(try small.request("/\(long)").status == 414)
        #expect(try small.request("/", ["X-Long: \(long)"]).status == 431)
        let usual = try Self.gate([:])
        #expect(try usual.request("/\(long)", ["X-Long: \(long)"]).status == 200)
        let large = try Self.gate(["large-client-header-buffers": "4 32k"])
        #expect(try large.request("/", ["X-Long: " + String(repeating: "a", count: 20_000)]).status == 200)
    }

    @Test(arguments: [("true", "1"), ("false", nil), ("maybe", nil)])
    func `enable-underscores-in-headers keeps them`(value: String, expected: String?) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Self.gate(["enable-underscores-in-headers": value], origin: origin)
        #expect(try gate.request("/", ["X_Under: 1"]).status == 200)
        #expect(origin.requests.first?["X_Under"] == expected)
        #expect(gate.diagnostics.isEmpty == (value != "maybe"))
    }

    @Test(arguments: [("true", 1), ("false", 0)])
    func `generate-request-id names requests that have no name`(value: String, count: Int) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Self.gate(["generate-request-id": value], origin: origin)
        #expect(try gate.request().status == 200)
        #expect(origin.requests.first?.values("X-Request-ID").count == count)
        #expect(try gate.request("/", ["X-Request-ID: mine"]).status == 200)
        #expect(origin.requests.last?["X-Request-ID"] == "mine")
    }

    @Test func `upstream-keepalive-connections keeps none when it is 0`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Self.gate(["upstream-keepalive-connections": "0"], origin: origin)
        for _ in 0..<2 { #expect(try gate.request().status == 200) }
        #expect(origin.requests.allSatisfy { $0["Connection"] == "close" })
        #expect(origin.connectionCount == 2)
    }

    @Test func `allow-backend-server-header passes it, and hide-headers hides others`() throws {
        let origin = try ScriptedOrigin(answering: "ok", fields: ["Server: apache", "X-Powered-By: php", "X-Kept: 1"])
        let usual = try Self.gate([:], origin: origin).request()
        #expect(usual["Server"] == nil && usual["X-Powered-By"] == "php")
        let changed = try Self.gate(
            ["allow-backend-server-header": "true", "hide-headers": "x-powered-by, X-Other"], origin: origin
        ).request()
        #expect(changed["Server"] == "apache" && changed["X-Powered-By"] == nil && changed["X-Kept"] == "1")
    }

    @Test func `proxy-body-size is the default of the annotation`() throws {
        let settings = ["proxy-body-size": "4"]
        #expect(try Self.gate(settings).request(method: "POST", body: "12345").status == 413)
        #expect(try Self.gate(settings, ["proxy-body-size": "8"]).request(method: "POST", body: "12345").status == 200)
    }

    @Test func `proxy-next-upstream is the default of the annotation`() throws {
        let failing = try ScriptedOrigin { connection in
            while try connection.request() != nil { try connection.respond("no", status: "502 Bad Gateway") }
        }
        #expect(try Self.gate([:], origin: failing).request().status == 502)
        #expect(failing.requests.count == 1)
        let gate = try Self.gate(
            ["proxy-next-upstream": "http_502", "proxy-next-upstream-tries": "2"], origin: failing)
        #expect(try gate.request().status == 502)
        #expect(failing.requests.count == 3)
        let spared = try Self.gate(["proxy-next-upstream": "http_502"], origin: failing, ["proxy-next-upstream": "off"])
        #expect(try spared.request().status == 502)
        #expect(failing.requests.count == 4)
    }

    @Test func `annotation-value-word-blocklist leaves out an Ingress with such a word`() throws {
        let settings = ["annotation-value-word-blocklist": "load_module, lua_package"]
        let gate = try Self.gate(settings, ["upstream-vhost": "load_module.example"])
        #expect(try gate.request().status == 404)
        #expect(gate.faults(about: "upstream-vhost").count == 1)
        #expect(try Self.gate(settings, ["upstream-vhost": "fine.example"]).request().status == 200)
    }

    @Test(arguments: [("Medium", 404), ("High", 200), ("Sideways", 200)])
    func `annotations-risk-level leaves out an Ingress with a riskier annotation`(level: String, status: Int) throws {
        let gate = try Self.gate(["annotations-risk-level": level], ["upstream-hash-by": "$host"])
        #expect(try gate.request().status == status)
    }

    @Test func `custom-http-errors replaces errors where no annotation does`() throws {
        let sorry = try ScriptedOrigin { connection in
            while let request = try connection.request() { try connection.respond("sorry \(request["X-Code"] ?? "")") }
        }
        let web = try ScriptedOrigin { connection in
            while try connection.request() != nil { try connection.respond("no", status: "404 Not Found") }
        }
        func answer(_ annotations: [String: String]) throws -> String {
            try Gate(
                annotations.merging(["default-backend": "sorry"]) { $1 }, origins: ["web": [web], "sorry": [sorry]],
                configMap: ["custom-http-errors": "404"]
            ).request().text
        }
        #expect(try answer([:]) == "sorry 404")
        #expect(try answer(["custom-http-errors": "500"]) == "no")
    }

    @Test(
        .shows(effectOf: "ConfigMap/worker-shutdown-timeout"), .shows(badValueOf: "ConfigMap/worker-shutdown-timeout"))
    func `worker-shutdown-timeout is how long requests may go on`() throws {
        let long = try Self.gate(["worker-shutdown-timeout": "240s"])
        #expect(try long.request().status == 200)
        #expect(long.model.settings.shutdownGrace == .seconds(240))
        #expect(try Self.gate([:]).model.settings.shutdownGrace == nil)
        let gate = try Self.gate(["worker-shutdown-timeout": "a while"])
        #expect(try gate.request().status == 200)
        #expect(gate.model.settings.shutdownGrace == nil && gate.diagnostics.count == 1)
    }

    @Test func `global-auth-snippet gives the question of everybody fields`() throws {
        let auth = try ScriptedOrigin(answering: "")
        let gate = try Gate(
            [:], origins: ["web": [try ScriptedOrigin(answering: "ok")], "auth": [auth]],
            configMap: [
                "global-auth-url": "http://auth.shop.svc/check",
                "global-auth-snippet": "proxy_set_header X-Team \"shop $request_method\";",
            ])
        #expect(try gate.request().status == 200)
        #expect(auth.requests.first?["X-Team"] == "shop GET")
        let bad = try Gate(
            [:], origins: ["web": [try ScriptedOrigin(answering: "ok")], "auth": [auth]],
            configMap: ["global-auth-url": "http://auth.shop.svc/check", "global-auth-snippet": "deny all;"])
        #expect(try bad.request().status == 503)
    }

    @Test(arguments: [
        ("enable-brotli", "true", Diagnostic.Severity.warning),
        ("stream-snippet", "server { listen 8000; }", .warning),
        ("otlp-collector-host", "otel.example", .warning), ("otlp-collector-port", "4318", .note),
        ("disable-stream-access-log", "true", .note), ("brotli-level", "5", .note),
        ("jaeger-collector-host", "jaeger", .note), ("use-gzips", "true", .warning),
    ])
    func `that does nothing is named`(key: String, value: String, severity: Diagnostic.Severity) throws {
        let gate = try Self.gate([key: value])
        #expect(try gate.request().status == 200)
        #expect(gate.diagnostics.map(\.field) == ["data.\(key)"] && gate.diagnostics.map(\.severity) == [severity])
    }

    @Test(arguments: [("enable-brotli", "false"), ("enable-syslog", "false"), ("error-log-level", "Notice")])
    func `that does nothing is passed over while it has its default`(key: String, value: String) throws {
        #expect(try Self.gate([key: value]).diagnostics.isEmpty)
    }
}

@Suite struct `--annotations-prefix` {
    @Test func `is what annotations begin with`() throws {
        let gate = try Gate(
            manifests: [
                Manifests.ingress([
                    "nginx.org/permanent-redirect": "https://a.example/",
                    "nginx.ingress.kubernetes.io/permanent-redirect": "https://b.example/",
                    "nginx.org/permanent-redirct": "https://c.example/",
                ])
            ], origins: ["web": [try ScriptedOrigin(answering: "ok")]]
        ) { $0.annotationPrefix = "nginx.org" }
        #expect(try gate.request()["Location"] == "https://a.example/")
        #expect(gate.diagnostics.map(\.remedy) == ["did you mean permanent-redirect?"])
    }
}
