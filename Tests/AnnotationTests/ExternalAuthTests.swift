import Model
import TestSupport
import Testing

/// An authentication service that answers as its script says, and the shop behind it.
struct AuthScene {
    let backend: ScriptedOrigin
    let auth: ScriptedOrigin
    let gate: Gate

    static let url = "http://auth.shop.svc/check"

    /// - Parameters:
    ///   - annotations: beside `auth-url`.
    ///   - configMap: of the controller.
    init(
        _ annotations: [String: String] = [:], url: String? = url, status: String = "200 OK", fields: [String] = [],
        backendFields: [String] = [], backendStatus: String = "200 OK", configMap: [String: String] = [:],
        also objects: String = "", path: String = "/", script: ScriptedOrigin.Script? = nil
    ) throws {
        backend = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.respond("shop", status: backendStatus, fields: backendFields)
            }
        }
        auth = try ScriptedOrigin(
            script ?? { connection in
                while try connection.request() != nil { try connection.respond("x", status: status, fields: fields) }
            })
        var annotations = annotations
        annotations["auth-url"] = url
        gate = try Gate(
            annotations, path: path, origins: ["web": [backend], "auth": [auth]], configMap: configMap, also: objects)
    }
}

@Suite struct `The annotation auth-url` {
    @Test(
        .shows(effectOf: "auth-url"),
        arguments: [
            ("200 OK", 200), ("202 Accepted", 200), ("204 No Content", 200), ("401 Unauthorized", 401),
            ("403 Forbidden", 403), ("302 Found", 500), ("404 Not Found", 500), ("500 Internal Server Error", 500),
            ("101 Switching Protocols", 500), ("304 Not Modified", 500),
        ])
    func `lets the service decide, and nobody pass whom it does not let`(answer: String, status: Int) throws {
        let scene = try AuthScene(status: answer)
        let response = try scene.gate.request("/cart?a=b")
        #expect(response.status == status)
        #expect(scene.backend.requests.count == (status == 200 ? 1 : 0))
        #expect(response.text.contains("x") == false || status != 200)
        #expect(scene.auth.requests.first?.target == "/check")
    }

    @Test(.shows(defaultOf: "auth-url"))
    func `asks nobody when it is absent`() throws {
        let scene = try AuthScene(url: nil)
        #expect(try scene.gate.request().status == 200)
        #expect(scene.auth.requests.isEmpty)
    }

    @Test(
        .shows(badValueOf: "auth-url"),
        arguments: [
            "ftp://auth.shop.svc/", "http:///check", "http://auth.shop.svc:0/", "http://$http_x.shop.svc/", "check",
        ])
    func `closes the Ingress when it cannot be used`(url: String) throws {
        let scene = try AuthScene(url: url)
        #expect(try scene.gate.request().status == 503)
        #expect(!scene.gate.faults(about: "auth-url").isEmpty)
        #expect(scene.backend.requests.isEmpty)
    }

    @Test(arguments: ["http://auth.shop.svc/a#b", "http://a:b@auth.shop.svc/", "http://auth.shop.svc/%61"])
    func `rejects the Ingress for characters that no URL of its kind holds`(url: String) throws {
        let scene = try AuthScene(url: url)
        #expect(try scene.gate.request().status == 404)
        #expect(!scene.gate.diagnostics.contains { $0.description.contains("a:b") })
    }

    @Test func `is 500 while the service is nowhere to be found`() throws {
        for url in ["http://nobody.shop.svc/", "http://auth.shop.svc:81/", "http://unresolved.example/"] {
            let scene = try AuthScene(url: url)
            #expect(try scene.gate.request().status == 500)
            #expect(scene.backend.requests.isEmpty)
        }
    }

    @Test func `is 500 when the service refuses, breaks off or talks nonsense`() throws {
        let scripts: [ScriptedOrigin.Script] = [
            { connection in connection.reset() }, { connection in _ = try connection.head() },
            { connection in
                _ = try connection.request()
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
            },
            { connection in
                _ = try connection.request()
                try connection.send("nonsense\r\n\r\n")
            },
            { connection in
                _ = try connection.request()
                try connection.send("HTTP/1.1 200 OK\r\nX-User: ann")
            },
        ]
        for script in scripts {
            let scene = try AuthScene(script: script)
            #expect(try scene.gate.request().status == 500)
            #expect(scene.backend.requests.isEmpty)
            #expect(scene.gate.metric("gatehouse_auth_failures_total") == 1)
        }
    }

    @Test(.shows(defaultOf: "auth-request-redirect", "auth-proxy-set-headers"))
    func `tells the service of the request as ingress-nginx does`() throws {
        let scene = try AuthScene()
        _ = try scene.gate.request(
            "/cart?a=b", method: "POST",
            [
                "Cookie: session=1", "Authorization: Bearer abc", "X-Forwarded-Proto: https",
                "X-Forwarded-For: 1.2.3.4",
                "X-Real-IP: 1.2.3.4", "X-Original-URL: http://evil/", "X-Original-Method: GET", "X-Sent-From: me",
                "X-Auth-Request-Redirect: /evil", "X-Request-ID: abc", "X-Original-URI: /evil", "X-Scheme: https",
                "ssl-client-verify: SUCCESS", "Connection: X-Hop", "X-Hop: 1", "Content-Type: text/plain",
            ], body: "hello")
        let question = try #require(scene.auth.requests.first)
        #expect(question.method == "GET")
        #expect(question.target == "/check")
        #expect(question["Host"] == "auth.shop.svc")
        #expect(question["X-Original-URL"] == "http://shop.example/cart?a=b")
        #expect(question["X-Original-Method"] == "POST")
        #expect(question["X-Sent-From"] == "nginx-ingress-controller")
        #expect(question["X-Real-IP"] == "127.0.0.1")
        #expect(question["X-Forwarded-For"] == "127.0.0.1")
        #expect(question["X-Request-ID"] == "abc")
        #expect(question["X-Auth-Request-Redirect"] == "/cart?a=b")
        #expect(question["Cookie"] == "session=1")
        #expect(question["Authorization"] == "Bearer abc")
        #expect(question["Content-Type"] == "text/plain")
        for absent in [
            "Content-Length", "X-Forwarded-Proto", "X-Original-URI", "X-Scheme", "ssl-client-verify", "X-Hop",
            "Transfer-Encoding", "Connection",
        ] { #expect(question[absent] == nil, "\(absent)") }
        #expect(question.body.isEmpty)
        #expect(scene.backend.requests.first?.body == Array("hello".utf8))
    }

    @Test func `replaces variables in its path and query`() throws {
        let scene = try AuthScene(url: "http://$service_name.$namespace.svc/$namespace?for=$host&u=$request_uri")
        let auth = scene.backend
        #expect(try scene.gate.request("/a%20b?c=d").status == 200)
        #expect(auth.requests.first?.target == "/shop?for=shop.example&u=/a%20b?c=d")
    }

    @Test func `asks for the root where it names no path`() throws {
        let scene = try AuthScene(url: "http://auth.shop.svc")
        #expect(try scene.gate.request("/cart").status == 200)
        #expect(scene.auth.requests.first?.target == "/")
    }

    @Test func `keeps the connection to the service`() throws {
        let scene = try AuthScene()
        let client = try scene.gate.client()
        for _ in 1...20 { #expect(try client.request("/").status == 200) }
        #expect(scene.auth.requests.count == 20)
        #expect(scene.auth.connectionCount == 1)
        #expect(scene.backend.connectionCount == 1)
    }

    @Test func `answers pipelined requests in their order`() throws {
        let scene = try AuthScene(script: { connection in
            while let request = try connection.request() {
                try connection.respond(
                    status: request["X-Original-URL"]?.hasSuffix("/no") == true ? "403 Forbidden" : "200 OK")
            }
        })
        let client = try scene.gate.client()
        try client.send(
            ["/a", "/no", "/b"].map { "GET \($0) HTTP/1.1\r\nHost: shop.example\r\n\r\n" }.joined())
        #expect(try [client.response().status, client.response().status, client.response().status] == [200, 403, 200])
        #expect(scene.auth.connectionCount == 1)
    }

    @Test func `finds a kept connection closed and asks again`() throws {
        let scene = try AuthScene(script: { connection in
            guard try connection.request() != nil else { return }
            try connection.respond()
        })
        let client = try scene.gate.client()
        #expect(try client.request("/").status == 200)
        try scene.auth.waitForFinished(1)
        #expect(try client.request("/").status == 200)
        #expect(scene.auth.connectionCount == 2)
    }

    @Test func `tries another endpoint of the service`() throws {
        let broken = try ScriptedOrigin { connection in connection.reset() }
        let good = try ScriptedOrigin(answering: "ok")
        let backend = try ScriptedOrigin(answering: "shop")
        let gate = try Gate(
            ["auth-url": AuthScene.url], origins: ["web": [backend], "auth": [broken, good]])
        for _ in 1...4 { #expect(try gate.request().status == 200) }
    }

    @Test func `takes heads as large as sign-in services make them`() throws {
        let cookies = (1...10).map { "Set-Cookie: _oauth2_proxy_\($0)=\(String(repeating: "c", count: 4000)); Path=/" }
        let token = "X-Auth-Request-Access-Token: \(String(repeating: "t", count: 20_000))"
        let scene = try AuthScene(
            ["auth-response-headers": "X-Auth-Request-Access-Token"], fields: cookies + [token])
        let response = try scene.gate.request()
        #expect(response.status == 200)
        #expect(response.fields.count { $0.name == "Set-Cookie" } == 10)
        #expect(scene.backend.requests.first?["X-Auth-Request-Access-Token"]?.utf8.count == 20_000)
    }

    @Test func `ends the question when the client leaves`() throws {
        let asked = Watched(false)
        let scene = try AuthScene(script: { connection in
            _ = try connection.request()
            asked.change { $0 = true }
            try connection.waitForEnd()
        })
        do {
            let client = try scene.gate.client()
            try client.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
            _ = try asked.wait("the question") { $0 }
            client.wire.close()
        }
        try scene.auth.waitForFinished(1)
        #expect(scene.backend.requests.isEmpty)
    }

    @Test func `keeps a body for the backend that came before the verdict`() throws {
        let body = String(repeating: "b", count: 100_000)
        let scene = try AuthScene()
        let response = try scene.gate.request(method: "POST", body: body)
        #expect(response.status == 200)
        #expect(scene.backend.requests.first?.body.count == 100_000)
    }

    @Test func `does not ask about questions without end`() throws {
        let scene = try AuthScene()
        // A service that sends each question back to where it came from, as a circle of configuration would.
        var fields: [String] = []
        for question in 1...3 {
            #expect(try scene.gate.request("/", fields).status == 200)
            let mark = try #require(try scene.auth.waitForRequests(question).last?["X-Gatehouse-Depth"])
            fields = ["X-Gatehouse-Depth: \(mark)"]
        }
        #expect(try scene.gate.request("/", fields).status == 500)
        #expect(scene.auth.requests.count == 3)
    }

    @Test(arguments: ["1", "3", "x", "00000000000000000000000000000000-3"])
    func `asks whatever a client says of a depth`(claim: String) throws {
        let scene = try AuthScene()
        #expect(try scene.gate.request("/", ["X-Gatehouse-Depth: \(claim)"]).status == 200)
        #expect(scene.auth.requests.count == 1)
        #expect(scene.auth.requests.first?["X-Gatehouse-Depth"] != claim)
    }

    @Test func `also guards paths that nobody serves`() throws {
        let scene = try AuthScene(status: "403 Forbidden", path: "/shop")
        #expect(try scene.gate.request("/elsewhere").status == 403)
        let open = try AuthScene(path: "/shop")
        #expect(try open.gate.request("/elsewhere").status == 404)
    }
}

@Suite struct `The annotation auth-method` {
    @Test(.shows(effectOf: "auth-method"))
    func `is the method of the question, and tells the original target`() throws {
        let scene = try AuthScene(["auth-method": "POST"])
        #expect(try scene.gate.request("/cart?a", method: "PUT", ["X-Original-URI: /evil"]).status == 200)
        let question = try #require(scene.auth.requests.first)
        #expect(question.method == "POST")
        #expect(question["X-Original-URI"] == "/cart?a")
        #expect(question["X-Scheme"] == "http")
        #expect(question["Content-Length"] == nil)
    }

    @Test func `may be HEAD, whose answer has no body`() throws {
        let scene = try AuthScene(["auth-method": "HEAD"]) { connection in
            while try connection.head() != nil { try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n") }
        }
        let client = try scene.gate.client()
        for _ in 1...3 { #expect(try client.request().status == 200) }
        #expect(scene.auth.connectionCount == 1)
    }

    @Test(.shows(defaultOf: "auth-method"), .shows(badValueOf: "auth-method"))
    func `is GET when it is absent, and closes the Ingress when it is none`() throws {
        let plain = try AuthScene()
        #expect(try plain.gate.request(method: "DELETE").status == 200)
        #expect(plain.auth.requests.first?.method == "GET")
        let bad = try AuthScene(["auth-method": "get"])
        #expect(try bad.gate.request().status == 503)
        #expect(!bad.gate.faults(about: "auth-method").isEmpty)
    }
}
