import Filters
import HTTP
import Model
import Testing

@Suite struct `A redirect` {
    static func decide(
        _ location: String, status: Int = 301, _ head: borrowing RequestHead = Given.head(host: "Shop.example:8080"),
        secure: Bool = false, relative: Bool = false
    ) throws -> Decision {
        let route = Given.route(.prefix("/"), .redirect(Redirect(status: status, location: location)))
        return try Decision.of(head, Given.context(secure: secure), routes: [route], relative: relative)
    }

    @Test(arguments: [
        ("https://other.example/x?y#z", "https://other.example/x?y#z"), ("/x", "http://shop.example/x"),
        ("//evil.example", "http://shop.example//evil.example"), ("elsewhere", "elsewhere"),
        ("https://other.example/$host", "https://other.example/$host"),
        ("https://other.example/a b", "https://other.example/a%20b"),
    ])
    func `takes its location as written, paths made absolute`(location: String, result: String) throws {
        #expect(try Self.decide(location) == Decision(verdict: .redirect(.movedPermanently), location: result))
    }

    @Test func `knows the scheme of the connection`() throws {
        #expect(try Self.decide("/x", secure: true).location == "https://shop.example/x")
    }

    @Test(arguments: [
        ("/x", "/x"), ("//evil.example", "/.//evil.example"), ("/\\evil.example", "/./%5Cevil.example"), ("/", "/"),
    ])
    func `stays on its host when it is relative`(location: String, result: String) throws {
        #expect(try Self.decide(location, relative: true).location == result)
    }

    @Test func `is relative when the client named no host`() throws {
        let location = try Self.decide("/x", Given.head(host: nil, version: "1.0")).location
        #expect(location == "/x")
    }

    @Test(arguments: [300, 303, 307, 308])
    func `has any status of its class`(status: Int) throws {
        #expect(try Self.decide("/x", status: status).verdict == .redirect(Status(rawValue: UInt16(status))))
    }

    @Test(arguments: [
        ("/x", 200), ("/x", 299), ("/x", 309), ("", 301), ("/x\r\nSet-Cookie: a=b", 301), ("/\u{0}", 301),
    ])
    func `is refused when it can't be sent`(location: String, status: Int) {
        #expect(throws: FilterError.self) { try Self.decide(location, status: status) }
    }
}

@Suite struct `An app root` {
    static func decide(_ head: borrowing RequestHead, secure: Bool = false) throws -> Decision {
        try Decision.of(head, Given.context(secure: secure), routes: [Given.route()], appRoot: "/app")
    }

    @Test(arguments: ["/", "/?q=1", "//", "/.", "/a/..", "http://shop.example"])
    func `redirects the root`(target: String) throws {
        let decision = try Self.decide(Given.head(target))
        #expect(decision == Decision(verdict: .redirect(.found), location: "http://shop.example/app"))
    }

    @Test(arguments: ["/a", "/app", "/%5c"])
    func `leaves other paths alone`(target: String) throws {
        #expect(try Self.decide(Given.head(target)).verdict == .proceed)
    }

    @Test func `keeps the port that the client named, and its spelling`() throws {
        #expect(
            try Self.decide(Given.head(host: "Shop.example:8080"), secure: true).location
                == "https://Shop.example:8080/app")
        #expect(try Self.decide(Given.head(host: "[::1]:81")).location == "http://[::1]:81/app")
    }

    @Test(arguments: ["app", "", "http://evil.example/", "/a\r\nb"])
    func `must be an absolute path`(path: String) {
        #expect(throws: FilterError.badAppRoot(path)) {
            try Decision.of(Given.head(), routes: [], appRoot: path)
        }
    }
}

@Suite struct `A slash redirect` {
    static func decide(_ head: borrowing RequestHead, secure: Bool = false, relative: Bool = false) throws -> Decision {
        try Decision.of(
            head, Given.context(secure: secure), routes: [Given.route(.prefix("/foo/"))], relative: relative)
    }

    @Test(arguments: [
        ("/foo", "http://shop.example/foo/"), ("/foo?a=b&c", "http://shop.example/foo/?a=b&c"),
        ("/foo?", "http://shop.example/foo/"), ("//foo", "http://shop.example/foo/"),
        ("/f%6fo", "http://shop.example/foo/"), ("/foo?<\"{\\>", "http://shop.example/foo/?%3C%22%7B%5C%3E"),
    ])
    func `adds the slash and keeps the query`(target: String, location: String) throws {
        let decision = try Self.decide(Given.head(target, host: "shop.example:8080"))
        #expect(decision == Decision(verdict: .redirect(.movedPermanently), location: location))
    }

    @Test func `may be relative`() throws {
        #expect(try Self.decide(Given.head("/foo?a"), relative: true).location == "/foo/?a")
    }

    @Test(arguments: [("/\\evil.example", "/%5Cevil.example/"), ("/%5cevil.example", "/%5Cevil.example/")])
    func `never leads to another host`(target: String, location: String) throws {
        let decision = try Decision.of(
            Given.head(target), routes: [Given.route(.prefix("/\\evil.example/"))], relative: true)
        #expect(decision.location == location)
    }
}

@Suite struct `A host override` {
    static func decide(_ template: String, _ head: borrowing RequestHead = Given.head()) throws -> Decision {
        let route = Given.route(.regex("/([a-z]*)", ignoringCase: true)) {
            $0.hostOverride = HostOverride(template: template)
        }
        return try Decision.of(head, routes: [route], ranking: .listed)
    }

    @Test(arguments: [
        ("internal.example", "internal.example"), ("internal.example:8080", "internal.example:8080"),
        ("$service_name.$namespace.svc", "web.shop.svc"), ("$http_x_tenant.example", "blue.example"),
        ("$1.example", "acme.example"), ("$http_x_absent", ""),
    ])
    func `gives the upstream another host`(template: String, host: String) throws {
        let head = Given.head("/acme", ["X-Tenant: blue"])
        #expect(try Self.decide(template, head) == Decision(verdict: .proceed, host: host))
    }

    @Test(arguments: ["a b", "a/b", "a@b", "a:b", "a,b\t c", "caf\u{e9} x"])
    func `refuses what the client makes no host of`(value: String) throws {
        let decision = try Self.decide("$http_x_tenant", Given.head("/", ["X-Tenant: \(value)"]))
        #expect(decision.verdict == .refuse(.badRequest))
    }

    @Test func `refuses bytes that would end the field`() throws {
        let route = Given.route(.regex("/((?s).*)", ignoringCase: true)) {
            $0.hostOverride = HostOverride(template: "$1")
        }
        let decision = try Decision.of(Given.head("/%0d%0aX:y"), routes: [route], ranking: .listed)
        #expect(decision.verdict == .refuse(.badRequest))
    }

    @Test(arguments: ["a b", "http://x", "", "a:99999", "x\r\ny"])
    func `must be a host`(template: String) {
        #expect(throws: FilterError.badHost(template)) { try Self.decide(template) }
    }
}
