import Model
import TestSupport
import Testing

/// `proxy_method`, `proxy_set_body`, `proxy_pass_request_body`, `proxy_pass_request_headers` and `$request_body`.
@Suite struct `The request to the backend` {
    struct Case: Sendable, CustomTestStringConvertible {
        var directives: String
        var method = "POST"
        var body = "a=1&b=2"
        var startLine: String
        var given: String
        var length: String?
        var testDescription: String { "\(directives) \(method) \(body)" }
    }

    static let cases = [
        Case(directives: "", startLine: "POST /p?q HTTP/1.1", given: "a=1&b=2", length: "7"),
        Case(directives: "proxy_method PUT;", startLine: "PUT /p?q HTTP/1.1", given: "a=1&b=2", length: "7"),
        Case(
            directives: "proxy_method POST;", method: "GET", body: "", startLine: "POST /p?q HTTP/1.1", given: "",
            length: nil),
        Case(
            directives: "proxy_method PUT; rewrite ^ /new? break;", startLine: "PUT /new HTTP/1.1", given: "a=1&b=2",
            length: "7"),
        Case(
            directives: "proxy_set_body \"from $host\";", startLine: "POST /p?q HTTP/1.1", given: "from shop.example",
            length: "17"),
        Case(
            directives: "proxy_set_body \"from $host\";", method: "GET", body: "", startLine: "GET /p?q HTTP/1.1",
            given: "from shop.example", length: "17"),
        Case(
            directives: "proxy_set_body \"[$request_body]\";", startLine: "POST /p?q HTTP/1.1", given: "[a=1&b=2]",
            length: "9"),
        Case(
            directives: "proxy_set_body \"\";", startLine: "POST /p?q HTTP/1.1", given: "", length: "0"),
        Case(
            directives: "proxy_method GET; proxy_pass_request_body off;", startLine: "GET /p?q HTTP/1.1", given: "",
            length: nil),
        Case(
            directives: "proxy_pass_request_body off; proxy_set_body x;", startLine: "POST /p?q HTTP/1.1", given: "x",
            length: "1"),
    ]

    @Test(arguments: cases)
    func `has the method and body that directives say`(given: Case) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(given.directives, origin: origin)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        let client = try gate.client()
        let length = given.body.isEmpty ? [] : ["Content-Length: \(given.body.utf8.count)"]
        for number in 1...2 {
            let answer = try client.request("/p?q", method: given.method, length, body: given.body)
            #expect(answer.status == 200 && answer.text == "ok")
            let request = try #require(origin.requests.last)
            #expect(origin.requests.count == number)
            #expect(request.startLine == given.startLine && request.text == given.given)
            #expect(request["Content-Length"] == given.length)
        }
    }

    /// Whatever way the body comes, the connection serves on.
    @Test(arguments: ["proxy_pass_request_body off;", "proxy_set_body new;"])
    func `is made when the body has been read whole`(directive: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(directive, origin: origin, and: ["proxy-body-size": "1m"])
        let client = try gate.client()
        try client.send(Client.head("/", method: "POST", ["Transfer-Encoding: chunked"]) + "3\r\nabc\r\n")
        #expect(origin.requests.isEmpty)
        try client.send("0\r\n\r\n")
        #expect(try client.response(to: "POST").status == 200)
        let large = String(repeating: "x", count: 200_000)
        #expect(try client.request("/", method: "POST", ["Content-Length: 200000"], body: large).status == 200)
        try client.send(
            Client.head(
                "/", method: "POST", ["Content-Length: 4", "Content-Type: application/grpc"]))
        try client.send("body")
        #expect(try client.response(to: "POST").status == 200)
        #expect(origin.requests.allSatisfy { $0.text == (directive.contains("new") ? "new" : "") })
        #expect(origin.requests.count == 3)
        #expect(
            try client.request("/", method: "POST", ["Content-Length: 2000000"], body: "").status == 413)
    }

    @Test func `has none of the client's headers where they are not passed`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(
            "proxy_pass_request_headers off; proxy_set_header X-Kept $http_x_client;", origin: origin)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(
            try gate.request("/", method: "POST", ["X-Client: 1", "Cookie: a=b", "Accept: */*"], body: "abc").status
                == 200)
        let request = try #require(origin.requests.first)
        #expect(request["X-Client"] == nil && request["Cookie"] == nil && request["Accept"] == nil)
        #expect(request["X-Kept"] == "1" && request["Host"] == "shop.example" && request["X-Real-IP"] == "127.0.0.1")
        #expect(request.text == "abc" && request["Content-Length"] == "3")
    }

    @Test func `stays a HEAD`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate("proxy_method POST;", origin: origin)
        let client = try gate.client()
        #expect(try client.request("/", method: "HEAD").status == 200)
        #expect(origin.requests.last?.startLine == "HEAD / HTTP/1.1")
        #expect(try client.request("/").text == "ok")
    }

    @Test func `is the same for further attempts`() throws {
        let broken = try ScriptedOrigin { connection in _ = try connection.request() }
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            ["configuration-snippet": "proxy_method PUT; proxy_set_body \"from $remote_addr\";"],
            origins: ["web": [broken, origin]])
        for _ in 0..<4 { #expect(try gate.request("/", body: "").status == 200) }
        #expect(origin.requests.allSatisfy { $0.startLine == "PUT / HTTP/1.1" && $0.text == "from 127.0.0.1" })
    }

    @Test func `holds in a location that leads to a backend`() throws {
        let up = try ScriptedOrigin(answering: "up")
        let gate = try Gate(
            [
                "server-snippet":
                    "location /up { proxy_method POST; proxy_set_body $args; proxy_pass http://up.shop.svc; }"
            ],
            origins: ["web": [try ScriptedOrigin(answering: "web")], "up": [up]])
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try gate.request("/up?a=b").text == "up")
        #expect(up.requests.first?.startLine == "POST /up?a=b HTTP/1.1" && up.requests.first?.text == "a=b")
    }

    @Test(arguments: [
        ("proxy_method HEAD;", "expected a method such as POST"), ("proxy_method \"GET /\";", "expected a method"),
        ("proxy_method $x;", "expected a method"), ("proxy_set_body $nothing;", "names $nothing, which isn't known"),
        ("proxy_pass_request_body maybe;", "expected on or off"), ("proxy_pass_request_headers;", "words behind it"),
        ("if ($arg_x) { proxy_method PUT; }", "has no place in an if"),
    ])
    func `is the client's where a directive is not understood`(directive: String, fault: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(directive, origin: origin)
        #expect(gate.faults(about: "configuration-snippet").contains { $0.contains(fault) }, "\(gate.diagnostics)")
        if directive.hasPrefix("if") { return }
        #expect(try gate.request("/", method: "POST", body: "abc").status == 200)
        #expect(origin.requests.first?.startLine == "POST / HTTP/1.1" && origin.requests.first?.text == "abc")
    }
}

@Suite struct `The variable $request_body` {
    private static let snippet = """
        proxy_set_header X-Body $request_body;
        add_header X-Seen $request_body always;
        if ($request_body) { return 410; }
        """

    @Test func `is the body that is held in memory`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(Self.snippet, origin: origin)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        let client = try gate.client()
        try client.send(Client.head("/", method: "POST", ["Content-Length: 6"]) + "abc")
        #expect(origin.requests.isEmpty)
        try client.send("def")
        let answer = try client.response(to: "POST")
        #expect(answer.status == 200 && answer["X-Seen"] == "abcdef")
        #expect(origin.requests.last?["X-Body"] == "abcdef" && origin.requests.last?.text == "abcdef")
        // The next request has nothing of it.
        let next = try client.request("/")
        #expect(next.status == 200 && next["X-Seen"] == nil && origin.requests.last?["X-Body"] == nil)
        // Before the body has been read the variable is empty, as in nginx: the condition never held.
    }

    @Test func `is empty where the body is too long to be held, or passes as it comes`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(
            "proxy_set_header X-Length \"[$request_body]\";", origin: origin,
            and: ["client-body-buffer-size": "1m", "proxy-body-size": "1m"])
        let long = String(repeating: "x", count: 70_000)
        #expect(try gate.request("/", method: "POST", body: long).status == 200)
        #expect(origin.requests.last?["X-Length"] == "[]" && origin.requests.last?.text == long)
        let passing = try `configuration-snippet`.gate(
            "proxy_set_header X-Length \"[$request_body]\";", origin: origin, and: ["proxy-request-buffering": "off"])
        #expect(try passing.request("/", method: "POST", body: "abc").status == 200)
        #expect(origin.requests.last?["X-Length"] == "[]")
    }

    /// A body is bytes; a field is a line.
    @Test func `makes no field of a body with line breaks`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(Self.snippet, origin: origin)
        let answer = try gate.request("/", method: "POST", body: "a\r\nX-Evil: 1")
        #expect(answer.status == 400 && answer["X-Evil"] == nil)
        #expect(origin.requests.allSatisfy { $0["X-Evil"] == nil })
    }

    @Test func `is known to a host's snippet`() throws {
        let gate = try Gate(
            ["server-snippet": "more_set_headers \"X-Seen: $request_body\";"], origin: ScriptedOrigin(answering: "ok"))
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        #expect(try gate.request("/", method: "POST", body: "abc")["X-Seen"] == "abc")
    }
}
