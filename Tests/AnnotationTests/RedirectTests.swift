import Model
import TestSupport
import Testing

private func gate(
    _ annotations: [String: String], path: String = "/", configMap: [String: String] = [:]
) throws -> Gate {
    try Gate(annotations, path: path, origin: try ScriptedOrigin(answering: "ok"), configMap: configMap)
}

@Suite struct `The annotation permanent-redirect` {
    @Test(
        .shows(effectOf: "permanent-redirect"), .shows(defaultOf: "permanent-redirect-code"),
        arguments: [
            ("https://other.example/moved", "https://other.example/moved"),
            ("https://other.example/?a=b&c", "https://other.example/?a=b&c"), ("/here", "http://shop.example/here"),
        ])
    func `answers every request with 301, and appends nothing`(value: String, location: String) throws {
        let gate = try gate(["permanent-redirect": value])
        for (target, method) in [("/", "GET"), ("/a/b?c=d", "GET"), ("/", "POST")] {
            let answer = try gate.request(target, method: method)
            #expect(answer.status == 301 && answer["Location"] == location)
            #expect(answer.text.contains("301 Moved Permanently"))
        }
    }

    @Test(.shows(defaultOf: "permanent-redirect", "temporal-redirect"))
    func `is none by default, and the other neither`() throws {
        let answer = try gate([:]).request()
        #expect(answer.status == 200 && answer["Location"] == nil)
    }

    @Test(
        .shows(badValueOf: "permanent-redirect"),
        arguments: ["https://x$request_uri", "https://x/#a", "https://x/a b", "https://x/%20", "\u{1F4A3}"])
    func `rejects the Ingress when its value is unusable`(value: String) throws {
        let gate = try gate(["permanent-redirect": value])
        #expect(try gate.request().status == 404)
        #expect(gate.faults(about: "permanent-redirect").count == 1)
    }

    @Test func `needs no endpoint, and goes before limits and access rules`() throws {
        let gate = try Gate(
            ["permanent-redirect": "https://other.example/", "allowlist-source-range": "192.0.2.0/24"],
            origins: ["web": []])
        #expect(try gate.request().status == 301)
    }
}

@Suite struct `The annotation permanent-redirect-code` {
    @Test(
        .shows(effectOf: "permanent-redirect-code"), .shows(badValueOf: "permanent-redirect-code"),
        arguments: [("300", 300), ("303", 303), ("307", 307), ("308", 308), ("299", 301), ("309", 301), ("404", 301)])
    func `is the status, 301 when it is out of range`(value: String, status: Int) throws {
        let gate = try gate(["permanent-redirect": "https://other.example/", "permanent-redirect-code": value])
        #expect(try gate.request().status == status)
        #expect(gate.faults(about: "permanent-redirect-code").isEmpty == (String(status) == value))
    }

    @Test func `rejects the Ingress when it is no number, and does nothing alone`() throws {
        let bad = try gate(["permanent-redirect": "https://other.example/", "permanent-redirect-code": "30x"])
        #expect(try bad.request().status == 404)
        #expect(try gate(["permanent-redirect-code": "308"]).request().status == 200)
    }
}

@Suite struct `The annotation temporal-redirect` {
    @Test(.shows(effectOf: "temporal-redirect"), .shows(defaultOf: "temporal-redirect-code"))
    func `answers every request with 302, and goes before permanent-redirect`() throws {
        let gate = try gate([
            "temporal-redirect": "https://other.example/soon", "permanent-redirect": "https://other.example/ever",
        ])
        let answer = try gate.request("/a?b")
        #expect(answer.status == 302 && answer["Location"] == "https://other.example/soon")
    }

    @Test(.shows(badValueOf: "temporal-redirect"), arguments: ["ftp://other.example/", "/here", "other.example"])
    func `without http or https counts as absent, with all of its group`(value: String) throws {
        let gate = try gate(["temporal-redirect": value, "permanent-redirect": "https://other.example/"])
        #expect(try gate.request().status == 200)
        #expect(gate.faults(about: "temporal-redirect").count == 1)
    }

    @Test(arguments: ["https://other.example/$1", "https://other.example/ x"])
    func `rejects the Ingress for characters that no URL of its kind holds`(value: String) throws {
        #expect(try gate(["temporal-redirect": value]).request().status == 404)
    }
}

@Suite struct `The annotation temporal-redirect-code` {
    @Test(
        .shows(effectOf: "temporal-redirect-code"), .shows(badValueOf: "temporal-redirect-code"),
        arguments: [("301", 301), ("307", 307), ("300", 300), ("308", 302), ("299", 302)])
    func `is the status, 302 when it is out of range`(value: String, status: Int) throws {
        let gate = try gate(["temporal-redirect": "https://other.example/", "temporal-redirect-code": value])
        #expect(try gate.request().status == status)
        #expect(gate.faults(about: "temporal-redirect-code").isEmpty == (String(status) == value))
    }

    @Test func `rejects the Ingress when it is no number`() throws {
        let gate = try gate(["temporal-redirect": "https://other.example/", "temporal-redirect-code": "soon"])
        #expect(try gate.request().status == 404)
    }
}

@Suite struct `The annotation relative-redirects` {
    @Test(
        .shows(effectOf: "relative-redirects"), .shows(defaultOf: "relative-redirects"),
        arguments: [
            (["relative-redirects": "true"], [:], "/here"), ([:], [:], "http://shop.example/here"),
            ([:], ["relative-redirects": "true"], "/here"),
            (["relative-redirects": "false"], ["relative-redirects": "true"], "http://shop.example/here"),
        ])
    func `gives redirects to a path no host`(
        annotations: [String: String], configMap: [String: String], location: String
    ) throws {
        let all = ["permanent-redirect": "/here"].merging(annotations) { $1 }
        #expect(try gate(all, configMap: configMap).request()["Location"] == location)
    }

    @Test func `leaves URLs whole`() throws {
        let gate = try gate(["relative-redirects": "true", "permanent-redirect": "https://other.example/"])
        #expect(try gate.request()["Location"] == "https://other.example/")
    }

    @Test(arguments: [("true", "/shop/?a=b"), ("false", "http://shop.example/shop/?a=b")])
    func `holds for the slash that a prefix lacks`(value: String, location: String) throws {
        let answer = try gate(["relative-redirects": value], path: "/shop/").request("/shop?a=b")
        #expect(answer.status == 301 && answer["Location"] == location)
    }

    @Test(.shows(badValueOf: "relative-redirects"))
    func `rejects the Ingress when its value is unusable`() throws {
        #expect(try gate(["relative-redirects": "perhaps"]).request().status == 404)
    }
}
