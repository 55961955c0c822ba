import Bytes
import Filters
import HTTP
import Model
import Pattern
import Testing

@Suite struct `Response rewrite` {
    /// The values of a response's fields after the rewrite.
    private func rewrite(
        _ name: String, _ values: [String], _ policy: ResponseRewrite, target: String = "/"
    ) throws -> [String] {
        let route = Given.route { $0.responseRewrite = policy }
        let host = VirtualHost(name: .any, routes: [route], origin: .builtIn)
        let filter = try #require(try RouteFilters(route, host: host, settings: Settings()).responseRewrite)
        var headers = HeaderBlock()
        for value in values { headers.append(name: Array(name.utf8).span, value: Array(value.utf8).span) }
        var patterns = PatternScratch()
        var scratch = ByteBuffer(capacity: 1024)
        filter.apply(to: &headers, for: Given.head(target), Given.context(), &patterns, scratch: &scratch)
        return (0..<headers.count).map { headers.value($0).text() }
    }

    private func text(_ from: String, _ to: String) -> [ResponseRewrite.Rule] { [.init(.text(from), replacement: to)] }
    private func regex(_ from: String, _ to: String, ignoringCase: Bool = false) -> [ResponseRewrite.Rule] {
        [.init(.regex(from, ignoringCase: ignoringCase), replacement: to)]
    }

    @Test(arguments: [
        ("a=1; Domain=localhost; Path=/", "a=1; Domain=example.com; Path=/"),
        ("a=1; domain=.LOCALHOST", "a=1; domain=example.com"), ("a=1; Domain=other", "a=1; Domain=other"),
        ("a=1; Domain=localhost.other", "a=1; Domain=localhost.other"), ("domain=localhost", "domain=localhost"),
        ("a=1", "a=1"), ("a=1;Domain=localhost;", "a=1;Domain=example.com;"), ("", ""),
    ])
    func `replaces the domain of a cookie, whole and in any case`(value: String, expected: String) throws {
        for from in ["localhost", ".localhost"] {
            let policy = ResponseRewrite(cookieDomain: text(from, "example.com"))
            #expect(try rewrite("Set-Cookie", [value], policy) == [expected])
        }
    }

    @Test(arguments: [
        ("a=1; Path=/one/two; Secure", "a=1; Path=/two; Secure"), ("a=1; path=/one/", "a=1; path=/"),
        ("a=1; Path=/one", "a=1; Path=/one"), ("a=1; Path=/x/one/", "a=1; Path=/x/one/"), ("Path=/one/", "Path=/one/"),
    ])
    func `replaces the beginning of a cookie's path`(value: String, expected: String) throws {
        let policy = ResponseRewrite(cookiePath: text("/one/", "/"))
        #expect(try rewrite("Set-Cookie", [value], policy) == [expected])
    }

    @Test func `changes every cookie, and both attributes of one`() throws {
        let policy = ResponseRewrite(cookieDomain: text("a.b", "$host"), cookiePath: text("/", "/app/"))
        let values = ["a=1; Domain=a.b; Path=/", "b=2", "c=3; Path=/c; Domain=a.b"]
        let expected = [
            "a=1; Domain=shop.example; Path=/app/", "b=2", "c=3; Path=/app/c; Domain=shop.example",
        ]
        #expect(try rewrite("Set-Cookie", values, policy) == expected)
    }

    @Test func `takes groups of its own expression, which replaces the whole value`() throws {
        let domain = ResponseRewrite(cookieDomain: regex("^(.+)\\.internal$", "$1.example.com"))
        #expect(try rewrite("Set-Cookie", ["a=1; Domain=shop.internal"], domain) == ["a=1; Domain=shop.example.com"])
        let path = ResponseRewrite(cookiePath: regex("^/USER/([^/]+)/(.*)", "/u/$1?$2$3", ignoringCase: true))
        #expect(try rewrite("Set-Cookie", ["a=1; Path=/user/me/x"], path) == ["a=1; Path=/u/me?x"])
        let cased = ResponseRewrite(cookiePath: regex("^/USER/", "/u"))
        #expect(try rewrite("Set-Cookie", ["a=1; Path=/user/me"], cased) == ["a=1; Path=/user/me"])
    }

    @Test(arguments: [
        ("Location", "http://internal/a?b", "https://shop.example/a?b"), ("Location", "http://other/", "http://other/"),
        ("Location", "HTTP://internal/", "HTTP://internal/"),
        ("Refresh", "5; url=http://internal/a", "5; url=https://shop.example/a"),
        ("refresh", "5; URL=http://internal/a", "5; URL=https://shop.example/a"), ("Refresh", "5", "5"),
    ])
    func `replaces the beginning of redirects`(name: String, value: String, expected: String) throws {
        let policy = ResponseRewrite(location: text("http://internal/", "https://$host/"))
        #expect(try rewrite(name, [value], policy) == [expected])
    }

    @Test func `takes the first rule that fits`() throws {
        let policy = ResponseRewrite(location: text("/a/", "/first/") + text("/a", "/second") + regex(".*", "/third"))
        #expect(try rewrite("Location", ["/a/x"], policy) == ["/first/x"])
        #expect(try rewrite("Location", ["/ab"], policy) == ["/secondb"])
        #expect(try rewrite("Location", ["/x"], policy) == ["/third"])
    }

    @Test func `leaves alone what no field may hold, and what has no room`() throws {
        // The path in decoded form holds a line end.
        let policy = ResponseRewrite(location: text("/", "/$uri"))
        #expect(try rewrite("Location", ["/a"], policy, target: "/%0d%0aX:y") == ["/a"])
        let long = ResponseRewrite(location: text("/", String(repeating: "x", count: 2000)))
        #expect(try rewrite("Location", ["/a"], long) == ["/a"])
    }

    @Test(arguments: ["(", "(a+)+$"])
    func `of a bad or slow expression is refused or does nothing`(pattern: String) throws {
        let policy = ResponseRewrite(location: regex(pattern, "/"))
        let value = "/\(String(repeating: "a", count: 4000))!"
        if pattern == "(" {
            #expect(throws: FilterError.self) { try rewrite("Location", [value], policy) }
        } else {
            #expect(try rewrite("Location", [value], policy) == [value])
        }
    }
}
