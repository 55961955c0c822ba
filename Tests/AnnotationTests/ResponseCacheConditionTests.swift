import TestSupport
import Testing

@Suite struct `Parts and conditions of cached responses` {
    private static let valid = "proxy_cache_valid 10m;"
    private static let validators = ["ETag: \"v1\"", "Last-Modified: Tue, 15 Nov 1994 12:45:26 GMT"]

    @Test(arguments: [
        ("bytes=0-2", 206, "ans", "bytes 0-2/8"), ("bytes=7-", 206, "1", "bytes 7-7/8"),
        ("bytes=-3", 206, "r 1", "bytes 5-7/8"), ("bytes=2-99", 206, "swer 1", "bytes 2-7/8"),
        ("bytes=8-", 416, "", "bytes */8"), ("bytes=-0", 416, "", "bytes */8"), ("bytes=0-1,4-5", 200, "answer 1", nil),
        ("bytes=3-1", 200, "answer 1", nil), ("lines=1-2", 200, "answer 1", nil), ("bytes=a-b", 200, "answer 1", nil),
    ])
    func `give the part that is asked for`(range: String, status: Int, text: String, told: String?) throws {
        let shop = try CachedShop(Self.valid)
        #expect(try shop.ask() == "MISS answer 1")
        let answer = try shop.gate.request("/", ["Range: \(range)"])
        #expect(answer.status == status)
        #expect(answer.text == text)
        #expect(answer["Content-Range"] == told)
        #expect(answer["X-Cache"] == "HIT")
        #expect(shop.origin.requests.count == 1)
    }

    @Test(arguments: [
        ("\"v1\"", 206), ("\"v2\"", 200), ("W/\"v1\"", 200), ("Tue, 15 Nov 1994 12:45:26 GMT", 206),
        ("Tue, 15 Nov 1994 12:45:27 GMT", 200),
    ])
    func `give it if nothing has changed`(condition: String, status: Int) throws {
        let shop = try CachedShop(Self.valid, fields: Self.validators)
        #expect(try shop.ask() == "MISS answer 1")
        #expect(try shop.gate.request("/", ["Range: bytes=0-2", "If-Range: \(condition)"]).status == status)
    }

    @Test func `pass on a request for a part of what isn't kept, and keep no part`() throws {
        let shop = try CachedShop(Self.valid) { number, request, connection in
            if request["Range"] == nil {
                try connection.respond("answer \(number)")
            } else {
                try connection.respond("ans", status: "206 Partial Content", fields: ["Content-Range: bytes 0-2/8"])
            }
        }
        let part = try shop.gate.request("/", ["Range: bytes=0-2"])
        #expect(part.status == 206)
        #expect(part["Content-Range"] == "bytes 0-2/8")
        #expect(try shop.ask() == "MISS answer 2")
        #expect(try shop.ask() == "HIT answer 2")
    }

    @Test(arguments: [
        ("If-None-Match: \"v1\"", 304), ("If-None-Match: W/\"v1\"", 304), ("If-None-Match: \"v0\", \"v1\"", 304),
        ("If-None-Match: *", 304), ("If-None-Match: \"v2\"", 200), ("If-None-Match: \"v1", 200),
        ("If-Modified-Since: Tue, 15 Nov 1994 12:45:26 GMT", 304),
        ("If-Modified-Since: Tuesday, 15-Nov-94 12:45:27 GMT", 304),
        ("If-Modified-Since: Tue Nov 15 12:45:25 1994", 200), ("If-Modified-Since: yesterday", 200),
    ])
    func `are not sent to who has them`(condition: String, status: Int) throws {
        let shop = try CachedShop(Self.valid, fields: Self.validators + ["Content-Type: text/plain"])
        #expect(try shop.ask() == "MISS answer 1")
        let answer = try shop.gate.request("/", [condition])
        #expect(answer.status == status)
        #expect(answer["X-Cache"] == "HIT")
        #expect(answer["ETag"] == "\"v1\"")
        #expect(answer["Content-Type"] == (status == 304 ? nil : "text/plain"))
        #expect(answer.text == (status == 304 ? "" : "answer 1"))
        #expect(shop.origin.requests.count == 1)
    }

    @Test func `are kept whole though the first client has them already`() throws {
        let shop = try CachedShop("\(Self.valid) proxy_cache_lock on;", fields: Self.validators)
        let answer = try shop.gate.request("/", ["If-None-Match: \"v1\""])
        #expect(answer.status == 304)
        #expect(answer["X-Cache"] == "MISS")
        #expect(try shop.ask() == "HIT answer 1")
        #expect(shop.origin.requests.count == 1)
        #expect(shop.origin.requests[0]["If-None-Match"] == nil)
    }

    @Test func `leave to the backend what it alone can judge`() throws {
        let shop = try CachedShop(Self.valid, fields: Self.validators)
        #expect(try shop.ask() == "MISS answer 1")
        let answer = try shop.gate.request("/", ["If-Match: \"v1\""])
        #expect(answer.text == "answer 2")
        #expect(shop.origin.requests[1]["If-Match"] == "\"v1\"")
        #expect(try shop.ask() == "HIT answer 1")
    }

    @Test func `leave the backend's own word alone where responses aren't kept`() throws {
        let shop = try CachedShop("proxy_cache off;") { _, request, connection in
            try connection.respond(request["If-None-Match"] ?? "none")
        }
        #expect(try shop.gate.request("/", ["If-None-Match: \"v1\""]).text == "\"v1\"")
    }
}
