import Kubernetes
import TestSupport
import Testing
import Translation

/// A shop whose errors another service answers.
struct ErrorScene {
    let backend: ScriptedOrigin
    let errors: ScriptedOrigin
    let gate: Gate

    /// - Parameter answers: status of the backend, by path; others are 200.
    init(
        _ annotations: [String: String], backend status: String = "200 OK", errors errorStatus: String = "418 Teapot",
        backendFields: [String] = [], configMap: [String: String] = [:], isGlobal: Bool = false, path: String = "/",
        withoutEndpoints: Bool = false, also objects: String = "", script: ScriptedOrigin.Script? = nil
    ) throws {
        backend = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.respond("backend", status: status, fields: backendFields)
            }
        }
        errors = try ScriptedOrigin(
            script ?? { connection in
                while let request = try connection.request() {
                    try connection.respond("sorry \(request["X-Code"] ?? "-")", status: errorStatus)
                }
            })
        gate = try Gate(
            annotations, path: path,
            origins: ["web": withoutEndpoints ? [] : [backend], "errors": [errors]], configMap: configMap,
            also: objects,
            options: { if isGlobal { $0.defaultBackend = .init(namespace: "shop", name: "errors") } })
    }
}

@Suite struct `The annotation custom-http-errors` {
    static let both = ["custom-http-errors": "404,503", "default-backend": "errors"]

    @Test(.shows(effectOf: "custom-http-errors"))
    func `has the default backend answer in place of the backend's errors`() throws {
        let scene = try ErrorScene(Self.both, backend: "404 Not Found", backendFields: ["X-Backend: yes"])
        let response = try scene.gate.request("/cart?a=b", ["Accept: text/html", "X-Code: 1", "X-Format: evil"])
        #expect(response.status == 418)
        #expect(response.text == "sorry 404")
        #expect(response["X-Backend"] == nil)
        let request = try #require(scene.errors.requests.first)
        #expect(request.method == "GET")
        #expect(request.target == "/?a=b")
        #expect(request.values("X-Code") == ["404"])
        #expect(request.values("X-Format") == ["text/html"])
        #expect(request["X-Original-URI"] == "/cart?a=b")
        #expect(request["X-Namespace"] == "shop")
        #expect(request["X-Ingress-Name"] == "web")
        #expect(request["X-Service-Name"] == "web")
        #expect(request["X-Service-Port"] == "80")
        #expect(request["X-Request-ID"] == scene.backend.requests.first?["X-Request-ID"])
        #expect(request["X-Forwarded-For"] == "127.0.0.1")
        #expect(request["Host"] == "shop.example")
    }

    @Test(arguments: [("500 Internal Server Error", 500), ("404 Not Found", 404), ("200 OK", 200)])
    func `replaces nothing that it does not name`(status: String, code: Int) throws {
        let scene = try ErrorScene(["custom-http-errors": "502", "default-backend": "errors"], backend: status)
        let response = try scene.gate.request()
        #expect(response.status == code)
        #expect(response.text == "backend")
        #expect(scene.errors.requests.isEmpty)
        let absent = try ErrorScene(["default-backend": "errors"], backend: status)
        #expect(try absent.gate.request().status == code)
    }

    @Test(
        .shows(badValueOf: "custom-http-errors"),
        arguments: ["200", "404,", "four", "404;503", "600", "99999999999999999999"])
    func `rejects the Ingress when it cannot be used`(value: String) throws {
        let scene = try ErrorScene(
            ["custom-http-errors": value, "default-backend": "errors"], backend: "404 Not Found")
        let isUsable = value == "404,"
        #expect(try scene.gate.request().status == (isUsable ? 418 : 404))
        #expect(scene.gate.faults(about: "custom-http-errors").isEmpty == isUsable)
        #expect(scene.backend.requests.isEmpty != isUsable)
    }

    @Test func `keeps method and body of a request that is here whole`() throws {
        let scene = try ErrorScene(Self.both, backend: "503 Service Unavailable")
        let client = try scene.gate.client()
        let response = try client.request("/", method: "POST", ["Content-Length: 5"], body: "hello")
        #expect(response.text == "sorry 503")
        let request = try #require(scene.errors.requests.first)
        #expect(request.method == "POST")
        #expect(request.text == "hello")
        #expect(try client.request("/again").status == 418)
    }

    @Test func `keeps the connection usable behind a body that it does not send on`() throws {
        let scene = try ErrorScene([
            "custom-http-errors": "403", "default-backend": "errors", "denylist-source-range": "127.0.0.1",
        ])
        let client = try scene.gate.client()
        for size in [10, 20_000, 60_000] {
            let body = String(repeating: "G", count: size)
            let response = try client.request("/", method: "POST", ["Content-Length: \(size)"], body: body)
            #expect(response.text == "sorry 403")
        }
        #expect(scene.errors.requests.count == 3)
        #expect(try client.request("/").text == "sorry 403")
    }

    @Test func `reads the backend's own page to its end and keeps the connection`() throws {
        let scene = try ErrorScene(Self.both, backend: "404 Not Found")
        let client = try scene.gate.client()
        for _ in 1...10 { #expect(try client.request().text == "sorry 404") }
        #expect(scene.backend.connectionCount == 1)
        #expect(scene.errors.connectionCount == 1)
    }

    @Test func `leaves the plain error when the error service fails`() throws {
        let scripts: [ScriptedOrigin.Script] = [
            { connection in connection.reset() },
            { connection in
                _ = try connection.request()
                try connection.send("nonsense\r\n\r\n")
            },
        ]
        for script in scripts {
            let scene = try ErrorScene(Self.both, backend: "404 Not Found", script: script)
            let response = try scene.gate.request()
            #expect(response.status == 404)
            #expect(response.text.contains("404 Not Found"))
        }
        let nobody = try ErrorScene(["custom-http-errors": "404"], backend: "404 Not Found")
        #expect(try nobody.gate.request().text == "backend")
    }

    @Test func `asks once, whatever the error service answers`() throws {
        let scene = try ErrorScene(Self.both, backend: "404 Not Found", errors: "404 Not Found")
        let response = try scene.gate.request()
        #expect(response.status == 404)
        #expect(response.text == "sorry 404")
        #expect(scene.errors.requests.count == 1)
    }

    @Test func `replaces own errors`() throws {
        let refused = try ErrorScene(
            ["custom-http-errors": "403,413,502", "default-backend": "errors", "denylist-source-range": "127.0.0.1"])
        #expect(try refused.gate.request().text == "sorry 403")
        let large = try ErrorScene(
            ["custom-http-errors": "413", "default-backend": "errors", "proxy-body-size": "4"])
        #expect(try large.gate.request(method: "POST", body: "hello").text == "sorry 413")
        #expect(large.backend.requests.isEmpty)
        let broken = try ErrorScene(["custom-http-errors": "502", "default-backend": "errors"])
        broken.backend.stop()
        #expect(try broken.gate.request().text == "sorry 502")
    }

    @Test func `replaces the answer to a body that turns out too large`() throws {
        let scene = try ErrorScene(
            ["custom-http-errors": "413", "default-backend": "errors", "proxy-body-size": "4"])
        let client = try scene.gate.client()
        try client.send("POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n")
        #expect(try client.response().text == "sorry 413")
        #expect(scene.errors.requests.first?.body.isEmpty == true)
    }

    @Test func `answers HEAD without content`() throws {
        let scene = try ErrorScene(
            Self.both, backend: "404 Not Found",
            script: { connection in
                while try connection.head() != nil {
                    try connection.send("HTTP/1.1 418 Teapot\r\nContent-Length: 9\r\n\r\n")
                }
            })
        let client = try scene.gate.client()
        for _ in 1...2 { #expect(try client.request("/", method: "HEAD").status == 418) }
    }

    @Test func `shows in the access log as one more group of attempts`() throws {
        let scene = try ErrorScene(Self.both, backend: "404 Not Found")
        _ = try scene.gate.request()
        let line = try #require(try scene.gate.accessLogLines().first)
        #expect(line.contains(" 404 : 418 "))
        #expect(line.contains("\" 418 "))
    }

    @Test func `replaces a 401 of an authentication service, but not its way to sign in`() throws {
        let auth = try ScriptedOrigin { connection in
            while try connection.request() != nil { try connection.respond(status: "401 Unauthorized") }
        }
        let errors = try ScriptedOrigin(answering: "sorry")
        let annotations = [
            "custom-http-errors": "401", "default-backend": "errors", "auth-url": "http://auth.shop.svc/",
            "auth-response-headers": "X-User",
        ]
        let origins = ["web": [errors], "errors": [errors], "auth": [auth]]
        let gate = try Gate(annotations, origins: origins)
        #expect(try gate.request("/", ["X-User: admin"]).text == "sorry")
        #expect(errors.requests.first?["X-Code"] == "401")
        #expect(errors.requests.first?["X-User"] == nil)
        let signing = try Gate(
            annotations.merging(["auth-signin": "https://login.example/"]) { $1 }, origins: origins)
        #expect(try signing.request().status == 302)
    }
}

@Suite struct `The annotation disable-proxy-intercept-errors` {
    @Test(
        .shows(effectOf: "disable-proxy-intercept-errors"), .shows(defaultOf: "disable-proxy-intercept-errors"),
        .shows(badValueOf: "disable-proxy-intercept-errors"),
        arguments: [("true", 404), ("false", 418), ("maybe", 418), (nil, 418)] as [(String?, Int)])
    func `spares the backend's errors`(value: String?, status: Int) throws {
        var annotations = ["custom-http-errors": "404,502", "default-backend": "errors"]
        annotations["disable-proxy-intercept-errors"] = value
        let scene = try ErrorScene(annotations, backend: "404 Not Found")
        #expect(try scene.gate.request().status == status)
        scene.backend.stop()
        #expect(try scene.gate.request().text == "sorry 502")
    }
}

@Suite struct `The annotation default-backend` {
    @Test(.shows(effectOf: "default-backend"), .shows(defaultOf: "custom-http-errors"))
    func `answers while the path's Service has no endpoint`() throws {
        let scene = try ErrorScene(["default-backend": "errors"], withoutEndpoints: true)
        let response = try scene.gate.request("/cart?a", ["X-Code: 200"])
        #expect(response.text == "sorry 503")
        #expect(response.status == 418)
        #expect(scene.errors.requests.first?.target == "/cart?a")
        #expect(scene.errors.requests.first?.values("X-Code") == ["503"])
    }

    @Test(.shows(defaultOf: "default-backend"))
    func `is left out when it is absent or does not exist`() throws {
        for annotations in [[:], ["default-backend": "nowhere"]] {
            let scene = try ErrorScene(annotations, withoutEndpoints: true)
            #expect(try scene.gate.request().status == 503)
        }
    }

    @Test(.shows(badValueOf: "default-backend"))
    func `rejects the Ingress when it is no name`() throws {
        let scene = try ErrorScene(["default-backend": "no/such"])
        #expect(try scene.gate.request().status == 404)
        #expect(!scene.gate.faults(about: "default-backend").isEmpty)
    }
}

@Suite struct `The default backend of all` {
    @Test func `answers what no rule matches, as a plain request`() throws {
        let scene = try ErrorScene([:], isGlobal: true, path: "/shop")
        for host in ["shop.example", "unknown.example"] {
            #expect(try scene.gate.request("/x?y", host: host).text == "sorry -")
        }
        #expect(scene.errors.requests.map(\.target) == ["/x?y", "/x?y"])
    }

    @Test func `answers errors of the ConfigMap's list, its own 404 among them`() throws {
        let scene = try ErrorScene(
            [:], backend: "502 Bad Gateway", errors: "404 Not Found",
            configMap: ["custom-http-errors": "404,502"], isGlobal: true, path: "/shop")
        #expect(try scene.gate.request("/shop").text == "sorry 502")
        for host in ["shop.example", "unknown.example"] {
            let response = try scene.gate.request("/nowhere", host: host)
            #expect(response.status == 404)
            #expect(response.text == "sorry 404")
        }
        #expect(scene.errors.requests.map { $0["X-Code"] } == ["502", nil, "404", nil, "404"])
    }

    @Test func `gives way to the annotation's list and Service`() throws {
        let other = try ScriptedOrigin(answering: "other")
        let errors = try ScriptedOrigin(answering: "global")
        let backend = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                try connection.respond(status: "\(request.target.dropFirst()) Error")
            }
        }
        let gate = try Gate(
            ["custom-http-errors": "500", "default-backend": "other"],
            origins: ["web": [backend], "errors": [errors], "other": [other]], configMap: ["custom-http-errors": "404"],
            options: { $0.defaultBackend = .init(namespace: "shop", name: "errors") })
        #expect(try gate.request("/500").text == "other")
        #expect(try gate.request("/404").status == 404)
    }

    @Test func `answers 503 of Services without endpoints when that is in the list`() throws {
        let scene = try ErrorScene(
            [:], configMap: ["custom-http-errors": "503"], isGlobal: true, withoutEndpoints: true)
        #expect(try scene.gate.request("/a").text == "sorry 503")
        #expect(scene.errors.requests.first?.target == "/")
        let plain = try ErrorScene([:], isGlobal: true, withoutEndpoints: true)
        #expect(try plain.gate.request().status == 503)
    }

    @Test func `is the built-in page while it has no endpoint`() throws {
        let backend = try ScriptedOrigin(answering: "shop")
        let gate = try Gate(
            [:], path: "/shop", origins: ["web": [backend], "errors": []],
            options: { $0.defaultBackend = .init(namespace: "shop", name: "errors") })
        let response = try gate.request("/x", host: "unknown.example")
        #expect(response.status == 404)
        #expect(response.text.contains("404 Not Found"))
    }
}
