import Foundation
import TestSupport
import Testing

/// A Service with several endpoints, each of which answers with its number.
private struct Shop {
    let origins: [ScriptedOrigin]
    let gate: Gate

    init(
        _ annotations: [String: String], endpoints: Int = 4, path: String = "/", also more: [String] = [],
        workers: Int = 1
    ) throws {
        origins = try (0..<endpoints).map { try ScriptedOrigin(answering: "\($0)") }
        let all = ["affinity": "cookie"].merging(annotations) { $1 }
        gate = try Gate(
            manifests: [Manifests.ingress(all, path: path)] + more, origins: ["web": origins], workers: workers)
    }

    func ask(_ target: String = "/", host: String = "shop.example", cookie: String? = nil) throws -> Message {
        try gate.request(target, host: host, cookie.map { ["Cookie: \($0)"] } ?? [])
    }
}

extension Message {
    /// `name=value` of the cookie that the response sets.
    fileprivate var cookie: String? {
        self["Set-Cookie"].map { String($0.prefix { $0 != ";" }) }
    }

    /// Its attributes.
    fileprivate var attributes: [String] {
        (self["Set-Cookie"] ?? "").components(separatedBy: "; ").dropFirst().map { String($0) }
    }
}

@Suite struct `The annotation affinity` {
    @Test(.shows(effectOf: "affinity"), arguments: ["balanced", "persistent"])
    func `keeps a client on the endpoint that its cookie names, on every worker`(mode: String) throws {
        let shop = try Shop(["affinity-mode": mode], workers: 2)
        var used: Set<String> = []
        for _ in 0..<30 {
            let first = try shop.ask()
            let cookie = try #require(first.cookie)
            #expect(cookie.wholeMatch(of: /INGRESSCOOKIE=[0-9a-f]{32}\|[0-9a-f]{32}/) != nil)
            used.insert(first.text)
            for _ in 0..<4 {
                let again = try shop.ask(cookie: "a=b; \(cookie)")
                #expect(again.text == first.text)
                #expect(again["Set-Cookie"] == nil, "who has a valid cookie gets none")
            }
        }
        #expect(used.count > 1)
    }

    @Test(.shows(defaultOf: "affinity"), .shows(badValueOf: "affinity"))
    func `is off by default, and when its value is unusable`() throws {
        for annotations in [["affinity": ""], ["affinity": "ip"]] {
            let shop = try Shop(annotations)
            #expect(try shop.ask().cookie == nil)
            #expect(shop.gate.faults(about: "affinity").isEmpty == (annotations["affinity"] == ""))
        }
    }

    @Test func `gives cookies out on the paths of Ingresses that ask, and goes by them on all`() throws {
        let shop = try Shop(
            [:], path: "/web", also: [Manifests.ingress([:], name: "plain", host: "plain.example")])
        #expect(try shop.ask("/", host: "plain.example").cookie == nil)
        let first = try shop.ask("/web/a")
        let cookie = try #require(first.cookie)
        for _ in 0..<5 { #expect(try shop.ask("/", host: "plain.example", cookie: cookie).text == first.text) }
    }

    @Test func `adds its cookie to those of the backend`() throws {
        let origin = try ScriptedOrigin(answering: "ok", fields: ["Set-Cookie: a=1", "Set-Cookie: b=2"])
        let gate = try Gate(["affinity": "cookie"], origin: origin)
        let cookies = try gate.request().fields.filter { $0.name.lowercased() == "set-cookie" }.map(\.value)
        #expect(cookies.count == 3)
        #expect(cookies.prefix(2) == ["a=1", "b=2"] && cookies[2].hasPrefix("INGRESSCOOKIE="))
    }

    @Test func `goes with the 101 of a tunnel`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.head()
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
            try connection.waitForEnd()
        }
        let gate = try Gate(["affinity": "cookie"], origin: origin)
        let client = try gate.client()
        try client.send(Client.head("/", ["Upgrade: websocket", "Connection: upgrade"]))
        let answer = try client.response()
        #expect(answer.status == 101)
        #expect(answer.cookie?.hasPrefix("INGRESSCOOKIE=") == true)
    }

    @Test func `goes before upstream-hash-by and load-balance`() throws {
        let shop = try Shop(["upstream-hash-by": "$host", "load-balance": "ewma"])
        let used = Set(try (0..<40).map { _ in try shop.ask().text })
        #expect(used.count > 1, "the same text would be hashed to one endpoint")
        let first = try shop.ask()
        for _ in 0..<5 { #expect(try shop.ask(cookie: first.cookie).text == first.text) }
    }

    @Test(arguments: [
        "INGRESSCOOKIE=10.0.0.1:8080", "INGRESSCOOKIE=", "INGRESSCOOKIE=a|b", "INGRESSCOOKIE=|", "ingresscookie=x",
    ])
    func `passes over cookies that it never gave out`(cookie: String) throws {
        let shop = try Shop(["affinity-mode": "persistent"])
        let answer = try shop.ask(cookie: cookie)
        #expect(answer.status == 200)
        #expect(answer.cookie != nil)
    }

    @Test func `warns that a regular expression is no cookie's path`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        for (annotations, isWarned) in [([:], true), (["session-cookie-path": "/"], false)] {
            let all = ["affinity": "cookie", "use-regex": "true"].merging(annotations) { $1 }
            let gate = try Gate(all, path: "/a.*", pathType: "ImplementationSpecific", origin: origin)
            #expect(gate.faults(about: "affinity").isEmpty != isWarned)
            #expect(try gate.request("/ab").attributes.contains(isWarned ? "Path=/a.*" : "Path=/"))
        }
    }
}

@Suite struct `The annotation affinity-mode` {
    @Test(.shows(effectOf: "affinity-mode"))
    func `persistent keeps sessions when endpoints come`() throws {
        let shop = try Shop(["affinity-mode": "persistent"], endpoints: 1)
        let cookie = try #require(try shop.ask().cookie)
        let newcomer = try ScriptedOrigin(answering: "new")
        let more = Manifests.slice(of: "web", 7, port: newcomer.port)
        try shop.gate.replace([Manifests.ingress(["affinity": "cookie", "affinity-mode": "persistent"]), more])
        // Once a client without cookie meets the newcomer, the worker has the new endpoints.
        while try shop.ask().text != "new" {}
        for _ in 0..<10 { #expect(try shop.ask(cookie: cookie).text == "0") }
    }

    @Test func `persistent gives a new cookie when the endpoint has gone`() throws {
        let annotations = ["affinity": "cookie", "affinity-mode": "persistent"]
        let gone = try ScriptedOrigin(answering: "gone")
        let origin = try ScriptedOrigin(answering: "stays")
        let slice = Manifests.slice(of: "web", 7, port: gone.port)
        let gate = try Gate(manifests: [Manifests.ingress(annotations), slice], origins: ["web": [origin]])
        var first = try gate.request()
        while first.text != "gone" { first = try gate.request() }
        let cookie = try #require(first.cookie)
        try gate.replace([Manifests.ingress(annotations)])
        var answer = try gate.request("/", ["Cookie: \(cookie)"])
        while answer.text == "gone" { answer = try gate.request("/", ["Cookie: \(cookie)"]) }
        #expect(answer.text == "stays")
        #expect(answer.cookie != nil && answer.cookie != cookie)
    }

    @Test(.shows(defaultOf: "affinity-mode"), .shows(badValueOf: "affinity-mode"))
    func `is balanced by default, and when its value is unusable`() throws {
        for annotations in [[:], ["affinity-mode": "sometimes"]] {
            let shop = try Shop(annotations)
            // Each session has a key of its own, though there are four endpoints only.
            let cookies = Set(try (0..<12).map { _ in try shop.ask().cookie })
            #expect(cookies.count == 12)
            #expect(shop.gate.faults(about: "affinity-mode").isEmpty == annotations.isEmpty)
        }
        let persistent = try Shop(["affinity-mode": "persistent"])
        #expect(Set(try (0..<40).map { _ in try persistent.ask().cookie }).count <= 4)
    }
}

@Suite struct `The annotation affinity-canary-behavior` {
    /// The gate, and a cookie of a session on each side.
    private func sides(_ behaviour: [String: String]) throws -> (Gate, [ScriptedOrigin], main: Message, canary: Message)
    {
        let origins = [try ScriptedOrigin(answering: "main"), try ScriptedOrigin(answering: "canary")]
        let canary = ["canary": "true", "canary-by-header": "X-Canary"].merging(behaviour) { $1 }
        let gate = try Gate(
            manifests: [
                Manifests.ingress(["affinity": "cookie"]), Manifests.ingress(canary, name: "next", service: "next"),
            ], origins: ["web": [origins[0]], "next": [origins[1]]])
        return (gate, origins, try gate.request(), try gate.request("/", ["X-Canary: always"]))
    }

    @Test(
        .shows(defaultOf: "affinity-canary-behavior"), .shows(badValueOf: "affinity-canary-behavior"),
        arguments: [[:], ["affinity-canary-behavior": "sticky"], ["affinity-canary-behavior": "glue"]])
    func `sticky, the default, keeps sessions on their side, whatever the header says`(behaviour: [String: String])
        throws
    {
        let (gate, _, main, canary) = try sides(behaviour)
        #expect(main.text == "main" && canary.text == "canary")
        let (onMain, onCanary) = (try #require(main.cookie), try #require(canary.cookie))
        #expect(try gate.request("/", ["X-Canary: always", "Cookie: \(onMain)"]).text == "main")
        #expect(try gate.request("/", ["X-Canary: never", "Cookie: \(onCanary)"]).text == "canary")
        #expect(try gate.request("/", ["Cookie: \(onCanary)"]).text == "canary")
        #expect(gate.faults(about: "affinity-canary-behavior").isEmpty == (behaviour.values.first != "glue"))
    }

    @Test(.shows(effectOf: "affinity-canary-behavior"))
    func `legacy gives the canary no sessions and decides anew each time`() throws {
        let (gate, _, main, canary) = try sides(["affinity-canary-behavior": "legacy"])
        #expect(canary.text == "canary" && canary.cookie == nil)
        #expect(try gate.request().text == "main")
        #expect(try gate.request("/", ["X-Canary: always", "Cookie: \(try #require(main.cookie))"]).text == "main")
    }

    @Test func `says nothing on the main Ingress`() throws {
        let shop = try Shop(["affinity-canary-behavior": "legacy"])
        #expect(try shop.ask().cookie != nil)
    }
}

@Suite struct `The annotations session-cookie-` {
    @Test(
        .shows(
            defaultOf: "session-cookie-name", "session-cookie-path", "session-cookie-domain", "session-cookie-expires",
            "session-cookie-max-age", "session-cookie-secure", "session-cookie-samesite"))
    func `have the defaults of ingress-nginx`() throws {
        let answer = try Shop([:], path: "/web").ask("/web/a")
        #expect(answer.cookie?.hasPrefix("INGRESSCOOKIE=") == true)
        #expect(answer.attributes == ["Path=/web", "HttpOnly"])
    }

    @Test(
        .shows(
            effectOf: "session-cookie-name", "session-cookie-path", "session-cookie-domain", "session-cookie-expires",
            "session-cookie-max-age", "session-cookie-secure", "session-cookie-samesite"),
        arguments: [
            ("session-cookie-name", "route", "route="), ("session-cookie-path", "/here", "; Path=/here;"),
            ("session-cookie-domain", "example.com", "; Domain=example.com;"),
            ("session-cookie-max-age", "172800", "; Max-Age=172800;"),
            ("session-cookie-max-age", "-1", "; Max-Age=-1;"),
            ("session-cookie-secure", "true", "; Secure;"),
            ("session-cookie-expires", "-9000000000", "; Expires=Thu, 01-Jan-70 00:00:00 GMT;"),
            ("session-cookie-samesite", "Lax", "; SameSite=Lax"),
            ("session-cookie-samesite", "None", "; SameSite=None"),
            ("session-cookie-samesite", "Strict", "; SameSite=Strict"),
        ])
    func `change what they name`(name: String, value: String, part: String) throws {
        let shop = try Shop([name: value])
        let line = try #require(try shop.ask()["Set-Cookie"])
        #expect(line.contains(part))
        #expect(shop.gate.faults(about: name) == [])
    }

    @Test func `say in session-cookie-expires when the cookie ends, counted from now`() throws {
        let shop = try Shop(["session-cookie-expires": "3600"])
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd-MMM-yy HH:mm:ss 'GMT'"
        let before = Date.now
        let expires = try #require(try shop.ask().attributes.first { $0.hasPrefix("Expires=") })
        let end = try #require(format.date(from: String(expires.dropFirst(8))))
        #expect(end >= before.addingTimeInterval(3599) && end <= Date.now.addingTimeInterval(3601))
    }

    @Test func `write the attributes in the order of ingress-nginx`() throws {
        let shop = try Shop([
            "session-cookie-samesite": "Lax", "session-cookie-secure": "true", "session-cookie-path": "/p",
            "session-cookie-domain": "example.com", "session-cookie-max-age": "60", "session-cookie-expires": "60",
        ])
        let names = try shop.ask().attributes.map { String($0.prefix { $0 != "=" }) }
        #expect(names == ["Expires", "Max-Age", "Domain", "Path", "Secure", "HttpOnly", "SameSite"])
    }

    @Test(arguments: [nil, "false", "true"])
    func `make the cookie Secure over TLS, whatever session-cookie-secure says`(value: String?) throws {
        let certificate = TestCertificate("shop.example")
        let secret = Manifests.secret(
            "shop-tls", type: "kubernetes.io/tls",
            ["tls.crt": certificate.chainPEM, "tls.key": certificate.keyPEM])
        var annotations = ["affinity": "cookie"]
        annotations["session-cookie-secure"] = value
        let gate = try Gate(
            manifests: [
                Manifests.ingress(annotations, spec: ["tls: [{hosts: [shop.example], secretName: shop-tls}]"]), secret,
            ], origins: ["web": [try ScriptedOrigin(answering: "ok")]], speaksTLS: true)
        #expect(try gate.secureClient(TLSOptions()).request().attributes.contains("Secure"))
    }

    @Test(
        .shows(
            badValueOf: "session-cookie-name", "session-cookie-path", "session-cookie-domain", "session-cookie-expires",
            "session-cookie-max-age", "session-cookie-secure", "session-cookie-samesite",
            "session-cookie-conditional-samesite-none", "session-cookie-change-on-failure"),
        arguments: [
            ("name", "a;b"), ("path", "/; Secure"), ("domain", "a b"), ("max-age", "2d"), ("expires", "soon"),
            ("secure", "maybe"), ("secure", "false"), ("conditional-samesite-none", "maybe"), ("samesite", "Sometimes"),
            ("change-on-failure", "maybe"),
        ])
    func `keep their defaults when their values are unusable`(name: String, value: String) throws {
        let shop = try Shop(["session-cookie-\(name)": value])
        let answer = try shop.ask()
        #expect(answer.cookie?.hasPrefix("INGRESSCOOKIE=") == true)
        #expect(answer.attributes == ["Path=/", "HttpOnly"])
        // `false` is no mistake: it cannot switch `Secure` off on HTTPS, and HTTP has none anyway.
        #expect(shop.gate.faults(about: "session-cookie-\(name)").isEmpty == (value == "false"))
    }

    @Test func `set no cookie for SameSite in another spelling`() throws {
        let shop = try Shop(["session-cookie-samesite": "none"])
        #expect(try shop.ask()["Set-Cookie"] == nil)
        #expect(shop.gate.faults(about: "session-cookie-samesite").count == 1)
    }

    @Test(
        .shows(effectOf: "session-cookie-conditional-samesite-none"),
        .shows(defaultOf: "session-cookie-conditional-samesite-none"),
        arguments: [("Mozilla/5.0 Chrome/51.0", false), ("Mozilla/5.0 Chrome/90.0", true)])
    func `leave SameSite=None out for old browsers when told so`(agent: String, gets: Bool) throws {
        let fields = ["User-Agent: \(agent)"]
        let spares = try Shop([
            "session-cookie-samesite": "None", "session-cookie-conditional-samesite-none": "true",
        ])
        #expect(try spares.gate.request("/", fields).attributes.contains("SameSite=None") == gets)
        let plain = try Shop(["session-cookie-samesite": "None"])
        #expect(try plain.gate.request("/", fields).attributes.contains("SameSite=None"))
    }
}

@Suite struct `The annotation session-cookie-change-on-failure` {
    /// The cookie of a session on an endpoint that answers its first request and breaks every later one.
    private func broken(_ annotations: [String: String]) throws -> (Gate, [ScriptedOrigin], cookie: String) {
        let fragile = try ScriptedOrigin { connection in
            if let request = try connection.request() {
                if request["Cookie"] != nil { return connection.reset() }
                // A connection that breaks when it is used again is no failure of the endpoint.
                return try connection.respond("fragile", fields: ["Connection: close"])
            }
        }
        let sound = try ScriptedOrigin(answering: "sound")
        let gate = try Gate(
            ["affinity": "cookie", "affinity-mode": "persistent"].merging(annotations) { $1 },
            origins: ["web": [fragile, sound]])
        var first = try gate.request()
        while first.text != "fragile" { first = try gate.request() }
        return (gate, [fragile, sound], try #require(first.cookie))
    }

    @Test(.shows(defaultOf: "session-cookie-change-on-failure"))
    func `off, the default, tries the session's endpoint again`() throws {
        let (gate, origins, cookie) = try broken([:])
        let before = origins.map(\.requests.count)
        let answer = try gate.request("/", ["Cookie: \(cookie)"])
        #expect(answer.status == 502)
        #expect(answer["Set-Cookie"] == nil)
        #expect(origins[0].requests.count == before[0] + 3)
        #expect(origins[1].requests.count == before[1])
    }

    @Test(.shows(effectOf: "session-cookie-change-on-failure"))
    func `on, moves the session and gives a new cookie`() throws {
        let (gate, origins, cookie) = try broken(["session-cookie-change-on-failure": "true"])
        let before = origins[0].requests.count
        let answer = try gate.request("/", ["Cookie: \(cookie)"])
        #expect(answer.text == "sound")
        let moved = try #require(answer.cookie)
        #expect(moved != cookie)
        #expect(origins[0].requests.count == before + 1)
        #expect(try gate.request("/", ["Cookie: \(moved)"]).text == "sound")
    }
}
