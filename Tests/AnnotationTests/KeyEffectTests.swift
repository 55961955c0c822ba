import Model
import TestSupport
import Testing

/// Keys of the controller's ConfigMap, each by what a client or a backend sees of it: with a value that can be used, without
/// the key, and with a value that can't be used, which is as without.
@Suite struct `A key of the ConfigMap` {
    typealias Look = @Sendable (Gate, ScriptedOrigin) throws -> String

    struct Key: Sendable, CustomTestStringConvertible {
        var name: String
        var good: String
        var bad: String
        /// What is seen with the good value, and without it.
        var seen: (changed: String, usual: String)
        var annotations: [String: String]
        var beside: [String: String]
        var look: Look
        var testDescription: String { name }

        init(
            _ name: String, _ good: String, bad: String, _ changed: String, usual: String,
            annotations: [String: String] = [:], beside: [String: String] = [:], _ look: @escaping Look
        ) {
            (self.name, self.good, self.bad, seen, self.look) = (name, good, bad, (changed, usual), look)
            (self.annotations, self.beside) = (annotations, beside)
        }
    }

    private static let answerFields = ["X-A: 1", "X-B: 2", "Server: own"]

    // MARK: What can be looked at

    /// A field of the request that the backend gets for one that says all that a proxy before us would.
    private static func told(_ name: String) -> Look {
        { gate, origin in
            let client = [
                "X-Forwarded-For: 198.51.100.7, 127.0.0.1", "X-Forwarded-Proto: https", "CF-Connecting-IP: 203.0.113.9",
                "X_Under: 1", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            ]
            _ = try gate.request("/", client)
            return origin.requests.last?[name] ?? "none"
        }
    }

    private static func answered(_ name: String, _ fields: [String] = [], method: String = "GET") -> Look {
        { gate, _ in try gate.request("/", method: method, fields)[name] ?? "none" }
    }

    private static func status(_ fields: [String] = []) -> Look {
        { gate, _ in "\(try gate.request("/", fields).status)" }
    }

    /// The second of two answers, when the first took all the room.
    private static let second: Look = { gate, _ in
        _ = try gate.request()
        return "\(try gate.request().status)"
    }

    private static let connections: Look = { gate, origin in
        let client = try gate.client()
        for _ in 0..<3 { _ = try client.request() }
        return "\(origin.connectionCount)"
    }

    private static let logged: Look = { gate, _ in
        _ = try gate.request("/health", ["User-Agent: say \"hi\""])
        return try gate.accessLogLines().first ?? "none"
    }

    private static let uploadOfTwoMegabytes: Look = { gate, _ in
        let client = try gate.client()
        try client.send(Client.head("/", method: "POST", ["Content-Length: \(2 << 20)"]))
        // What is refused is refused by its length.
        if gate.model.virtualHosts[0].routes[0].policy.bodyLimits.requestBytes != 1 << 20 {
            try client.wire.send(Array(repeating: UInt8(ascii: "x"), count: 2 << 20))
        }
        return "\(try client.response(to: "POST").status)"
    }

    private static let flag = "on"

    static let keys: [Key] = [
        Key("use-forwarded-headers", "true", bad: flag, "https", usual: "http", told("X-Forwarded-Proto")),
        Key("enable-real-ip", "true", bad: flag, "198.51.100.7", usual: "127.0.0.1", told("X-Real-IP")),
        Key(
            "compute-full-forwarded-for", "true", bad: flag, "198.51.100.7, 127.0.0.1, 127.0.0.1",
            usual: "198.51.100.7", beside: ["use-forwarded-headers": "true"], told("X-Forwarded-For")),
        Key(
            "forwarded-for-header", "CF-Connecting-IP", bad: "CF Connecting", "203.0.113.9", usual: "198.51.100.7",
            beside: ["use-forwarded-headers": "true"], told("X-Real-IP")),
        Key("enable-underscores-in-headers", "true", bad: flag, "1", usual: "none", told("X_Under")),
        Key(
            "enable-opentelemetry", "true", bad: flag, "false", usual: "true",
            { gate, origin in
                "\(try told("traceparent")(gate, origin) == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")"
            }),
        Key("hide-headers", "X-A, X-B", bad: "X A", "none", usual: "1", answered("X-A")),
        Key("server-tokens", "true", bad: flag, "gatehouse", usual: "none", answered("Server")),
        Key("add-headers", "shop/answers", bad: "a/b/c", "yes", usual: "none", answered("X-Gate")),
        Key(
            "use-gzip", "true", bad: flag, "gzip", usual: "none",
            answered("Content-Encoding", ["Accept-Encoding: gzip"])),
        Key("force-ssl-redirect", "true", bad: flag, "308", usual: "200", status()),
        Key(
            "ssl-redirect", "false", bad: "off", "200", usual: "308", annotations: ["with-tls": ""], status()),
        Key(
            "http-redirect-code", "302", bad: "300", "302", usual: "308", annotations: ["force-ssl-redirect": "true"],
            status()),
        Key(
            "large-client-header-buffers", "4 2k", bad: "2k", "431", usual: "200",
            status(["X-Long: \(String(repeating: "a", count: 3000))"])),
        Key("keep-alive", "0", bad: "75s", "close", usual: "none", answered("Connection")),
        Key("keep-alive-requests", "1", bad: "0", "close", usual: "none", answered("Connection")),
        Key("upstream-keepalive-connections", "0", bad: "-1", "3", usual: "1", connections),
        Key("proxy-body-size", "4m", bad: "4mb", "200", usual: "413", uploadOfTwoMegabytes),
        Key(
            "limit-req-status-code", "429", bad: "200", "429", usual: "503",
            annotations: ["limit-rpm": "1", "limit-burst-multiplier": "0"], second),
        Key(
            "custom-http-errors", "404", bad: "four", "sorry", usual: "none",
            annotations: ["default-backend": "errors"],
            { gate, _ in
                let answer = try gate.request("/gone")
                return answer.text == "sorry" ? "sorry" : "none"
            }),
        Key(
            "annotations-risk-level", "Low", bad: "Highest", "404", usual: "200",
            annotations: ["upstream-hash-by": "$host"], status()),
        Key(
            "allow-snippet-annotations", "false", bad: "no", "none", usual: "1",
            annotations: ["configuration-snippet": "more_set_headers 'X-Snippet: 1';"], answered("X-Snippet")),
        Key(
            "disable-access-log", "true", bad: flag, "none", usual: "GET",
            beside: ["log-format-upstream": "$request_method"], logged),
        Key(
            "disable-http-access-log", "true", bad: flag, "none", usual: "GET",
            beside: ["log-format-upstream": "$request_method"], logged),
        Key(
            "skip-access-log-urls", "/health", bad: "~(", "none", usual: "GET",
            beside: ["log-format-upstream": "$request_method"], logged),
        Key(
            "log-format-escape-json", "true", bad: flag, #"say \"hi\""#, usual: #"say \x22hi\x22"#,
            beside: ["log-format-upstream": "$http_user_agent"], logged),
        Key(
            "log-format-escape-none", "true", bad: flag, #"say "hi""#, usual: #"say \x22hi\x22"#,
            beside: ["log-format-upstream": "$http_user_agent"], logged),
        Key(
            "proxy-buffer-size", "64k", bad: "64kb", "200", usual: "502",
            { gate, _ in "\(try gate.request("/large").status)" }),
        Key(
            "proxy-next-upstream", "off", bad: "never", "1", usual: "3",
            { gate, origin in
                _ = try gate.request("/breaks")
                return "\(origin.requests.count)"
            }),
        Key(
            "proxy-next-upstream-tries", "2", bad: "-2", "2", usual: "3",
            { gate, origin in
                _ = try gate.request("/breaks")
                return "\(origin.requests.count)"
            }),
        Key(
            "load-balance", "ip_hash", bad: "fastest", "1", usual: "2", annotations: ["with-two": ""],
            { gate, _ in "\(Set(try (0..<8).map { _ in try gate.request().text }).count)" }),
    ]

    private static func origin(_ name: String) throws -> ScriptedOrigin {
        try ScriptedOrigin { connection in
            while let request = try connection.request() {
                switch request.target {
                case "/breaks": return connection.reset()
                case "/gone": try connection.respond("none", status: "404 Not Found")
                case "/large":
                    try connection.respond(fields: ["X-Large: \(String(repeating: "x", count: 40_000))"])
                default:
                    let content = name + String(repeating: " ", count: 1000)
                    try connection.respond(content, fields: answerFields + ["Content-Type: text/html"])
                }
            }
        }
    }

    private func look(_ key: Key, with value: String?) throws -> (seen: String, isFaulty: Bool) {
        let origin = try Self.origin("one")
        var annotations = key.annotations
        let hasTLS = annotations.removeValue(forKey: "with-tls") != nil
        let hasTwo = annotations.removeValue(forKey: "with-two") != nil
        var configMap = key.beside
        configMap[key.name] = value
        let gate = try Gate(
            manifests: [
                Manifests.ingress(annotations, spec: hasTLS ? ["tls: [{hosts: [shop.example]}]"] : []),
                Manifests.configMap("answers", ["X-Gate": "yes"]),
            ],
            origins: [
                "web": [origin] + (hasTwo ? [try Self.origin("two")] : []),
                "errors": [try ScriptedOrigin(answering: "sorry")],
            ], configMap: configMap)
        let isFaulty = gate.diagnostics.contains { $0.field == "data.\(key.name)" }
        return (try key.look(gate, origin), isFaulty)
    }

    @Test(arguments: keys)
    func `changes what it names, and nothing while it is absent or unusable`(key: Key) throws {
        #expect(try look(key, with: key.good) == (key.seen.changed, false))
        #expect(try look(key, with: nil) == (key.seen.usual, false))
        #expect(try look(key, with: key.bad) == (key.seen.usual, true))
    }

    /// Times are too long to be waited for, so these are looked up where the data plane has them from.
    static let times: [(name: String, bad: String, look: @Sendable (RoutePolicy) -> Duration)] = [
        ("proxy-connect-timeout", "5s", { $0.timeouts.connect }), ("proxy-send-timeout", "0", { $0.timeouts.send }),
        ("proxy-read-timeout", "1h", { $0.timeouts.read }), ("proxy-next-upstream-timeout", "1m", { $0.retry.timeout }),
    ]

    @Test(arguments: times)
    func `of a time gives the default of its annotation`(
        name: String, bad: String, look: @Sendable (RoutePolicy) -> Duration
    ) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        func time(_ value: String?) throws -> Duration {
            let gate = try Gate([:], origin: origin, configMap: value.map { [name: $0] } ?? [:])
            #expect(try gate.request().status == 200)
            return look(try #require(gate.model.virtualHosts.first?.routes.first?.policy))
        }
        #expect(try time("7") == .seconds(7))
        #expect(try time(bad) == time(nil))
        #expect(try time(nil) != .seconds(7))
    }
}
