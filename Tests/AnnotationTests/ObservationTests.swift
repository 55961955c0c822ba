import Foundation
import TestSupport
import Testing

@Suite struct `Logging and tracing annotations` {
    @Test(
        .shows(effectOf: "enable-access-log"), .shows(defaultOf: "enable-access-log"),
        .shows(badValueOf: "enable-access-log"),
        arguments: [("true", 1), ("false", 0), ("perhaps", 1), (nil, 1)] as [(String?, Int)])
    func `say whether a path is in the access log`(value: String?, lines: Int) throws {
        let gate = try Gate(
            value.map { ["enable-access-log": $0] } ?? [:], origin: ScriptedOrigin(answering: "ok"))
        #expect(gate.faults(about: "enable-access-log").isEmpty == (value != "perhaps"))
        #expect(try gate.request("/logged").status == 200)
        #expect(try gate.accessLogLines().count == lines)
    }

    @Test(arguments: [
        (["disable-access-log": "true"], 0), (["disable-http-access-log": "true"], 0),
        (["disable-access-log": "false"], 3), (["skip-access-log-urls": "/health, /x"], 2),
        (["skip-access-log-urls": "~^/health"], 1), (["skip-access-log-urls": "/HEALTH"], 3),
    ])
    func `leave requests out that the ConfigMap names`(configMap: [String: String], lines: Int) throws {
        let gate = try Gate([:], origin: ScriptedOrigin(answering: "ok"), configMap: configMap)
        for target in ["/health", "/health?deep=1", "/"] { #expect(try gate.request(target).status == 200) }
        #expect(try gate.accessLogLines().count == lines)
    }

    @Test(.shows(effectOf: "ConfigMap/log-format-upstream"))
    func `write lines as log-format-upstream says, from the first request on`() throws {
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok"),
            configMap: [
                "log-format-upstream": #"{"m":"$request_method","a":"$http_user_agent"}"#,
                "log-format-escape-json": "true",
            ])
        #expect(try gate.request("/", ["User-Agent: say \"hi\""]).status == 200)
        let lines = try gate.accessLogLines()
        #expect(lines == [#"{"m":"GET","a":"say \"hi\""}"#])
    }

    @Test func `write what the request and the response at hand say`() throws {
        let variables = [
            "$http_x_shop", "$http_nothing", "$cookie_id", "$arg_page", "$arg_none", "$remote_user",
            "$upstream_http_x_kind", "$sent_http_x_kind", "$content_type",
        ]
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok", fields: ["X-Kind: tea"]),
            configMap: ["log-format-upstream": variables.joined(separator: "|")])
        let user = Data("ann:secret".utf8).base64EncodedString()
        let fields = ["X-Shop: a b", "Cookie: z=1; id=42", "Authorization: Basic \(user)", "Content-Type: text/x"]
        #expect(try gate.request("/?a=1&page=7", fields).status == 200)
        #expect(try gate.request("/", host: "unknown.example").status == 404)
        let lines = try gate.accessLogLines()
        #expect(lines == ["a b|-|42|7|-|ann|tea|tea|text/x", "-|-|-|-|-|-|-|-|-"])
    }

    @Test func `keep the standard format where another one means nothing`() throws {
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok"), configMap: ["log-format-upstream": "$no_such_thing"])
        #expect(try gate.request().status == 200)
        #expect(try gate.accessLogLines().first?.contains("\"GET / HTTP/1.1\" 200") == true)
    }

    static let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

    @Test(
        .shows(effectOf: "enable-opentelemetry"),
        arguments: [
            (["enable-opentelemetry": "true"], [:]), ([:], ["enable-opentelemetry": "true"]),
        ])
    func `carry on a client's trace`(annotations: [String: String], configMap: [String: String]) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(annotations, origin: origin, configMap: configMap)
        #expect(try gate.request("/", ["traceparent: \(Self.given)", "tracestate: a=b"]).status == 200)
        let parts = try #require(origin.requests[0]["traceparent"]).split(separator: "-")
        #expect(parts.count == 4 && parts[0] == "00" && parts[1] == "0af7651916cd43dd8448eb211c80319c")
        #expect(parts[2].count == 16 && parts[2] != "b7ad6b7169203331" && parts[3] == "00")
        #expect(origin.requests[0]["tracestate"] == "a=b")
        #expect(origin.requests[0].values("traceparent").count == 1)
    }

    @Test(arguments: [nil, "00-0-0-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "nonsense"])
    func `begin a trace where there is none`(given: String?) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["enable-opentelemetry": "true"], origin: origin)
        #expect(try gate.request("/", given.map { ["traceparent: \($0)"] } ?? []).status == 200)
        let parts = try #require(origin.requests[0]["traceparent"]).split(separator: "-")
        #expect(parts.count == 4 && parts[1].count == 32 && parts[2].count == 16 && parts[3] == "01")
        #expect(origin.requests[0]["X-Request-ID"]?.dropLast() == parts[1].dropLast())
    }

    @Test(.shows(effectOf: "opentelemetry-trust-incoming-span"))
    func `do not trust a client's trace when told not to`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            ["enable-opentelemetry": "true", "opentelemetry-trust-incoming-span": "false"], origin: origin)
        #expect(try gate.request("/", ["traceparent: \(Self.given)", "tracestate: a=b"]).status == 200)
        #expect(origin.requests[0]["traceparent"]?.contains("0af7651916cd43dd8448eb211c80319c") == false)
        #expect(origin.requests[0]["tracestate"] == nil)
    }

    @Test(.shows(badValueOf: "enable-opentelemetry"), arguments: ["on", "yes"])
    func `pass a trace as it is when enable-opentelemetry is unusable`(value: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["enable-opentelemetry": value], origin: origin)
        #expect(try gate.request("/", ["traceparent: \(Self.given)"]).status == 200)
        #expect(origin.requests[0]["traceparent"] == Self.given)
        #expect(gate.faults(about: "enable-opentelemetry").count == 1)
    }

    @Test(
        .shows(defaultOf: "opentelemetry-trust-incoming-span"), .shows(badValueOf: "opentelemetry-trust-incoming-span"),
        arguments: [nil, "perhaps"])
    func `trust a client's trace where opentelemetry-trust-incoming-span is absent or unusable`(value: String?) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        var annotations = ["enable-opentelemetry": "true"]
        annotations["opentelemetry-trust-incoming-span"] = value
        let gate = try Gate(annotations, origin: origin)
        #expect(try gate.request("/", ["traceparent: \(Self.given)"]).status == 200)
        #expect(origin.requests[0]["traceparent"]?.contains("0af7651916cd43dd8448eb211c80319c") == true)
        #expect(gate.faults(about: "opentelemetry-trust-incoming-span").isEmpty == (value == nil))
    }

    @Test func `tell the authentication service of the same trace as the backend`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let auth = try ScriptedOrigin(answering: "")
        let gate = try Gate(
            ["enable-opentelemetry": "true", "auth-url": "http://auth.shop.svc/"],
            origins: ["web": [origin], "auth": [auth]])
        #expect(try gate.request("/", ["traceparent: \(Self.given)"]).status == 200)
        let told = try #require(auth.requests.first).values("traceparent")
        #expect(told.count == 1 && told[0].contains("0af7651916cd43dd8448eb211c80319c"))
        #expect(origin.requests.first?["traceparent"]?.contains("0af7651916cd43dd8448eb211c80319c") == true)
    }

    @Test(
        .shows(effectOf: "enable-rewrite-log", "opentelemetry-operation-name"),
        .shows(defaultOf: "enable-opentelemetry"))
    func `pass a trace as it is by default`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["opentelemetry-operation-name": "shop", "enable-rewrite-log": "true"], origin: origin)
        #expect(try gate.request("/", ["traceparent: \(Self.given)"]).status == 200)
        #expect(origin.requests[0]["traceparent"] == Self.given)
        #expect(!gate.faults(about: "opentelemetry-operation-name").isEmpty)
        #expect(!gate.faults(about: "enable-rewrite-log").isEmpty)
    }
}
