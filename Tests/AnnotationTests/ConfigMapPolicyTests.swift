import Model
import TestSupport
import Testing

/// Keys of the controller's ConfigMap that say what Ingresses may hold, and keys of limits and logs.
@Suite struct `The ConfigMap's policy` {
    @Test(
        .shows(effectOf: "ConfigMap/strict-validate-path-type"),
        .shows(badValueOf: "ConfigMap/strict-validate-path-type"),
        arguments: [(nil, 404), ("true", 404), ("false", 200), ("sometimes", 404)])
    func `strict-validate-path-type leaves out Ingresses whose plain paths look like patterns`(
        value: String?, status: Int
    ) throws {
        var configMap: [String: String] = [:]
        configMap["strict-validate-path-type"] = value
        let gate = try Gate([:], path: "/a+b", origin: ScriptedOrigin(answering: "ok"), configMap: configMap)
        #expect(try gate.request("/a+b").status == status)
        #expect(try gate.request("/aab").status == 404, "and they are no patterns")
        let pattern = try Gate(
            [:], path: "/a+b", pathType: "ImplementationSpecific", origin: ScriptedOrigin(answering: "ok"),
            configMap: configMap)
        #expect(try pattern.request("/a+b").status == 200)
    }

    @Test(
        .shows(effectOf: "ConfigMap/allow-cross-namespace-resources"),
        .shows(badValueOf: "ConfigMap/allow-cross-namespace-resources"),
        arguments: [(nil, 503), ("false", 503), ("true", 401), ("yes please", 503)])
    func `allow-cross-namespace-resources opens Secrets of other namespaces to annotations`(
        value: String?, status: Int
    ) throws {
        var configMap: [String: String] = [:]
        configMap["allow-cross-namespace-resources"] = value
        let gate = try Gate(
            ["auth-type": "basic", "auth-secret": "vault/passwords"], origin: ScriptedOrigin(answering: "ok"),
            configMap: configMap,
            also: Manifests.secret("passwords", namespace: "vault", ["auth": "ann:{PLAIN}secret\n"]))
        #expect(try gate.request().status == status)
    }

    @Test(.shows(effectOf: "ConfigMap/main-snippet"))
    func `main-snippet has no meaning here, and each of its directives is named`() throws {
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["main-snippet": "worker_rlimit_nofile 65535;\nworker_priority -5;"])
        #expect(try gate.request().status == 200)
        let faults = gate.diagnostics.filter { $0.field == "data.main-snippet" }.map(\.fault)
        #expect(faults.count == 2)
        #expect(faults.first?.hasPrefix("line 1: ") == true && faults.last?.hasPrefix("line 2: ") == true)
    }

    @Test(arguments: [("text/plain", "text/plain"), ("", "text/html"), ("not a type {}", "text/html")])
    func `default-type is the type of texts that snippets return`(value: String, type: String) throws {
        let gate = try Gate(
            ["configuration-snippet": "return 200 hello;"], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["default-type": value])
        let answer = try gate.request()
        #expect(answer.text == "hello" && answer["Content-Type"] == type)
    }

    @Test(
        arguments: [
            ([:], #"say \x22hi\x22 -"#), (["log-format-escape-json": "true"], #"say \"hi\" "#),
            (["log-format-escape-none": "true"], #"say "hi" "#),
            (["log-format-escape-none": "true", "log-format-escape-json": "true"], #"say "hi" "#),
            (["log-format-escape-none": "loud"], #"say \x22hi\x22 -"#),
        ] as [([String: String], String)])
    func `log-format-escape-none writes values as they are, and wins over log-format-escape-json`(
        configMap: [String: String], line: String
    ) throws {
        let format = ["log-format-upstream": "$http_user_agent $http_nothing"]
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok"), configMap: format.merging(configMap) { $1 })
        #expect(try gate.request("/", [#"User-Agent: say "hi""#]).status == 200)
        #expect(try gate.accessLogLines() == [line])
    }

    @Test func `log-format-escape-none lets no client write lines of its own, unlike nginx`() throws {
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["log-format-upstream": "$uri", "log-format-escape-none": "true"])
        #expect(try gate.request("/a%0A127.0.0.1%0D%1B%09%C3%A9%22").status == 200)
        #expect(try gate.accessLogLines() == [#"/a\x0A127.0.0.1\x0D\x1B"# + "\té\""])
    }

    @Test(arguments: [(nil, 503), ("64", 503), ("128", 200), ("0", 503)])
    func `limit-ipv6-prefix says which addresses are one client to limits`(value: String?, status: Int) throws {
        var configMap = ["use-forwarded-headers": "true"]
        configMap["limit-ipv6-prefix"] = value
        let gate = try Gate(
            ["limit-rpm": "1", "limit-burst-multiplier": "0"], origin: ScriptedOrigin(answering: "ok"),
            configMap: configMap)
        func ask(_ address: String) throws -> Int { try gate.request("/", ["X-Forwarded-For: \(address)"]).status }
        #expect(try ask("2001:db8::1") == 200)
        #expect(try ask("2001:db8::2") == status)
        #expect(try ask("2001:db8:0:1::1") == 200)
    }

    @Test(arguments: [("2", 2), ("", 1)])
    func `upstream-keepalive-requests closes a backend's connection after so many`(value: String, count: Int) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate([:], origin: origin, configMap: ["upstream-keepalive-requests": value])
        for _ in 0..<4 { #expect(try gate.request().status == 200) }
        #expect(origin.connectionCount == count)
    }

    @Test func `client-header-timeout ends a request whose head does not come to an end`() throws {
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok"), configMap: ["client-header-timeout": "1"])
        let client = try gate.client()
        try client.send("GET / HTTP/1.1\r\nHost: shop.example\r\n")
        #expect(try client.response().status == 408)
        #expect(try client.isEnded())
    }

    @Test(arguments: [("6", 431), ("", 200)])
    func `gatehouse-client-header-count bounds how many headers a request has`(value: String, status: Int) throws {
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok"), configMap: ["gatehouse-client-header-count": value])
        #expect(try gate.request("/", (0..<8).map { "X-Field-\($0): 1" }).status == status)
    }
}
