import Foundation
import Testing

@testable import IngressDialect

@Suite struct `Text in nginx's language` {
    /// Directives as `name|word|word`, blocks in braces.
    static func read(_ text: String) throws -> String { written(try NginxText(text).directives) }

    private static func written(_ directives: [NginxText.Directive]) -> String {
        directives.map { directive in
            let words = ([directive.name] + directive.arguments.map(\.text)).joined(separator: "|")
            return directive.block.map { "\(words){\(written($0))}" } ?? words
        }.joined(separator: ";")
    }

    @Test(arguments: [
        ("", ""), ("a;", "a"), ("a b  c ;\n\td;", "a|b|c;d"), ("# all\na; # b;\n#c", "a"), ("a#b;", "a#b"),
        ("a \"b c\" 'd \"e';", "a|b c|d \"e"), (#"a "q\"r" 's\'t' u\\v \.x \n;"#, "a|q\"r|s't|u\\v|\\.x|\n"),
        ("if ($a) { b c; d; }", "if|($a){b|c;d}"), ("a ${x}y {b;}", "a|${x}y{b}"), ("a{b{c{d;}}}", "a{b{c{d}}}"),
        ("if ($x = \"a b\") { c; }", "if|($x|=|a b|){c}"), ("rewrite \"^/(a{2})$\" /$1;", "rewrite|^/(a{2})$|/$1"),
        ("a \"\";", "a|"), ("a b\r\n;", "a|b"), ("return 200 \"two\nlines\";", "return|200|two\nlines"),
        ("é ü;", "é|ü"), ("a_by_lua_block {\n if x == {} then y() end }\nb;", "a_by_lua_block{};b"),
    ])
    func `is taken apart as nginx does`(text: String, expected: String) throws {
        #expect(try Self.read(text) == expected)
    }

    @Test(arguments: [
        ("a", 1, "semicolon"), ("a;\nb", 2, "semicolon"), ("a {", 1, "} is missing"), ("}", 1, "too many"),
        ("a; }", 1, "too many"), (";", 1, "without a directive"), ("{a;}", 1, "no name"), ("a \"b;\nc", 1, "quote"),
        ("a \"b\"c;", 1, "blank"), ("if (x) { a }", 1, "semicolon"), ("a \u{0};", 1, "control"),
        ("\na{b{c{d{e{f;}}}}}", 2, "too deeply"), ("a\u{7F};", 1, "control"),
    ])
    func `that is none has a fault with its line`(text: String, line: Int, fault: String) throws {
        let error = try #require(throws: NginxText.Fault.self) { try NginxText(text) }
        #expect(error.line == line)
        #expect(error.description.contains(fault))
    }

    @Test func `is bounded`() {
        for text in [
            String(repeating: "a", count: NginxText.limitBytes + 1), String(repeating: "a;", count: 1001),
            String(repeating: "a ", count: 101) + ";", String(repeating: "a{", count: 5000),
            String(repeating: "{", count: 60_000), String(repeating: "\"", count: 60_001),
        ] {
            #expect(throws: NginxText.Fault.self) { try NginxText(text) }
        }
    }

    static let seeds: [URL] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fuzz/snippet")
        let entries = try? FileManager.default.contentsOfDirectory(
            at: folder.standardizedFileURL, includingPropertiesForKeys: nil)
        return (entries ?? []).sorted { $0.path() < $1.path() }
    }()

    @Test func `has seeds for the fuzzer`() { #expect(Self.seeds.count >= 7) }

    @Test(arguments: seeds)
    func `of a seed is read, or its fault has a line, and compiles to something`(seed: URL) throws {
        let text = String(decoding: try Data(contentsOf: seed), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
        do throws(NginxText.Fault) { _ = try NginxText(text) } catch { #expect((1...lines).contains(error.line)) }
        for context in [SnippetContexts.http, .server, .location, .question] {
            var compiler = SnippetCompiler(context)
            compiler.add(text)
            #expect(compiler.findings.allSatisfy { (1...lines).contains($0.line) })
        }
    }

    @Test func `says in which line each directive stands`() throws {
        let directives = try NginxText("a;\n\nif (x)\n{\n  b\n  c;\n}\nd;").directives
        #expect(directives.map(\.line) == [1, 3, 8])
        #expect(directives[1].block?.map(\.line) == [5])
    }
}

@Suite struct `Times in nginx's language` {
    @Test(arguments: [
        ("60", 60), ("60s", 60), ("1m30s", 90), ("1h", 3600), ("500ms", 1), ("1500ms", 2), ("2d", 172_800), ("0", 0),
        ("1M", 2_592_000), ("1y", 31_536_000),
    ])
    func `are seconds`(text: String, seconds: Int) { #expect(NginxTime.seconds(text) == seconds) }

    @Test(arguments: ["", "s", "-1", "1x", "1 s", "99999999999999999999", "11y", "1.5s"])
    func `that are none are refused`(text: String) { #expect(NginxTime.seconds(text) == nil) }
}
