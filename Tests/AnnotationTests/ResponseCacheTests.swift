import Model
import TestSupport
import Testing

/// A shop whose pages are cached, and an origin that numbers its answers.
struct CachedShop {
    let gate: Gate
    let origin: ScriptedOrigin
    /// How many requests have their number.
    private let numbers = Watched(0)

    static let zone =
        "proxy_cache_path /var/cache/pages levels=1:2 keys_zone=pages:1m max_size=32m inactive=10m use_temp_path=off;"
    private static let shown = "proxy_cache pages; add_header X-Cache $upstream_cache_status always;"

    /// - Parameters:
    ///   - fields: of every answer, whose content is `answer 1`, `answer 2` and so on.
    init(
        _ snippet: String, fields: [String] = [], status: String = "200 OK", configMap: [String: String] = [:],
        and annotations: [String: String] = [:], also objects: String = "", host: String? = "shop.example",
        workers: Int = 1
    ) throws {
        try self.init(snippet, configMap: configMap, and: annotations, also: objects, host: host, workers: workers) {
            number, _, connection in
            try connection.respond("answer \(number)", status: status, fields: fields)
        }
    }

    /// - Parameter script: what the origin does with a request, by its number from 1.
    init(
        _ snippet: String, configMap: [String: String] = [:], and annotations: [String: String] = [:],
        also objects: String = "", host: String? = "shop.example", workers: Int = 1,
        script: @escaping @Sendable (Int, Message, OriginConnection) throws -> Void
    ) throws {
        origin = try ScriptedOrigin { [numbers] connection in
            while let request = try connection.request() {
                let number = numbers.change { number in
                    number += 1
                    return number
                }
                try script(number, request, connection)
            }
        }
        gate = try Gate(
            ["configuration-snippet": Self.shown + snippet].merging(annotations) { $1 }, host: host,
            origins: ["web": [origin]], configMap: ["http-snippet": Self.zone].merging(configMap) { $1 },
            also: objects, workers: workers)
    }

    /// Waits until the origin has so many requests, in an order that stands.
    func waitForRequests(_ count: Int) throws { try numbers.wait("requests") { $0 >= count } }

    /// What the cache had for a request, with the answer's content: `HIT answer 1`.
    func ask(_ target: String = "/", _ fields: [String] = [], host: String = "shop.example") throws -> String {
        let answer = try gate.request(target, host: host, fields)
        return "\(answer["X-Cache"] ?? "-") \(answer.text)"
    }
}

@Suite struct `proxy_cache` {
    private static let valid = "proxy_cache_valid 10m;"

    @Test func `answers by what another was told`() throws {
        let shop = try CachedShop(Self.valid, fields: ["Content-Type: text/plain", "X-Made: by the origin"])
        #expect(try shop.ask() == "MISS answer 1")
        let answer = try shop.gate.request()
        #expect(answer["X-Cache"] == "HIT")
        #expect(answer.text == "answer 1")
        #expect(answer.framing == .length(8))
        #expect(answer.startLine == "HTTP/1.1 200 OK")
        #expect(answer["Content-Type"] == "text/plain")
        #expect(answer["X-Made"] == "by the origin")
        #expect(answer.values("Age").count == 1)
        #expect(answer.values("Date").count == 1)
        #expect(shop.origin.requests.count == 1)
        #expect(shop.gate.metric("gatehouse_response_cache_answers_total") == 1)
        #expect(shop.gate.diagnostics.map(\.severity) == [.note])
    }

    @Test(arguments: [
        ("", ["Cache-Control: max-age=60"], "HIT answer 1"), ("", [], "MISS answer 2"),
        (valid, [], "HIT answer 1"), (valid, ["Cache-Control: no-store"], "MISS answer 2"),
        (valid, ["Cache-Control: private"], "MISS answer 2"), (valid, ["Cache-Control: no-cache"], "MISS answer 2"),
        (valid, ["Cache-Control: max-age=0"], "MISS answer 2"),
        (valid, ["Cache-Control: max-age=60, s-maxage=0"], "MISS answer 2"),
        ("", ["Cache-Control: max-age=0, s-maxage=60"], "HIT answer 1"),
        (valid, ["Cache-Control: max-age=60", "Age: 60"], "MISS answer 2"),
        ("", ["X-Accel-Expires: 60", "Cache-Control: no-store"], "HIT answer 1"),
        (valid, ["X-Accel-Expires: 0"], "MISS answer 2"), (valid, ["X-Accel-Expires: @1"], "EXPIRED answer 2"),
        (valid, ["Expires: Thu, 01 Jan 1970 00:00:01 GMT"], "MISS answer 2"), (valid, ["Expires: 0"], "MISS answer 2"),
        (valid, ["Set-Cookie: a=b"], "MISS answer 2"), (valid, ["Vary: *"], "MISS answer 2"),
        ("proxy_cache_valid 404 10m;", [], "MISS answer 2"), ("proxy_cache_valid any 10m;", [], "HIT answer 1"),
        ("proxy_cache_valid 0; proxy_cache_valid any 10m;", [], "MISS answer 2"),
        ("\(valid) proxy_ignore_headers Cache-Control;", ["Cache-Control: no-store"], "HIT answer 1"),
        ("\(valid) proxy_ignore_headers Expires;", ["Expires: 0"], "HIT answer 1"),
        ("\(valid) proxy_ignore_headers X-Accel-Expires;", ["X-Accel-Expires: 0"], "HIT answer 1"),
        ("\(valid) proxy_ignore_headers Vary;", ["Vary: *"], "HIT answer 1"),
        ("\(valid) proxy_no_cache $upstream_http_x_secret;", ["X-Secret: yes"], "MISS answer 2"),
        ("\(valid) proxy_no_cache $upstream_http_x_secret;", ["X-Secret: 0"], "HIT answer 1"),
    ])
    func `keeps a response for as long as it and the configuration say`(
        snippet: String, fields: [String], second: String
    ) throws {
        let shop = try CachedShop(snippet, fields: fields)
        #expect(try shop.ask() == "MISS answer 1")
        #expect(try shop.ask() == second)
    }

    @Test func `keeps errors whose status is named, and no others`() throws {
        let shop = try CachedShop("proxy_cache_valid 404 10m;", status: "404 Not Here")
        #expect(try shop.ask() == "MISS answer 1")
        let answer = try shop.gate.request()
        #expect(answer.startLine == "HTTP/1.1 404 Not Here")
        #expect(answer.text == "answer 1")
        let other = try CachedShop(Self.valid, status: "500 Internal Server Error")
        #expect(try other.ask() == "MISS answer 1")
        #expect(try other.ask() == "MISS answer 2")
    }

    @Test func `gives a cookie to the client that it was made for alone`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_ignore_headers Set-Cookie;", fields: ["Set-Cookie: session=1"])
        #expect(try shop.gate.request()["Set-Cookie"] == "session=1")
        let second = try shop.gate.request()
        #expect(second["X-Cache"] == "HIT")
        #expect(second["Set-Cookie"] == nil)
    }

    @Test func `asks the backend where it is told to, and keeps what that says`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_cache_bypass $arg_fresh $http_x_fresh; proxy_cache_key $uri;")
        #expect(try shop.ask("/a") == "MISS answer 1")
        #expect(try shop.ask("/a?fresh=0") == "HIT answer 1")
        #expect(try shop.ask("/a?fresh=1") == "BYPASS answer 2")
        #expect(try shop.ask("/a", ["X-Fresh: yes"]) == "BYPASS answer 3")
        #expect(try shop.ask("/a") == "HIT answer 3")
    }

    @Test func `keeps nothing where it is told so, by configuration or client`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_no_cache $cookie_session;")
        #expect(try shop.ask("/", ["Cookie: session=1"]) == "MISS answer 1")
        #expect(try shop.ask("/", ["Cache-Control: no-store"]) == "MISS answer 2")
        #expect(try shop.ask() == "MISS answer 3")
        #expect(try shop.ask("/", ["Cookie: session=1", "Cache-Control: no-cache"]) == "HIT answer 3")
    }

    @Test func `tells targets apart by the key`() throws {
        let shop = try CachedShop(Self.valid)
        #expect(try shop.ask("/a?x=1") == "MISS answer 1")
        #expect(try shop.ask("/a?x=2") == "MISS answer 2")
        #expect(try shop.ask("/a?x=1") == "HIT answer 1")
        let byPath = try CachedShop("\(Self.valid) proxy_cache_key \"$scheme $uri\";")
        #expect(try byPath.ask("/a?x=1") == "MISS answer 1")
        #expect(try byPath.ask("/a?x=2") == "HIT answer 1")
        #expect(try byPath.ask("/b") == "MISS answer 2")
    }

    @Test func `keeps what the backend makes of a Host for that Host`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_cache_key $uri;", host: nil) { number, request, connection in
            try connection.respond("\(number) for \(request["Host"] ?? "") \(request["X-Forwarded-Host"] ?? "")")
        }
        #expect(try shop.ask(host: "shop.example") == "MISS 1 for shop.example shop.example")
        #expect(try shop.ask(host: "evil.example") == "MISS 2 for evil.example evil.example")
        #expect(try shop.ask(host: "shop.example:99") == "MISS 3 for shop.example:99 shop.example:99")
        #expect(
            try shop.ask("/", ["X-Forwarded-Host: evil.example"]) == "HIT 1 for shop.example shop.example")
    }

    @Test func `keeps what a believed X-Forwarded-Host makes apart`() throws {
        let shop = try CachedShop(Self.valid, configMap: ["use-forwarded-headers": "true"]) {
            number, request, connection in
            try connection.respond("\(number) for \(request["X-Forwarded-Host"] ?? "")")
        }
        #expect(try shop.ask("/", ["X-Forwarded-Host: evil.example"]) == "MISS 1 for evil.example")
        #expect(try shop.ask() == "MISS 2 for shop.example")
    }

    @Test func `keeps a response apart for each value of what it varies by`() throws {
        let shop = try CachedShop(Self.valid, fields: ["Vary: Accept-Language"])
        #expect(try shop.ask("/", ["Accept-Language: de"]) == "MISS answer 1")
        #expect(try shop.ask("/", ["Accept-Language: en"]) == "MISS answer 2")
        #expect(try shop.ask() == "MISS answer 3")
        #expect(try shop.ask("/", ["Accept-Language: de"]) == "HIT answer 1")
        #expect(try shop.ask("/", ["accept-language: en"]) == "HIT answer 2")
        #expect(try shop.ask() == "HIT answer 3")
    }

    @Test func `keeps a response from the second request on`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_cache_min_uses 2;")
        #expect(try shop.ask() == "MISS answer 1")
        #expect(try shop.ask() == "MISS answer 2")
        #expect(try shop.ask() == "HIT answer 2")
    }

    @Test func `passes on what has a body, or another method`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_cache_methods GET HEAD POST;")
        #expect(try shop.gate.request(method: "POST", body: "x").text == "answer 1")
        #expect(try shop.gate.request(method: "GET", body: "x").text == "answer 2")
        #expect(try shop.gate.request(method: "OPTIONS").text == "answer 3")
        let posted = try shop.gate.request(method: "POST", body: "x")
        #expect(posted.text == "answer 4")
        #expect(posted["X-Cache"] == nil)
        #expect(try shop.ask() == "MISS answer 5")
        #expect(shop.gate.faults(about: "configuration-snippet").contains { $0.contains("POST goes past the cache") })
    }

    @Test func `fills by GET what is asked for by HEAD`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_cache_lock on;")
        let head = try shop.gate.request(method: "HEAD")
        #expect(head["X-Cache"] == "MISS")
        #expect(head["Content-Length"] == "8")
        #expect(head.body.isEmpty)
        #expect(try shop.ask() == "HIT answer 1")
        let again = try shop.gate.request(method: "HEAD")
        #expect(again["X-Cache"] == "HIT")
        #expect(again["Content-Length"] == "8")
        #expect(shop.origin.requests.map(\.method) == ["GET"])
        #expect(try shop.gate.accessLogLines().first?.contains("HEAD / HTTP/1.1") == true)
    }

    @Test func `leaves the backend's connection clean behind a HEAD whose response isn't kept`() throws {
        let shop = try CachedShop("", fields: ["X-Filler: \(String(repeating: "x", count: 2000))"])
        let client = try shop.gate.client()
        for number in 1...3 {
            #expect(try client.request("/", method: "HEAD")["Content-Length"] == "8")
            #expect(try client.request("/").text == "answer \(2 * number)")
        }
        #expect(shop.origin.connectionCount == 1)
        #expect(shop.gate.metric("gatehouse_upstream_unasked_answers_total") == 0)
    }

    @Test(arguments: ["GET", "HEAD"])
    func `keeps no error that another service answers`(method: String) throws {
        let errors = try ScriptedOrigin(answering: "sorry", status: "404 Not Found")
        let shop = try ScriptedOrigin(answering: "no", status: "404 Not Found")
        let gate = try Gate(
            [
                "custom-http-errors": "404", "default-backend": "errors",
                "configuration-snippet":
                    "proxy_cache pages; proxy_cache_valid any 10m; add_header X-Cache $upstream_cache_status always;",
            ], origins: ["web": [shop], "errors": [errors]], configMap: ["http-snippet": CachedShop.zone])
        for _ in 0..<2 {
            let answer = try gate.request("/", method: method)
            #expect(answer.status == 404)
            #expect(answer.text == (method == "GET" ? "sorry" : ""))
            #expect(answer["X-Cache"] == "MISS")
        }
        #expect(shop.requests.count == 2)
        #expect(errors.requests.map(\.method) == [method, method])
    }

    @Test func `keeps nothing of what error_page leads to`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                let isPage = request.target == "/error.html"
                try connection.respond(isPage ? "sorry" : "no", status: isPage ? "200 OK" : "404 Not Found")
            }
        }
        let gate = try Gate(
            [
                "configuration-snippet":
                    "proxy_cache pages; proxy_cache_valid any 10m; proxy_intercept_errors on; error_page 404 /error.html;"
            ], origin: origin, configMap: ["http-snippet": CachedShop.zone])
        for _ in 0..<2 {
            let answer = try gate.request("/x")
            #expect("\(answer.status) \(answer.text)" == "404 sorry")
        }
        #expect(origin.requests.map(\.target) == ["/x", "/error.html", "/x", "/error.html"])
        #expect(try gate.request("/error.html").text == "sorry")
    }

    @Test func `fills nothing by HEAD where that is not to be converted`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_cache_convert_head off;") { number, request, connection in
            if request.method == "HEAD" {
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
            } else {
                try connection.respond("answer \(number)")
            }
        }
        #expect(try shop.gate.request(method: "HEAD")["X-Cache"] == "MISS")
        #expect(try shop.ask() == "MISS answer 2")
        #expect(try shop.gate.request(method: "HEAD")["X-Cache"] == "HIT")
        #expect(shop.origin.requests.map(\.method) == ["HEAD", "GET"])
    }
}
