import Model
import TestSupport
import Testing

/// Who wins where two say something about the same.
@Suite struct `An annotation and the key of its name` {
    typealias Look = @Sendable (Gate, ScriptedOrigin) throws -> String

    struct Pair: Sendable, CustomTestStringConvertible {
        var name: String
        /// What the ConfigMap says, and what the Ingress says.
        var values: (global: String, own: String)
        /// What is seen while the ConfigMap speaks alone, and when both do.
        var seen: (global: String, own: String)
        var beside: [String: String]
        var look: Look
        var testDescription: String { name }

        init(
            _ name: String, _ global: String, _ own: String, seen: (global: String, own: String),
            beside: [String: String] = [:], _ look: @escaping Look
        ) {
            (self.name, values, self.seen) = (name, (global, own), seen)
            (self.beside, self.look) = (beside, look)
        }
    }

    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

    private static let location: Look = { gate, _ in try gate.request("/x/")["Location"] ?? "none" }

    /// How much of a client's trace the backend gets.
    private static let traced: Look = { gate, origin in
        _ = try gate.request("/", ["traceparent: \(trace)"])
        let told = origin.requests.last?["traceparent"]
        return told == trace ? "as it is" : told?.hasPrefix(trace.prefix(35)) == true ? "goes on" : "new"
    }

    private static func text(_ target: String) -> Look { { gate, _ in try gate.request(target).text } }
    private static func status(_ target: String) -> Look { { gate, _ in "\(try gate.request(target).status)" } }

    static let pairs: [Pair] = [
        Pair("force-ssl-redirect", "true", "false", seen: ("308", "200"), status("/")),
        Pair(
            "preserve-trailing-slash", "true", "false",
            seen: ("https://shop.example/x/", "https://shop.example/x"), beside: ["force-ssl-redirect": "true"],
            location),
        Pair(
            "relative-redirects", "true", "false", seen: ("/moved", "http://shop.example/moved"),
            beside: ["permanent-redirect": "/moved"], location),
        Pair(
            "disable-proxy-intercept-errors", "true", "false", seen: ("gone", "sorry"),
            beside: ["custom-http-errors": "404", "default-backend": "errors"], text("/gone")),
        Pair(
            "custom-http-errors", "404", "500", seen: ("sorry", "gone"), beside: ["default-backend": "errors"],
            text("/gone")),
        Pair(
            "proxy-http-version", "1.0", "1.1", seen: ("HTTP/1.0", "HTTP/1.1"),
            { gate, origin in
                _ = try gate.request()
                return origin.requests.last?.version ?? "none"
            }),
        Pair(
            "proxy-next-upstream-tries", "1", "2", seen: ("1", "2"),
            { gate, origin in
                _ = try gate.request("/breaks")
                return "\(origin.requests.count)"
            }),
        Pair("proxy-buffer-size", "64k", "4k", seen: ("200", "502"), status("/large")),
        Pair("enable-opentelemetry", "true", "false", seen: ("goes on", "as it is"), traced),
        Pair(
            "opentelemetry-trust-incoming-span", "false", "true", seen: ("new", "goes on"),
            beside: ["enable-opentelemetry": "true"], traced),
        Pair(
            "proxy-cookie-domain", "internal example.com", "off",
            seen: ("a=1; Domain=example.com", "a=1; Domain=internal"),
            { gate, _ in try gate.request()["Set-Cookie"] ?? "none" }),
    ]

    @Test(arguments: pairs)
    func `say the same thing, and the annotation's word counts`(pair: Pair) throws {
        for (own, seen) in [(nil, pair.seen.global), (pair.values.own, pair.seen.own)] {
            let origin = try ScriptedOrigin { connection in
                while let request = try connection.request() {
                    switch request.target {
                    case "/breaks": return connection.reset()
                    case "/gone": try connection.respond("gone", status: "404 Not Found")
                    case "/large":
                        try connection.respond(fields: ["X-Large: \(String(repeating: "x", count: 40_000))"])
                    default: try connection.respond(fields: ["Set-Cookie: a=1; Domain=internal"])
                    }
                }
            }
            var annotations = pair.beside
            annotations[pair.name] = own
            let gate = try Gate(
                annotations, origins: ["web": [origin], "errors": [try ScriptedOrigin(answering: "sorry")]],
                configMap: [pair.name: pair.values.global])
            #expect(gate.diagnostics.isEmpty)
            #expect(try pair.look(gate, origin) == seen)
        }
    }

    /// Each list takes the place of the ConfigMap's of its own kind alone.
    @Test func `leave a list of the other kind as it is`() throws {
        let here = "127.0.0.0/8"
        let denied = try Gate(
            ["allowlist-source-range": here], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["denylist-source-range": here])
        #expect(try denied.request().status == 403)
        let unlisted = try Gate(
            ["denylist-source-range": "192.0.2.1"], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["whitelist-source-range": "192.0.2.0/24"])
        #expect(try unlisted.request().status == 403)
    }

    @Test func `custom-headers goes before add-headers`() throws {
        let gate = try Gate(
            ["custom-headers": "shop/own"], origin: ScriptedOrigin(answering: "ok", fields: ["X-Who: backend"]),
            configMap: ["add-headers": "shop/all", "global-allowed-response-headers": "X-Who"],
            also: Manifests.configMap("own", ["X-Who": "path"]) + "---\n"
                + Manifests.configMap("all", ["X-Who": "all", "X-All": "1"]))
        let answer = try gate.request()
        #expect(answer.values("X-Who") == ["path"] && answer["X-All"] == "1")
    }
}

@Suite struct `An own auth-url` {
    @Test(arguments: ["true", "false"])
    func `is asked whatever enable-global-auth says`(value: String) throws {
        let scene = try AuthScene(
            ["enable-global-auth": value], configMap: ["global-auth-url": "http://auth.shop.svc/global"])
        #expect(try scene.gate.request().status == 200)
        #expect(scene.auth.requests.map(\.target) == ["/check"])
    }

    @Test func `is not asked for paths of no-auth-locations`() throws {
        let scene = try AuthScene(status: "403 Forbidden", configMap: ["no-auth-locations": "/open"], path: "/open")
        #expect(try scene.gate.request("/open/door").status == 200)
        #expect(scene.auth.requests.isEmpty)
    }
}

@Suite struct `A page of an error service` {
    static let pages = ["custom-http-errors": "401,404,429", "default-backend": "errors"]

    @Test func `has the CORS headers of its path`() throws {
        let scene = try ErrorScene(
            Self.pages.merging(["enable-cors": "true", "cors-allow-origin": "https://a.example"]) { $1 },
            backend: "404 Not Found")
        let answer = try scene.gate.request("/", ["Origin: https://a.example"])
        #expect(answer.text == "sorry 404")
        #expect(answer.values("Access-Control-Allow-Origin") == ["https://a.example"])
    }

    @Test func `takes the place of a missing password and of a limit`() throws {
        let closed = try ErrorScene(
            Self.pages.merging(["auth-type": "basic", "auth-secret": "users"]) { $1 },
            also: Manifests.secret("users", ["auth": "anna:{PLAIN}secret"]))
        #expect(try closed.gate.request().text == "sorry 401")
        let limited = try ErrorScene(
            Self.pages.merging(["limit-rpm": "1", "limit-burst-multiplier": "0"]) { $1 },
            configMap: ["limit-req-status-code": "429"])
        #expect(try limited.gate.request().text == "backend")
        #expect(try limited.gate.request().text == "sorry 429")
    }
}

@Suite struct `Methods that may not be repeated` {
    @Test(arguments: [("GET", 3), ("PUT", 3), ("DELETE", 3), ("POST", 1), ("PATCH", 1), ("LOCK", 1)])
    func `are sent once, others as often as proxy-next-upstream-tries says`(method: String, times: Int) throws {
        let bad = try ScriptedOrigin { connection in
            _ = try connection.request()
            connection.reset()
        }
        let gate = try Gate([:], origin: bad)
        #expect(try gate.request(method: method).status == 502)
        #expect(bad.requests.count == times)
    }
}

@Suite struct `A copy and a rewrite` {
    @Test func `go each to its own path`() throws {
        let (web, copies) = (try ScriptedOrigin(answering: "ok"), try ScriptedOrigin(answering: ""))
        let gate = try Gate(
            ["rewrite-target": "/$1", "mirror-target": "http://copies.shop.svc$request_uri"], path: "/api/(.*)",
            pathType: "ImplementationSpecific", origins: ["web": [web], "copies": [copies]])
        #expect(try gate.request("/api/a%20b?c=d").text == "ok")
        #expect(web.requests.first?.target == "/a%20b?c=d")
        #expect(try copies.waitForRequests(1).first?.target == "/api/a%20b?c=d")
    }
}

@Suite struct `A default backend beside rules` {
    @Test func `has the paths of its own hosts that no rule names`() throws {
        let gate = try Gate(
            manifests: [
                Manifests.ingress(
                    [:], path: "/a", spec: ["defaultBackend: {service: {name: rest, port: {number: 80}}}"]),
                Manifests.ingress([:], name: "other", host: "other.example", path: "/a"),
            ],
            origins: ["web": [try ScriptedOrigin(answering: "web")], "rest": [try ScriptedOrigin(answering: "rest")]])
        #expect(try gate.request("/a").text == "web")
        #expect(try gate.request("/b").text == "rest")
        #expect(try gate.request("/b", host: "other.example").status == 404)
        #expect(try gate.request("/b", host: "unknown.example").status == 404)
    }
}
