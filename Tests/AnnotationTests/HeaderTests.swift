import Model
import TestSupport
import Testing

@Suite struct `x-forwarded-prefix` {
    @Test(.shows(effectOf: "x-forwarded-prefix"))
    func `tells the backend of what a rewrite took away`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            ["rewrite-target": "$2", "x-forwarded-prefix": "/$1"], path: "/(api)(/.*)",
            pathType: "ImplementationSpecific", origin: origin)
        #expect(try gate.request("/api/users", ["X-Forwarded-Prefix: /evil"]).status == 200)
        let request = try #require(origin.requests.first)
        #expect(request.startLine == "GET /users HTTP/1.1")
        #expect(request.values("X-Forwarded-Prefix") == ["/api"])
    }

    @Test(.shows(defaultOf: "x-forwarded-prefix"))
    func `is absent by default, and where nothing is rewritten`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        for annotations in [["rewrite-target": "/x"], ["x-forwarded-prefix": "/api"]] {
            let gate = try Gate(annotations, origin: origin)
            #expect(try gate.request("/").status == 200)
        }
        #expect(origin.requests.allSatisfy { $0["X-Forwarded-Prefix"] == nil })
    }

    @Test(.shows(badValueOf: "x-forwarded-prefix"), arguments: ["/a b", "/$nope", "/\u{0}"])
    func `rejects its Ingress when the value is bad`(value: String) throws {
        let gate = try Gate(
            ["rewrite-target": "/x", "x-forwarded-prefix": value], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request("/").status == 404)
        #expect(gate.faults(about: "x-forwarded-prefix").count == 1)
    }
}

@Suite struct `Headers of the ConfigMap` {
    @Test(.shows(effectOf: "ConfigMap/proxy-set-headers"))
    func `are set on every response and every request`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            [:], origin: origin,
            configMap: [
                "add-headers": "shop/answers", "proxy-set-headers": "shop/questions", "server-tokens": "true",
                "proxy-add-original-uri-header": "true", "hide-headers": "X-Origin",
            ],
            also: Manifests.configMap("answers", ["X-Gate": "yes", "X-For": "$host"]) + "---\n"
                + Manifests.configMap(
                    "questions", ["X-Real-IP": "none", "X-Service": "$namespace/$service_name", "Host": "no"]))
        let answer = try gate.request("/a%20b?c")
        #expect(answer["X-Gate"] == "yes" && answer["X-For"] == "shop.example" && answer["Server"] == "gatehouse")
        let request = try #require(origin.requests.first)
        #expect(request.values("X-Real-IP") == ["none"])
        #expect(request["X-Service"] == "shop/web")
        #expect(request["X-Original-URI"] == "/a%20b?c")
        #expect(request.values("Host") == ["shop.example"])
        #expect(gate.diagnostics.contains { $0.fault.contains("\"Host\"") })
        let unknown = try gate.request("/", host: "unknown.example")
        #expect(unknown.status == 404 && unknown["X-Gate"] == "yes" && unknown["Server"] == "gatehouse")
    }

    @Test(.shows(badValueOf: "ConfigMap/proxy-set-headers"))
    func `that can't be used are named and left out`() throws {
        let gate = try Gate(
            [:], origin: try ScriptedOrigin(answering: "ok"),
            configMap: ["add-headers": "shop/answers", "proxy-set-headers": "shop/none"],
            also: Manifests.configMap("answers", ["X-Good": "1", "X-Bad": "$nope", "Content-Length": "7"]))
        let answer = try gate.request("/")
        #expect(answer["X-Good"] == "1" && answer["X-Bad"] == nil)
        #expect(
            gate.diagnostics.map(\.field).sorted() == [
                "data.add-headers", "data.add-headers", "data.proxy-set-headers",
            ])
    }

    @Test func `are none by default`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate([:], origin: origin)
        #expect(try gate.request("/")["Server"] == nil)
        #expect(origin.requests.first?["X-Original-URI"] == nil)
    }
}

@Suite struct `The annotation custom-headers` {
    private func gate(
        _ value: String?, allowed: String? = "X-Shop,X-Frame-Options", entries: [String: String] = [:]
    ) throws -> Gate {
        try Gate(
            value.map { ["custom-headers": $0] } ?? [:],
            origin: ScriptedOrigin(answering: "ok", fields: ["X-Frame-Options: ALLOW"]),
            configMap: allowed.map { ["global-allowed-response-headers": $0] } ?? [:],
            also: Manifests.configMap("answers", entries))
    }

    @Test(.shows(effectOf: "custom-headers"))
    func `sets fields in place of the backend's, on pages of our own too, with dollars as they are`() throws {
        let gate = try gate("shop/answers", entries: ["X-Shop": "$host", "X-Frame-Options": "DENY"])
        for (method, status) in [("GET", 200), ("TRACE", 405)] {
            let answer = try gate.request(method: method)
            #expect(answer.status == status)
            guard status == 200 else { continue }
            #expect(answer.values("X-Shop") == ["$host"])
            #expect(answer.values("X-Frame-Options") == ["DENY"])
        }
    }

    @Test(.shows(defaultOf: "custom-headers"))
    func `leaves responses alone by default`() throws {
        let answer = try gate(nil, entries: ["X-Shop": "1"]).request()
        #expect(answer["X-Shop"] == nil && answer["X-Frame-Options"] == "ALLOW")
    }

    @Test(
        .shows(badValueOf: "custom-headers"),
        arguments: [
            ("shop/answers", "X-Other", ["X-Shop": "1"], 503), ("shop/answers", nil, ["X-Shop": "1"], 503),
            ("shop/missing", "X-Shop", ["X-Shop": "1"], 503), ("shop/answers", "X-Shop", ["X-Shop": "a\nb"], 503),
            ("shop/answers", "X Shop", ["X Shop": "1"], 503), ("shop/an swers", "X-Shop", ["X-Shop": "1"], 200),
        ])
    func `closes its Ingress when it cannot be done, and is absent when it names nothing`(
        value: String, allowed: String?, entries: [String: String], status: Int
    ) throws {
        let gate = try gate(value, allowed: allowed, entries: entries)
        #expect(try gate.request().status == status)
        #expect(!gate.faults(about: "custom-headers").isEmpty)
    }
}
