import Model
import TestSupport
import Testing
import Translation

/// The shop with an entry of `spec.tls` that names its host, so that it has a certificate.
private func secureGate(
    _ annotations: [String: String], path: String = "/", host: String = "shop.example",
    configMap: [String: String] = [:], also objects: [String] = []
) throws -> Gate {
    let ingress = Manifests.ingress(
        annotations, host: host, path: path, spec: ["tls: [{hosts: [\"\(host)\"]}]"])
    return try Gate(
        manifests: [ingress] + objects, origins: ["web": [try ScriptedOrigin(answering: "ok")]], configMap: configMap)
}

@Suite struct `ssl-redirect` {
    @Test(
        .shows(defaultOf: "ssl-redirect"),
        arguments: [
            ("/", "https://shop.example"), ("/x/", "https://shop.example/x"),
            ("/x/?q=1", "https://shop.example/x/?q=1"),
            ("/a%20b//c?d=/", "https://shop.example/a%20b//c?d="), ("/x", "https://shop.example/x"),
        ])
    func `sends plain requests to HTTPS with 308 by default, where the host has a certificate`(
        target: String, location: String
    ) throws {
        let answer = try secureGate([:]).request(target)
        #expect(answer.status == 308)
        #expect(answer["Location"] == location)
        #expect(answer.text.contains("308 Permanent Redirect"))
        #expect(answer["Strict-Transport-Security"] == nil)
    }

    @Test(.shows(defaultOf: "force-ssl-redirect"))
    func `leaves a host alone that spec.tls doesn't name`() throws {
        let gate = try Gate([:], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request("/").status == 200)
    }

    @Test(.shows(effectOf: "ssl-redirect"))
    func `is turned off by false`() throws {
        #expect(try secureGate(["ssl-redirect": "false"]).request("/").status == 200)
    }

    @Test(.shows(badValueOf: "ssl-redirect"), arguments: ["no", "", "off", "\u{0}", "true\nx"])
    func `keeps its default when the value is bad`(value: String) throws {
        #expect(try secureGate(["ssl-redirect": value]).request("/").status == 308)
    }

    @Test func `drops the port of the host`() throws {
        let gate = try secureGate([:])
        #expect(try gate.request("/x", host: "shop.example:8080")["Location"] == "https://shop.example/x")
    }

    @Test(arguments: [
        ([String](), 308), (["X-Forwarded-Proto: http"], 308), (["X-Forwarded-Proto: https"], 200),
        (["X-Forwarded-Proto: wss"], 200),
    ])
    func `goes by a believed X-Forwarded-Proto`(fields: [String], status: Int) throws {
        let gate = try secureGate([:], configMap: ["use-forwarded-headers": "true"])
        #expect(try gate.request("/", fields).status == status)
    }

    @Test func `doesn't believe X-Forwarded-Proto by default`() throws {
        #expect(try secureGate([:]).request("/", ["X-Forwarded-Proto: https"]).status == 308)
    }

    @Test func `takes a believed X-Forwarded-Host without its port`() throws {
        let gate = try secureGate([:], configMap: ["use-forwarded-headers": "true"])
        let answer = try gate.request("/x", ["X-Forwarded-Host: public.example:8443"])
        #expect(answer["Location"] == "https://public.example/x")
    }

    @Test func `takes its status from http-redirect-code`() throws {
        #expect(try secureGate([:], configMap: ["http-redirect-code": "301"]).request("/").status == 301)
        #expect(try secureGate([:], configMap: ["http-redirect-code": "303"]).request("/").status == 308)
    }

    @Test func `spares the paths of no-tls-redirect-locations, even when it is forced`() throws {
        let path = "/.well-known/acme-challenge/token"
        #expect(try secureGate(["force-ssl-redirect": "true"], path: path).request(path).status == 200)
        let gate = try secureGate([:], path: "/open", configMap: ["no-tls-redirect-locations": "/open"])
        #expect(try gate.request("/open/door").status == 200)
        #expect(try gate.request("/.well-known/acme-challenge/token").status == 308)
    }

    @Test func `holds for paths that no rule names`() throws {
        #expect(try secureGate([:], path: "/shop").request("/elsewhere").status == 308)
    }

    @Test func `comes behind redirects to other URLs and app-root, and before missing endpoints`() throws {
        let moved = try secureGate(["permanent-redirect": "https://example.com/moved"])
        #expect(try moved.request("/")["Location"] == "https://example.com/moved")
        let root = try secureGate(["app-root": "/app"])
        #expect(try root.request("/").status == 302)
        let ingress = Manifests.ingress([:], spec: ["tls: [{hosts: [shop.example]}]"])
        let empty = try Gate(manifests: [ingress, Manifests.service("web")], origins: [:])
        #expect(try empty.request("/").status == 308)
    }

    @Test func `comes before addresses that may not come in, and behind a denied path`() throws {
        let gate = try secureGate(["allowlist-source-range": "192.0.2.0/24"])
        #expect(try gate.request("/").status == 308)
        let denied = try secureGate(["proxy-ssl-secret": "shop/none"])
        #expect(try denied.request("/").status == 503)
    }

    @Test func `comes behind the slash redirect and the body limit`() throws {
        let gate = try secureGate(["proxy-body-size": "4"], path: "/shop/")
        #expect(try gate.request("/shop").status == 301)
        #expect(try gate.request("/shop/", method: "POST", body: "too long").status == 413)
    }
}

@Suite struct `force-ssl-redirect` {
    @Test(.shows(effectOf: "force-ssl-redirect"))
    func `redirects whether or not the host has a certificate`() throws {
        let gate = try Gate(["force-ssl-redirect": "true"], origin: try ScriptedOrigin(answering: "ok"))
        let answer = try gate.request("/x/")
        #expect(answer.status == 308 && answer["Location"] == "https://shop.example/x")
    }

    @Test func `redirects the hosts that nobody names`() throws {
        let gate = try Gate(
            ["force-ssl-redirect": "true"], host: nil, origins: ["web": [try ScriptedOrigin(answering: "ok")]])
        #expect(try gate.request("/x", host: "any.example")["Location"] == "https://any.example/x")
    }

    @Test(.shows(badValueOf: "force-ssl-redirect"), arguments: ["yes", "1 ", "on"])
    func `is off by default and when the value is bad`(value: String) throws {
        let gate = try Gate(["force-ssl-redirect": value], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request("/").status == (value == "1 " ? 308 : 200))
    }

    @Test func `is turned on by the ConfigMap`() throws {
        let gate = try Gate(
            [:], origin: try ScriptedOrigin(answering: "ok"), configMap: ["force-ssl-redirect": "true"])
        #expect(try gate.request("/").status == 308)
    }
}

@Suite struct `use-port-in-redirects` {
    @Test(.shows(effectOf: "use-port-in-redirects"))
    func `names the port of HTTPS, and the port of slash redirects`() throws {
        let ingress = Manifests.ingress(
            ["use-port-in-redirects": "true"], path: "/shop/", spec: ["tls: [{hosts: [shop.example]}]"])
        let gate = try Gate(manifests: [ingress], origins: ["web": [try ScriptedOrigin(answering: "ok")]]) {
            $0.securePort = 8443
        }
        #expect(try gate.request("/shop/x")["Location"] == "https://shop.example:8443/shop/x")
        #expect(try gate.request("/shop")["Location"] == "http://shop.example:\(gate.port)/shop/")
    }

    @Test(
        .shows(defaultOf: "use-port-in-redirects"), .shows(badValueOf: "use-port-in-redirects"),
        arguments: [nil, "maybe"])
    func `names none by default and when the value is bad`(value: String?) throws {
        let gate = try secureGate(value.map { ["use-port-in-redirects": $0] } ?? [:], path: "/shop/")
        #expect(try gate.request("/shop/x")["Location"] == "https://shop.example/shop/x")
        #expect(try gate.request("/shop")["Location"] == "http://shop.example/shop/")
        #expect(gate.faults(about: "use-port-in-redirects").isEmpty == (value == nil))
    }
}

@Suite struct `preserve-trailing-slash` {
    @Test(
        .shows(effectOf: "preserve-trailing-slash"), .shows(defaultOf: "preserve-trailing-slash"),
        .shows(badValueOf: "preserve-trailing-slash"),
        arguments: [("true", "/x/"), ("false", "/x"), ("maybe", "/x"), (nil, "/x")] as [(String?, String)])
    func `keeps the slash at the end of the target`(value: String?, path: String) throws {
        let gate = try secureGate(value.map { ["preserve-trailing-slash": $0] } ?? [:])
        #expect(try gate.request("/x/")["Location"] == "https://shop.example\(path)")
        #expect(gate.faults(about: "preserve-trailing-slash").isEmpty == (value != "maybe"))
    }
}

@Suite struct `relative-redirects` {
    @Test(arguments: [("true", "/shop/?a"), ("false", "http://shop.example/shop/?a")])
    func `give the path alone`(value: String, location: String) throws {
        let gate = try Gate(
            ["relative-redirects": value], path: "/shop/", origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request("/shop?a")["Location"] == location)
    }

    @Test func `hold for redirects to a path, by the ConfigMap too`() throws {
        let gate = try Gate(
            ["permanent-redirect": "/moved"], origin: try ScriptedOrigin(answering: "ok"),
            configMap: ["relative-redirects": "true"])
        #expect(try gate.request("/")["Location"] == "/moved")
    }

    @Test func `reject their Ingress when the value is bad`() throws {
        let gate = try Gate(["relative-redirects": "maybe"], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request("/").status == 404)
        #expect(gate.faults(about: "relative-redirects").count == 1)
    }
}

@Suite struct `from-to-www-redirect` {
    @Test(
        .shows(effectOf: "from-to-www-redirect"),
        arguments: [("shop.example", "www.shop.example"), ("www.shop.example", "shop.example")])
    func `sends the other name to the host, with its port`(host: String, other: String) throws {
        let gate = try Gate(
            ["from-to-www-redirect": "true", "app-root": "/app"], host: host,
            origins: ["web": [try ScriptedOrigin(answering: "ok")]])
        let answer = try gate.request("/x/?a=/", host: other)
        #expect(answer.status == 308)
        #expect(answer["Location"] == "http://\(host):\(gate.port)/x/?a=")
        #expect(try gate.request("/", host: other)["Location"] == "http://\(host):\(gate.port)")
        #expect(try gate.request("/x", host: host).status == 200)
    }

    @Test func `goes by believed forwarded headers`() throws {
        let gate = try Gate(
            ["from-to-www-redirect": "true"], origin: try ScriptedOrigin(answering: "ok"),
            configMap: ["use-forwarded-headers": "true", "http-redirect-code": "302"])
        let answer = try gate.request(
            "/x", host: "www.shop.example", ["X-Forwarded-Proto: https", "X-Forwarded-Port: 443"])
        #expect(answer.status == 302 && answer["Location"] == "https://shop.example:443/x")
    }

    @Test func `leaves a name alone that is a host of its own`() throws {
        let ingresses = [
            Manifests.ingress(["from-to-www-redirect": "true"]),
            Manifests.ingress([:], name: "www", host: "www.shop.example"),
        ]
        let gate = try Gate(manifests: ingresses, origins: ["web": [try ScriptedOrigin(answering: "ok")]])
        #expect(try gate.request("/", host: "www.shop.example").status == 200)
    }

    @Test(.shows(defaultOf: "from-to-www-redirect"), .shows(badValueOf: "from-to-www-redirect"))
    func `is off by default, and rejects its Ingress when the value is bad`() throws {
        let plain = try Gate([:], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try plain.request("/", host: "www.shop.example").status == 404)
        let bad = try Gate(["from-to-www-redirect": "yes"], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try bad.request("/").status == 404)
        #expect(bad.faults(about: "from-to-www-redirect").count == 1)
    }
}
