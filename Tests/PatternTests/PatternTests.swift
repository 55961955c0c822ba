import Bytes
import Pattern
import Testing

/// The groups of a match as text; nil when there is none.
private func groups(_ pattern: String, _ subject: String, _ options: Pattern.Options = []) throws -> [String?]? {
    var scratch = PatternScratch()
    let pattern = try Pattern(pattern, options: options)
    let bytes = Array(subject.utf8)
    guard pattern.match(bytes.span, &scratch) == .match else { return nil }
    let captures = scratch.captures
    return (0...pattern.groupCount).map { group in
        captures[group].map { String(decoding: bytes[$0], as: UTF8.self) }
    }
}

@Suite struct `Pattern matching` {
    @Test func `gives the groups of a match`() throws {
        #expect(try groups("/api(/|$)(.*)", "/api/v1/users") == ["/api/v1/users", "/", "v1/users"])
        #expect(try groups("/api(/|$)(.*)", "/api") == ["/api", "", ""])
    }

    @Test func `gives nil for a group that took no part`() throws {
        #expect(try groups("/(a)?(b)", "/b") == ["/b", nil, "b"])
    }

    @Test func `keeps nine groups of a pattern with more`() throws {
        let all = try groups("(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)", "abcdefghijk")
        #expect(all?[9] == "i")
        #expect(all?[10] == nil)
    }

    @Test(arguments: [
        ("(a)(?<second>b)(?:c)(?P<third>d)(?'fourth'e)", ["second 2", "third 3", "fourth 4"]), ("(a)(b)", []),
        ("(?<z>a)|(?<b>b)", ["z 1", "b 2"]), ("(?|(?<n>a)|(?<n>b))", ["n 1"]), ("\\(?<n>a", []),
        ("(?J)(?<n>a)|(?<n>b)", ["n 1", "n 2"]),
        ("(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(?<n>b)", ["n 11"]),
    ])
    func `knows the names of its groups`(text: String, names: [String]) throws {
        #expect(try Pattern(text).groupNames.map { "\($0.name) \($0.group)" } == names)
    }

    @Test(arguments: [
        ("/foo", "/FOO/bar", Pattern.Options.ignoringCase, true),
        ("/foo", "/FOO/bar", Pattern.Options(), false),
        ("foo", "/foo", .anchoredAtStart, false),
        ("foo", "/foo", Pattern.Options(), true),
        ("/(?!admin)(.*)", "/administrator", .anchoredAtStart, false),
        ("/(?!admin)(.*)", "/users", .anchoredAtStart, true),
        ("", "", Pattern.Options(), true),
    ])
    func `honours its options`(text: String, subject: String, options: Pattern.Options, matches: Bool) throws {
        #expect(try (groups(text, subject, options) != nil) == matches)
    }

    @Test func `takes bytes that are not UTF-8`() throws {
        var scratch = PatternScratch()
        let bytes: [UInt8] = [0x2F, 0xFF, 0xC0, 0x2F]
        let pattern = try Pattern("/(.*)/", options: .anchoredAtStart)
        #expect(pattern.match(bytes.span, &scratch) == .match)
        let captures = scratch.captures
        #expect(captures[1] == 1..<3)
    }

    @Test func `leaves the captures of the last match when it fails`() throws {
        var scratch = PatternScratch()
        let pattern = try Pattern("/(a+)")
        #expect(pattern.match([0x2F, 0x61].span, &scratch) == .match)
        #expect(pattern.match([0x2F].span, &scratch) == .noMatch)
        let captures = scratch.captures
        #expect(captures[1] == 1..<2)
    }

    @Test(arguments: ["/(a+)+$", "/(a|aa)+$", "/(.*?a){20}$", "/((a+)+)+((a+)+)+$"])
    func `ends in bounded time on hostile patterns`(text: String) throws {
        var scratch = PatternScratch()
        let subject = Array(("/" + String(repeating: "a", count: 8000) + "!").utf8)
        let pattern = try Pattern(text, options: [.anchoredAtStart, .ignoringCase])
        let clock = ContinuousClock()
        let time = clock.measure { #expect(pattern.match(subject.span, &scratch) == .limitExceeded) }
        // Measured: 0.2 ms. The bound leaves room for a busy machine and says that it is not seconds.
        #expect(time < .milliseconds(500))
    }

    @Test func `matches a group repeated over a long path`() throws {
        let path = String(repeating: "/segment", count: 1000)
        #expect(try groups("(/[^/]+)*", path, .anchoredAtStart)?[0] == path)
    }

    @Test func `is shared through a list`() throws {
        let list = PatternList([try Pattern("a"), try Pattern("b")])
        var scratch = PatternScratch()
        #expect(list.match(at: 0, [0x62].span, &scratch) == .noMatch)
        #expect(list.match(at: 1, [0x62].span, &scratch) == .match)
    }
}

@Suite struct `Pattern error` {
    @Test func `tells fault and offset`() {
        #expect(throws: PatternError.malformed(message: "missing closing parenthesis", offset: 5)) {
            try Pattern("/foo(")
        }
    }

    @Test func `refuses a text over the limit`() {
        let text = String(repeating: "a", count: Pattern.longestText + 1)
        #expect(throws: PatternError.tooLong(bytes: text.utf8.count)) { try Pattern(text) }
        #expect(throws: Never.self) { try Pattern(String(text.dropLast())) }
    }

    @Test(arguments: ["(*UTF)/foo", "(*UCP)/foo", #"/\C"#, "/[", "/*+?{"])
    func `refuses`(text: String) {
        #expect(throws: PatternError.self) { try Pattern(text) }
    }
}
