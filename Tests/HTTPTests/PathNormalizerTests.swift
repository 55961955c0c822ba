import Bytes
import HTTP
import Testing

@Suite struct `Normal path` {
    private func normal(_ path: String) throws(HTTP1Error) -> String {
        var storage = ByteStorage(capacity: 1)
        storage.append(bytes(path).span)
        let range = try PathNormalizer.normalize(0..<storage.count, in: &storage)
        return storage.bytes(in: range).text()
    }

    @Test(arguments: [
        ("/", "/"), ("/a", "/a"), ("/a/", "/a/"), ("/a/b", "/a/b"),
        // Merged slashes
        ("//", "/"), ("///a", "/a"), ("/a//b", "/a/b"), ("/a///", "/a/"),
        // Dot segments
        ("/.", "/"), ("/./", "/"), ("/a/.", "/a/"), ("/a/./b", "/a/b"), ("/a/..", "/"), ("/a/../", "/"),
        ("/a/../b", "/b"), ("/a/b/..", "/a/"), ("/a/b/../..", "/"), ("/a/b/../../c", "/c"), ("/a/b/c/../../d", "/a/d"),
        ("/a//../b", "/b"), ("/a/.//../b", "/b"),
        // Not dot segments
        ("/...", "/..."), ("/.a", "/.a"), ("/..a", "/..a"), ("/a..", "/a.."), ("/a.", "/a."),
        ("/.well-known/x", "/.well-known/x"),
        ("/a/.../b", "/a/.../b"), ("/a;/..b", "/a;/..b"),
        // Percent-encoding
        ("/%61", "/a"), ("/%41%5a", "/AZ"), ("/a%20b", "/a b"), ("/%C3%A9", "/é"), ("/caf%c3%a9", "/café"),
        ("/%25", "/%"), ("/%2541", "/%41"), ("/%3F", "/?"), ("/%23", "/#"), ("/%2B+", "/++"), ("/%7e~", "/~~"),
        ("/%2e", "/"), ("/a/%2E%2e/b", "/b"), ("/a/.%2e", "/"), ("/a/%2e/b", "/a/b"), ("/%2e%2ea", "/..a"),
        ("/%252e%252e/", "/%2e%2e/"), ("/%0d%0a", "/\r\n"), ("/%01", "/\u{1}"),
        // Encoded slashes separate
        ("/a%2Fb", "/a/b"), ("/a%2f", "/a/"), ("/%2Fa", "/a"), ("/a%2f%2fb", "/a/b"), ("/a%2F/b", "/a/b"),
        ("/a%252Fb", "/a%2Fb"),
        // Backslashes don't
        ("/a\\b", "/a\\b"), ("/a%5cb", "/a\\b"), ("/a\\", "/a\\"), ("/\\evil", "/\\evil"),
    ])
    func `is decoded, merged and resolved`(path: String, expected: String) throws {
        #expect(try normal(path) == expected)
    }

    @Test(arguments: [
        "/..", "/../", "/../a", "/a/../..", "/a/../../b", "/%2e%2e", "/.%2e/a", "//..", "/./..", "/a/b/../../../c",
    ])
    func `never leads above the root`(path: String) { #expect(throws: HTTP1Error.pathAboveRoot) { try normal(path) } }

    @Test(arguments: ["/%", "/%2", "/%zz", "/%2g", "/%g2", "/a%", "/%%32", "/%-1", "/% 1", "/%00", "/a%00b", "/%u0041"])
    func `has sound percent-encoding and no NUL`(path: String) {
        #expect {
            try normal(path)
        } throws: {
            if case HTTP1Error.badPercentEncoding = $0 { true } else { false }
        }
    }

    @Test(arguments: [
        "/a%2f..", "/a/..%2fb", "/a%2f../b", "/a/..%2Fb", "/a%2f./b", "/a%2fb/..", "/a/../b%2fc", "/a/..\\b",
        "/a\\..\\b",
        "/a/..%5cb", "/a%5c..", "/a/.\\b", "/a\\b/../c", "/a%2f%2e%2e", "/b%5c%2e%2e%5c",
    ])
    func `is refused when readers could disagree on it`(path: String) {
        #expect(throws: HTTP1Error.ambiguousPath) { try normal(path) }
    }

    @Test func `of a head is the path as sent when that is normal`() throws {
        #expect(try request("GET /a/b?../ HTTP/1.0\r\n\r\n").isPathNormal)
        let head = try request("GET /a/./%62?c HTTP/1.0\r\n\r\n")
        #expect(!head.isPathNormal)
        #expect(head.normalPath == "/a/b")
        #expect(head.path == "/a/./%62")
        #expect(head.originTarget == "/a/./%62?c")
    }

    @Test(arguments: [
        ("GET /../a HTTP/1.0\r\n\r\n", HTTP1Error.pathAboveRoot),
        ("GET /%zz HTTP/1.0\r\n\r\n", .badPercentEncoding(at: 1)),
        ("GET http://b/../a HTTP/1.0\r\n\r\n", .pathAboveRoot), ("GET /a%2f.. HTTP/1.0\r\n\r\n", .ambiguousPath),
    ])
    func `decides about the request`(text: String, error: HTTP1Error) {
        #expect(throws: error) { try request(text) }
        #expect(error.status == .badRequest)
    }
}

@Suite struct `Path escaping` {
    @Test(arguments: [
        ("/a-b_c.d~e", "/a-b_c.d~e"), ("/a b", "/a%20b"), ("/é", "/%C3%A9"), ("/%41", "/%2541"),
        ("/a?b#c", "/a%3Fb%23c"),
        ("/\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D"), ("/\r\n\u{7F}", "/%0D%0A%7F"),
        ("/!$&'()*+,;=:@[]", "/!$&'()*+,;=:@[]"),
    ])
    func `is nginx's`(path: String, escaped: String) {
        let raw = Array(path.utf8)
        #expect(encoded { $0.appendEscaped(path: raw.span) } == escaped)
        #expect(PathEscaping.length(raw.span) == escaped.utf8.count)
        var storage = ByteStorage(capacity: 1)
        storage.appendEscaped(path: raw.span)
        #expect(storage.bytes.text() == escaped)
    }

    @Test func `is undone by the normal form`() throws {
        let raw = (1...255).map { UInt8($0) }.filter { $0 != .slash && $0 != .backslash }
        var storage = ByteStorage(capacity: 16)
        storage.append(.slash)
        storage.appendEscaped(path: raw.span)
        let range = try PathNormalizer.normalize(0..<storage.count, in: &storage)
        #expect(storage.bytes(in: range).copied() == [.slash] + raw)
    }
}
