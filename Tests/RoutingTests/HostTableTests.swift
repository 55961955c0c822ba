import Model
import Routing
import Testing

@Suite struct `Host` {
    @Test(arguments: ["shop.example", "SHOP.Example", "shop.example:8080", "shop.example.", "Shop.example.:443"])
    func `is found whatever its case, port and trailing dot`(name: String) {
        let router = RouterCompiler.compile([Given.host(.exact("shop.example")), Given.host(.any)])
        #expect(router.host(name) == 0)
    }

    @Test(arguments: ["shop.example..", "xshop.example", "shop.exampl", "", ".", ":80", "shop.example\u{0}"])
    func `is another name`(name: String) {
        let router = RouterCompiler.compile([Given.host(.exact("shop.example")), Given.host(.any)])
        #expect(router.host(name) == 1)
    }

    @Test(arguments: [("[::1]:80", 0), ("[::1]", 0), ("[::2]", nil)])
    func `may be an IPv6 address`(name: String, host: Int?) {
        #expect(RouterCompiler.compile([Given.host(.exact("[::1]"))]).host(name) == host)
    }

    /// What a slot of the table has no room for is kept elsewhere.
    @Test(arguments: 1...70)
    func `is told from others by its last letter, however long`(length: Int) {
        let stem = String(String(repeating: "abcdefgh.", count: 8).prefix(length - 1))
        let names = ["x", "y", "z"].map { stem + $0 }
        let router = RouterCompiler.compile(names.map { Given.host(.exact($0)) } + [Given.host(.any)])
        #expect(names.map { router.host($0) } == [0, 1, 2])
        #expect(names.map { router.host($0.uppercased()) } == [0, 1, 2])
        #expect(router.host(stem + "w") == 3)
        #expect(router.host(stem + "xx") == 3)
    }

    @Test func `is unknown without a host for any name`() {
        #expect(RouterCompiler.compile([Given.host(.exact("a"))]).match("b", "/") == .noHost)
        #expect(RouterCompiler.compile([]).match("b", "/") == .noHost)
    }

    @Test(arguments: [
        ("a.foo.com", 0), ("A_1-b.foo.com", 0), ("a.b.foo.com", 1), ("foo.com", 1), (".foo.com", 1), ("a.foo.com.x", 1),
        ("é.foo.com", 1), ("a.foo.comx", 1),
    ])
    func `with a wildcard has exactly one further label`(name: String, host: Int) {
        let router = RouterCompiler.compile([Given.host(.wildcard("foo.com")), Given.host(.any)])
        #expect(router.host(name) == host)
    }

    @Test(arguments: [
        ("exact.foo.com", 0), ("alias.foo.com", 1), ("x.deep.foo.com", 2), ("y.x.deep.foo.com", 2), ("q.w.foo.com", 1),
        ("foo.org", 3), ("foo.org.uk", 3), ("foo.bar.baz", 4), ("one.bar.com", 5), ("regex99.com", 6), ("none", 7),
        ("regex1.bar.com", 5),
    ])
    func `follows nginx's order of names, aliases and wildcards`(name: String, host: Int) {
        let router = RouterCompiler.compile([
            Given.host(.exact("exact.foo.com")),
            Given.host(
                .exact("b"), aliases: [.exact("alias.foo.com"), .exact("exact.foo.com"), .leadingWildcard("foo.com")]),
            Given.host(.exact("c"), aliases: [.leadingWildcard("deep.foo.com")]),
            Given.host(.exact("d"), aliases: [.trailingWildcard("foo")]),
            Given.host(.exact("e"), aliases: [.trailingWildcard("foo.bar")]),
            Given.host(.wildcard("bar.com")),
            Given.host(.exact("f"), aliases: [.regex("^regex[0-9]+\\.(com|bar\\.com)$")]),
            Given.host(.any),
        ])
        #expect(router.host(name) == host)
    }

    @Test func `longer than DNS allows belongs to the host for any name`() {
        let name = String(repeating: "a.", count: 126) + "com"
        let router = RouterCompiler.compile([
            Given.host(.exact("x"), aliases: [.leadingWildcard("com")]), Given.host(.any),
        ])
        #expect(router.host(String(name.dropFirst(2))) == 0)
        #expect(router.host(name) == 1)
    }

    @Test func `reports a regex alias that takes too long`() {
        let router = RouterCompiler.compile([Given.host(.exact("x"), aliases: [.regex("^(a+)+$")])])
        #expect(router.match(String(repeating: "a", count: 60) + "!", "/") == .limitExceeded(host: 0))
    }

    @Test func `is claimed by the first of two`() {
        let router = RouterCompiler.compile([
            Given.host(.exact("x"), aliases: [.exact("a")]), Given.host(.exact("y"), aliases: [.exact("a")]),
        ])
        #expect(router.host("a") == 0)
    }
}
