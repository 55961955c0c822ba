import Model
import Pattern
import Routing
import Testing

@Suite struct `Path by specificity` {
    private func router(_ paths: PathMatch...) -> Router { RouterCompiler.compile([Given.host(.any, paths)]) }

    @Test(arguments: ["/foo", "/foo/", "/foo/bar"])
    func `matches a prefix on whole segments`(path: String) {
        #expect(router(.prefix("/foo")).route(path) == 0)
    }

    @Test(arguments: ["/foobar", "/Foo", "/fo", "/", "/bar/foo", "*", ""])
    func `does not match a prefix otherwise`(path: String) {
        #expect(router(.prefix("/foo")).match("h", path) == .noRoute(host: 0))
    }

    @Test(arguments: [("/foo", true), ("/foo/", false), ("/Foo", false), ("/foo/bar", false), ("/", false)])
    func `matches an exact path only as it is`(path: String, matches: Bool) {
        #expect((router(.exact("/foo")).route(path) == 0) == matches)
    }

    @Test(arguments: [("/foo/", true), ("/foo", false), ("/foo/x", false)])
    func `keeps the slash of an exact path`(path: String, matches: Bool) {
        #expect((router(.exact("/foo/")).route(path) == 0) == matches)
    }

    @Test(arguments: ["/", "/x", "/x/y/z"])
    func `matches everything with the root prefix`(path: String) {
        #expect(router(.prefix("/")).route(path) == 0)
    }

    @Test(arguments: [
        ("/foo", 1), ("/foo/", 2), ("/foo/x", 2), ("/foo/bar", 4), ("/foo/bar/", 4), ("/foo/barx", 2), ("/", 5),
        ("/x", 0),
        ("/foo/bar/q", 3),
    ])
    func `prefers exact, then the longest prefix`(path: String, route: Int) {
        let router = router(
            .prefix("/"), .exact("/foo"), .prefix("/foo"), .exact("/foo/bar/q"), .prefix("/foo/bar"), .exact("/"))
        #expect(router.route(path) == route)
    }

    @Test func `tells a prefix with a slash from one without`() {
        let router = router(.prefix("/foo"), .prefix("/foo/"))
        #expect(router.route("/foo") == 0)
        #expect(router.route("/foo/") == 1)
        #expect(router.route("/foo/bar") == 1)
    }

    @Test func `keeps the first of equal paths`() {
        let router = router(.prefix("/a"), .prefix("/a"), .exact("/"), .exact("/"), .prefix("/"), .prefix("/"))
        #expect(router.route("/a/b") == 0)
        #expect(router.route("/") == 2)
        #expect(router.route("/b") == 4)
    }

    @Test func `redirects to the slash that a prefix ends in`() {
        #expect(router(.prefix("/"), .prefix("/foo/")).match("h", "/foo") == .slashRedirect(host: 0, route: 1))
        #expect(router(.prefix("/foo/")).match("h", "/foobar") == .noRoute(host: 0))
        #expect(
            router(.prefix("/foo/"), .prefix("/foo/bar/")).match("h", "/foo/bar") == .slashRedirect(host: 0, route: 1))
    }

    @Test(arguments: [PathMatch.exact("/foo"), .prefix("/foo")])
    func `does not redirect when a route serves the path itself`(other: PathMatch) {
        #expect(router(.prefix("/foo/"), other).match("h", "/foo") == .route(host: 0, route: 1))
    }

    @Test func `does not redirect to an exact path`() {
        #expect(router(.exact("/foo/"), .prefix("/")).match("h", "/foo") == .route(host: 0, route: 1))
    }

    @Test func `tries regexes after exact paths and before prefixes`() {
        let router = router(.prefix("/foo/"), .exact("/foo/a"), .regex("/foo/[a-z]$", ignoringCase: false))
        #expect(router.route("/foo/a") == 1)
        #expect(router.route("/foo/b") == 2)
        #expect(router.route("/foo/bb") == 0)
    }

    @Test func `finds each of many paths of many hosts`() {
        let hosts = (0..<200).map { host in
            Given.host(
                .exact("host\(host).example"), (0..<20).map { .prefix("/service\($0)/v\(host)") } + [.prefix("/")])
        }
        let router = RouterCompiler.compile(hosts)
        for host in 0..<200 {
            for path in 0..<20 {
                let found = router.match("host\(host).example", "/service\(path)/v\(host)/users/12")
                #expect(found == .route(host: host, route: host * 21 + path))
            }
            #expect(router.match("host\(host).example", "/service1/x") == .route(host: host, route: host * 21 + 20))
        }
    }
}

@Suite struct `Path by list` {
    private func router(_ paths: PathMatch...) -> Router {
        RouterCompiler.compile([Given.host(.any, ranking: .listed, paths)])
    }
    private func regex(_ text: String) -> PathMatch { .regex(text, ignoringCase: true) }

    @Test(arguments: [("/foo", true), ("/FOO", true), ("/foobar", true), ("/x/foo", false)])
    func `anchors a regex at the start only and ignores case`(path: String, matches: Bool) {
        #expect((router(regex("/foo")).route(path) == 0) == matches)
        #expect((router(regex("/fo[o]")).route(path) == 0) == matches)
    }

    @Test func `heeds case when asked to`() {
        #expect(router(.regex("/foo", ignoringCase: false)).route("/FOO") == nil)
    }

    @Test func `takes the first in the list`() {
        let router = router(regex("/foo/bar/.+"), regex("/foo/bar/[a-z]{3}"), regex("/foo"), regex("/"))
        #expect(router.route("/foo/bar/abc") == 0)
        #expect(router.route("/foo/bar/") == 2)
        #expect(router.route("/FOO") == 2)
        #expect(router.route("/q") == 3)
        #expect(self.router(regex("/"), regex("/foo")).route("/foo") == 0)
    }

    @Test func `treats a dot as any byte`() {
        #expect(router(regex("/a.html")).route("/aXhtml") == 0)
    }

    @Test func `never redirects to a slash`() {
        #expect(router(regex("/foo/")).match("h", "/foo") == .noRoute(host: 0))
        #expect(router(.prefix("/foo/")).match("h", "/foo") == .noRoute(host: 0))
    }

    @Test func `takes exact and prefix paths in their turn`() {
        let router = router(.exact("/Foo"), .prefix("/Bar"), .prefix("/Baz/"), regex("/"))
        #expect(router.route("/Foo") == 0)
        #expect(router.route("/foo") == 3)
        #expect(router.route("/Bar/x") == 1)
        #expect(router.route("/Barx") == 3)
        #expect(router.route("/Baz/x") == 2)
    }

    @Test func `leaves the captures of the winner`() {
        let router = router(regex("/api(/|$)x"), regex("/api(/|$)(.*)"), regex("/"))
        var scratch = MatchScratch()
        let host: [UInt8] = []
        let path = Array("/api/users".utf8)
        #expect(router.match(host: host.span, path: path.span, scratch: &scratch) == .route(host: 0, route: 1))
        let captures = scratch.captures
        #expect(captures[2] == 5..<10)
        let other = Array("/users".utf8)
        #expect(router.match(host: host.span, path: other.span, scratch: &scratch) == .route(host: 0, route: 2))
        let none = scratch.captures
        #expect(none[2] == nil)
    }

    @Test func `reports a regex that takes too long`() {
        let path = "/" + String(repeating: "a", count: 4000) + "!"
        #expect(router(regex("/(a+)+$"), regex("/")).match("h", path) == .limitExceeded(host: 0))
    }

    @Test func `leaves out a regex that cannot be compiled`() {
        let router = router(regex("/foo("), regex("/"))
        #expect(router.route("/foo(") == 1)
        #expect(router.diagnostics.count == 1)
        #expect(router.diagnostics.first?.severity == .rejected)
    }

    @Test func `uses patterns of the previous router again`() {
        let hosts = [Given.host(.any, ranking: .listed, [regex("/a[0-9]"), regex("/b[0-9]")])]
        let first = RouterCompiler.compile(hosts)
        let second = RouterCompiler.compile(Array(hosts.reversed()), reusing: first)
        #expect(second.route("/b7") == 1)
    }

    @Test func `finds each of thousands of regexes`() {
        let paths = (0..<3000).map { regex("/service\($0)(/|$)(.*)") } + [regex("/")]
        let router = RouterCompiler.compile([Given.host(.any, ranking: .listed, paths)])
        for number in stride(from: 0, to: 3000, by: 7) {
            #expect(router.route("/Service\(number)/users") == number)
        }
        #expect(router.route("/service3000") == 3000)
    }
}
