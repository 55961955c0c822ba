import Model
import TestSupport
import Testing

@Suite struct `charset` {
    /// - Parameter type: what the backend says of its content; nil is nothing.
    private func gate(
        _ annotations: [String: String], type: String? = "text/html", status: String = "200 OK",
        configMap: [String: String] = [:]
    ) throws -> Gate {
        let origin = try ScriptedOrigin(
            answering: status.hasPrefix("304") ? "" : "tea", status: status,
            fields: type.map { ["Content-Type: \($0)"] } ?? [])
        return try Gate(annotations, origin: origin, configMap: configMap)
    }

    private func type(
        _ snippet: String, type: String? = "text/html", status: String = "200 OK", fields: [String] = []
    ) throws -> String? {
        let gate = try gate(["configuration-snippet": snippet], type: type, status: status)
        let answer = try gate.request("/", fields)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        return answer["Content-Type"]
    }

    @Test(arguments: [
        ("text/html", "text/html; charset=utf-8"), ("Text/HTML", "Text/HTML; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"), ("text/xml", "text/xml; charset=utf-8"),
        ("text/vnd.wap.wml", "text/vnd.wap.wml; charset=utf-8"),
        ("application/javascript", "application/javascript; charset=utf-8"),
        ("application/rss+xml", "application/rss+xml; charset=utf-8"),
        ("text/html; level=1", "text/html; level=1; charset=utf-8"), ("application/json", "application/json"),
        ("text/css", "text/css"), ("text/html; charset=koi8-r", "text/html; charset=koi8-r"),
        ("text/html;CHARSET=koi8-r", "text/html;CHARSET=koi8-r"),
        ("text/html; level=1; charset=\"koi8-r\"", "text/html; level=1; charset=\"koi8-r\""), (nil, nil),
    ])
    func `is added to types of text that name none`(given: String?, expected: String?) throws {
        #expect(try type("charset utf-8;", type: given) == expected)
    }

    @Test(arguments: ["", "charset off;", "charset_types *;"])
    func `is added by nobody else`(snippet: String) throws {
        #expect(try type(snippet) == "text/html")
    }

    @Test(arguments: [
        ("application/json", "application/json; charset=utf-8"), ("text/html", "text/html; charset=utf-8"),
        ("text/plain", "text/plain"),
    ])
    func `is for the types of charset_types and HTML`(given: String, expected: String) throws {
        #expect(try type("charset utf-8; charset_types application/json;", type: given) == expected)
    }

    @Test func `is for every type by a star`() throws {
        #expect(try type("charset_types *; charset utf-8;", type: "image/x-icon") == "image/x-icon; charset=utf-8")
    }

    @Test(arguments: [("404 Not Found", "text/html; charset=utf-8"), ("304 Not Modified", "text/html")])
    func `is said of content alone, whatever the status`(status: String, expected: String) throws {
        #expect(try type("charset utf-8;", status: status) == expected)
    }

    @Test func `is said of what header directives make of the type`() throws {
        let snippet = "charset utf-8; more_set_headers 'Content-Type: text/plain';"
        #expect(try type(snippet, type: "application/json") == "text/plain; charset=utf-8")
    }

    @Test func `is said of Gatehouse's own answers`() throws {
        let gate = try gate([
            "configuration-snippet":
                "charset utf-8; if ($arg_own) { return 200 own; } if ($arg_closed) { return 403; }"
        ])
        let answer = try gate.request("/?own=1")
        #expect(answer.text == "own")
        #expect(answer["Content-Type"] == "text/html; charset=utf-8")
        #expect(try gate.request("/?closed=1")["Content-Type"] == "text/html; charset=utf-8")
    }

    @Test(arguments: ["if ($arg_a) { charset a; } charset b;", "charset b; if ($arg_a) { charset a; }"])
    func `of the branch that a request went through last wins`(snippet: String) throws {
        let gate = try gate(["configuration-snippet": snippet + " if ($arg_off) { charset off; }"])
        #expect(try gate.request("/")["Content-Type"] == "text/html; charset=b")
        #expect(try gate.request("/?a=1")["Content-Type"] == "text/html; charset=a")
        #expect(try gate.request("/?a=1&off=1")["Content-Type"] == "text/html")
    }

    @Test(arguments: [
        ([:], [:], "http"), (["server-snippet": "charset server;"], [:], "server"),
        (["server-snippet": "charset server;"], ["configuration-snippet": "charset path;"], "path"),
        ([:], ["configuration-snippet": "charset path;"], "path"),
        (["server-snippet": "charset server;"], ["configuration-snippet": "charset off;"], nil),
        (["server-snippet": "charset server; charset_types text/css;"], ["configuration-snippet": "charset a;"], "a"),
        (["server-snippet": "charset_types text/css;"], ["configuration-snippet": "charset_types text/xml;"], "http"),
    ])
    func `of an inner place wins`(server: [String: String], path: [String: String], expected: String?) throws {
        let gate = try gate(
            server.merging(path) { $1 }, configMap: ["http-snippet": "charset http;"])
        let type = try gate.request("/")["Content-Type"]
        #expect(type == "text/html" + (expected.map { "; charset=\($0)" } ?? ""))
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
    }

    @Test(arguments: [
        ("charset_types text/css;", "", "text/css", "text/css; charset=http"),
        ("charset_types text/css;", "", "text/plain", "text/plain"),
        ("charset_types text/css;", "charset_types text/xml;", "text/css", "text/css"),
        ("", "charset_types text/xml;", "text/xml", "text/xml; charset=http"),
    ])
    func `has the types of the inner place`(server: String, path: String, given: String, expected: String) throws {
        let gate = try gate(
            ["server-snippet": server, "configuration-snippet": path], type: given,
            configMap: ["http-snippet": "charset http;"])
        #expect(try gate.request("/")["Content-Type"] == expected)
    }

    @Test func `of an Ingress wins over the ConfigMap's word in the same place`() throws {
        let gate = try gate(["server-snippet": "charset own;"], configMap: ["server-snippet": "charset common;"])
        #expect(try gate.request("/")["Content-Type"] == "text/html; charset=own")
    }

    @Test func `is said in a location block`() throws {
        let gate = try gate(["server-snippet": "location = /t { charset utf-8; return 200 tea; }"])
        #expect(try gate.request("/t")["Content-Type"] == "text/html; charset=utf-8")
        #expect(try gate.request("/")["Content-Type"] == "text/html")
    }

    @Test func `changes nothing of what is compressed or replaced`() throws {
        let gate = try gate(
            ["configuration-snippet": "charset utf-8; sub_filter tea coffee;"], configMap: ["use-gzip": "true"])
        let answer = try gate.request("/")
        #expect(answer["Content-Type"] == "text/html; charset=utf-8")
        #expect(answer.text == "coffee")
    }

    @Test(arguments: [
        ("charset $arg_c;", "charset: \"$arg_c\" holds a variable"),
        ("charset 'utf 8';", "charset: expected the name of a charset such as utf-8, or off"),
        ("charset \"utf;8\";", "charset: expected the name of a charset"),
        ("charset \(String(repeating: "u", count: 65));", "charset: expected the name of a charset"),
        ("charset a b;", "charset has 2 words"), ("charset_types html;", "charset_types: expected media types"),
        ("if ($arg_a) { charset_types text/css; }", "charset_types has no place in an if"),
    ])
    func `that can't be used counts as absent`(snippet: String, fault: String) throws {
        let gate = try gate(["configuration-snippet": snippet])
        #expect(try gate.request("/?a=1&c=utf-8")["Content-Type"] == "text/html")
        let faults = gate.faults(about: "configuration-snippet")
        #expect(faults.count == 1 && faults[0].contains(fault), "\(faults)")
        #expect(gate.diagnostics.allSatisfy { $0.severity == .warning })
    }
}
