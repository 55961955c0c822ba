import Model
import TestSupport
import Testing

@Suite struct `The annotation auth-signin` {
    @Test(
        .shows(effectOf: "auth-signin", "auth-signin-redirect-param"), .shows(defaultOf: "auth-signin-redirect-param"),
        arguments: [
            (
                "https://login.example/start", nil,
                "https://login.example/start?rd=http://shop.example%2Fa%2520b%3Fc%3Dd"
            ),
            ("https://login.example/?x=y", nil, "https://login.example/?x=y&rd=http://shop.example%2Fa%2520b%3Fc%3Dd"),
            (
                "https://login.example/start", "next",
                "https://login.example/start?next=http://shop.example%2Fa%2520b%3Fc%3Dd"
            ),
            (
                "https://$host/oauth2/start?rd=$escaped_request_uri", nil,
                "https://shop.example/oauth2/start?rd=%2Fa%2520b%3Fc%3Dd"
            ),
            ("https://login.example/?rd=fixed", nil, "https://login.example/?rd=fixed"),
        ])
    func `redirects a 401 of the service there`(signIn: String, parameter: String?, location: String) throws {
        var annotations = ["auth-signin": signIn]
        annotations["auth-signin-redirect-param"] = parameter
        let scene = try AuthScene(annotations, status: "401 Unauthorized", fields: ["Set-Cookie: csrf=1"])
        let response = try scene.gate.request("/a%20b?c=d")
        #expect(response.status == 302)
        #expect(response["Location"] == location)
        #expect(response["Set-Cookie"] == "csrf=1")
        #expect(scene.backend.requests.isEmpty)
    }

    @Test(.shows(badValueOf: "auth-signin-redirect-param"))
    func `calls the parameter rd when auth-signin-redirect-param is unusable`() throws {
        let scene = try AuthScene(
            ["auth-signin": "https://login.example/start", "auth-signin-redirect-param": "a#b"],
            status: "401 Unauthorized")
        #expect(try scene.gate.request()["Location"] == "https://login.example/start?rd=http://shop.example%2F")
        #expect(scene.gate.faults(about: "auth-signin-redirect-param").count == 1)
    }

    @Test func `has CORS headers where the path has`() throws {
        let scene = try AuthScene(
            ["auth-signin": "https://login.example/", "enable-cors": "true"], status: "401 Unauthorized")
        let response = try scene.gate.request("/", ["Origin: https://other.example"])
        #expect(response.status == 302 && response["Access-Control-Allow-Origin"] == "*")
    }

    @Test func `follows the scheme that a trusted hop names`() throws {
        let scene = try AuthScene(
            ["auth-signin": "https://login.example/"], status: "401 Unauthorized",
            configMap: ["use-forwarded-headers": "true"])
        let response = try scene.gate.request("/", ["X-Forwarded-Proto: https"])
        #expect(response["Location"] == "https://login.example/?rd=https://shop.example%2F")
    }

    @Test func `is for the service's 401 alone`() throws {
        let forbidden = try AuthScene(["auth-signin": "https://login.example/"], status: "403 Forbidden")
        #expect(try forbidden.gate.request().status == 403)
        let backends = try AuthScene(["auth-signin": "https://login.example/"], backendStatus: "401 Unauthorized")
        let response = try backends.gate.request()
        #expect(response.status == 401)
        #expect(response["Location"] == nil)
    }

    @Test(.shows(defaultOf: "auth-signin"), .shows(badValueOf: "auth-signin"))
    func `leaves the 401 with its challenge when it is absent or cannot be used`() throws {
        for annotations in [[:], ["auth-signin": "https://login.example/#top"]] {
            let scene = try AuthScene(
                annotations, status: "401 Unauthorized",
                fields: ["WWW-Authenticate: Basic realm=\"a\"", "WWW-Authenticate: Bearer"])
            let response = try scene.gate.request()
            #expect(response.status == 401)
            #expect(response.values("WWW-Authenticate") == ["Basic realm=\"a\"", "Bearer"])
            #expect(response.text.contains("401 Authorization Required"))
            #expect(response["Location"] == nil)
        }
    }

    @Test func `writes nothing that ends the field it stands in`() throws {
        let scene = try AuthScene(
            ["auth-signin": "https://login.example/$uri?x=$cookie_next"], status: "401 Unauthorized")
        let response = try scene.gate.request("/%0d%0aX-Evil:%20yes", ["Cookie: next=\"a b\""])
        #expect(response.status == 302)
        #expect(response["X-Evil"] == nil)
        #expect(response["Location"]?.contains("%0D%0A") == true)
    }
}

@Suite struct `The annotation auth-response-headers` {
    @Test(.shows(effectOf: "auth-response-headers"))
    func `gives the backend the service's fields and never the client's`() throws {
        let scene = try AuthScene(
            ["auth-response-headers": "X-User,X-Groups, Authorization,X-Absent"],
            fields: ["x-user: ann", "X-Groups: a", "X-Groups: b", "Authorization: Bearer new", "X-Other: no"])
        let response = try scene.gate.request(
            "/", ["X-User: admin", "X-Absent: admin", "Authorization: Bearer old", "X-Mine: yes"])
        #expect(response.status == 200)
        let request = try #require(scene.backend.requests.first)
        #expect(request.values("X-User") == ["ann"])
        #expect(request.values("X-Groups") == ["a, b"])
        #expect(request.values("Authorization") == ["Bearer new"])
        #expect(request.values("X-Absent").isEmpty)
        #expect(request.values("X-Other").isEmpty)
        #expect(request["X-Mine"] == "yes")
    }

    @Test(.shows(defaultOf: "auth-response-headers"))
    func `passes nothing on when it is absent`() throws {
        let scene = try AuthScene(fields: ["X-User: ann"])
        _ = try scene.gate.request("/", ["X-User: me"])
        #expect(scene.backend.requests.first?.values("X-User") == ["me"])
    }

    @Test(
        .shows(badValueOf: "auth-response-headers"),
        arguments: ["X User", "X-User;", "Content-Length", "Transfer-Encoding", "Host", "X-User, Connection"])
    func `closes the Ingress when it cannot be used`(names: String) throws {
        let scene = try AuthScene(["auth-response-headers": names])
        #expect(try scene.gate.request().status == 503)
        #expect(!scene.gate.faults(about: "auth-response-headers").isEmpty)
    }

    @Test func `takes the client's fields from default backends too`() throws {
        let backend = try ScriptedOrigin(answering: "sorry")
        let auth = try ScriptedOrigin(answering: "", fields: ["X-User: ann"])
        let gate = try Gate(
            ["auth-url": AuthScene.url, "auth-response-headers": "X-User", "default-backend": "sorry"],
            origins: ["sorry": [backend], "auth": [auth], "web": []])
        #expect(try gate.request("/", ["X-User: admin"]).text == "sorry")
        #expect(backend.requests.first?.values("X-User") == ["ann"])
        #expect(backend.requests.first?["X-Code"] == "503")
    }
}

@Suite struct `The annotation auth-request-redirect` {
    @Test(.shows(effectOf: "auth-request-redirect"))
    func `is what X-Auth-Request-Redirect says`() throws {
        let scene = try AuthScene(["auth-request-redirect": "https://shop.example/back?a=b"])
        _ = try scene.gate.request("/cart")
        #expect(scene.auth.requests.first?["X-Auth-Request-Redirect"] == "https://shop.example/back?a=b")
    }

    @Test(.shows(badValueOf: "auth-request-redirect"))
    func `closes the Ingress when it cannot be used`() throws {
        let scene = try AuthScene(["auth-request-redirect": "https://shop.example/$uri"])
        #expect(try scene.gate.request().status == 503)
        #expect(scene.backend.requests.isEmpty)
    }
}

@Suite struct `The annotation auth-proxy-set-headers` {
    static let fields = Manifests.configMap(
        "question",
        ["X-Team": "shop", "X-Path": "$request_uri", "Cookie": "", "X-Sent-From": "me", "Host": "auth.internal"])

    @Test(.shows(effectOf: "auth-proxy-set-headers"))
    func `sets the question's fields from a ConfigMap`() throws {
        let scene = try AuthScene(["auth-proxy-set-headers": "shop/question"], also: Self.fields)
        _ = try scene.gate.request("/a?b", ["Cookie: x=y", "X-Team: mine", "X-Path: mine"])
        let question = try #require(scene.auth.requests.first)
        #expect(question.values("X-Team") == ["shop"])
        #expect(question.values("X-Path") == ["/a?b"])
        #expect(question.values("Cookie").isEmpty)
        #expect(question.values("Host") == ["auth.internal"])
        #expect(scene.backend.requests.first?["X-Team"] == "mine")
    }

    @Test func `lets no variable break out of its field`() throws {
        let scene = try AuthScene(
            ["auth-proxy-set-headers": "question"],
            also: Manifests.configMap("question", ["X-Path": "$uri"]))
        #expect(try scene.gate.request("/%0d%0aX-Evil:1").status == 200)
        #expect(scene.auth.requests.first?["X-Evil"] == nil)
    }

    @Test(
        .shows(badValueOf: "auth-proxy-set-headers"),
        arguments: [
            ("shop/missing", ""), ("other/question", ""), ("a/b/c", ""),
            ("question", Manifests.configMap("question", ["X Team": "a"])),
            ("question", Manifests.configMap("question", ["Content-Length": "5"])),
            ("question", Manifests.configMap("question", ["X-A": "$nothing_known"])),
        ])
    func `closes the Ingress when it cannot be used`(reference: String, objects: String) throws {
        let scene = try AuthScene(["auth-proxy-set-headers": reference], also: objects)
        #expect(try scene.gate.request().status == 503)
        #expect(!scene.gate.faults(about: "auth-proxy-set-headers").isEmpty)
    }
}

@Suite struct `The annotation auth-always-set-cookie` {
    @Test(
        .shows(effectOf: "auth-always-set-cookie"), .shows(defaultOf: "auth-always-set-cookie"),
        arguments: [
            ("200 OK", false, true), ("404 Not Found", false, false), ("404 Not Found", true, true),
            ("500 Internal Server Error", true, true), ("206 Partial Content", false, true),
            ("302 Found", false, true), ("202 Accepted", false, false),
        ])
    func `says whether cookies come with every status`(status: String, always: Bool, comes: Bool) throws {
        let scene = try AuthScene(
            always ? ["auth-always-set-cookie": "true"] : [:], fields: ["Set-Cookie: a=1", "Set-Cookie: b=2"],
            backendFields: ["Set-Cookie: own=3"], backendStatus: status)
        let response = try scene.gate.request()
        #expect(response.values("Set-Cookie").sorted() == (comes ? ["a=1", "b=2", "own=3"] : ["own=3"]))
    }

    @Test func `holds for refusals as well`() throws {
        let scene = try AuthScene(
            ["auth-always-set-cookie": "true"], status: "403 Forbidden", fields: ["Set-Cookie: a=1"])
        #expect(try scene.gate.request().values("Set-Cookie") == ["a=1"])
        let without = try AuthScene(status: "403 Forbidden", fields: ["Set-Cookie: a=1"])
        #expect(try without.gate.request().values("Set-Cookie").isEmpty)
    }

    @Test(.shows(badValueOf: "auth-always-set-cookie"))
    func `closes the Ingress when it cannot be used`() throws {
        let scene = try AuthScene(["auth-always-set-cookie": "always"])
        #expect(try scene.gate.request().status == 503)
    }
}

@Suite struct `The annotation auth-cache-key` {
    @Test(.shows(effectOf: "auth-cache-key"))
    func `asks once for requests that look the same to it`() throws {
        let scene = try AuthScene(
            ["auth-cache-key": "$http_authorization", "auth-response-headers": "X-User"], fields: ["X-User: ann"])
        let client = try scene.gate.client()
        for token in ["a", "a", "b", "a"] {
            let response = try client.request("/\(token)", ["Authorization: \(token)", "X-User: evil"])
            #expect(response.status == 200)
        }
        #expect(scene.auth.requests.count == 2)
        #expect(scene.backend.requests.map { $0["X-User"] } == ["ann", "ann", "ann", "ann"])
        #expect(scene.gate.metric("gatehouse_auth_cache_hits_total") == 2)
        #expect(scene.gate.metric("gatehouse_auth_requests_total") == 2)
    }

    @Test(.shows(defaultOf: "auth-cache-key"), .shows(badValueOf: "auth-cache-key"))
    func `asks each time when it is absent or cannot be used`() throws {
        for annotations in [[:], ["auth-cache-key": "a b"]] {
            let scene = try AuthScene(annotations)
            for _ in 1...3 { #expect(try scene.gate.request("/", ["Authorization: a"]).status == 200) }
            #expect(scene.auth.requests.count == 3)
        }
    }

    @Test func `keeps refusals as refusals`() throws {
        let scene = try AuthScene(
            ["auth-cache-key": "$http_authorization", "auth-signin": "https://login.example/"],
            status: "401 Unauthorized")
        for path in ["/a", "/b"] {
            let response = try scene.gate.request(path)
            #expect(response["Location"] == "https://login.example/?rd=http://shop.example%2F\(path.dropFirst())")
        }
        #expect(scene.auth.requests.count == 1)
    }

    @Test(arguments: [
        "Set-Cookie: a=1", "Cache-Control: no-store", "Cache-Control: private", "Vary: *", "Vary: Cookie",
    ])
    func `keeps no answer that is for one request alone`(field: String) throws {
        let scene = try AuthScene(["auth-cache-key": "$http_authorization"], fields: [field])
        for _ in 1...2 { #expect(try scene.gate.request("/", ["Authorization: a"]).status == 200) }
        #expect(scene.auth.requests.count == 2)
    }

    @Test func `tells hosts and paths apart`() throws {
        let auth = try ScriptedOrigin(answering: "")
        let backend = try ScriptedOrigin(answering: "shop")
        let annotations = ["auth-url": AuthScene.url, "auth-cache-key": "$http_authorization"]
        let gate = try Gate(
            manifests: [
                Manifests.ingress(annotations, name: "a", path: "/a"),
                Manifests.ingress(annotations, name: "b", path: "/b"),
                Manifests.ingress(annotations, name: "c", host: "other.example", path: "/a"),
            ], origins: ["web": [backend], "auth": [auth]])
        for (host, path) in [("shop.example", "/a"), ("shop.example", "/b"), ("other.example", "/a")] {
            for _ in 1...2 { #expect(try gate.request(path, host: host, ["Authorization: a"]).status == 200) }
        }
        #expect(auth.requests.count == 3)
    }

    @Test func `forgets nothing and mistakes nothing over a reload`() throws {
        let scene = try AuthScene(["auth-cache-key": "$http_authorization"])
        #expect(try scene.gate.request().status == 200)
        let annotations = ["auth-url": AuthScene.url, "auth-cache-key": "$http_authorization"]
        try scene.gate.replace([Manifests.ingress(annotations.merging(["proxy-read-timeout": "9"]) { $1 })])
        #expect(try scene.gate.request().status == 200)
        #expect(scene.auth.requests.count == 1)
        try scene.gate.replace([
            Manifests.ingress(annotations.merging(["auth-url": "http://auth.shop.svc/other"]) { $1 })
        ])
        #expect(try scene.gate.request().status == 200)
        #expect(scene.auth.requests.map(\.target) == ["/check", "/other"])
    }
}

@Suite struct `The annotation auth-cache-duration` {
    @Test(
        .shows(effectOf: "auth-cache-duration"),
        arguments: [
            ("200 5m", "200 OK", 1), ("401 5m", "200 OK", 2), ("202 5m, 200 1h", "200 OK", 1), ("5m", "200 OK", 1),
            ("5m", "202 Accepted", 2), ("200 0s", "200 OK", 2), ("200 202 401 1d", "403 Forbidden", 2),
        ])
    func `says which answers are kept`(durations: String, status: String, questions: Int) throws {
        let scene = try AuthScene(
            ["auth-cache-key": "$http_authorization", "auth-cache-duration": durations], status: status)
        for _ in 1...2 { _ = try scene.gate.request("/", ["Authorization: a"]) }
        #expect(scene.auth.requests.count == questions)
    }

    @Test(.shows(defaultOf: "auth-cache-duration"), arguments: ["200 401 5m", "200 202 401 5m"])
    func `is 200, 202 and 401 for five minutes when it is absent`(written: String) throws {
        let scene = try AuthScene(["auth-cache-key": "a"], status: "401 Unauthorized")
        for _ in 1...2 { #expect(try scene.gate.request().status == 401) }
        #expect(scene.auth.requests.count == 1)
        #expect(ExternalAuth.Validity(statuses: [200, 202, 401], duration: .seconds(300)) == scene.validity.first)
    }

    @Test(
        .shows(badValueOf: "auth-cache-duration"),
        arguments: ["200 5", "5m 200", "twohundred 5m", "200 5x", "200 5m 10m", "9999 5m"])
    func `closes the Ingress when it cannot be used`(durations: String) throws {
        let scene = try AuthScene(["auth-cache-duration": durations])
        #expect(try scene.gate.request().status == 503)
        #expect(scene.backend.requests.isEmpty)
    }
}

extension AuthScene {
    /// How long answers are kept, as the model has it.
    fileprivate var validity: [ExternalAuth.Validity] {
        gate.model.virtualHosts.flatMap(\.routes).compactMap(\.policy.externalAuth?.cache?.durations).first ?? []
    }

    fileprivate var connections: ExternalAuth.Connections? {
        gate.model.virtualHosts.flatMap(\.routes).compactMap(\.policy.externalAuth).first?.connections
    }
}

@Suite struct `The annotations auth-keepalive, -requests and -timeout` {
    @Test(.shows(effectOf: "auth-keepalive", "auth-keepalive-requests", "auth-keepalive-timeout"))
    func `bound what is kept of connections to the service`() throws {
        let scene = try AuthScene([
            "auth-keepalive": "4", "auth-keepalive-requests": "2", "auth-keepalive-timeout": "9",
        ])
        let client = try scene.gate.client()
        for _ in 1...6 { #expect(try client.request().status == 200) }
        #expect(scene.auth.connectionCount == 3)
        #expect(scene.connections == ExternalAuth.Connections(idle: 4, requests: 2, timeout: .seconds(9)))
    }

    @Test(arguments: [["auth-keepalive-requests": "0"], ["auth-keepalive-timeout": "-1"]])
    func `keep none when they say so`(annotations: [String: String]) throws {
        let scene = try AuthScene(annotations)
        let client = try scene.gate.client()
        for _ in 1...3 { #expect(try client.request().status == 200) }
        #expect(scene.auth.connectionCount == 3)
    }

    @Test(
        .shows(defaultOf: "auth-keepalive", "auth-keepalive-requests", "auth-keepalive-timeout"),
        .shows(badValueOf: "auth-keepalive", "auth-keepalive-requests", "auth-keepalive-timeout"),
        arguments: ["auth-keepalive", "auth-keepalive-requests", "auth-keepalive-timeout"])
    func `are as for all upstreams when they are absent or cannot be used`(name: String) throws {
        for annotations in [[:], [name: "many"]] {
            let scene = try AuthScene(annotations)
            #expect(scene.connections == nil)
            let client = try scene.gate.client()
            for _ in 1...3 { #expect(try client.request().status == 200) }
            #expect(scene.auth.connectionCount == 1)
            #expect(scene.gate.faults(about: "\(name)]").isEmpty == annotations.isEmpty)
        }
    }

    @Test(.shows(effectOf: "auth-keepalive-share-vars"))
    func `know that variables are always shared`() throws {
        let scene = try AuthScene(["auth-keepalive-share-vars": "true"])
        #expect(try scene.gate.request().status == 200)
        #expect(scene.gate.faults(about: "auth-keepalive-share-vars").count == 1)
    }
}

@Suite struct `The annotation enable-global-auth` {
    @Test(
        .shows(effectOf: "enable-global-auth", "ConfigMap/global-auth-url"), .shows(defaultOf: "enable-global-auth"),
        .shows(badValueOf: "enable-global-auth"),
        arguments: [("true", 1), ("false", 0), ("perhaps", 1), (nil, 1)] as [(String?, Int)])
    func `says whether the ConfigMap's service is asked`(value: String?, questions: Int) throws {
        var annotations: [String: String] = [:]
        annotations["enable-global-auth"] = value
        let scene = try AuthScene(annotations, url: nil, configMap: ["global-auth-url": "http://auth.shop.svc/global"])
        #expect(try scene.gate.request().status == 200)
        #expect(scene.auth.requests.count == questions)
    }

    @Test func `gives way to a URL of the Ingress's own`() throws {
        let scene = try AuthScene(configMap: [
            "global-auth-url": "http://auth.shop.svc/global", "global-auth-method": "POST",
            "global-auth-response-headers": "X-User",
        ])
        #expect(try scene.gate.request("/", ["X-User: me"]).status == 200)
        #expect(scene.auth.requests.map(\.target) == ["/check"])
        #expect(scene.auth.requests.map(\.method) == ["GET"])
        #expect(scene.backend.requests.first?["X-User"] == "me")
    }

    @Test func `has all that an Ingress may say`() throws {
        let scene = try AuthScene(
            url: nil, status: "401 Unauthorized", fields: ["Set-Cookie: a=1"],
            configMap: [
                "global-auth-url": "http://auth.shop.svc/global", "global-auth-method": "HEAD",
                "global-auth-signin": "https://login.example/", "global-auth-signin-redirect-param": "back",
                "global-auth-request-redirect": "https://shop.example/", "global-auth-always-set-cookie": "true",
                "global-auth-cache-key": "$http_authorization", "global-auth-cache-duration": "401 1m",
            ])
        let response = try scene.gate.request("/a")
        #expect(response["Location"] == "https://login.example/?back=http://shop.example%2Fa")
        #expect(response["Set-Cookie"] == "a=1")
        #expect(scene.auth.requests.first?.method == "HEAD")
        #expect(scene.auth.requests.first?["X-Auth-Request-Redirect"] == "https://shop.example/")
    }

    @Test func `leaves the paths of no-auth-locations open`() throws {
        let scene = try AuthScene(
            status: "403 Forbidden", configMap: ["no-auth-locations": "/open,/health"], path: "/open/door")
        #expect(try scene.gate.request("/open/door").status == 200)
        let challenge = try AuthScene(status: "403 Forbidden", path: "/.well-known/acme-challenge/x")
        #expect(try challenge.gate.request("/.well-known/acme-challenge/x").status == 200)
        #expect(try challenge.gate.request("/").status == 403)
    }

    @Test(
        .shows(badValueOf: "ConfigMap/global-auth-url"),
        arguments: [
            ["global-auth-url": "auth.shop.svc"],
            ["global-auth-url": "http://auth.shop.svc/", "global-auth-method": "NO"],
            ["global-auth-url": "http://auth.shop.svc/", "global-auth-response-headers": "a b"],
            ["global-auth-url": "http://$http_x/"],
        ])
    func `closes every Ingress when it cannot be used`(configMap: [String: String]) throws {
        let scene = try AuthScene(url: nil, configMap: configMap)
        #expect(try scene.gate.request().status == 503)
        #expect(scene.backend.requests.isEmpty)
    }
}

@Suite struct `External authentication among other rules` {
    @Test func `comes after addresses, and is not asked when they refuse`() throws {
        let scene = try AuthScene(["denylist-source-range": "127.0.0.0/8"])
        #expect(try scene.gate.request().status == 403)
        #expect(scene.auth.requests.isEmpty)
    }

    @Test(arguments: [
        ("any", "127.0.0.0/8", "403 Forbidden", 200, 0), ("any", "10.0.0.0/8", "200 OK", 200, 1),
        ("any", "10.0.0.0/8", "401 Unauthorized", 401, 1), ("any", "10.0.0.0/8", "403 Forbidden", 403, 1),
        ("any", "10.0.0.0/8", "500 Internal Server Error", 500, 1), ("all", "127.0.0.0/8", "200 OK", 200, 1),
        ("all", "10.0.0.0/8", "200 OK", 403, 0), ("all", "127.0.0.0/8", "403 Forbidden", 403, 1),
    ])
    func `goes together with address lists as satisfy says`(
        satisfy: String, range: String, answer: String, status: Int, questions: Int
    ) throws {
        let scene = try AuthScene(["satisfy": satisfy, "allowlist-source-range": range], status: answer)
        #expect(try scene.gate.request().status == status)
        #expect(scene.auth.requests.count == questions)
    }

    @Test func `comes after redirects, rewrites the question not`() throws {
        let redirected = try AuthScene(["permanent-redirect": "https://elsewhere.example/"])
        #expect(try redirected.gate.request().status == 301)
        #expect(redirected.auth.requests.isEmpty)
        let rewritten = try AuthScene(["rewrite-target": "/new"], path: "/old")
        #expect(try rewritten.gate.request("/old").status == 200)
        #expect(rewritten.auth.requests.first?["X-Original-URL"] == "http://shop.example/old")
        #expect(rewritten.backend.requests.first?.target == "/new")
    }

    @Test func `is not asked while nobody could serve`() throws {
        let auth = try ScriptedOrigin(answering: "")
        let gate = try Gate(["auth-url": AuthScene.url], origins: ["web": [], "auth": [auth]])
        #expect(try gate.request().status == 503)
        #expect(auth.requests.isEmpty)
    }
}
