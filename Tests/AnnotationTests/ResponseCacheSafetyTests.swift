import TestSupport
import Testing

@Suite struct `Cached responses and who may have them` {
    private static let valid = "proxy_cache_valid 10m;"

    @Test func `answer nobody who may not ask the backend`() throws {
        let closed = try CachedShop(
            Self.valid, configMap: ["use-forwarded-headers": "true"], and: ["denylist-source-range": "10.0.0.0/8"])
        #expect(try closed.ask() == "MISS answer 1")
        #expect(try closed.ask() == "HIT answer 1")
        #expect(try closed.gate.request("/", ["X-Forwarded-For: 10.1.2.3"]).status == 403)
        #expect(closed.origin.requests.count == 1)
    }

    @Test func `answer nobody who is over a limit`() throws {
        let shop = try CachedShop(Self.valid, and: ["limit-rpm": "1", "limit-burst-multiplier": "1"])
        #expect(try shop.ask() == "MISS answer 1")
        var statuses: [Int] = []
        for _ in 0..<4 { statuses.append(try shop.gate.request().status) }
        #expect(statuses.last == 503)
        #expect(shop.origin.requests.count == 1)
    }

    @Test func `answer nobody whom the authorization service refuses`() throws {
        let auth = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                let isKnown = request["Cookie"] == "user=anna"
                try connection.respond("", status: isKnown ? "200 OK" : "401 Unauthorized")
            }
        }
        let pages = try ScriptedOrigin(answering: "page", fields: ["Cache-Control: max-age=60"])
        let gate = try Gate(
            [
                "auth-url": "http://auth.shop.svc.cluster.local/check",
                "configuration-snippet": "proxy_cache pages; add_header X-Cache $upstream_cache_status always;",
            ], origins: ["web": [pages], "auth": [auth]], configMap: ["http-snippet": CachedShop.zone])
        #expect(try gate.request("/", ["Cookie: user=anna"])["X-Cache"] == "MISS")
        #expect(try gate.request("/", ["Cookie: user=anna"])["X-Cache"] == "HIT")
        #expect(try gate.request("/", ["Cookie: user=eve"]).status == 401)
        #expect(pages.requests.count == 1)
        #expect(auth.requests.count == 3)
    }

    @Test func `aren't shared between requests with Authorization`() throws {
        let shop = try CachedShop(Self.valid)
        #expect(try shop.ask("/", ["Authorization: Bearer a"]) == "MISS answer 1")
        #expect(try shop.ask("/", ["Authorization: Bearer b"]) == "MISS answer 2")
        #expect(try shop.ask() == "MISS answer 3")
        #expect(try shop.ask("/", ["Authorization: Bearer a"]) == "BYPASS answer 4")
        #expect(try shop.ask() == "HIT answer 3")
    }

    @Test(arguments: ["public, max-age=60", "s-maxage=60", "must-revalidate, max-age=60"])
    func `are shared if they say that they are for all`(control: String) throws {
        let shop = try CachedShop("", fields: ["Cache-Control: \(control)"])
        #expect(try shop.ask("/", ["Authorization: Bearer a"]) == "MISS answer 1")
        #expect(try shop.ask("/", ["Authorization: Bearer b"]) == "HIT answer 1")
        #expect(try shop.ask() == "HIT answer 1")
    }

    @Test func `are kept for a user where the key names the user`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_cache_key \"$http_authorization $request_uri\";")
        #expect(try shop.ask("/", ["Authorization: Bearer a"]) == "MISS answer 1")
        #expect(try shop.ask("/", ["Authorization: Bearer a"]) == "HIT answer 1")
        #expect(try shop.ask("/", ["Authorization: Bearer b"]) == "MISS answer 2")
    }

    @Test func `are shared where the backend gets no Authorization`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_set_header Authorization \"\";")
        #expect(try shop.ask("/", ["Authorization: Bearer a"]) == "MISS answer 1")
        #expect(try shop.ask("/", ["Authorization: Bearer b"]) == "HIT answer 1")
        #expect(shop.origin.requests[0]["Authorization"] == nil)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n", "HTTP/1.1 200 OK\r\n\r\nhalf",
    ])
    func `are whole, or none`(broken: String) throws {
        let shop = try CachedShop(Self.valid) { number, _, connection in
            guard number == 1 else { return try connection.respond("answer \(number)") }
            try connection.send(broken)
            throw WireFault.malformed("enough")
        }
        _ = try? shop.gate.request()
        #expect(try shop.ask() == "MISS answer 2")
        #expect(try shop.ask() == "HIT answer 2")
    }

    @Test func `are none if the client has gone before the end`() throws {
        let gone = Watched(false)
        let shop = try CachedShop(Self.valid) { number, _, connection in
            guard number == 1 else { return try connection.respond("answer \(number)") }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            _ = try gone.wait("the client to go") { $0 }
            try connection.wire.waitForEnd()
        }
        let client = try shop.gate.client()
        try client.send(Client.head("/"))
        _ = try client.reader.head()
        client.wire.reset()
        gone.change { $0 = true }
        try shop.origin.waitForFinished(1)
        #expect(try shop.ask() == "MISS answer 2")
    }

    @Test func `stay within their Ingress`() throws {
        let origin = try ScriptedOrigin(answering: "page", fields: ["Cache-Control: max-age=60"])
        let snippet = [
            "configuration-snippet":
                "proxy_cache pages; proxy_cache_key same; add_header X-Cache $upstream_cache_status always;"
        ]
        let gate = try Gate(
            manifests: [
                Manifests.ingress(snippet), Manifests.ingress(snippet, name: "other", host: "other.example"),
            ], origins: ["web": [origin]], configMap: ["http-snippet": CachedShop.zone])
        #expect(try gate.request("/a")["X-Cache"] == "MISS")
        #expect(try gate.request("/b")["X-Cache"] == "HIT")
        #expect(try gate.request("/a", host: "other.example")["X-Cache"] == "MISS")
    }
}
