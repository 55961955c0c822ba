import HTTP

private let host = "Host: a\r\n"

/// Request lines, versions, line ends and field lines (RFC 9112 §2–5).
let requestSyntaxCorpus: [CorpusCase] = [
    // Plain
    .init("smallest", "GET / HTTP/1.1\r\n\(host)\r\n", accept: "GET / / @a none"),
    .init("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", accept: "GET / / @ none"),
    .init("one empty line first", "\r\nGET / HTTP/1.1\r\n\(host)\r\n", accept: "GET / / @a none"),
    .init("unknown method", "PURGE /x HTTP/1.1\r\n\(host)\r\n", accept: "PURGE /x /x @a none"),
    .init("lower-case method", "get / HTTP/1.1\r\n\(host)\r\n", accept: "get / / @a none"),
    .init(
        "method of token bytes", "M!#$%&'*+-.^_`|~9 / HTTP/1.1\r\n\(host)\r\n", accept: "M!#$%&'*+-.^_`|~9 / / @a none"),
    .init(
        "two fields of a name", "GET / HTTP/1.1\r\n\(host)A: 1\r\nA: 2\r\n\r\n", accept: "GET / / @a none | A: 1 | A: 2"
    ),
    .init("empty value", "GET / HTTP/1.1\r\n\(host)A:\r\nB: \r\n\r\n", accept: "GET / / @a none | A:  | B: "),
    .init("no blank behind the colon", "GET / HTTP/1.1\r\nHost:a\r\nA:b\r\n\r\n", accept: "GET / / @a none | A: b"),
    .init(
        "blanks and tabs around values", "GET / HTTP/1.1\r\n\(host)A:\t b \t\r\n\r\n", accept: "GET / / @a none | A: b"),
    .init("tab inside a value", "GET / HTTP/1.1\r\n\(host)A: b\tc\r\n\r\n", accept: "GET / / @a none | A: b\tc"),
    .init("colons in a value", "GET / HTTP/1.1\r\n\(host)A: :b:c:\r\n\r\n", accept: "GET / / @a none | A: :b:c:"),
    .init(
        "bytes from 0x80 in a value", "GET / HTTP/1.1\r\n\(host)A: \u{C3}\u{A9}\r\n\r\n",
        accept: "GET / / @a none | A: é"),
    .init(
        "spelling is kept", "GET / HTTP/1.1\r\nhOST: a\r\naCCEPT: b\r\n\r\n",
        accept: "GET / / @a none | hOST: a | aCCEPT: b"),
    .init("bytes behind the head", "GET / HTTP/1.1\r\n\(host)\r\nGET /2 HTTP/1.1\r\n", accept: "GET / / @a none"),

    // Line ends
    .init("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\n\(host)\r\n", reject: .badMethod(at: 0), 400),
    .init("bare LF first", "\nGET / HTTP/1.1\r\n\(host)\r\n", reject: .bareLineFeed(at: 0), 400),
    .init("bare CR first", "\rGET / HTTP/1.1\r\n\(host)\r\n", reject: .bareCarriageReturn(at: 0), 400),
    .init("LF ends the request line", "GET / HTTP/1.1\n\(host)\r\n", reject: .bareLineFeed(at: 0), 400),
    .init("CR alone ends the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", reject: .bareCarriageReturn(at: 0), 400),
    .init("LF ends a field", "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", reject: .bareLineFeed(at: 0), 400),
    .init("CR alone ends a field", "GET / HTTP/1.1\r\nHost: a\rB: c\r\n\r\n", reject: .bareCarriageReturn(at: 0), 400),
    .init("CR CR LF ends a field", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", reject: .bareCarriageReturn(at: 0), 400),
    .init("LF ends the head", "GET / HTTP/1.1\r\n\(host)\n", reject: .bareLineFeed(at: 0), 400),
    .init("CR alone ends the head", "GET / HTTP/1.1\r\n\(host)\rX", reject: .bareCarriageReturn(at: 0), 400),
    .init("LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", reject: .bareLineFeed(at: 0), 400),
    .init("LF in the method", "GET\n / HTTP/1.1\r\n\(host)\r\n", reject: .bareLineFeed(at: 0), 400),
    .init("LF in the target", "GET /\nX HTTP/1.1\r\n\(host)\r\n", reject: .bareLineFeed(at: 0), 400),
    .init("LF and CR exchanged", "GET / HTTP/1.1\n\r\(host)\r\n", reject: .bareLineFeed(at: 0), 400),

    // Request line
    .init("blank first", " GET / HTTP/1.1\r\n\(host)\r\n", reject: .badMethod(at: 0), 400),
    .init("no method", " / HTTP/1.1\r\n\(host)\r\n", reject: .badMethod(at: 0), 400),
    .init("method with a colon", "GET: / HTTP/1.1\r\n\(host)\r\n", reject: .badMethod(at: 3), 400),
    .init("method in quotes", "\"GET\" / HTTP/1.1\r\n\(host)\r\n", reject: .badMethod(at: 0), 400),
    .init("method with NUL", "GE\0T / HTTP/1.1\r\n\(host)\r\n", reject: .badMethod(at: 2), 400),
    .init("method from 0x80", "G\u{C9}T / HTTP/1.1\r\n\(host)\r\n", reject: .badMethod(at: 1), 400),
    .init(
        "method of 32 bytes", "\(String(repeating: "M", count: 32)) / HTTP/1.1\r\n\(host)\r\n",
        accept: "\(String(repeating: "M", count: 32)) / / @a none"),
    .init(
        "method of 33 bytes", "\(String(repeating: "M", count: 33)) / HTTP/1.1\r\n\(host)\r\n", reject: .methodTooLong,
        501),
    .init("tab behind the method", "GET\t/ HTTP/1.1\r\n\(host)\r\n", reject: .badMethod(at: 3), 400),
    .init("two blanks behind the method", "GET  / HTTP/1.1\r\n\(host)\r\n", reject: .badTarget(at: 4), 400),
    .init("tab in the target", "GET /\tx HTTP/1.1\r\n\(host)\r\n", reject: .badTarget(at: 5), 400),
    .init("blank in the target", "GET /a b HTTP/1.1\r\n\(host)\r\n", reject: .badVersion(at: 0), 400),
    .init("two blanks behind the target", "GET /  HTTP/1.1\r\n\(host)\r\n", reject: .badVersion(at: 6), 400),
    .init("tab behind the target", "GET /\tHTTP/1.1\r\n\(host)\r\n", reject: .badTarget(at: 5), 400),
    .init("blank behind the version", "GET / HTTP/1.1 \r\n\(host)\r\n", reject: .badVersion(at: 14), 400),
    .init("vertical tab in the target", "GET /\u{0B} HTTP/1.1\r\n\(host)\r\n", reject: .badTarget(at: 5), 400),
    .init("request line of words", "GET / HTTP/1.1 HTTP/1.1\r\n\(host)\r\n", reject: .badVersion(at: 14), 400),
    .init("method alone", "GET\r\n\r\n", reject: .badMethod(at: 3), 400),
    .init(
        "TLS on the plain port", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0\u{01}\u{FC}\u{03}\u{03}",
        reject: .badMethod(at: 0), 400),

    // Versions
    .init("HTTP/0.9", "GET /\r\n", reject: .badVersion(at: 5), 400),
    .init("HTTP/0.9 with a blank", "GET / \r\n", reject: .badVersion(at: 6), 400),
    .init("HTTP/0.9 spelt out", "GET / HTTP/0.9\r\n\(host)\r\n", reject: .unsupportedVersion, 505),
    .init("HTTP/1.2", "GET / HTTP/1.2\r\n\(host)\r\n", reject: .badVersion(at: 13), 400),
    .init("HTTP/1.10", "GET / HTTP/1.10\r\n\(host)\r\n", reject: .badVersion(at: 14), 400),
    .init("HTTP/01.1", "GET / HTTP/01.1\r\n\(host)\r\n", reject: .badVersion(at: 12), 400),
    .init("HTTP/1", "GET / HTTP/1\r\n\(host)\r\n", reject: .badVersion(at: 12), 400),
    .init("HTTP/1.", "GET / HTTP/1.\r\n\(host)\r\n", reject: .badVersion(at: 13), 400),
    .init("HTTP 1.1", "GET / HTTP 1.1\r\n\(host)\r\n", reject: .badVersion(at: 10), 400),
    .init("http/1.1", "GET / http/1.1\r\n\(host)\r\n", reject: .badVersion(at: 6), 400),
    .init("HTTP/1,1", "GET / HTTP/1,1\r\n\(host)\r\n", reject: .badVersion(at: 12), 400),
    .init("HTTP/-1.1", "GET / HTTP/-1.1\r\n\(host)\r\n", reject: .badVersion(at: 11), 400),
    .init("HTTPS/1.1", "GET / HTTPS/1.1\r\n\(host)\r\n", reject: .badVersion(at: 10), 400),
    .init("ICY", "GET / ICY/1.1\r\n\(host)\r\n", reject: .badVersion(at: 6), 400),
    .init("HTTP/2.0", "GET / HTTP/2.0\r\n\(host)\r\n", reject: .unsupportedVersion, 505),
    .init("HTTP/2", "GET / HTTP/2\r\n\(host)\r\n", reject: .badVersion(at: 12), 400),
    .init("HTTP/9.9", "GET / HTTP/9.9\r\n\(host)\r\n", reject: .unsupportedVersion, 505),
    .init("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", reject: .unsupportedVersion, 505),

    // Field names
    .init("blank before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("tab before the colon", "GET / HTTP/1.1\r\n\(host)A\t: b\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("blank in a name", "GET / HTTP/1.1\r\n\(host)A B: c\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("no name", "GET / HTTP/1.1\r\n\(host): b\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("no colon", "GET / HTTP/1.1\r\n\(host)Abc\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("no colon in the last line", "GET / HTTP/1.1\r\nHost\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("NUL in a name", "GET / HTTP/1.1\r\n\(host)A\0: b\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("0x80 in a name", "GET / HTTP/1.1\r\n\(host)A\u{80}: b\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("slash in a name", "GET / HTTP/1.1\r\n\(host)A/B: c\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("quotes in a name", "GET / HTTP/1.1\r\n\(host)\"A\": c\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("brackets in a name", "GET / HTTP/1.1\r\n\(host)A[0]: c\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init("DEL in a name", "GET / HTTP/1.1\r\n\(host)A\u{7F}: c\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init(
        "CR in a known name", "GET / HTTP/1.1\r\n\(host)Content\rLength: 3\r\n\r\n", reject: .badFieldName(at: 0), 400),
    .init(
        "byte that folds to a hyphen", "GET / HTTP/1.1\r\n\(host)Content\u{0D}Type: 3\r\n\r\n",
        reject: .badFieldName(at: 0), 400),
    .init("underscore is dropped", "GET / HTTP/1.1\r\n\(host)A_B: c\r\nD: e\r\n\r\n", accept: "GET / / @a none | D: e"),
    .init(
        "underscored framing is dropped", "POST / HTTP/1.1\r\n\(host)Content_Length: 3\r\n\r\n",
        accept: "POST / / @a none"),
    .init("request line again", "GET / HTTP/1.1\r\nGET / HTTP/1.1\r\n\(host)\r\n", reject: .badFieldName(at: 0), 400),

    // Field values
    .init("NUL in a value", "GET / HTTP/1.1\r\n\(host)A: b\0c\r\n\r\n", reject: .badFieldValue(at: 0), 400),
    .init("DEL in a value", "GET / HTTP/1.1\r\n\(host)A: b\u{7F}c\r\n\r\n", reject: .badFieldValue(at: 0), 400),
    .init("ESC in a value", "GET / HTTP/1.1\r\n\(host)A: \u{1B}[0m\r\n\r\n", reject: .badFieldValue(at: 0), 400),
    .init(
        "vertical tab before a value", "GET / HTTP/1.1\r\n\(host)A:\u{0B}b\r\n\r\n", reject: .badFieldValue(at: 0), 400),
    .init("folded line", "GET / HTTP/1.1\r\n\(host)A: b\r\n c\r\n\r\n", reject: .foldedLine(at: 0), 400),
    .init("folded line with a tab", "GET / HTTP/1.1\r\n\(host)A: b\r\n\tc\r\n\r\n", reject: .foldedLine(at: 0), 400),
    .init("first line folded", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", reject: .foldedLine(at: 0), 400),
    .init("folded empty line", "GET / HTTP/1.1\r\n\(host)A: b\r\n \r\n\r\n", reject: .foldedLine(at: 0), 400),

    // Limits
    .init(
        "request line of 8 KiB", "GET /\(long(8192 - 16)) HTTP/1.1\r\n\(host)\r\n",
        accept: "GET /\(long(8176)) /\(long(8176)) @a none"),
    .init(
        "request line over 8 KiB", "GET /\(long(8192 - 15)) HTTP/1.1\r\n\(host)\r\n", reject: .requestLineTooLong, 414),
    .init("endless request line", "GET /\(long(9000))", reject: .requestLineTooLong, 414),
    .init("bad byte behind the limit", "GET /\(long(9000))\0", reject: .requestLineTooLong, 414),
    .init("bad byte before the limit", "GET /\0\(long(9000))", reject: .badTarget(at: 5), 400),
    .init(
        "field line of 8 KiB", "GET / HTTP/1.1\r\n\(host)A: \(long(8187))\r\n\r\n",
        accept: "GET / / @a none | A: \(long(8187))"),
    .init("field line over 8 KiB", "GET / HTTP/1.1\r\n\(host)A: \(long(8188))\r\n\r\n", reject: .fieldLineTooLong, 431),
    .init("endless name", "GET / HTTP/1.1\r\n\(host)\(long(9000))", reject: .fieldLineTooLong, 431),
    .init(
        "endless blanks", "GET / HTTP/1.1\r\n\(host)A:\(String(repeating: " ", count: 9000))",
        reject: .fieldLineTooLong, 431),
    .init("fields over 32 KiB", "GET / HTTP/1.1\r\n\(host)\(lines(40, of: 1000))\r\n", reject: .fieldsTooLarge, 431),
    .init(
        "100 fields", "GET / HTTP/1.1\r\n\(host)\(lines(99, of: 1))\r\n",
        accept: "GET / / @a none\(String(repeating: " | A: a", count: 99))"),
    .init("101 fields", "GET / HTTP/1.1\r\n\(host)\(lines(100, of: 1))\r\n", reject: .tooManyFields, 431),
    .init(
        "101 fields, dropped ones too", "GET / HTTP/1.1\r\n\(host)\(String(repeating: "_: a\r\n", count: 100))\r\n",
        reject: .tooManyFields, 431),
]

func long(_ count: Int) -> String { String(repeating: "a", count: count) }

private func lines(_ count: Int, of length: Int) -> String {
    String(repeating: "A: \(long(length))\r\n", count: count)
}
