import TestSupport
import Testing

/// Compression of responses (`use-gzip` and its kin), from the manifest to the bytes on the wire.
@Suite struct `The ConfigMap's key use-gzip` {
    static let text = String(repeating: "All sorts of tea, and coffee, too. ", count: 100)
    static let asking = "Accept-Encoding: gzip, deflate, br"

    private func gate(
        _ origin: ScriptedOrigin, _ configMap: [String: String] = ["use-gzip": "true"],
        _ annotations: [String: String] = [:]
    ) throws -> Gate {
        try Gate(annotations, origin: origin, configMap: configMap)
    }

    private func origin(_ body: String = text, _ fields: String...) throws -> ScriptedOrigin {
        try ScriptedOrigin(answering: body, fields: fields.isEmpty ? ["Content-Type: text/plain"] : fields)
    }

    @Test func `compresses responses for clients that take it`() throws {
        let origin = try origin()
        let gate = try gate(origin)
        let answer = try gate.request("/", [Self.asking])
        #expect(answer["Content-Encoding"] == "gzip" && answer["Vary"] == "Accept-Encoding")
        #expect(answer["Content-Length"] == nil && answer["Transfer-Encoding"] == "chunked")
        #expect(answer.body.count < Self.text.utf8.count / 5)
        #expect(Gunzip.read(answer.body) == Gunzip.Outcome(bytes: Array(Self.text.utf8), isWhole: true))
        #expect(origin.requests.first?["Accept-Encoding"] == "gzip, deflate, br", "the backend may do it, too")
        #expect(gate.diagnostics.isEmpty)
    }

    @Test(arguments: [[:], ["use-gzip": "false"], ["use-gzip": "much"]])
    func `is off by default, and when its value is unusable`(configMap: [String: String]) throws {
        let gate = try gate(origin(), configMap)
        let answer = try gate.request("/", [Self.asking])
        #expect(answer["Content-Encoding"] == nil && answer["Vary"] == nil && answer.text == Self.text)
        #expect(gate.diagnostics.isEmpty != (configMap["use-gzip"] == "much"))
    }

    @Test(arguments: [
        ([], false), (["Accept-Encoding: br"], false), (["Accept-Encoding: gzip;q=0"], false),
        (["Accept-Encoding: gzip; q=0.000, *"], false), (["Accept-Encoding: *;q=0"], false),
        (["Accept-Encoding: gzipped"], false), (["Accept-Encoding: "], false), (["Accept-Encoding: GZIP"], true),
        (["Accept-Encoding: br;q=1.0, gzip;q=0.001"], true), (["Accept-Encoding: x-gzip"], true),
        (["Accept-Encoding: identity", "Accept-Encoding: deflate, gzip"], true), (["Accept-Encoding: *"], true),
    ])
    func `goes by Accept-Encoding, and tells caches so`(fields: [String], isCompressed: Bool) throws {
        let answer = try gate(origin()).request("/", fields)
        #expect((answer["Content-Encoding"] == "gzip") == isCompressed)
        #expect(answer["Vary"] == "Accept-Encoding")
        if !isCompressed { #expect(answer["Content-Length"] == "\(Self.text.utf8.count)" && answer.text == Self.text) }
    }

    struct Kept: Sendable, CustomTestStringConvertible {
        var reason: String
        var status = "200 OK"
        var fields = ["Content-Type: text/plain"]
        var body = text
        var testDescription: String { reason }
    }

    @Test(arguments: [
        Kept(reason: "short", body: String(repeating: "a", count: 255)),
        Kept(reason: "of another type", fields: ["Content-Type: image/png"]),
        Kept(reason: "of no type", fields: []),
        Kept(reason: "encoded already", fields: ["Content-Type: text/plain", "Content-Encoding: br"]),
        Kept(reason: "not to be changed", fields: ["Content-Type: text/plain", "Cache-Control: public, No-Transform"]),
        Kept(
            reason: "a part", status: "206 Partial Content",
            fields: ["Content-Type: text/plain", "Content-Range: bytes 0-3499/9000"]),
        Kept(reason: "an error of another kind", status: "500 Internal Server Error"),
        Kept(reason: "a redirect", status: "302 Found", fields: ["Content-Type: text/html", "Location: /x"]),
    ])
    func `leaves alone what is no good to compress`(kept: Kept) throws {
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.respond(kept.body, status: kept.status, fields: kept.fields)
            }
        }
        let answer = try gate(origin).request("/", [Self.asking])
        #expect(answer["Content-Encoding"] != "gzip" && answer["Vary"] == nil)
        #expect(answer["Content-Length"] == "\(kept.body.utf8.count)" && answer.text == kept.body)
    }

    @Test(arguments: ["403 Forbidden", "404 Not Found"])
    func `compresses the errors that pages are made for`(status: String) throws {
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.respond(Self.text, status: status, fields: ["Content-Type: text/html; charset=utf-8"])
            }
        }
        let answer = try gate(origin).request("/", [Self.asking])
        #expect("\(answer.status)" == status.prefix(3) && Gunzip.read(answer.body)?.text == Self.text)
    }

    @Test func `has nothing to compress in answers without content`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.method == "HEAD" {
                    try connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3500\r\n\r\n")
                } else {
                    try connection.send("HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n")
                }
            }
        }
        let gate = try gate(origin)
        let client = try gate.client()
        let head = try client.request("/", method: "HEAD", [Self.asking])
        #expect(head["Content-Encoding"] == nil && head["Content-Length"] == "3500")
        #expect(head["Vary"] == "Accept-Encoding")
        let nothing = try client.request("/", [Self.asking])
        #expect(nothing.status == 204 && nothing["Content-Encoding"] == nil && nothing["Vary"] == nil)
    }

    @Test func `leaves clients of HTTP/1.0 alone`() throws {
        let gate = try gate(origin())
        let answer = try gate.client().request("/", version: "1.0", [Self.asking])
        #expect(answer["Content-Encoding"] == nil && answer.text == Self.text)
    }

    @Test(arguments: [("\"abc\"", "W/\"abc\""), ("W/\"abc\"", "W/\"abc\"")])
    func `weakens the ETag, promises no parts, and adds to Vary`(given: String, expected: String) throws {
        let fields = ["Content-Type: text/css", "ETag: \(given)", "Accept-Ranges: bytes", "Vary: Origin"]
        let origin = try ScriptedOrigin(answering: Self.text, fields: fields)
        let gate = try gate(origin)
        let answer = try gate.request("/", [Self.asking])
        #expect(answer["ETag"] == expected && answer["Accept-Ranges"] == nil)
        #expect(answer.values("Vary") == ["Origin", "Accept-Encoding"])
        let plain = try gate.request("/")
        #expect(plain["ETag"] == given && plain["Accept-Ranges"] == "bytes")
        #expect(plain.values("Vary") == ["Origin", "Accept-Encoding"])
    }

    @Test(arguments: [
        (["gzip-min-length": "10000"], false), (["gzip-min-length": "3500"], true), (["gzip-min-length": "-1"], true),
        (["gzip-types": "text/css"], false), (["gzip-types": "TEXT/Plain image/png"], true),
        (["gzip-types": "*"], true), (["gzip-types": "plain {"], true), (["gzip-level": "9"], true),
        (["gzip-level": "0"], true), (["gzip-level": "10"], true),
    ])
    func `goes by gzip-min-length, gzip-types and gzip-level`(
        configMap: [String: String], isCompressed: Bool
    ) throws {
        let gate = try gate(origin(), configMap.merging(["use-gzip": "true"]) { $1 })
        let answer = try gate.request("/", [Self.asking])
        #expect((answer["Content-Encoding"] == "gzip") == isCompressed)
        if isCompressed { #expect(Gunzip.read(answer.body)?.text == Self.text) }
        let isFaulty = ["-1", "plain {", "0", "10"].contains(configMap.values.first ?? "")
        #expect(gate.diagnostics.isEmpty != isFaulty)
    }

    @Test func `makes it smaller at a higher gzip-level`() throws {
        let body = (0..<20_000).map { "\($0 &* 2_654_435_761 % 9973) " }.joined()
        func size(_ level: String) throws -> Int {
            try gate(origin(body, "Content-Type: text/plain"), ["use-gzip": "true", "gzip-level": level])
                .request("/", [Self.asking]).body.count
        }
        #expect(try size("9") < size("1"))
    }

    @Test(arguments: ["on", "off"], [1 << 20, 5 << 20])
    func `carries large bodies, buffered or not, on connections that are kept`(buffering: String, size: Int) throws {
        let body = BodyText.of(size)
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.respond(body, fields: ["Content-Type: application/json"])
            }
        }
        let gate = try gate(origin, ["use-gzip": "true"], ["proxy-buffering": buffering])
        let client = try gate.client()
        for _ in 0..<2 {
            let answer = try client.request("/", [Self.asking])
            #expect(answer["Content-Encoding"] == "gzip")
            #expect(Gunzip.read(answer.body) == Gunzip.Outcome(bytes: Array(body.utf8), isWhole: true))
        }
        #expect(origin.connectionCount == 1)
    }

    @Test func `holds nothing back of a response that comes bit by bit`() throws {
        let gateOfSecond = Watched(false)
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            _ = try gateOfSecond.wait("the client to have the first part") { $0 }
            try connection.send("6\r\nsecond\r\n0\r\nX-Trailer: kept\r\n\r\n")
        }
        let gate = try gate(origin)
        let client = try gate.client()
        try client.send(Client.head("/", [Self.asking]))
        let head = try #require(try client.reader.head())
        #expect(head["Content-Encoding"] == "gzip")
        var body: [UInt8] = []
        let trailers = try client.reader.readBody(.chunked) { piece in
            body += piece
            if Gunzip.read(body)?.text == "first" { gateOfSecond.change { $0 = true } }
        }
        #expect(Gunzip.read(body) == Gunzip.Outcome(bytes: Array("firstsecond".utf8), isWhole: true))
        #expect(trailers.map(\.value) == ["kept"])
    }

    @Test func `never ends a stream whose source broke off`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9000\r\n\r\n\(Self.text)")
            connection.reset()
        }
        let gate = try gate(origin)
        let client = try gate.client()
        try client.send(Client.head("/", [Self.asking]))
        #expect(throws: (any Error).self) { try client.response() }
    }

    @Test func `compresses for clients of HTTP/2`() throws {
        let certificate = TestCertificate("shop.example")
        let secret = Manifests.secret(
            "shop-tls", type: "kubernetes.io/tls", ["tls.crt": certificate.chainPEM, "tls.key": certificate.keyPEM])
        let spec = ["tls: [{hosts: [shop.example], secretName: shop-tls}]"]
        let gate = try Gate(
            manifests: [Manifests.ingress([:], spec: spec), secret], origins: ["web": [try origin()]],
            configMap: ["use-gzip": "true"], speaksTLS: true)
        var options = TLSOptions()
        options.protocols = ["h2"]
        let peer = HTTP2Peer(try gate.secureClient(options).wire)
        try peer.beginAsClient()
        for _ in 0..<3 {
            let answer = try peer.message(peer.request(scheme: "https", [("accept-encoding", "gzip")]))
            #expect(answer["content-encoding"] == "gzip" && answer["content-length"] == nil)
            #expect(Gunzip.read(answer.body)?.text == Self.text)
        }
    }

    @Test func `sees what snippets make of the type`() throws {
        let gate = try gate(
            origin(Self.text, "Content-Type: application/x-own"), ["use-gzip": "true"],
            ["configuration-snippet": "more_set_headers \"Content-Type: text/plain\";"])
        let answer = try gate.request("/", [Self.asking])
        #expect(answer["Content-Encoding"] == "gzip" && answer.values("Content-Type") == ["text/plain"])
    }

    @Test(arguments: ["Content-Encoding: br", "Cache-Control: no-transform", "Content-Type: image/png"])
    func `leaves alone what snippets forbid to change`(field: String) throws {
        let gate = try gate(
            origin(), ["use-gzip": "true"], ["configuration-snippet": "more_set_headers \"\(field)\";"])
        #expect(try gate.request("/", [Self.asking]).text == Self.text)
    }

    @Test(
        arguments: [
            ("gzip off;", true, nil), ("gzip on;", false, "gzip"),
            ("gzip on; gzip_types image/png; gzip_proxied any; gzip_vary on;", false, nil),
            ("gzip on; gzip_min_length 100k; gzip_comp_level 6;", false, nil),
        ] as [(String, Bool, String?)])
    func `gives way to directives of a snippet`(snippet: String, isOn: Bool, coding: String?) throws {
        let gate = try gate(
            origin(), ["use-gzip": isOn ? "true" : "false"], ["configuration-snippet": snippet])
        #expect(try gate.request("/", [Self.asking])["Content-Encoding"] == coding)
    }

    @Test(
        .shows(effectOf: "ConfigMap/http-snippet", "ConfigMap/server-snippet"),
        arguments: [
            (["server-snippet": "gzip on;"], [:], "gzip"), (["server-snippet": "gzip off;"], ["use-gzip": "true"], nil),
            (["server-snippet": "gzip on;", "configuration-snippet": "gzip off;"], [:], nil),
            (["server-snippet": "gzip off;", "configuration-snippet": "gzip on;"], [:], "gzip"),
            (["server-snippet": "gzip_types image/png; gzip on;"], ["gzip-types": "text/plain"], nil),
            ([:], ["http-snippet": "gzip on;"], "gzip"), ([:], ["server-snippet": "gzip on;"], "gzip"),
            (["server-snippet": "gzip off;"], ["server-snippet": "gzip on;"], nil),
            (["server-snippet": "gzip_min_length 1;"], ["http-snippet": "gzip on;"], "gzip"),
        ] as [([String: String], [String: String], String?)])
    func `goes by the innermost snippet that says something`(
        annotations: [String: String], configMap: [String: String], coding: String?
    ) throws {
        let gate = try gate(origin(), configMap, annotations)
        #expect(try gate.request("/", [Self.asking])["Content-Encoding"] == coding)
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
    }

    @Test func `counts compressed bytes in the access log`() throws {
        let gate = try gate(
            origin(), ["use-gzip": "true", "log-format-upstream": "$body_bytes_sent $sent_http_content_encoding"])
        let count = try gate.request("/", [Self.asking]).body.count
        let logged = try #require(try gate.accessLogLines().first?.split(separator: " ").first.flatMap { Int($0) })
        #expect(logged >= count && logged < count + 64, "chunks are counted or not, the plain text is not")
    }
}

/// Text of any size that compresses neither well nor badly.
private enum BodyText {
    static func of(_ size: Int) -> String {
        var text = ""
        text.reserveCapacity(size + 32)
        var number: UInt64 = 88_172_645_463_325_252
        while text.utf8.count < size {
            number ^= number << 13
            number ^= number >> 7
            number ^= number << 17
            text += "{\"id\": \(number)}, "
        }
        return text
    }
}
