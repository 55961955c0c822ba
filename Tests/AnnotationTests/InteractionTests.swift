import Model
import TestSupport
import Testing

/// What annotations of two Ingresses, or of one, mean together, as far as it is not in the suites of either.
@Suite struct `Ingresses that share an upstream` {
    /// Of two Ingresses that are equally old the one with the later name counts as the older: zebra's.
    private func gate(zebra: [String: String], ant: [String: String], endpoints: Int = 4) throws -> Gate {
        let origins = try (0..<endpoints).map { try ScriptedOrigin(answering: "\($0)") }
        return try Gate(
            manifests: [
                Manifests.ingress(zebra, name: "zebra", path: "/z"), Manifests.ingress(ant, name: "ant", path: "/a"),
            ], origins: ["web": origins])
    }

    @Test func `are balanced as the oldest says`() throws {
        let hashed = try gate(zebra: ["upstream-hash-by": "$host"], ant: ["load-balance": "round_robin"])
        #expect(Set(try (0..<12).map { _ in try hashed.request("/a").text }).count == 1)
        let plain = try gate(zebra: ["load-balance": "round_robin"], ant: ["upstream-hash-by": "$host"])
        #expect(Set(try (0..<12).map { _ in try plain.request("/a").text }).count == 4)
    }

    @Test func `have the cookie that the youngest describes, in the mode of the oldest`() throws {
        let cookie = ["affinity": "cookie", "session-cookie-max-age": "9"]
        let shop = try gate(
            zebra: cookie.merging(["affinity-mode": "persistent", "session-cookie-name": "old"]) { $1 },
            ant: cookie.merging(["affinity-mode": "balanced", "session-cookie-name": "young"]) { $1 })
        let cookies = Set(try (0..<40).map { _ in try shop.request("/z")["Set-Cookie"] ?? "none" })
        #expect(cookies.allSatisfy { $0.hasPrefix("young=") && $0.contains("; Max-Age=9;") })
        // A key for each endpoint, where the other mode has one for each session.
        #expect(cookies.count <= 4)
    }
}

@Suite struct `Affinity on a host that is a wildcard` {
    @Test func `gives each of its names a cookie`() throws {
        let gate = try Gate(
            ["affinity": "cookie"], host: "*.shop.example", origins: ["web": [try ScriptedOrigin(answering: "ok")]])
        #expect(try gate.request(host: "a.shop.example")["Set-Cookie"] != nil)
        #expect(try gate.request(host: "shop.example")["Set-Cookie"] == nil)
    }
}

@Suite struct `A rewrite-target that is the path itself` {
    @Test func `does nothing, and leaves the host out of regex mode`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            manifests: [
                Manifests.ingress(["rewrite-target": "/x", "x-forwarded-prefix": "/p"], path: "/x"),
                Manifests.ingress([:], name: "zebra", service: "root"),
            ], origins: ["web": [origin], "root": [try ScriptedOrigin(answering: "root")]])
        #expect(try gate.request("/x/y?z").text == "ok")
        #expect(origin.requests.first?.target == "/x/y?z")
        #expect(origin.requests.first?["X-Forwarded-Prefix"] == nil)
        // As a regular expression the path would be found at the beginning of this one, and in any case.
        #expect(try gate.request("/xyz").text == "root")
        #expect(try gate.request("/X").text == "root")
    }
}

@Suite struct `An Ingress of a default backend alone` {
    @Test(arguments: [
        ["temporal-redirect": "https://other.example/"], ["permanent-redirect": "https://other.example/"],
        ["rewrite-target": "/other"],
    ])
    func `redirects nothing and rewrites nothing`(annotations: [String: String]) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(manifests: [Self.ingress(annotations)], origins: ["web": [origin]])
        #expect(try gate.request("/a?b", host: "whoever.example").text == "ok")
        #expect(origin.requests.map(\.target) == ["/a?b"])
    }

    @Test func `keeps out whom its other annotations keep out`() throws {
        let gate = try Gate(
            manifests: [Self.ingress(["denylist-source-range": "127.0.0.0/8"])],
            origins: ["web": [ScriptedOrigin(answering: "ok")]])
        #expect(try gate.request("/", host: "whoever.example").status == 403)
    }

    private static func ingress(_ annotations: [String: String]) -> String {
        let written = annotations.map { "    \(Manifests.prefix)\($0.key): \"\($0.value)\"" }.joined(separator: "\n")
        return """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: all
              namespace: shop
              annotations:
            \(written)
            spec:
              ingressClassName: nginx
              defaultBackend: {service: {name: web, port: {number: 80}}}

            """
    }
}

@Suite struct `Timeouts and tries of a backend that speaks gRPC` {
    @Test func `are those of proxy-read-timeout and proxy-next-upstream-tries`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            while try peer.message() != nil {}
        }
        let gate = try Gate(
            ["backend-protocol": "GRPC", "proxy-read-timeout": "1", "proxy-next-upstream-tries": "1"], origin: origin)
        #expect(try gate.request().status == 504)
        #expect(gate.metric("gatehouse_upstream_attempts_total") <= 1)
    }
}

@Suite struct `A client's certificate` {
    @Test(arguments: [nil, MutualShop.client])
    func `is told to the authentication service as it is to the backend`(identity: TestCertificate?) throws {
        let auth = try ScriptedOrigin(answering: "")
        let shop = try MutualShop([
            "auth-url": "http://127.0.0.1:\(auth.port)/", "auth-tls-verify-client": "optional",
            "auth-tls-pass-certificate-to-upstream": "true",
        ])
        #expect(try shop.request(as: identity, with: ["ssl-client-subject-dn: CN=root"]).status == 200)
        let (question, request) = (try #require(auth.requests.first), try #require(shop.origin.requests.first))
        for name in ["ssl-client-verify", "ssl-client-subject-dn", "ssl-client-issuer-dn", "ssl-client-cert"] {
            #expect(question.values(name) == request.values(name))
        }
        #expect(question["ssl-client-verify"] == (identity == nil ? "NONE" : "SUCCESS"))
        #expect(question["ssl-client-subject-dn"] == (identity == nil ? nil : "CN=web-client,O=Gatehouse Tests"))
    }
}

@Suite struct `A body in chunks` {
    @Test(arguments: [nil, "on", "off"])
    func `goes to a backend of proxy-http-version 1.0 with its length, buffered or not`(buffering: String?) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        var annotations = ["proxy-http-version": "1.0"]
        annotations["proxy-request-buffering"] = buffering
        let gate = try Gate(annotations, origin: origin)
        let client = try gate.client()
        try client.send(Client.head("/", method: "POST", ["Transfer-Encoding: chunked"]))
        try client.send("5\r\nhello\r\n0\r\n\r\n")
        #expect(try client.response(to: "POST").status == 200)
        let request = try #require(origin.requests.first)
        #expect(request.version == "HTTP/1.0" && request.text == "hello")
        #expect(request["Content-Length"] == "5" && request["Transfer-Encoding"] == nil)
    }
}

@Suite struct `A PROXY header` {
    private static let secure = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n"

    @Test func `that names port 443 is told to the backend, also beside fields of a snippet`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let snippet = "proxy_set_header X-Scheme own; proxy_set_header X-Seen $pass_access_scheme/$scheme;"
        let gate = try Gate(
            ["configuration-snippet": snippet], origin: origin, configMap: ["use-proxy-protocol": "true"])
        let client = try gate.client()
        try client.send(Self.secure)
        #expect(try client.request().status == 200)
        let request = try #require(origin.requests.first)
        #expect(request.values("X-Forwarded-Proto") == ["https"] && request.values("X-Forwarded-Scheme") == ["https"])
        #expect(request.values("X-Scheme") == ["own"] && request["X-Forwarded-Port"] == "443")
        #expect(request["X-Seen"] == "https/http")
    }

    @Test func `that names port 443 is told to the authentication service, and leads back by HTTPS`() throws {
        let scene = try AuthScene(
            ["auth-method": "GET", "auth-signin": "https://login.example/start"], status: "401 Unauthorized",
            configMap: ["use-proxy-protocol": "true"])
        let client = try scene.gate.client()
        try client.send(Self.secure)
        let answer = try client.request("/a")
        #expect(answer["Location"] == "https://login.example/start?rd=https://shop.example%2Fa")
        let question = try #require(scene.auth.requests.first)
        // The original URL has the scheme of the socket, as in ingress-nginx.
        #expect(question["X-Scheme"] == "https" && question["X-Original-URL"] == "http://shop.example/a")
    }

    @Test func `that names port 443 makes a redirect to another host one to HTTPS`() throws {
        let gate = try Gate(
            ["from-to-www-redirect": "true"], origin: ScriptedOrigin(answering: "ok"),
            configMap: ["use-proxy-protocol": "true"])
        let client = try gate.client()
        try client.send(Self.secure)
        #expect(try client.request("/x", host: "www.shop.example")["Location"] == "https://shop.example:443/x")
    }

    @Test(arguments: [(443, 200, "https"), (80, 308, nil)] as [(Int, Int, String?)])
    func `that names port 443 is of a client of HTTPS, which nobody redirects`(
        port: Int, status: Int, scheme: String?
    ) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            ["force-ssl-redirect": "true"], origin: origin, configMap: ["use-proxy-protocol": "true"])
        let client = try gate.client()
        try client.send("PROXY TCP4 192.0.2.7 198.51.100.1 40000 \(port)\r\n")
        #expect(try client.request().status == status)
        #expect(origin.requests.first?["X-Forwarded-Proto"] == scheme)
        #expect(origin.requests.first?["X-Real-IP"] == (scheme == nil ? nil : "192.0.2.7"))
    }
}
