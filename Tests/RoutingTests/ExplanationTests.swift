import Bytes
import HTTP
import Model
import Routing
import TestSupport
import Testing

extension Router {
    func explain(_ host: String, _ path: String) -> Explanation {
        let name = Array(host.utf8)
        let bytes = Array(path.utf8)
        return explain(host: name.span, path: bytes.span)
    }
}

@Suite struct `An explanation` {
    @Test func `names the winner and why each other route lost`() {
        let router = RouterCompiler.compile([
            Given.host(
                .any,
                [
                    .prefix("/"), .prefix("/foo"), .exact("/foo/bar"), .prefix("/foo/bar"), .prefix("/foobar"),
                    .exact("/FOO/bar"),
                ])
        ])
        let explanation = router.explain("h:80", "/foo/bar")
        #expect(explanation.outcome == .route(host: 0, route: 2))
        #expect(explanation.name == "h")
        #expect(explanation.routes.map(\.route) == [2, 3, 1, 0, 4, 5])
        #expect(
            explanation.routes.map(\.whyNot) == [
                nil, "an exact path comes before a prefix of 8 bytes", "an exact path comes before a prefix of 4 bytes",
                "an exact path comes before a prefix of 1 byte", "the path does not begin with it",
                "differs in upper and lower case",
            ])
    }

    @Test func `tells the slash redirect`() {
        let router = RouterCompiler.compile([Given.host(.any, [.prefix("/"), .prefix("/foo/")])])
        let explanation = router.explain("h", "/foo")
        #expect(explanation.outcome == .slashRedirect(host: 0, route: 1))
        #expect(explanation.routes.map(\.route) == [1, 0])
        #expect(explanation.routes[0].evidence?.kind == .slashMissing(bytes: 4))
    }

    @Test func `tells places in a list`() {
        let router = RouterCompiler.compile([
            Given.host(
                .any, ranking: .listed,
                [
                    .regex("/a[0-9]", ignoringCase: true), .regex("/b", ignoringCase: true),
                    .regex("/", ignoringCase: true),
                ])
        ])
        let explanation = router.explain("h", "/b")
        #expect(explanation.routes.map(\.route) == [1, 2, 0])
        #expect(explanation.routes[1].whyNot == "comes at place 3 of the host's list, after place 2")
        #expect(explanation.routes[2].whyNot == "the pattern does not match from the start of the path")
    }

    @Test func `names every host that answers for the name`() {
        let router = RouterCompiler.compile([
            Given.host(.wildcard("foo.com")), Given.host(.any),
            Given.host(.exact("a.foo.com"), aliases: [.leadingWildcard("com")]),
            Given.host(.exact("bar.com")),
        ])
        let explanation = router.explain("a.foo.com", "/")
        #expect(explanation.hosts.map(\.host) == [2, 0, 1])
        #expect(explanation.hosts.map { $0.whyNot == nil } == [true, false, false])
        #expect(router.explain("b.foo.com", "/").hosts.map(\.host) == [2, 0, 1])
    }

    @Test func `names the pattern that takes too long`() {
        let router = RouterCompiler.compile([
            Given.host(.any, ranking: .listed, [.regex("/(a+)+$", ignoringCase: true)])
        ])
        let explanation = router.explain("h", "/" + String(repeating: "a", count: 4000) + "!")
        #expect(explanation.outcome == .limitExceeded(host: 0))
        #expect(explanation.routes.first?.whyNot == "its pattern takes too long on this path")
    }

    @Test func `has no routes when no host answers`() {
        let explanation = RouterCompiler.compile([Given.host(.exact("a"))]).explain("b", "/")
        #expect(explanation.outcome == .noHost)
        #expect(explanation.hosts.isEmpty && explanation.routes.isEmpty)
    }

    /// The evidence that explain compares must choose whom the tables choose.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `agrees with the tables on random rules`(seed: UInt64) {
        var random = SplitMix(state: seed)
        let segments = ["/a", "/b", "/a/", "/A"]
        func path(_ depth: ClosedRange<Int>) -> String {
            let path = (0..<Int.random(in: depth, using: &random)).map { _ in segments.randomElement(using: &random)! }
                .joined()
            return path.isEmpty ? "/" : path.replacing("//", with: "/")
        }
        for _ in 0..<60 {
            let matches: [PathMatch] = (0..<8).map { _ in
                switch Int.random(in: 0..<5, using: &random) {
                case 0: .regex(path(1...2) + "[ab]?", ignoringCase: true)
                case 1, 2: .exact(path(0...3))
                default: .prefix(path(0...3))
                }
            }
            let ranking: PathRanking = Bool.random(using: &random) ? .listed : .mostSpecific
            let router = RouterCompiler.compile([Given.host(.any, ranking: ranking, matches)])
            for _ in 0..<10 {
                let requested = path(0...4)
                let explanation = router.explain("h", requested)
                let best = explanation.routes.filter { $0.evidence != nil }.max { $0.evidence! < $1.evidence! }
                #expect(best?.route == explanation.outcome.route, "\(requested) among \(matches), \(ranking)")
            }
        }
    }
}

@Suite struct `A probe request` {
    @Test(arguments: [
        ("http://shop.example/cart?id=1", "shop.example", "/cart"),
        ("https://SHOP.example:8443/a/../b#top", "SHOP.example", "/b"),
        ("shop.example", "shop.example", "/"),
        ("http://shop.example?q", "shop.example", "/"),
        ("shop.example/é x", "shop.example", "/é x"),
        ("http://[::1]:80/x", "[::1]", "/x"),
    ])
    func `is read like a request from the network`(url: String, name: String, path: String) throws {
        let head = try ProbeRequest(url: url).head()
        let (host, normal) = (head.hostName.text(), head.normalPath.text())
        #expect(host.lowercased() == name.lowercased())
        #expect(normal == path)
    }

    @Test func `takes the host from a field`() throws {
        let head = try ProbeRequest(method: "POST", url: "/cart", fields: ["host:  shop.example", "X-A: b"]).head()
        let (host, count, method) = (head.hostName.text(), head.headers.count, head.methodBytes.text())
        #expect(host == "shop.example")
        #expect(count == 2)
        #expect(method == "POST")
    }

    @Test(arguments: [
        (ProbeRequest(url: "/cart"), ProbeError.badURL("/cart")),
        (ProbeRequest(url: ""), .badURL("")),
        (ProbeRequest(url: "a/", fields: ["nonsense"]), .badField("nonsense")),
        (ProbeRequest(url: "a/../.."), .refused(.pathAboveRoot)),
        (ProbeRequest(url: "a/%zz"), .refused(.badPercentEncoding(at: 1))),
        (ProbeRequest(url: "a/", fields: ["A: b\r\n\r\nGET / HTTP/1.1"]), .badURL("a/")),
    ])
    func `is refused`(request: ProbeRequest, error: ProbeError) {
        #expect(throws: error) { _ = try request.head() }
    }
}
