import TestSupport
import Testing

@Suite struct `The annotation proxy-body-size` {
    @Test(
        .shows(effectOf: "proxy-body-size"), .shows(defaultOf: "proxy-body-size"),
        .shows(badValueOf: "proxy-body-size"),
        arguments: [
            (["proxy-body-size": "10"], 10, 200), (["proxy-body-size": "10"], 11, 413),
            (["proxy-body-size": "1k"], 1024, 200), (["proxy-body-size": "1K"], 1025, 413),
            // A megabyte by default, and when the value is unusable.
            ([:], 1 << 20, 200), ([:], 1 << 20 + 1, 413), (["proxy-body-size": "8mb"], 1 << 20 + 1, 413),
            (["proxy-body-size": "lots"], 1 << 20 + 1, 413), (["proxy-body-size": "-1"], 1 << 20 + 1, 413),
            (["proxy-body-size": "0"], 3 << 20, 200), (["proxy-body-size": "4m"], 3 << 20, 200),
        ])
    func `is the largest body that is served`(annotations: [String: String], size: Int, status: Int) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(annotations, origin: origin)
        let client = try gate.client()
        try client.send(Client.head("/", method: "POST", ["Content-Length: \(size)"]))
        // What is refused is refused by its length, and nobody waits for the rest.
        if status == 200 { try client.wire.send(Array(repeating: UInt8(ascii: "x"), count: size)) }
        let answer = try client.response(to: "POST")
        #expect(answer.status == status)
        if status == 413 { #expect(answer.text.contains("413 Request Entity Too Large")) }
        #expect(origin.requests.map(\.body.count) == (status == 200 ? [size] : []))
        let isUnusable = ["8mb", "lots", "-1"].contains(annotations.values.first)
        #expect(gate.faults(about: "proxy-body-size").isEmpty != isUnusable)
    }

    @Test func `ends a body in chunks where it grows too large`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["proxy-body-size": "10"], origin: origin)
        let client = try gate.client()
        try client.send(Client.head("/", method: "POST", ["Transfer-Encoding: chunked"]) + "5\r\nhello\r\n")
        try client.send("6\r\n world\r\n0\r\n\r\n")
        #expect(try client.response(to: "POST").status == 413)
        #expect(origin.requests.isEmpty, "no backend gets a body that was cut off as a whole one")
    }

    @Test(arguments: [
        ([:], ["proxy-body-size": "4"], 413), (["proxy-body-size": "8"], ["proxy-body-size": "4"], 200),
    ])
    func `goes before the ConfigMap's`(annotations: [String: String], configMap: [String: String], status: Int) throws {
        let gate = try Gate(annotations, origin: try ScriptedOrigin(answering: "ok"), configMap: configMap)
        #expect(try gate.request("/", method: "POST", body: "eight by").status == status)
    }

    /// Section 4 of the reference: the length is looked at before redirects and access rules.
    @Test func `goes before redirects and access rules`() throws {
        for annotations in [
            ["permanent-redirect": "https://other.example/"], ["allowlist-source-range": "192.0.2.0/24"],
        ] {
            let all = annotations.merging(["proxy-body-size": "4"]) { $1 }
            let gate = try Gate(all, origin: try ScriptedOrigin(answering: "ok"))
            #expect(try gate.request("/", method: "POST", body: "too long").status == 413)
        }
    }
}
