import Model
import TestSupport
import Testing

/// Keys of the ConfigMap about who a request is from.
@Suite struct `The client's address` {
    /// What the backend is told of a request with these fields.
    static func told(_ configMap: [String: String], _ fields: [String]) throws -> Message {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate([:], origin: origin, configMap: configMap)
        #expect(try gate.request("/", fields).status == 200)
        return try #require(origin.requests.first)
    }

    static let claims = [
        "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", "CF-Connecting-IP: 192.0.2.2",
        "X-Front-Host: front.example",
    ]

    @Test func `is the peer's by default, whatever is claimed`() throws {
        let request = try Self.told([:], Self.claims)
        #expect(request.values("X-Real-IP") == ["127.0.0.1"] && request.values("X-Forwarded-For") == ["127.0.0.1"])
        #expect(request["X-Original-Forwarded-For"] == "192.0.2.1" && request["X-Forwarded-Proto"] == "http")
    }

    @Test func `is believed with everything else by use-forwarded-headers`() throws {
        let request = try Self.told(["use-forwarded-headers": "true"], Self.claims)
        #expect(request["X-Real-IP"] == "192.0.2.1" && request["X-Forwarded-For"] == "192.0.2.1")
        #expect(request["X-Forwarded-Proto"] == "https")
    }

    @Test func `is believed alone by enable-real-ip`() throws {
        let request = try Self.told(["enable-real-ip": "true"], Self.claims)
        #expect(request["X-Real-IP"] == "192.0.2.1" && request["X-Forwarded-For"] == "192.0.2.1")
        #expect(request["X-Forwarded-Proto"] == "http")
    }

    @Test func `comes from the header that forwarded-for-header names`() throws {
        let settings = ["use-forwarded-headers": "true", "forwarded-for-header": "CF-Connecting-IP"]
        let request = try Self.told(settings, Self.claims)
        #expect(request["X-Real-IP"] == "192.0.2.2" && request.values("X-Forwarded-For") == ["192.0.2.2"])
        #expect(request["X-Original-Forwarded-For"] == "192.0.2.2")
        let without = try Self.told(settings, ["X-Forwarded-For: 192.0.2.1"])
        #expect(without["X-Real-IP"] == "127.0.0.1" && without["X-Original-Forwarded-For"] == nil)
    }

    @Test func `is appended to what that header holds by compute-full-forwarded-for`() throws {
        let settings = [
            "use-forwarded-headers": "true", "compute-full-forwarded-for": "true",
            "forwarded-for-header": "CF-Connecting-IP",
        ]
        #expect(try Self.told(settings, Self.claims)["X-Forwarded-For"] == "192.0.2.2, 127.0.0.1")
        let usual = settings.filter { $0.key != "forwarded-for-header" }
        #expect(try Self.told(usual, Self.claims)["X-Forwarded-For"] == "192.0.2.1, 127.0.0.1")
    }

    @Test func `is believed of trusted hops alone`() throws {
        let settings = ["enable-real-ip": "true", "proxy-real-ip-cidr": "10.0.0.0/8"]
        #expect(try Self.told(settings, Self.claims)["X-Real-IP"] == "127.0.0.1")
    }

    /// A list of hops without one that can be read trusts nobody, where the default trusts everybody.
    @Test(
        .shows(effectOf: "ConfigMap/proxy-real-ip-cidr"), .shows(badValueOf: "ConfigMap/proxy-real-ip-cidr"),
        arguments: [
            ("127.0.0.0/8", "198.51.100.7", 0), ("10.0.0.0/8", "127.0.0.1", 0), ("everybody", "127.0.0.1", 1),
            ("everybody, 127.0.0.1", "198.51.100.7", 1),
        ])
    func `is believed of the hops that proxy-real-ip-cidr names and can name`(
        list: String, address: String, faults: Int
    ) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            [:], origin: origin, configMap: ["use-forwarded-headers": "true", "proxy-real-ip-cidr": list])
        #expect(try gate.request("/", ["X-Forwarded-For: 198.51.100.7"]).status == 200)
        #expect(origin.requests.first?["X-Real-IP"] == address)
        #expect(gate.diagnostics.count == faults)
    }

    @Test func `and the original host come from the headers named`() throws {
        let request = try Self.told(["forwarded-host-header": "X-Front-Host"], Self.claims)
        #expect(request["X-Original-Forwarded-Host"] == "front.example")
    }

    @Test(arguments: [
        ("forwarded-for-header", "not a name"), ("forwarded-for-header", "Content-Length"),
        ("enable-real-ip", "perhaps"), ("use-forwarded-headers", "1 0"), ("forwarded-host-header", "a:b"),
    ])
    func `keeps its default where a value is bad`(key: String, value: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate([:], origin: origin, configMap: [key: value])
        #expect(try gate.request("/", Self.claims).status == 200)
        #expect(origin.requests.first?["X-Real-IP"] == "127.0.0.1")
        #expect(gate.diagnostics.map(\.field) == ["data.\(key)"])
    }

    @Test func `stands in the variables of templates`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            [
                "configuration-snippet": """
                proxy_set_header X-Hops $proxy_add_x_forwarded_for;
                more_set_headers "X-Announced: [$proxy_protocol_addr]" "X-Machine: $hostname";
                """
            ], origin: origin)
        let answer = try gate.request("/", ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.9"])
        #expect(origin.requests.first?["X-Hops"] == "192.0.2.1, 192.0.2.9, 127.0.0.1")
        #expect(answer["X-Announced"] == "[]" && answer["X-Machine"] == "gate-machine")
        _ = try gate.request("/")
        #expect(origin.requests.last?["X-Hops"] == "127.0.0.1")
    }
}
