import TestSupport
import Testing

@Suite struct `CORS annotations` {
    static let names = [
        "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
    ]

    static func fields(_ message: Message) -> [[String]] { names.map { message.values($0) } }

    static let standard = [
        ["*"], ["true"], ["GET, PUT, POST, DELETE, PATCH, OPTIONS"],
        [
            "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization"
        ], [], ["1728000"],
    ]

    @Test(.shows(defaultOf: "enable-cors"))
    func `are off by default: OPTIONS and the backend's own fields pass`() throws {
        let origin = try ScriptedOrigin(answering: "ok", fields: ["Access-Control-Allow-Origin: https://own.example"])
        let gate = try Gate([:], origin: origin)
        let answer = try gate.request(method: "OPTIONS", ["Origin: https://a.example"])
        #expect(answer.status == 200)
        #expect(answer.values("Access-Control-Allow-Origin") == ["https://own.example"])
        #expect(origin.requests.count == 1)
    }

    @Test(.shows(badValueOf: "enable-cors"), arguments: ["on", "yes", "tru"])
    func `are off when enable-cors is unusable`(value: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["enable-cors": value, "cors-allow-origin": "https://a.example"], origin: origin)
        let answer = try gate.request(method: "OPTIONS", ["Origin: https://a.example"])
        #expect(answer.status == 200 && Self.fields(answer) == [[], [], [], [], [], []])
        #expect(origin.requests.count == 1)
        #expect(gate.faults(about: "enable-cors").count == 1)
    }

    @Test(
        .shows(effectOf: "enable-cors"),
        .shows(
            defaultOf: "cors-allow-origin", "cors-allow-methods", "cors-allow-headers", "cors-allow-credentials",
            "cors-expose-headers", "cors-max-age"), arguments: [[], ["Origin: https://a.example"], ["Origin: null"]])
    func `let everybody read when enabled without a list`(fields: [String]) throws {
        let origin = try ScriptedOrigin(
            answering: "ok", fields: ["Access-Control-Allow-Origin: x", "access-control-max-age: 1"])
        let gate = try Gate(["enable-cors": "true"], origin: origin)
        #expect(Self.fields(try gate.request("/", fields)) == Self.standard)
        let preflight = try gate.request(method: "OPTIONS", fields)
        #expect(preflight.status == 204)
        #expect(preflight["Content-Type"] == "text/plain charset=UTF-8")
        #expect(preflight.values("Content-Length") == ["0"])
        #expect(Self.fields(preflight) == Self.standard)
        #expect(origin.requests.count == 1)
    }

    @Test(
        .shows(
            effectOf: "cors-allow-methods", "cors-allow-headers", "cors-allow-credentials", "cors-expose-headers",
            "cors-max-age"))
    func `say what they are told to say`() throws {
        let gate = try Gate(
            [
                "enable-cors": "true", "cors-allow-methods": "GET, QUERY", "cors-allow-headers": "X-A, X-B",
                "cors-allow-credentials": "false", "cors-expose-headers": "X-Total", "cors-max-age": "600",
            ], origin: ScriptedOrigin(answering: "ok", fields: ["Access-Control-Allow-Credentials: true"]))
        #expect(gate.diagnostics.isEmpty)
        #expect(
            Self.fields(try gate.request()) == [["*"], [], ["GET, QUERY"], ["X-A, X-B"], ["X-Total"], ["600"]])
    }

    @Test(
        .shows(
            badValueOf: "cors-allow-methods", "cors-allow-headers", "cors-allow-credentials", "cors-expose-headers",
            "cors-max-age"),
        arguments: [
            ("cors-allow-methods", "GET; POST"), ("cors-allow-headers", "X-A\r\nX-B: 1"), ("cors-allow-headers", "*"),
            ("cors-expose-headers", "a$b"), ("cors-max-age", "long"), ("cors-allow-credentials", "maybe"),
        ])
    func `keep a default where a value means nothing`(name: String, value: String) throws {
        let gate = try Gate(["enable-cors": "true", name: value], origin: ScriptedOrigin(answering: "ok"))
        #expect(!gate.faults(about: name).isEmpty)
        #expect(Self.fields(try gate.request()) == Self.standard)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var list: String
        var origin: String?
        var isAllowed: Bool
        var testDescription: String { "\(list): \(origin ?? "none")" }
    }

    static let cases = [
        Case(list: "https://a.example", origin: "https://a.example", isAllowed: true),
        Case(list: "https://a.example", origin: "https://A.Example", isAllowed: true),
        Case(list: "https://a.example", origin: "https://b.example", isAllowed: false),
        Case(list: "https://a.example", origin: "http://a.example", isAllowed: false),
        Case(list: "https://a.example", origin: "https://a.example:8443", isAllowed: false),
        Case(list: "https://a.example", origin: "https://a.example.evil", isAllowed: false),
        Case(list: "https://a.example", origin: nil, isAllowed: false),
        Case(list: "https://a.example:8443", origin: "https://a.example:8443", isAllowed: true),
        Case(list: "http://x.example, https://a.example", origin: "https://a.example", isAllowed: true),
        Case(list: "https://*.example.com", origin: "https://shop.example.com", isAllowed: true),
        Case(list: "https://*.example.com", origin: "https://example.com", isAllowed: false),
        Case(list: "https://*.example.com", origin: "https://a.b.example.com", isAllowed: false),
        Case(list: "https://*.example.com", origin: "https://.example.com", isAllowed: false),
        Case(list: "https://*.example.com", origin: "https://shop-1.example.com", isAllowed: true),
        Case(list: "https://*.example.com", origin: "https://evil.example/.example.com", isAllowed: false),
        Case(list: "null", origin: "null", isAllowed: true),
        Case(list: "https://a.example, nonsense", origin: "https://a.example", isAllowed: true),
    ]

    @Test(.shows(effectOf: "cors-allow-origin"), arguments: cases)
    func `echo an origin of the list, and tell others nothing`(given: Case) throws {
        let origin = try ScriptedOrigin(answering: "ok", fields: ["Access-Control-Max-Age: 1"])
        let gate = try Gate(["enable-cors": "true", "cors-allow-origin": given.list], origin: origin)
        let fields = given.origin.map { ["Origin: \($0)"] } ?? []
        let answer = try gate.request("/", fields)
        let preflight = try gate.request(method: "OPTIONS", fields)
        if given.isAllowed, let name = given.origin {
            var expected = Self.standard
            expected[0] = [name]
            #expect(Self.fields(answer) == expected)
            #expect(preflight.status == 204)
            #expect(preflight.values("Content-Length") == ["0"])
            #expect(Self.fields(preflight) == expected)
            #expect(answer["Vary"] == nil)
        } else {
            #expect(Self.fields(answer) == [[], [], [], [], [], ["1"]])
            #expect(preflight.status == 200)
        }
        #expect(gate.diagnostics.isEmpty == !given.list.contains("nonsense"))
    }

    @Test(
        .shows(badValueOf: "cors-allow-origin"),
        arguments: ["nonsense", "https://", "ftp//x", "https://a.*.example", "a.example, https://b.example/path"])
    func `are off when no item of the list is an origin`(list: String) throws {
        let gate = try Gate(
            ["enable-cors": "true", "cors-allow-origin": list], origin: ScriptedOrigin(answering: "ok"))
        #expect(Self.fields(try gate.request("/", ["Origin: https://a.example"])) == [[], [], [], [], [], []])
        #expect(!gate.faults(about: "cors-allow-origin").isEmpty)
    }

    @Test func `let everybody in when an asterisk is in the list`() throws {
        let gate = try Gate(
            ["enable-cors": "true", "cors-allow-origin": "https://a.example, *"],
            origin: ScriptedOrigin(answering: "ok"))
        #expect(Self.fields(try gate.request()) == Self.standard)
    }

    @Test func `stand on pages of our own, whatever their status`() throws {
        let cors = ["enable-cors": "true", "cors-allow-origin": "https://a.example"]
        let asked = ["Origin: https://a.example"]
        for (more, status) in [
            (["denylist-source-range": "127.0.0.1"], 403), (["permanent-redirect": "https://x.example/"], 301),
            (["proxy-body-size": "1"], 413), (["limit-rpm": "1", "limit-burst-multiplier": "0"], 503),
        ] {
            let gate = try Gate(cors.merging(more) { $1 }, origin: ScriptedOrigin(answering: "ok"))
            if status == 503 { _ = try gate.request("/", asked) }
            let answer = try gate.request(method: "POST", asked, body: "12345")
            #expect(answer.status == status)
            #expect(answer.values("Access-Control-Allow-Origin") == ["https://a.example"])
        }
    }

    @Test func `answer preflights before redirects, limits, address lists and passwords`() throws {
        let gate = try Gate(
            [
                "enable-cors": "true", "permanent-redirect": "https://x.example/", "limit-rpm": "1",
                "limit-burst-multiplier": "0", "denylist-source-range": "127.0.0.1", "auth-type": "basic",
                "auth-secret": "users",
            ], origin: ScriptedOrigin(answering: "ok"), also: Manifests.secret("users", ["auth": "a:{PLAIN}b"]))
        for _ in 0..<3 { #expect(try gate.request(method: "OPTIONS").status == 204) }
        #expect(try gate.request().status == 301)
    }

    @Test func `need no endpoint to answer a preflight, but a path that is not denied`() throws {
        let other = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["enable-cors": "true"], origins: ["other": [other]], also: Manifests.service("web"))
        #expect(try gate.request(method: "OPTIONS").status == 204)
        #expect(try gate.request().status == 503)
        let denied = try Gate(
            ["enable-cors": "true", "auth-type": "basic", "auth-secret": "none"], origins: ["web": [other]])
        #expect(try denied.request(method: "OPTIONS").status == 503)
    }
}
