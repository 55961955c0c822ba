import Model
import TestSupport
import Testing

@Suite struct `keepalive_timeout of a snippet` {
    private static func gate(_ annotations: [String: String], configMap: [String: String] = [:]) throws -> Gate {
        try Gate(annotations, origin: ScriptedOrigin(answering: "ok"), configMap: configMap)
    }

    @Test func `says nothing, and keeps connections, where there is none`() throws {
        let gate = try Self.gate([:])
        let client = try gate.client()
        for _ in 0..<2 {
            let answer = try client.request()
            #expect(answer.status == 200 && answer["Connection"] == nil && answer["Keep-Alive"] == nil)
        }
    }

    @Test(
        arguments: [
            ["configuration-snippet": "keepalive_timeout 0;"], ["server-snippet": "keepalive_timeout 0s 20s;"],
            ["configuration-snippet": "keepalive_timeout 0;", "server-snippet": "keepalive_timeout 1h 1h;"],
            ["server-snippet": "location /a { keepalive_timeout 0; return 200 ok; }"],
        ])
    func `of 0 closes the connection after the response`(annotations: [String: String]) throws {
        let gate = try Self.gate(annotations)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        let client = try gate.client()
        let answer = try client.request("/a", ["Connection: keep-alive"])
        #expect(answer.status == 200 && answer.text == "ok")
        #expect(answer["Connection"] == "close" && answer["Keep-Alive"] == nil)
        #expect(try client.isEnded())
    }

    @Test func `of 0 closes after own answers, and behind a body that nobody reads`() throws {
        let gate = try Self.gate(["configuration-snippet": "keepalive_timeout 0; if ($arg_no) { return 403; }"])
        let client = try gate.client()
        let answer = try client.request("/?no=1", method: "POST", ["Content-Length: 4"], body: "body")
        #expect(answer.status == 403 && answer["Connection"] == "close")
        #expect(try client.isEnded())
    }

    @Test(arguments: ["configuration-snippet", "server-snippet"])
    func `shorter than the time of the ConfigMap ends connections that are idle`(annotation: String) throws {
        let gate = try Self.gate([annotation: "keepalive_timeout 100ms;"], configMap: ["keep-alive": "3600"])
        let client = try gate.client()
        let answer = try client.request()
        #expect(answer["Connection"] == nil && answer["Keep-Alive"] == nil)
        #expect(try client.isEnded())
        #expect(gate.metric("gatehouse_limits_hit_total", "\"keep_alive_timeout\"") == 1)
    }

    /// The other connection becomes idle later, so that it would outlive this one if their times were the same.
    @Test func `longer than the time of the ConfigMap keeps connections that are idle`() throws {
        let gate = try Self.gate(
            [
                "server-snippet":
                    "location /brief { return 204; }\nlocation /long { keepalive_timeout 1h; return 200 ok; }"
            ],
            configMap: ["keep-alive": "1"])
        let kept = try gate.client()
        #expect(try kept.request("/long").status == 200)
        let other = try gate.client()
        #expect(try other.request("/brief").status == 204)
        #expect(try other.isEnded())
        #expect(try kept.request("/long").status == 200)
    }

    @Test func `holds for the response of its route alone`() throws {
        let gate = try Self.gate(
            ["server-snippet": "location /long { keepalive_timeout 1h 1h; return 200 ok; }"],
            configMap: ["keep-alive": "1"])
        let client = try gate.client()
        #expect(try client.request("/long")["Keep-Alive"] == "timeout=3600")
        let last = try client.request("/")
        #expect(last.status == 200 && last["Keep-Alive"] == nil && last["Connection"] == nil)
        #expect(try client.isEnded())
    }

    @Test(arguments: [("1.1", []), ("1.0", ["Connection: keep-alive"])])
    func `tells clients its second time`(version: String, fields: [String]) throws {
        let gate = try Self.gate(["configuration-snippet": "keepalive_timeout 75s 1500ms;"])
        let client = try gate.client()
        for _ in 0..<2 {
            let answer = try client.request(version: version, fields)
            #expect(answer.values("Connection") == ["keep-alive"] && answer.values("Keep-Alive") == ["timeout=2"])
        }
        let last = try client.request(version: version, ["Connection: close"])
        #expect(last.values("Connection") == ["close"] && last["Keep-Alive"] == nil)
    }

    @Test(arguments: ["keepalive_timeout 75s;", "keepalive_timeout 75s 0;"])
    func `tells clients nothing without a second time`(directive: String) throws {
        let answer = try Self.gate(["configuration-snippet": directive]).request()
        #expect(answer.status == 200 && answer["Keep-Alive"] == nil && answer["Connection"] == nil)
    }

    @Test func `is that of the location that answers, but for a 0 on the way there`() throws {
        let gate = try Self.gate([
            "server-snippet": """
            location /told { keepalive_timeout 9s 9s; rewrite ^ /plain last; }
            location /closed { keepalive_timeout 0; rewrite ^ /long last; }
            location /missing { keepalive_timeout 9s 9s; error_page 404 = @instead; return 404; }
            location /long { keepalive_timeout 8s 8s; return 200 ok; }
            location @instead { return 200 ok; }
            """
        ])
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        for (target, connection) in [("/told", nil), ("/closed", "close"), ("/missing", nil)] {
            let answer = try gate.request(target)
            #expect(answer.status == 200 && answer["Connection"] == connection, "\(target)")
            #expect(answer["Keep-Alive"] == nil, "\(target)")
        }
        #expect(try gate.request("/long")["Keep-Alive"] == "timeout=8")
    }

    @Test func `has no say about connections of HTTP/2`() throws {
        let gate = try Gate(
            manifests: [Manifests.ingress(["configuration-snippet": "keepalive_timeout 0 5s;"])],
            origins: ["web": [ScriptedOrigin(answering: "ok")]], speaksTLS: true)
        let peer = try gate.http2OverTLS()
        for _ in 0..<2 {
            let answer = try peer.message(peer.request(scheme: "https"))
            #expect(answer.status == 200 && answer["connection"] == nil && answer["keep-alive"] == nil)
        }
    }

    @Test func `keeps no connection where the ConfigMap keeps none`() throws {
        let gate = try Self.gate(
            ["configuration-snippet": "keepalive_timeout 75s 75s;"], configMap: ["keep-alive": "0"])
        let answer = try gate.request()
        #expect(answer["Connection"] == "close" && answer["Keep-Alive"] == nil)
    }

    @Test(
        arguments: [
            "keepalive_timeout soon;", "keepalive_timeout -1;", "keepalive_timeout 11y;",
            "keepalive_timeout $arg_time;",
            "keepalive_timeout 5s later;", "keepalive_timeout;", "keepalive_timeout 1s 1s 1s;",
            "if ($arg_x) { keepalive_timeout 0; }",
        ])
    func `with a bad value, or in the wrong place, counts as absent`(directive: String) throws {
        let gate = try Self.gate(["configuration-snippet": directive])
        let faults = gate.faults(about: "configuration-snippet")
        #expect(faults.count == 1 && faults[0].contains("keepalive_timeout"), "\(faults)")
        #expect(faults.allSatisfy { $0.contains("counts as absent") }, "\(faults)")
        let client = try gate.client()
        for _ in 0..<2 { #expect(try client.request("/?x=1")["Connection"] == nil) }
    }

    @Test func `in http-snippet names the key that says it`() throws {
        let gate = try Self.gate([:], configMap: ["http-snippet": "keepalive_timeout 0;"])
        #expect(gate.diagnostics.map(\.severity) == [.note])
        #expect(gate.diagnostics.first?.remedy == "use keep-alive of the ConfigMap")
        #expect(try gate.request()["Connection"] == nil)
    }
}
