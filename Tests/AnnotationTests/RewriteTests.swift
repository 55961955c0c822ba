import TestSupport
import Testing

@Suite struct `The annotation rewrite-target` {
    /// What the backend is asked for; nil when it isn't asked.
    private func rewritten(_ target: String, _ path: String, to value: String) throws -> String? {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            ["rewrite-target": value], path: path, pathType: "ImplementationSpecific", origin: origin)
        _ = try gate.request(target)
        return origin.requests.last?.target
    }

    @Test(
        .shows(effectOf: "rewrite-target"),
        arguments: [
            ("/something(/|$)(.*)", "/$2", "/something", "/"), ("/something(/|$)(.*)", "/$2", "/something/", "/"),
            ("/something(/|$)(.*)", "/$2", "/something/new", "/new"),
            ("/something(/|$)(.*)", "/$2", "/something/a?b=c", "/a?b=c"),
            // Paths are matched in any case once a host is in regex mode.
            ("/something(/|$)(.*)", "/$2", "/SomeThing/New", "/New"),
            // Without a group every request goes to one path.
            ("/something", "/", "/something/else?q=1", "/?q=1"),
            // A group that matched nothing is empty, and a target without a slash gets one.
            ("/a/(x)?(.*)", "/-$1$2", "/a/y", "/-y"), ("/a(/.*)", "$1", "/a/y", "/y"),
            // The target that is the path itself changes nothing, and bytes are escaped as they came.
            ("/same", "/same", "/same/x", "/same/x"), ("/a/(.*)", "/$1", "/a/b%20c%C3%A9", "/b%20c%C3%A9"),
        ])
    func `gives the backend another path`(path: String, value: String, target: String, result: String) throws {
        #expect(try rewritten(target, path, to: value) == result)
    }

    @Test(.shows(defaultOf: "rewrite-target"))
    func `leaves paths alone when it is absent`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate([:], path: "/something", origin: origin)
        #expect(try gate.request("/something/new//x/%7e").status == 200)
        #expect(origin.requests.last?.target == "/something/new//x/%7e")
    }

    @Test(.shows(badValueOf: "rewrite-target"), arguments: ["/a b;c", "/s?q=$1", "/$", "/{x}", "/$nothing", "/ä"])
    func `is left out with a warning when its value is unusable`(value: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["rewrite-target": value], path: "/something", origin: origin)
        #expect(!gate.faults(about: "rewrite-target").isEmpty)
        #expect(try gate.request("/something").status == 200)
        #expect(origin.requests.last?.target == "/something")
    }

    @Test func `redirects with 302 when it is a URL`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            ["rewrite-target": "https://other.example/$1"], path: "/a/(.*)", pathType: "ImplementationSpecific",
            origin: origin)
        let answer = try gate.request("/a/b?c=d")
        #expect(answer.status == 302 && answer["Location"] == "https://other.example/b?c=d")
        #expect(origin.requests.isEmpty)
    }

    /// Order of the reference: preflight and redirects come first, HTTPS and access rules after.
    @Test func `comes behind permanent-redirect and before the access rules`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let moved = try Gate(
            ["rewrite-target": "/x", "permanent-redirect": "https://other.example/"], path: "/a", origin: origin)
        #expect(try moved.request("/a").status == 301)
        let url = try Gate(
            ["rewrite-target": "https://other.example/x", "allowlist-source-range": "192.0.2.0/24"], path: "/a",
            origin: origin)
        #expect(try url.request("/a").status == 302)
    }

    @Test func `puts every path of its host into regex mode, and no other host`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            manifests: [
                Manifests.ingress(["rewrite-target": "/x"], path: "/rewritten"),
                Manifests.ingress([:], name: "plain", path: "/plain"),
                Manifests.ingress([:], name: "other", host: "other.example", path: "/plain"),
            ], origins: ["web": [origin]])
        #expect(try gate.request("/plainly").status == 200)
        #expect(try gate.request("/PLAIN").status == 200)
        #expect(try gate.request("/plainly", host: "other.example").status == 404)
    }
}

@Suite struct `The annotation use-regex` {
    private func statuses(_ annotations: [String: String], _ path: String, _ targets: [String]) throws -> [Int] {
        let gate = try Gate(
            annotations, path: path, pathType: "ImplementationSpecific", origin: try ScriptedOrigin(answering: "ok"))
        return try targets.map { try gate.request($0).status }
    }

    @Test(.shows(effectOf: "use-regex"))
    func `makes paths regular expressions, bound at their start and in any case`() throws {
        let targets = ["/v1/users", "/V22/users/7", "/va/users", "/x/v1/users"]
        #expect(try statuses(["use-regex": "true"], "/v[0-9]+/users", targets) == [200, 200, 404, 404])
    }

    @Test(
        .shows(defaultOf: "use-regex"), .shows(badValueOf: "use-regex"),
        arguments: [[:], ["use-regex": "false"], ["use-regex": "yes"]])
    func `is off by default, and when its value is unusable`(annotations: [String: String]) throws {
        #expect(
            try statuses(annotations, "/shop", ["/shop", "/shop/a", "/shopping", "/SHOP"]) == [200, 200, 404, 404])
    }

    @Test func `tries the longest path first`() throws {
        let (short, long) = (try ScriptedOrigin(answering: "short"), try ScriptedOrigin(answering: "long"))
        let gate = try Gate(
            manifests: [
                Manifests.ingress(["use-regex": "true"], path: "/foo/.*", pathType: "ImplementationSpecific"),
                Manifests.ingress(
                    ["use-regex": "true"], name: "long", path: "/foo/bar/[a-z]+", pathType: "ImplementationSpecific",
                    service: "long"),
            ], origins: ["web": [short], "long": [long]])
        #expect(try gate.request("/foo/bar/x").text == "long")
        #expect(try gate.request("/foo/bar/7").text == "short")
    }

    @Test func `costs a request and not the others when a match takes too long`() throws {
        let gate = try Gate(
            ["use-regex": "true"], path: "/(a+)+$", pathType: "ImplementationSpecific",
            origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request("/" + String(repeating: "a", count: 4000) + "b").status == 500)
        #expect(try gate.request("/aaa").status == 200)
    }
}

@Suite struct `The annotation upstream-vhost` {
    @Test(
        .shows(effectOf: "upstream-vhost"),
        arguments: [
            ("backend.internal", "backend.internal"), ("$namespace.$host", "shop.shop.example"),
            ("${service_name}.internal:81", "web.internal:81"), ("[::1]:8080", "[::1]:8080"),
            ("a.$namespace:80", "a.shop:80"),
        ])
    func `is the Host that the backend gets, beside the client's own`(value: String, host: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["upstream-vhost": value], origin: origin)
        #expect(try gate.request("/", host: "shop.example").status == 200)
        let request = try #require(origin.requests.last)
        #expect(request.values("Host") == [host])
        #expect(request.values("X-Forwarded-Host") == ["shop.example"])
    }

    @Test(.shows(defaultOf: "upstream-vhost"))
    func `is the client's by default`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        #expect(try Gate([:], origin: origin).request("/", host: "shop.example:8080").status == 200)
        #expect(origin.requests.last?["Host"] == "shop.example:8080")
    }

    @Test(
        .shows(badValueOf: "upstream-vhost"),
        arguments: [
            "a b", "a;b", "$", "$nothing", "a\r\nX-Injected: yes", #"an\b"#, "a:b", "$host:99999", "$namespace:x",
            "a..b",
            "[$host]",
        ])
    func `rejects the Ingress when its value is unusable`(value: String) throws {
        let gate = try Gate(["upstream-vhost": value], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().status == 404)
        #expect(gate.faults(about: "upstream-vhost").count == 1)
    }
}

@Suite struct `The annotation app-root` {
    @Test(
        .shows(effectOf: "app-root"), .shows(defaultOf: "app-root"), .shows(badValueOf: "app-root"),
        arguments: [
            (["app-root": "/start"], 302, "http://shop.example/start"), ([:], 200, nil),
            (["app-root": "start"], 200, nil),
            (["app-root": "//evil.example"], 200, nil), (["app-root": "https://evil.example/"], 200, nil),
        ])
    func `redirects the root path`(annotations: [String: String], status: Int, location: String?) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(annotations, origin: origin)
        let answer = try gate.request("/")
        #expect(answer.status == status)
        #expect(answer["Location"] == location)
        #expect(gate.faults(about: "app-root").isEmpty == (annotations.isEmpty || status == 302))
    }

    @Test(arguments: [("/a", 200), ("/./?q", 302), ("/%2e/", 302)])
    func `is for the normal path that is the root alone`(target: String, status: Int) throws {
        let gate = try Gate(["app-root": "/start"], origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request(target).status == status)
    }

    @Test func `keeps the port of the Host, and goes before everything of the path`() throws {
        let gate = try Gate(
            ["app-root": "/start", "permanent-redirect": "https://other.example/"],
            origin: try ScriptedOrigin(answering: "ok"))
        #expect(try gate.request("/", host: "shop.example:8080")["Location"] == "http://shop.example:8080/start")
    }
}
