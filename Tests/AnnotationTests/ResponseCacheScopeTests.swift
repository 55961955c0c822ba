import Model
import TestSupport
import Testing

@Suite struct `Cached responses on their way out` {
    private static let valid = "proxy_cache_valid 10m;"

    @Test func `are edited for each request`() throws {
        let shop = try CachedShop(
            "\(Self.valid) proxy_cache_key $uri; more_set_headers \"X-Asked: $arg_x\"; more_clear_headers X-Inner;",
            fields: ["X-Inner: 1"], and: ["enable-cors": "true", "cors-allow-origin": "https://a.example"])
        #expect(try shop.ask("/?x=1") == "MISS answer 1")
        let answer = try shop.gate.request("/?x=2", ["Origin: https://a.example"])
        #expect(answer["X-Cache"] == "HIT")
        #expect(answer["X-Asked"] == "2")
        #expect(answer["X-Inner"] == nil)
        #expect(answer["Access-Control-Allow-Origin"] == "https://a.example")
    }

    @Test func `are compressed for who takes that`() throws {
        let text = String(repeating: "tea and more tea. ", count: 100)
        let shop = try CachedShop(Self.valid, configMap: ["use-gzip": "true"]) { _, request, connection in
            try connection.respond(text, fields: ["Content-Type: text/plain"])
        }
        let first = try shop.gate.request("/", ["Accept-Encoding: gzip"])
        #expect(first["Content-Encoding"] == "gzip")
        #expect(try shop.gate.request().text == text)
        let third = try shop.gate.request("/", ["Accept-Encoding: gzip"])
        #expect(third["X-Cache"] == "HIT")
        #expect(third["Content-Encoding"] == "gzip")
        #expect(third["Vary"] == "Accept-Encoding")
        #expect(Gunzip.read(third.body)?.text == text)
        #expect(shop.origin.requests.count == 1)
    }

    @Test func `have texts replaced for each request`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_cache_key $uri; sub_filter NAME $arg_name;") {
            _, _, connection in
            try connection.respond("Hello NAME!", fields: ["Content-Type: text/html", "ETag: \"1\""])
        }
        #expect(try shop.ask("/?name=Anna") == "MISS Hello Anna!")
        #expect(try shop.ask("/?name=Ben", ["If-None-Match: \"1\"", "Range: bytes=0-1"]) == "HIT Hello Ben!")
    }

    @Test(arguments: [0, 1, 16_384, 100_000, 3_000_000])
    func `come whole, whatever their size`(count: Int) throws {
        let body = String(repeating: "0123456789", count: count / 10 + 1).prefix(count)
        let shop = try CachedShop(Self.valid) { _, _, connection in try connection.respond(String(body)) }
        for expected in ["MISS", "HIT", "HIT"] {
            let answer = try shop.gate.request()
            #expect(answer["X-Cache"] == expected)
            #expect(answer.text == body)
        }
        #expect(shop.origin.requests.count == 1)
    }

    @Test func `aren't kept if they are too large for the zone`() throws {
        let body = String(repeating: "0123456789", count: 2000)
        let small = ["http-snippet": "proxy_cache_path /var/cache/pages keys_zone=pages:1m max_size=64k;"]
        for isChunked in [false, true] {
            let shop = try CachedShop(Self.valid, configMap: small) { _, _, connection in
                guard isChunked else { return try connection.respond(body) }
                try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<2000 { try connection.send("a\r\n0123456789\r\n") }
                try connection.send("0\r\n\r\n")
            }
            for _ in 0..<2 {
                let answer = try shop.gate.request()
                #expect(answer["X-Cache"] == "MISS")
                #expect(answer.text == body)
            }
        }
    }

    @Test func `come in chunks, once in a length`() throws {
        let shop = try CachedShop(Self.valid) { number, _, connection in
            try connection.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nansw\r\n4\r\ner \(number)\r\n0\r\nX-Late: 1\r\n\r\n"
            )
        }
        #expect(try shop.gate.request().framing == .chunked)
        let answer = try shop.gate.request()
        #expect(answer.framing == .length(8))
        #expect(answer.text == "answer 1")
    }

    @Test func `go to clients of HTTP/2 as well`() throws {
        let body = String(repeating: "0123456789", count: 30_000)
        let origin = try ScriptedOrigin(answering: body, fields: ["Cache-Control: max-age=60", "ETag: \"1\""])
        let gate = try Gate(
            manifests: [
                Manifests.ingress([
                    "configuration-snippet":
                        "proxy_cache pages; add_header X-Cache $upstream_cache_status always;",
                    "ssl-redirect": "false",
                ])
            ], origins: ["web": [origin]], configMap: ["http-snippet": CachedShop.zone], speaksTLS: true)
        #expect(try gate.request()["X-Cache"] == "MISS")
        let peer = try gate.http2OverTLS()
        for (fields, status, expected) in [
            ([], "200", "MISS"), ([], "200", "HIT"), ([("if-none-match", "\"1\"")], "304", "HIT"),
            ([("range", "bytes=0-9")], "206", "HIT"),
        ] as [([(String, String)], String, String)] {
            let answer = try peer.message(try peer.request("/", scheme: "https", fields))
            #expect(answer.values(":status") == [status])
            #expect(answer.values("x-cache") == [expected])
            let count = status == "200" ? body.utf8.count : status == "206" ? 10 : 0
            #expect(answer.body == Array(body.utf8.prefix(count)))
            #expect(answer.resetCode == nil)
        }
        let head = try peer.message(try peer.request("/", method: "HEAD", scheme: "https"))
        #expect(head.values("content-length") == ["300000"])
        #expect(head.body.isEmpty)
        #expect(origin.requests.count == 2)
    }

    @Test func `outlive a reload, but not the end of their zone`() throws {
        let shop = try CachedShop(Self.valid)
        #expect(try shop.ask() == "MISS answer 1")
        let again = Manifests.ingress([
            "configuration-snippet":
                "proxy_cache pages; proxy_cache_valid 1m; add_header X-Cache $upstream_cache_status always;"
        ])
        try shop.gate.replace([again])
        #expect(try shop.ask() == "HIT answer 1")
    }

    @Test func `are logged with what the cache had`() throws {
        let shop = try CachedShop(Self.valid, and: ["enable-access-log": "true"])
        #expect(try shop.ask() == "MISS answer 1")
        #expect(try shop.ask() == "HIT answer 1")
        let lines = try shop.gate.accessLogLines()
        #expect(lines.count == 2)
        #expect(lines[1].contains("\" 200 8 "))
    }
}

@Suite struct `Where proxy_cache is written` {
    private static let shown = "add_header X-Cache $upstream_cache_status always;"

    private func statuses(
        _ annotations: [String: String], _ configMap: [String: String] = [:]
    ) throws -> ([String?], Gate) {
        let origin = try ScriptedOrigin(answering: "page")
        let gate = try Gate(
            annotations, origin: origin, configMap: ["http-snippet": CachedShop.zone].merging(configMap) { $1 })
        return (try (0..<2).map { _ in try gate.request()["X-Cache"] }, gate)
    }

    @Test func `a path says what it doesn't take from its server, and that from http`() throws {
        let http = ["http-snippet": CachedShop.zone + "proxy_cache pages; proxy_cache_valid 10m;"]
        #expect(try statuses(["configuration-snippet": Self.shown], http).0 == ["MISS", "HIT"])
        let off = "proxy_cache off; \(Self.shown)"
        #expect(try statuses(["configuration-snippet": off], http).0 == [nil, nil])
        #expect(
            try statuses(["server-snippet": "proxy_cache off;", "configuration-snippet": Self.shown], http).0 == [
                nil, nil,
            ])
        let server = "proxy_cache pages; proxy_cache_valid 10m;"
        #expect(try statuses(["server-snippet": server, "configuration-snippet": Self.shown]).0 == ["MISS", "HIT"])
        let inner = "proxy_cache_valid 404 1m; \(Self.shown)"
        #expect(try statuses(["server-snippet": server, "configuration-snippet": inner]).0 == ["MISS", "MISS"])
        #expect(
            try statuses(["configuration-snippet": Self.shown], ["server-snippet": server]).0 == ["MISS", "HIT"])
        #expect(
            try statuses(["configuration-snippet": Self.shown], ["location-snippet": server]).0 == ["MISS", "HIT"])
    }

    @Test func `a location of a server snippet has its own`() throws {
        let origin = try ScriptedOrigin(answering: "page")
        let gate = try Gate(
            [
                "server-snippet": """
                location /pages {
                  proxy_pass http://web.shop.svc.cluster.local;
                  proxy_cache pages;
                  proxy_cache_valid 10m;
                  \(Self.shown)
                }
                """
            ], origin: origin, configMap: ["http-snippet": CachedShop.zone])
        #expect(try gate.request("/pages")["X-Cache"] == "MISS")
        #expect(try gate.request("/pages")["X-Cache"] == "HIT")
        #expect(try gate.request("/else")["X-Cache"] == nil)
    }

    @Test func `a zone that there is none of is named, and the path served`() throws {
        let (found, gate) = try statuses(["configuration-snippet": "proxy_cache pgaes; \(Self.shown)"])
        #expect(found == [nil, nil])
        let diagnostic = try #require(gate.diagnostics.first { $0.fault.contains("pgaes") })
        #expect(diagnostic.severity == .warning)
        #expect(diagnostic.remedy.contains("proxy_cache_path /var/cache/pgaes keys_zone=pgaes:10m;"))
    }

    @Test(arguments: [
        "proxy_cache_path /var/cache/x;", "proxy_cache_path /var/cache/x keys_zone=x;",
        "proxy_cache_path /var/cache/x keys_zone=:1m;",
        "proxy_cache_path /var/cache/x keys_zone=x:0;", "proxy_cache_path /var/cache/x keys_zone=x:1m max_size=lots;",
        "proxy_cache_path /var/cache/x keys_zone=x:1m inactive=soon;",
        "proxy_cache_path /var/cache/x keys_zone=x:1m color=red;",
        "proxy_cache_path /var/cache/x keys_zone=x:1m; proxy_cache_path /var/cache/y keys_zone=x:1m;",
        "proxy_cache_path /var/cache/x keys_zone=$x:1m;", "proxy_cache x;",
    ])
    func `a zone that is no good is a finding, and nothing is lost`(text: String) throws {
        let (_, gate) = try statuses(["configuration-snippet": Self.shown], ["http-snippet": text])
        #expect(gate.diagnostics.contains { $0.field == "data.http-snippet" && $0.severity == .warning })
        #expect(try gate.request().text == "page")
    }

    @Test(arguments: [
        "proxy_cache_valid;", "proxy_cache_valid soon;", "proxy_cache_valid 99 1m;", "proxy_cache_valid all 1m;",
        "proxy_cache_methods PUT;", "proxy_cache_min_uses 0;", "proxy_cache_use_stale http_418;",
        "proxy_cache_use_stale non_idempotent;",
        "proxy_cache_lock maybe;", "proxy_cache_lock_age never;", "proxy_ignore_headers Server;",
        "proxy_cache_key \"\";",
        "proxy_cache_key \"a\\nb\";", "proxy_cache_key $nothing;", "proxy_cache_bypass $nothing;", "proxy_cache $zone;",
        "proxy_cache_purge $x;", "proxy_cache_revalidate 1;",
    ])
    func `a value that is no good counts as absent`(text: String) throws {
        let snippet = "proxy_cache pages; proxy_cache_valid 10m; \(Self.shown) \(text)"
        let (_, gate) = try statuses(["configuration-snippet": snippet])
        #expect(gate.diagnostics.contains { $0.field.contains("configuration-snippet") && $0.severity == .warning })
        #expect(try gate.request().text == "page")
    }
}
