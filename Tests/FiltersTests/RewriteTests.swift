import Bytes
import Filters
import HTTP
import Model
import Pattern
import Routing
import Testing

@Suite struct `A rewrite` {
    /// The target that the upstream gets; empty when it is the client's own.
    static func decide(
        _ pattern: String, _ template: String, _ target: String, path: PathMatch? = nil,
        _ fields: [String] = []
    ) throws -> Decision {
        let route = Given.route(path ?? .regex(pattern, ignoringCase: true)) {
            $0.rewrite = Rewrite(pattern: pattern, template: template)
        }
        return try Decision.of(Given.head(target, fields), routes: [route], ranking: .listed)
    }

    @Test(arguments: [
        ("/something(/|$)(.*)", "/$2", "/something", "/"),
        ("/something(/|$)(.*)", "/$2", "/something/", "/"),
        ("/something(/|$)(.*)", "/$2", "/something/new", "/new"),
        ("/something(/|$)(.*)", "/$2", "/SomeThing/New?a=b", "/New?a=b"),
        ("/api/(.*)", "/$1", "/api/v1/users?x=%20&y", "/v1/users?x=%20&y"),
        ("/something", "/", "/something/else?q", "/?q"),
        ("/api(.*)", "/$1", "/api/x", "//x"),
        ("/a/(.*)", "/b/$1/$1", "/a/c", "/b/c/c"),
        ("/a/(x)?(.*)", "/[$1]$2", "/a/y", "/[]y"),
        ("/a/(.*)", "/$3", "/a/y", "/"),
        // No leading slash; nothing at all.
        ("/a/(.*)", "$1", "/a/y", "/y"), ("/a(.*)", "$1", "/a/y", "/y"), ("/a(.*)", "$1", "/a", "/"),
        ("/a", "b", "/a", "/b"),
        // The query of the template, the client's behind it, or none.
        ("/a/(.*)", "/s?q=$1", "/a/y?z=1", "/s?q=y&z=1"), ("/a/(.*)", "/s?q=$1", "/a/y?", "/s?q=y"),
        ("/a/(.*)", "/s?q=$1", "/a/y", "/s?q=y"), ("/a/(.*)", "/s?", "/a/y?z=1", "/s"),
        ("/a/(.*)", "/s?q=$1?", "/a/y?z=1", "/s?q=y"),
        ("/a", "/$host/$arg_x?$args", "/a?x=1", "/shop.example/1?x=1&x=1"),
        // What the client wrote in percent-encodings goes out so again.
        ("/a/((?s).*)", "/$1", "/a/%20%23%3f%25%0d%0a%C3%A9%5c", "/%20%23%3F%25%0D%0A%C3%A9%5C"),
        ("/a/((?s).*)", "/s?q=$1", "/a/%26b%3dc%23d%20e%2B%0d%0af", "/s?q=%26b=c%23d%20e%2B%0D%0Af"),
        ("/a/((?s).*)", "/$uri$1", "/a/%0a", "//a/%0A%0A"),
        // As in nginx a dot is no line feed, so the group ends before it.
        ("/a/(.*)", "/$1", "/a/b%0ac", "/b"),
        ("/a", "/caf\u{e9} x%20", "/a", "/caf%C3%A9%20x%2520"),
    ])
    func `replaces the whole target`(pattern: String, template: String, target: String, result: String) throws {
        #expect(try Self.decide(pattern, template, target) == Decision(verdict: .proceed, target: result))
    }

    @Test(arguments: [("/shop/a/b", "/b"), ("/x/shop/A/c", "/c")])
    func `searches a pattern that isn't the route's own`(target: String, result: String) throws {
        let decision = try Self.decide("/a/(.*)", "/$1", target, path: .prefix("/"))
        #expect(decision == Decision(verdict: .proceed, target: result))
    }

    @Test func `changes nothing when its pattern isn't found`() throws {
        let decision = try Self.decide("/a/(.*)", "/$1", "/b", path: .prefix("/"))
        #expect(decision == Decision(verdict: .proceed))
    }

    @Test func `sees no groups of an earlier request`() throws {
        let host = VirtualHost(name: .any, origin: .builtIn)
        let route = Given.route(.prefix("/")) { $0.hostOverride = HostOverride(template: "x$1") }
        let filters = try RouteFilters(route, host: host, settings: Settings())
        var match = MatchScratch()
        var scratch = FilterScratch()
        let long = Given.head("/long/path/of/another/request")
        let pattern = try Pattern("/long(.*)")
        _ = pattern.match(long.normalPath, &match.pattern)
        let head = Given.head("/")
        let verdict = FilterChain.decide(
            head, Given.context(), host: HostFilters(), route: filters, lacksSlash: false, match: &match,
            scratch: &scratch)
        #expect(verdict == .proceed)
        let override = scratch.host.readable.text()
        #expect(override == "x")
    }

    @Test(arguments: ["/v1./x", "/v1/", "/v1", "/v1...", "/v1.a"])
    func `never sends a dot segment`(target: String) throws {
        let refused = ["/v1./x", "/v1", "/v1/"].contains(target)
        let decision = try Self.decide("/v1(.*)", "/.$1", target)
        #expect(decision.verdict == (refused ? .refuse(.badRequest) : .proceed))
    }

    @Test func `gives up on a pattern that takes too long`() throws {
        let decision = try Self.decide(
            "(a+)+$", "/", "/" + String(repeating: "a", count: 4000) + "b", path: .prefix("/"))
        #expect(decision.verdict == .refuse(.internalServerError))
    }

    @Test func `refuses a target that has no end`() throws {
        let decision = try Self.decide(
            "/(.*)", "/$1$1$1$1$1", "/" + String(repeating: "a", count: 8000), path: .prefix("/"))
        #expect(decision.verdict == .refuse(.targetTooLong))
    }

    @Test(arguments: [
        ("/a/(.*)", "https://other.example/$1", "/a/b?c=d", "https://other.example/b?c=d"),
        ("/a/(.*)", "http://other.example", "/a/b", "http://other.example"),
        ("/a/(.*)", "https://other.example/?p=$1", "/a/b%26c?d", "https://other.example/?p=b%26c&d"),
        ("/a/(.*)", "$scheme://$host/new/$1", "/a/b", "http://shop.example/new/b"),
        ("/a/(.*)", "https://other.example$request_uri?", "/a/b?c", "https://other.example/a/b?c"),
        // Bytes that would end the header, and hosts that a path would complete.
        (
            "/a/((?s).*)", "https://other.example/$1", "/a/%0d%0aSet-Cookie:x",
            "https://other.example/%0D%0ASet-Cookie:x"
        ),
        ("/a/(.*)", "https://other.example$uri", "/a/%0d%0ax", "https://other.example/a/%0D%0Ax"),
        ("/a(.*)", "https://other.example$1", "/a.evil.example/", "https://other.example/.evil.example/"),
        ("/a(.*)", "https://other.example$1", "/a@evil.example", "https://other.example/@evil.example"),
        ("/a(.*)", "https://other.example$1", "/a/b", "https://other.example/b"),
        ("/a(.*)", "https://other.example$1", "/a", "https://other.example"),
        ("/a/(.*)", "https://$1.example/x", "/a/b", "https://b.example/x"),
    ])
    func `redirects to a URL`(pattern: String, template: String, target: String, location: String) throws {
        #expect(
            try Self.decide(pattern, template, target) == Decision(verdict: .redirect(.found), location: location))
    }

    @Test func `reports a pattern that doesn't compile`() {
        #expect(throws: FilterError.self) { try Self.decide("/a(", "/", "/", path: .prefix("/")) }
        #expect(throws: FilterError.unknownVariable("nope")) { try Self.decide("/a", "/$nope", "/a") }
        #expect(throws: FilterError.self) { try Self.decide("/a", "/\r\nx", "/a") }
    }
}
