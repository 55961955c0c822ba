import TestSupport
import Testing

@Suite struct `Responses that are no longer fresh` {
    /// Kept, and no longer fresh from the first moment on.
    private static let old = ["X-Accel-Expires: @1", "ETag: \"v1\""]

    @Test(arguments: [
        ("error", "STALE answer 1"), ("timeout", "- "), ("off", "- "), ("error timeout http_500", "STALE answer 1"),
    ])
    func `answer when the backend can't be reached, where they may`(conditions: String, second: String) throws {
        let shop = try CachedShop("proxy_cache_use_stale \(conditions);", fields: Self.old)
        #expect(try shop.ask() == "MISS answer 1")
        shop.origin.stop()
        let answer = try shop.gate.request()
        if second == "- " {
            #expect(answer.status == 502)
            #expect(answer["X-Cache"] == "EXPIRED")
        } else {
            #expect("\(answer["X-Cache"] ?? "-") \(answer.text)" == second)
        }
    }

    @Test func `answer for a Service that has lost its endpoints, as fresh ones do`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                try connection.respond(
                    "page", fields: [request.target == "/old" ? "X-Accel-Expires: @1" : "Cache-Control: max-age=60"])
            }
        }
        let snippet =
            "proxy_cache pages; proxy_cache_use_stale error; add_header X-Cache $upstream_cache_status always;"
        let texts = [
            Manifests.ingress(["configuration-snippet": snippet], service: "pages"), Manifests.service("pages"),
        ]
        let gate = try Gate(
            manifests: texts + [Manifests.slice(of: "pages", 0, port: origin.port)], origins: [:],
            configMap: ["http-snippet": CachedShop.zone])
        for target in ["/old", "/new"] { #expect(try gate.request(target)["X-Cache"] == "MISS") }
        try gate.replace(texts)
        #expect(try gate.request("/new")["X-Cache"] == "HIT")
        #expect(try gate.request("/old")["X-Cache"] == "STALE")
        #expect(try gate.request("/else").status == 503)
        #expect(origin.requests.count == 2)
    }

    @Test(arguments: [
        ("http_500", 500, "STALE answer 1"), ("http_503", 503, "STALE answer 1"), ("http_404", 404, "STALE answer 1"),
        ("http_403", 403, "STALE answer 1"), ("http_429", 429, "STALE answer 1"), ("http_500", 503, "EXPIRED answer 2"),
        ("invalid_header", 503, "EXPIRED answer 2"),
    ])
    func `answer in place of errors that are named`(condition: String, status: Int, second: String) throws {
        let shop = try CachedShop("proxy_cache_use_stale \(condition);") { number, _, connection in
            try connection.respond(
                "answer \(number)", status: number == 1 ? "200 OK" : "\(status) Error",
                fields: number == 1 ? Self.old : [])
        }
        #expect(try shop.ask() == "MISS answer 1")
        #expect(try shop.ask() == second)
        #expect(try shop.ask() == second.replacing("2", with: "3"))
    }

    @Test func `answer in place of what is no response`() throws {
        let shop = try CachedShop("proxy_cache_use_stale invalid_header;") { number, _, connection in
            if number == 1 { return try connection.respond("answer 1", fields: Self.old) }
            try connection.send("HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n")
        }
        #expect(try shop.ask() == "MISS answer 1")
        #expect(try shop.ask() == "STALE answer 1")
    }

    @Test(arguments: ["must-revalidate", "proxy-revalidate"])
    func `answer never if they forbid it`(control: String) throws {
        let shop = try CachedShop("proxy_cache_use_stale error;", fields: Self.old + ["Cache-Control: \(control)"])
        #expect(try shop.ask() == "MISS answer 1")
        shop.origin.stop()
        #expect(try shop.gate.request().status == 502)
    }

    @Test func `answer after an error for as long as they allow`() throws {
        let shop = try CachedShop("", fields: Self.old + ["Cache-Control: stale-if-error=60"])
        #expect(try shop.ask() == "MISS answer 1")
        shop.origin.stop()
        #expect(try shop.ask() == "STALE answer 1")
    }

    @Test(arguments: [
        ("proxy_cache_use_stale updating;", [String]()), ("", ["Cache-Control: stale-while-revalidate=60"]),
    ])
    func `answer while another request asks for a new one`(snippet: String, fields: [String]) throws {
        let open = TestSupport.Gate()
        let shop = try CachedShop(snippet) { number, _, connection in
            if number > 1 { try open.wait() }
            try connection.respond(
                "answer \(number)", fields: number == 1 ? Self.old + fields : ["X-Accel-Expires: 60"])
        }
        #expect(try shop.ask() == "MISS answer 1")
        let first = try shop.gate.client()
        try first.send(Client.head("/"))
        try shop.waitForRequests(2)
        #expect(try shop.ask() == "UPDATING answer 1")
        open.open()
        let answer = try first.response()
        #expect(answer["X-Cache"] == "EXPIRED")
        #expect(answer.text == "answer 2")
        #expect(try shop.ask() == "HIT answer 2")
    }

    @Test func `are updated beside the request that they answer`() throws {
        let shop = try CachedShop(
            "proxy_cache_use_stale updating; proxy_cache_background_update on; proxy_set_header X-Told $arg_x;"
        ) { number, _, connection in
            try connection.respond(
                "answer \(number)", fields: number == 1 ? Self.old : ["Cache-Control: max-age=60", "X-New: yes"])
        }
        #expect(try shop.ask("/?x=1") == "MISS answer 1")
        #expect(try shop.ask("/?x=1") == "STALE answer 1")
        try shop.waitForRequests(2)
        var last = ""
        for _ in 0..<100_000 where last != "HIT answer 2" { last = try shop.ask("/?x=1") }
        #expect(last == "HIT answer 2")
        #expect(shop.origin.requests.count == 2)
        let update = shop.origin.requests[1]
        #expect(update.startLine == "GET /?x=1 HTTP/1.1")
        #expect(update["X-Told"] == "1")
        #expect(update["X-Forwarded-For"] == "127.0.0.1")
        #expect(update["Host"] == "shop.example")
    }

    @Test func `are asked after by their validators, and renewed`() throws {
        let shop = try CachedShop("proxy_cache_revalidate on;") { number, request, connection in
            guard request["If-None-Match"] == "\"v1\"" else {
                return try connection.respond("answer \(number)", fields: Self.old + ["X-News: old"])
            }
            try connection.send(
                "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\nX-Accel-Expires: 60\r\nX-News: new\r\n\r\n")
        }
        #expect(try shop.ask() == "MISS answer 1")
        let answer = try shop.gate.request()
        #expect(answer["X-Cache"] == "REVALIDATED")
        #expect(answer.text == "answer 1")
        #expect(answer.values("X-News") == ["new"])
        #expect(answer.status == 200)
        #expect(try shop.ask() == "HIT answer 1")
        #expect(shop.origin.requests.count == 2)
    }

    @Test func `are asked after for clients that have them, too`() throws {
        let shop = try CachedShop("proxy_cache_revalidate on;") { number, request, connection in
            if request["If-None-Match"] == nil { return try connection.respond("answer \(number)", fields: Self.old) }
            try connection.send("HTTP/1.1 304 Not Modified\r\nX-Accel-Expires: 60\r\n\r\n")
        }
        #expect(try shop.ask() == "MISS answer 1")
        let answer = try shop.gate.request("/", ["If-None-Match: \"v1\""])
        #expect(answer.status == 304)
        #expect(answer["X-Cache"] == "REVALIDATED")
        #expect(shop.origin.requests[1].values("If-None-Match") == ["\"v1\""])
        #expect(try shop.gate.request("/", ["If-None-Match: \"other\""]).text == "answer 1")
    }

    @Test func `give way to a new one`() throws {
        let shop = try CachedShop("proxy_cache_revalidate on;", fields: Self.old)
        #expect(try shop.ask() == "MISS answer 1")
        #expect(try shop.ask() == "EXPIRED answer 2")
        #expect(shop.origin.requests[1]["If-None-Match"] == "\"v1\"")
        #expect(try shop.ask() == "EXPIRED answer 3")
    }

    @Test func `Of requests that miss together one is sent`() throws {
        let open = TestSupport.Gate()
        let shop = try CachedShop(
            "proxy_cache_valid 10m; proxy_cache_lock on; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;"
        ) {
            number, _, connection in
            try open.wait()
            try connection.respond("answer \(number)")
        }
        let clients = try (0..<4).map { _ in try shop.gate.client() }
        for client in clients { try client.send(Client.head("/")) }
        try shop.waitForRequests(1)
        try eventually("all requests to have come") {
            shop.gate.metric("nginx_ingress_controller_nginx_process_requests_total") >= 4
        }
        open.open()
        let answers = try clients.map { try $0.response() }
        #expect(answers.map(\.text) == Array(repeating: "answer 1", count: 4))
        #expect(answers.map { $0["X-Cache"] ?? "-" }.sorted() == ["HIT", "HIT", "HIT", "MISS"])
        #expect(shop.origin.requests.count == 1)
    }

    @Test func `Who waits for nothing is sent`() throws {
        let open = TestSupport.Gate()
        let shop = try CachedShop("proxy_cache_valid 10m; proxy_cache_lock on; proxy_cache_lock_timeout 0s;") {
            number, _, connection in
            if number == 1 { try open.wait() }
            try connection.respond("answer \(number)")
        }
        let first = try shop.gate.client()
        try first.send(Client.head("/"))
        try shop.waitForRequests(1)
        #expect(try shop.ask() == "MISS answer 2")
        open.open()
        #expect(try first.response().text == "answer 1")
        #expect(try shop.ask() == "HIT answer 1")
    }

    @Test func `Who waits for a response that isn't kept is sent after it`() throws {
        let open = TestSupport.Gate()
        let shop = try CachedShop("proxy_cache_lock on; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;") {
            number, _, connection in
            if number == 1 { try open.wait() }
            try connection.respond("answer \(number)")
        }
        let (first, second) = (try shop.gate.client(), try shop.gate.client())
        try first.send(Client.head("/"))
        try shop.waitForRequests(1)
        try second.send(Client.head("/"))
        open.open()
        #expect(try first.response().text == "answer 1")
        #expect(try second.response().text == "answer 2")
    }
}
