import TestSupport
import Testing

@Suite struct `sub_filter` {
    private static let html = ["Content-Type: text/html; charset=utf-8"]

    private func gate(
        _ snippet: String, _ body: String, fields: [String] = html, configMap: [String: String] = [:],
        and annotations: [String: String] = [:]
    ) throws -> (Gate, ScriptedOrigin) {
        let origin = try ScriptedOrigin(answering: body, fields: fields)
        let all = ["configuration-snippet": snippet].merging(annotations) { $1 }
        return (try Gate(all, origin: origin, configMap: configMap), origin)
    }

    @Test(arguments: [
        ("sub_filter tea coffee;", "tea and tea", "coffee and tea"),
        ("sub_filter tea coffee; sub_filter_once off;", "tea and Tea", "coffee and coffee"),
        ("sub_filter tea coffee; sub_filter milk sugar;", "milk, tea, milk", "sugar, coffee, milk"),
        (
            "sub_filter '</head>' '<script src=\"/x.js\"></script></head>';", "<HEAD></HEAD>x",
            "<HEAD><script src=\"/x.js\"></script></head>x"
        ),
        ("sub_filter tea \"\"; sub_filter_once off;", "teatime, tea", "time, "),
        ("sub_filter nothing something;", "tea", "tea"),
        (
            "sub_filter 'http://internal/' 'https://$host/';", "<a href=\"http://internal/a\">",
            "<a href=\"https://shop.example/a\">"
        ),
        ("set $drink \"tea of $request_method\"; sub_filter DRINK $drink;", "a DRINK", "a tea of GET"),
        ("sub_filter aab x; sub_filter_once off;", "aaab aab aa", "ax x aa"),
        ("sub_filter abcd x; sub_filter bc y; sub_filter_once off;", "abcd abce bc", "x aye y"),
        ("sub_filter ab x; sub_filter abc y; sub_filter_once off;", "ab abc abd", "x y xd"),
        ("sub_filter a b; sub_filter b a; sub_filter_once off;", "aabb", "bbaa"),
    ])
    func `replaces texts of the content`(snippet: String, body: String, expected: String) throws {
        let (gate, _) = try gate(snippet, body)
        let answer = try gate.request()
        #expect(answer.text == expected)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
    }

    @Test(arguments: [
        ("sub_filter tea coffee;", "", "coffee tea"),
        ("sub_filter tea coffee;", "sub_filter_once off;", "coffee coffee"),
        ("sub_filter tea coffee; sub_filter_once off;", "sub_filter tea milk;", "milk milk"),
        ("sub_filter_once off;", "sub_filter tea milk;", "milk milk"),
        ("sub_filter_once off;", "", "tea tea"),
    ])
    func `of a host acts on paths that look for nothing themselves`(
        host: String, path: String, expected: String
    ) throws {
        let (gate, _) = try gate(path, "tea tea", and: ["server-snippet": host])
        #expect(try gate.request().text == expected)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
    }

    @Test func `finds texts wherever the content is cut, and holds nothing else back`() throws {
        let step = Watched(0)
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfir-\r\n")
            _ = try step.wait("the client to have the first part") { $0 >= 1 }
            for byte in "xtexasex-" { try connection.send("1\r\n\(byte)\r\n") }
            try connection.send("0\r\nX-Trailer: kept\r\n\r\n")
        }
        let gate = try Gate(["configuration-snippet": "sub_filter texas T; sub_filter_once off;"], origin: origin)
        let client = try gate.client()
        try client.send(Client.head("/"))
        #expect(try client.reader.head()?.status == 200)
        var text = ""
        let trailers = try client.reader.readBody(.chunked) { piece in
            text += String(decoding: piece, as: UTF8.self)
            if text == "fir-" { step.change { $0 = 1 } }
        }
        #expect(text == "fir-xTex-")
        #expect(trailers.map(\.value) == ["kept"])
    }

    @Test(arguments: [
        ("", ["Content-Type: text/plain"], "tea"), ("sub_filter_types text/plain;", ["Content-Type: text/plain"], "X"),
        ("sub_filter_types *;", ["Content-Type: application/json"], "X"),
        ("sub_filter_types text/plain;", ["Content-Type: text/html"], "X"), ("sub_filter_types *;", [], "tea"),
        ("sub_filter_types text/plain;", ["Content-Type: text/plain", "Content-Encoding: br"], "tea"),
    ])
    func `looks through types that are named, and nothing encoded`(
        directive: String, fields: [String], expected: String
    ) throws {
        let (gate, _) = try gate("sub_filter tea X; \(directive)", "tea", fields: fields)
        #expect(try gate.request().text == expected)
    }

    @Test func `makes the length and what names the bytes anew`() throws {
        let fields =
            Self.html + ["ETag: \"a\"", "Last-Modified: Sat, 21 Nov 2026 10:00:00 GMT", "Accept-Ranges: bytes"]
        let (gate, _) = try gate("sub_filter tea coffee;", "tea", fields: fields)
        let answer = try gate.request()
        #expect(answer.text == "coffee" && answer["Content-Length"] == nil)
        #expect(answer["ETag"] == nil && answer["Last-Modified"] == nil && answer["Accept-Ranges"] == nil)
        let head = try gate.request(method: "HEAD")
        #expect(head["Content-Length"] == nil && head["ETag"] == nil)
        #expect(try gate.client().request("/", version: "1.0").text == "coffee")
    }

    @Test(arguments: ["on", "off"])
    func `carries large contents, with whatever else is done to them`(buffering: String) throws {
        let part = "<p>Tea is served at five, and tea it is.</p>\n"
        let (gate, origin) = try gate(
            "sub_filter tea coffee; sub_filter '</p>' '</p><hr>'; sub_filter_once off;",
            String(repeating: part, count: 40_000), configMap: ["use-gzip": "true"],
            and: ["proxy-buffering": buffering])
        let expected = String(
            repeating: "<p>coffee is served at five, and coffee it is.</p><hr>\n", count: 40_000)
        let client = try gate.client()
        #expect(try client.request("/").text == expected)
        let compressed = try client.request("/", ["Accept-Encoding: gzip"])
        #expect(compressed["Content-Encoding"] == "gzip" && Gunzip.read(compressed.body)?.text == expected)
        #expect(origin.connectionCount == 1)
    }

    @Test(arguments: [
        ("sub_filter $host x;", "holds a variable"), ("sub_filter '' x;", "no text"),
        ("sub_filter tea $no_such_thing;", "no_such_thing"), ("sub_filter_once maybe;", "on or off"),
        ("sub_filter_types {;", ""), ("sub_filter tea;", "1 words"),
    ])
    func `is named when it can't be used, and counts as absent`(snippet: String, part: String) throws {
        let (gate, _) = try gate(snippet, "tea")
        let answer = try gate.request()
        #expect(gate.diagnostics.contains { "\($0)".contains(part) })
        // A text that can't be read at all closes the paths.
        #expect(answer.status == 503 || answer.text == "tea")
    }
}
