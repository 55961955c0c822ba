import Bytes
import Pattern
import TestSupport
import Testing

@Suite struct `Literal prefix` {
    @Test(arguments: [
        ("/foo", "/foo", true),
        ("^/foo", "/foo", true),
        ("", "", true),
        ("/api(/|$)(.*)", "/api", false),
        ("/v[0-9]+/users", "/v", false),
        ("/foo.html", "/foo", false),
        (#"/foo\.html"#, "/foo.html", true),
        (#"/foo\d"#, "/foo", false),
        (#"/a\/b$"#, "/a/b", false),
        ("/foo?", "/fo", false),
        ("/foo*", "/fo", false),
        ("/foo+", "/foo", false),
        ("/foo{0,2}", "/fo", false),
        ("/foo$", "/foo", false),
        ("/(?!admin)(.*)", "/", false),
        ("(?i)/foo", "", false),
        ("/foo|/bar", "", false),
        ("/foo(a|b)|/bar", "", false),
        ("/foo(a|b)", "/foo", false),
        ("/foo[|]bar", "", false),
        (#"/foo(\Q)|\E)"#, "", false),
        (#"/foo(\(|\))"#, "/foo", false),
    ])
    func `is read off`(pattern: String, literal: String, isWhole: Bool) {
        let prefix = LiteralPrefix(of: pattern)
        #expect(String(decoding: prefix.bytes, as: UTF8.self) == literal)
        #expect(prefix.isWhole == isWhole)
    }

    /// Random patterns over a small alphabet: whatever matches must begin with the literal.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `begins every match`(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var scratch = PatternScratch()
        let pieces = [
            "/", "a", "b", "(", ")", "|", "?", "*", "+", "{2}", "[ab|]", ".", "$", "^", #"\."#, #"\Q|\E"#, "(?:", "(?=",
            "(?#|)",
        ]
        for _ in 0..<2000 {
            let text =
                "/"
                + (0..<Int.random(in: 1...7, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            guard let pattern = try? Pattern(text, options: .anchoredAtStart) else { continue }
            let prefix = LiteralPrefix(of: text)
            for _ in 0..<10 {
                let subject =
                    "/"
                    + (0..<Int.random(in: 0...5, using: &random)).map { _ in "ab/.|".randomElement(using: &random)! }
                let bytes = Array(subject.utf8)
                let begins = bytes.starts(with: prefix.bytes)
                let outcome = pattern.match(bytes.span, &scratch)
                if !begins { #expect(outcome == .noMatch, "\(text) on \(subject)") }
                if begins, prefix.isWhole { #expect(outcome == .match, "\(text) on \(subject)") }
            }
        }
    }
}
