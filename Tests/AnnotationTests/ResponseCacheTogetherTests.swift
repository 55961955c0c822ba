import TestSupport
import Testing

/// `proxy_cache` beside directives that change what is asked, what answers, and who waits.
@Suite struct `The cache beside other directives` {
    private static let valid = "proxy_cache_valid 10m;"
    private static let shown = "proxy_cache pages; add_header X-Cache $upstream_cache_status always;"
    /// Kept, and no longer fresh from the first moment on.
    private static let old = ["X-Accel-Expires: @1"]

    // MARK: The request to the backend

    @Test(arguments: [
        ("proxy_method POST;", "POST /?x=1 HTTP/1.1", ""),
        ("proxy_set_body \"from $arg_x\";", "GET /?x=1 HTTP/1.1", "from 1"),
        ("proxy_method PUT; proxy_set_body $args;", "PUT /?x=1 HTTP/1.1", "x=1"),
        ("proxy_pass_request_body off; proxy_pass_request_headers off;", "GET /?x=1 HTTP/1.1", ""),
    ])
    func `asks as directives say, and keeps the answer for GET and HEAD`(
        directives: String, startLine: String, body: String
    ) throws {
        let shop = try CachedShop(Self.valid + directives)
        #expect(try shop.gate.request("/?x=1", method: "HEAD", ["X-Client: 1"])["X-Cache"] == "MISS")
        #expect(try shop.ask("/?x=1") == "HIT answer 1")
        #expect(try shop.ask("/?x=2") == "MISS answer 2")
        let request = try #require(shop.origin.requests.first)
        #expect(request.startLine == startLine && request.text == body)
        #expect((request["X-Client"] == nil) == directives.contains("headers off"))
        #expect(request["Content-Length"] == (body.isEmpty ? nil : "\(body.utf8.count)"))
    }

    @Test(arguments: ["GET", "HEAD"])
    func `asks for what is no longer fresh as for what is missing`(method: String) throws {
        let shop = try CachedShop(
            """
            proxy_cache_use_stale updating; proxy_cache_background_update on; proxy_pass_request_headers off;
            proxy_method REPORT; proxy_set_body "for $uri"; proxy_set_header X-Kept $http_x_client;
            """
        ) { number, _, connection in
            try connection.respond(
                "answer \(number)", fields: number == 1 ? Self.old : ["Cache-Control: max-age=60"])
        }
        #expect(try shop.ask("/a") == "MISS answer 1")
        let stale = try shop.gate.request("/a", method: method, ["X-Client: 1", "Accept: text/plain"])
        #expect(stale["X-Cache"] == "STALE")
        let requests = try shop.origin.waitForRequests(2)
        for request in requests {
            #expect(request.startLine == "REPORT /a HTTP/1.1" && request.text == "for /a")
            #expect(request["Content-Length"] == "6" && request["Accept"] == nil)
        }
        #expect(requests.map { $0["X-Kept"] } == [nil, "1"])
        try eventually("the new response") { try shop.ask("/a") == "HIT answer 2" }
        #expect(shop.origin.requests.count == 2)
    }

    @Test func `leaves alone what is no GET for the client, whatever the backend is asked by`() throws {
        let shop = try CachedShop(Self.valid + "proxy_method GET;")
        for number in 1...2 {
            let answer = try shop.gate.request("/", method: "POST", body: "a")
            #expect(answer.text == "answer \(number)" && answer["X-Cache"] == nil)
        }
        #expect(shop.origin.requests.allSatisfy { $0.method == "GET" && $0.text == "a" })
    }

    // MARK: Errors

    /// A shop whose errors lead to `/sorry`, which it serves itself.
    private static func sorry(
        _ snippet: String, script: @escaping @Sendable (Int, Message, OriginConnection) throws -> Void
    ) throws -> CachedShop {
        let errors = "proxy_intercept_errors on; error_page 404 500 502 /sorry;"
        return try CachedShop(snippet + errors) { number, request, connection in
            if request.target == "/sorry" { return try connection.respond("sorry") }
            try script(number, request, connection)
        }
    }

    @Test func `answers by what is kept before an error can lead elsewhere`() throws {
        let shop = try Self.sorry("proxy_cache_use_stale http_500;") { number, _, connection in
            try connection.respond(
                "answer \(number)", status: number == 1 ? "200 OK" : "500 Error", fields: number == 1 ? Self.old : [])
        }
        #expect(try shop.ask("/a") == "MISS answer 1")
        #expect(try shop.ask("/a") == "STALE answer 1")
        let answer = try shop.gate.request("/b")
        #expect(answer.status == 500 && answer.text == "sorry")
    }

    @Test func `answers by what is kept when the backend is gone, and by the error's page for all else`() throws {
        let shop = try CachedShop(
            Self.valid + "error_page 502 =200 @away;",
            and: ["server-snippet": "location @away { add_header X-Away yes; return 200 away; }"])
        #expect(try shop.ask("/a") == "MISS answer 1")
        shop.origin.stop()
        #expect(try shop.ask("/a") == "HIT answer 1")
        let answer = try shop.gate.request("/b")
        #expect(answer.status == 200 && answer.text == "away" && answer["X-Away"] == "yes")
    }

    /// nginx keeps that there was an error; here the backend is asked each time.
    @Test func `frees who waits for a response that is answered by a page instead`() throws {
        let open = TestSupport.Gate()
        let shop = try Self.sorry(
            "proxy_cache_valid any 10m; proxy_cache_lock on; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;"
        ) { number, _, connection in
            if number == 1 { try open.wait() }
            try connection.respond("no \(number)", status: "404 Not Found")
        }
        let (first, second) = (try shop.gate.client(), try shop.gate.client())
        try first.send(Client.head("/a"))
        try shop.waitForRequests(1)
        try second.send(Client.head("/a"))
        try Self.waitForRequests(2, of: shop)
        open.open()
        for client in [first, second] {
            let answer = try client.response()
            #expect(answer.status == 404 && answer.text == "sorry")
        }
        #expect(shop.origin.requests.map(\.target).sorted() == ["/a", "/a", "/sorry", "/sorry"])
    }

    private static func waitForRequests(_ count: Int, of shop: CachedShop) throws {
        try eventually("requests to have come") {
            shop.gate.metric("nginx_ingress_controller_nginx_process_requests_total") >= count
        }
    }

    // MARK: Waiting

    /// A shop that holds its first answer back until the gate opens.
    private static func held(_ lock: String, behind open: TestSupport.Gate) throws -> CachedShop {
        try CachedShop(valid + "proxy_cache_lock on;" + lock) { number, _, connection in
            if number == 1 { try open.wait() }
            try connection.respond("answer \(number)")
        }
    }

    @Test func `sends who has waited long enough, and doesn't keep what comes of it`() throws {
        let open = TestSupport.Gate()
        let shop = try Self.held("proxy_cache_lock_timeout 200ms; proxy_cache_lock_age 60s;", behind: open)
        let first = try shop.gate.client()
        try first.send(Client.head("/"))
        try shop.waitForRequests(1)
        let began = ContinuousClock.now
        #expect(try shop.ask() == "MISS answer 2")
        #expect(ContinuousClock.now - began >= .milliseconds(200))
        #expect(try shop.ask() == "MISS answer 3")
        open.open()
        #expect(try first.response().text == "answer 1")
        #expect(try shop.ask() == "HIT answer 1")
    }

    @Test func `sends one more when the first has been under way for too long, and keeps what comes of it`() throws {
        let open = TestSupport.Gate()
        let shop = try Self.held("proxy_cache_lock_timeout 60s; proxy_cache_lock_age 200ms;", behind: open)
        let first = try shop.gate.client()
        try first.send(Client.head("/"))
        try shop.waitForRequests(1)
        let waiting = try (0..<3).map { _ in try shop.gate.client() }
        let began = ContinuousClock.now
        for client in waiting { try client.send(Client.head("/")) }
        let answers = try waiting.map { try $0.response() }
        #expect(ContinuousClock.now - began >= .milliseconds(100))
        #expect(answers.contains { $0["X-Cache"] == "MISS" } && answers.allSatisfy { $0.text != "answer 1" })
        #expect(try shop.ask() == "HIT \(answers.last { $0["X-Cache"] == "MISS" }?.text ?? "")")
        open.open()
        #expect(try first.response().text == "answer 1")
    }

    // MARK: Workers, logs

    @Test func `is each worker's own`() throws {
        let shop = try CachedShop(Self.valid, workers: 2)
        let limit = 400
        var misses = 0
        for _ in 0..<limit where misses < 2 {
            let client = try shop.gate.client()
            let first = try client.request("/")
            if first["X-Cache"] == "MISS" { misses += 1 }
            // Who comes again on the same connection comes to the same worker.
            let second = try client.request("/")
            #expect(second["X-Cache"] == "HIT" && second.text == first.text)
        }
        #expect(misses == 2)
        for _ in 0..<20 { #expect(try shop.ask().hasPrefix("HIT ")) }
        #expect(shop.origin.requests.count == 2)
    }

    @Test func `is told of in the access log`() throws {
        let shop = try CachedShop(
            Self.valid + "proxy_cache_bypass $arg_fresh; proxy_cache_key $uri;",
            configMap: ["log-format-upstream": "$request_uri $upstream_cache_status $upstream_status"])
        let client = try shop.gate.client()
        for target in ["/a", "/a", "/a?fresh=1"] { #expect(try client.request(target).status == 200) }
        #expect(try client.request("/a", method: "POST").status == 200)
        #expect(try shop.gate.accessLogLines() == ["/a MISS 200", "/a HIT -", "/a?fresh=1 BYPASS 200", "/a - 200"])
    }
}
