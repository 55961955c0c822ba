import Foundation
import TestSupport
import Testing

@Suite struct `Logging and tracing annotations` {
    @Test(arguments: [("true", 1), ("false", 0), ("perhaps", 1)])
    func `say whether a path is in the access log`(value: String, lines: Int) throws {
        let gate = try Gate(["enable-access-log": value], origin: ScriptedOrigin(answering: "ok"))
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

    @Test func `write lines as log-format-upstream says, from the first request on`() throws {
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

    @Test(arguments: [
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

    @Test func `do not trust a client's trace when told not to`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            ["enable-opentelemetry": "true", "opentelemetry-trust-incoming-span": "false"], origin: origin)
        #expect(try gate.request("/", ["traceparent: \(Self.given)", "tracestate: a=b"]).status == 200)
        #expect(origin.requests[0]["traceparent"]?.contains("0af7651916cd43dd8448eb211c80319c") == false)
        #expect(origin.requests[0]["tracestate"] == nil)
    }

    @Test func `pass a trace as it is by default`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["opentelemetry-operation-name": "shop", "enable-rewrite-log": "true"], origin: origin)
        #expect(try gate.request("/", ["traceparent: \(Self.given)"]).status == 200)
        #expect(origin.requests[0]["traceparent"] == Self.given)
        #expect(!gate.faults(about: "opentelemetry-operation-name").isEmpty)
        #expect(!gate.faults(about: "enable-rewrite-log").isEmpty)
    }
}
