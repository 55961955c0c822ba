import HTTP

private func ok(_ fields: String) -> String { "HTTP/1.1 200 OK\r\n\(fields)\r\n" }

/// Answers of origins, sound, careless and hostile (RFC 9112 §4–6).
let responseCorpus: [CorpusCase] = [
    .init("smallest", ok(""), accept: "200 (OK) untilClose"),
    .init("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", accept: "200 (OK) untilClose"),
    .init("length", ok("Content-Length: 3\r\n"), accept: "200 (OK) length(3) | Content-Length: 3"),
    .init("chunked", ok("Transfer-Encoding: chunked\r\n"), accept: "200 (OK) chunked | Transfer-Encoding: chunked"),
    .init("no reason", "HTTP/1.1 200 \r\n\r\n", accept: "200 () untilClose"),
    .init("no reason and no blank", "HTTP/1.1 200\r\n\r\n", accept: "200 () untilClose"),
    .init("reason of words", "HTTP/1.1 404 Not Found, Sorry\r\n\r\n", accept: "404 (Not Found, Sorry) untilClose"),
    .init("reason from 0x80", "HTTP/1.1 200 \u{C3}\u{A9}\r\n\r\n", accept: "200 (é) untilClose"),
    .init("reason with a tab", "HTTP/1.1 200 a\tb\r\n\r\n", accept: "200 (a\tb) untilClose"),
    .init("status nobody knows", "HTTP/1.1 999 Hm\r\n\r\n", accept: "999 (Hm) untilClose"),
    .init("interim", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", accept: "103 (Early Hints) none | Link: x"),
    .init("continue", "HTTP/1.1 100 Continue\r\n\r\n", accept: "100 (Continue) none"),
    .init(
        "switching", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        accept: "101 (Switching Protocols) none | Upgrade: websocket"),
    .init(
        "no content with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        accept: "204 (No Content) none | Content-Length: 5"),
    .init(
        "not modified with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        accept: "304 (Not Modified) none | Content-Length: 5"),
    .init(
        "not modified, chunked", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
        accept: "304 (Not Modified) none | Transfer-Encoding: chunked"),
    .init("underscores stay", ok("A_B: c\r\n"), accept: "200 (OK) untilClose | A_B: c"),
    .init(
        "one long line", ok("Set-Cookie: \(long(20000))\r\n"),
        accept: "200 (OK) untilClose | Set-Cookie: \(long(20000))"),

    .init(
        "both framings", ok("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), reject: .lengthAndTransferEncoding,
        400),
    .init("two equal lengths", ok("Content-Length: 3\r\nContent-Length: 3\r\n"), reject: .repeatedContentLength, 400),
    .init("two lengths", ok("Content-Length: 3\r\nContent-Length: 4\r\n"), reject: .repeatedContentLength, 400),
    .init("list of lengths", ok("Content-Length: 3, 3\r\n"), reject: .badContentLength, 400),
    .init("length with a plus", ok("Content-Length: +3\r\n"), reject: .badContentLength, 400),
    .init("length with a minus", ok("Content-Length: -1\r\n"), reject: .badContentLength, 400),
    .init(
        "chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        reject: .transferEncodingInHTTP10, 400),
    .init("unknown coding", ok("Transfer-Encoding: gzip\r\n"), reject: .unknownTransferCoding, 501),
    .init("chunked twice", ok("Transfer-Encoding: chunked, chunked\r\n"), reject: .badTransferEncoding, 400),
    .init(
        "two codings", ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), reject: .badTransferEncoding, 400),

    .init("empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", reject: .badVersion(at: 0), 400),
    .init("no HTTP", "Hello\r\n\r\n", reject: .badVersion(at: 1), 400),
    .init("body without a head", "<html></html>", reject: .badVersion(at: 0), 400),
    .init("ICY", "ICY 200 OK\r\n\r\n", reject: .badVersion(at: 0), 400),
    .init("HTTP/2", "HTTP/2 200\r\n\r\n", reject: .badVersion(at: 6), 400),
    .init("HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n", reject: .unsupportedVersion, 505),
    .init("HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", reject: .badVersion(at: 7), 400),
    .init("lower case", "http/1.1 200 OK\r\n\r\n", reject: .badVersion(at: 0), 400),
    .init("tab behind the version", "HTTP/1.1\t200 OK\r\n\r\n", reject: .badStatusLine(at: 8), 400),
    .init("two blanks behind the version", "HTTP/1.1  200 OK\r\n\r\n", reject: .badStatusLine(at: 9), 400),
    .init("two digits", "HTTP/1.1 20 OK\r\n\r\n", reject: .badStatusLine(at: 11), 400),
    .init("four digits", "HTTP/1.1 2000 OK\r\n\r\n", reject: .badStatusLine(at: 12), 400),
    .init("status below 100", "HTTP/1.1 099 OK\r\n\r\n", reject: .badStatusLine(at: 9), 400),
    .init("negative status", "HTTP/1.1 -20 OK\r\n\r\n", reject: .badStatusLine(at: 9), 400),
    .init("status of letters", "HTTP/1.1 2xx OK\r\n\r\n", reject: .badStatusLine(at: 10), 400),
    .init("tab behind the status", "HTTP/1.1 200\tOK\r\n\r\n", reject: .badStatusLine(at: 12), 400),
    .init("NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n", reject: .badStatusLine(at: 14), 400),
    .init("LF ends the status line", "HTTP/1.1 200 OK\n\r\n", reject: .bareLineFeed(at: 15), 400),
    .init("CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", reject: .bareCarriageReturn(at: 14), 400),
    .init("LF ends a field", ok("A: b\nC: d\r\n"), reject: .bareLineFeed(at: 0), 400),
    .init("folded line", ok("A: b\r\n c\r\n"), reject: .foldedLine(at: 0), 400),
    .init("blank before the colon", ok("Content-Length : 3\r\n"), reject: .badFieldName(at: 0), 400),
    .init("NUL in a value", ok("A: b\0\r\n"), reject: .badFieldValue(at: 0), 400),
    .init("no colon", ok("garbage\r\n"), reject: .badFieldName(at: 0), 400),
    .init("header block over 32 KiB", ok("Set-Cookie: \(long(33000))\r\n"), reject: .fieldsTooLarge, 431),
    .init("endless reason", "HTTP/1.1 200 \(long(9000))", reject: .statusLineTooLong, 400),
    .init("257 fields", ok(String(repeating: "A: b\r\n", count: 257)), reject: .tooManyFields, 431),
]
