import HTTP

private func post(_ fields: String, version: String = "1.1") -> String {
    "POST / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n"
}

/// Requests whose length two readers could see differently: the published smuggling forms
/// (CL.TE, TE.CL, TE.TE, CL.CL, CL.0) and their kin (RFC 9112 §6, §11.2).
let requestFramingCorpus: [CorpusCase] = [
    // Sound
    .init("length", post("Content-Length: 5\r\n"), accept: "POST / / @a length(5) | Content-Length: 5"),
    .init("length zero", post("Content-Length: 0\r\n"), accept: "POST / / @a length(0) | Content-Length: 0"),
    .init(
        "length with zeros first", post("Content-Length: 005\r\n"),
        accept: "POST / / @a length(5) | Content-Length: 005"),
    .init(
        "longest length", post("Content-Length: 9223372036854775807\r\n"),
        accept: "POST / / @a length(9223372036854775807) | Content-Length: 9223372036854775807"),
    .init(
        "length in HTTP/1.0", post("Content-Length: 5\r\n", version: "1.0"),
        accept: "POST / / @a length(5) | Content-Length: 5"),
    .init(
        "chunked", post("Transfer-Encoding: chunked\r\n"), accept: "POST / / @a chunked | Transfer-Encoding: chunked"),
    .init(
        "chunked in capitals", post("TRANSFER-ENCODING: CHUNKED\r\n"),
        accept: "POST / / @a chunked | TRANSFER-ENCODING: CHUNKED"),
    .init("no body declared", post(""), accept: "POST / / @a none"),
    .init(
        "length of a GET", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        accept: "GET / / @a length(3) | Content-Length: 3"),

    // Both
    .init(
        "CL.TE", post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\nG",
        reject: .lengthAndTransferEncoding, 400),
    .init(
        "TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") + "5c\r\n",
        reject: .lengthAndTransferEncoding, 400),
    .init(
        "length zero and chunked", post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
        reject: .lengthAndTransferEncoding, 400),
    .init(
        "bad length and chunked", post("Content-Length: x\r\nTransfer-Encoding: chunked\r\n"),
        reject: .lengthAndTransferEncoding, 400),
    .init(
        "length and unknown coding", post("Content-Length: 4\r\nTransfer-Encoding: gzip\r\n"),
        reject: .lengthAndTransferEncoding, 400),

    // Content-Length
    .init("two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n"), reject: .repeatedContentLength, 400),
    .init("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n"), reject: .repeatedContentLength, 400),
    .init(
        "two lengths, other spelling", post("Content-Length: 5\r\ncontent-length: 0\r\n"),
        reject: .repeatedContentLength, 400),
    .init("list of lengths", post("Content-Length: 5, 5\r\n"), reject: .badContentLength, 400),
    .init("list of unequal lengths", post("Content-Length: 5,6\r\n"), reject: .badContentLength, 400),
    .init("length with a plus", post("Content-Length: +5\r\n"), reject: .badContentLength, 400),
    .init("length with a minus", post("Content-Length: -5\r\n"), reject: .badContentLength, 400),
    .init("length in hex", post("Content-Length: 0x5\r\n"), reject: .badContentLength, 400),
    .init("length with letters", post("Content-Length: 5abc\r\n"), reject: .badContentLength, 400),
    .init("length with a blank", post("Content-Length: 5 0\r\n"), reject: .badContentLength, 400),
    .init("length with a fraction", post("Content-Length: 5.0\r\n"), reject: .badContentLength, 400),
    .init("length with an underscore", post("Content-Length: 1_0\r\n"), reject: .badContentLength, 400),
    .init("length in quotes", post("Content-Length: \"5\"\r\n"), reject: .badContentLength, 400),
    .init("length with an exponent", post("Content-Length: 1e3\r\n"), reject: .badContentLength, 400),
    .init("length of foreign digits", post("Content-Length: \u{D9}\u{A5}\r\n"), reject: .badContentLength, 400),
    .init("no length", post("Content-Length:\r\n"), reject: .badContentLength, 400),
    .init("length of 2^63", post("Content-Length: 9223372036854775808\r\n"), reject: .badContentLength, 400),
    .init("length of 2^64", post("Content-Length: 18446744073709551616\r\n"), reject: .badContentLength, 400),
    .init("length of 2^64 and 5", post("Content-Length: 18446744073709551621\r\n"), reject: .badContentLength, 400),
    .init("tab before the length", post("Content-Length:\t5\r\n"), reject: .badContentLength, 400),
    .init("tab behind the length", post("Content-Length: 5\t\r\n"), reject: .badContentLength, 400),
    .init("vertical tab before the length", post("Content-Length: \u{0B}5\r\n"), reject: .badFieldValue(at: 0), 400),
    .init("NUL behind the length", post("Content-Length: 5\0\r\n"), reject: .badFieldValue(at: 0), 400),
    .init("blank before the length's colon", post("Content-Length : 5\r\n"), reject: .badFieldName(at: 0), 400),
    .init("folded length", post("Content-Length:\r\n 5\r\n"), reject: .foldedLine(at: 0), 400),
    .init("length as first part", post("Content-Length: 5;a=b\r\n"), reject: .badContentLength, 400),

    // Transfer-Encoding
    .init(
        "chunked in HTTP/1.0", post("Transfer-Encoding: chunked\r\n", version: "1.0"),
        reject: .transferEncodingInHTTP10, 400),
    .init(
        "identity in HTTP/1.0", post("Transfer-Encoding: identity\r\n", version: "1.0"),
        reject: .transferEncodingInHTTP10, 400),
    .init("xchunked", post("Transfer-Encoding: xchunked\r\n"), reject: .unknownTransferCoding, 501),
    .init("chunkedx", post("Transfer-Encoding: chunkedx\r\n"), reject: .unknownTransferCoding, 501),
    .init("gzip", post("Transfer-Encoding: gzip\r\n"), reject: .unknownTransferCoding, 501),
    .init("gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n"), reject: .unknownTransferCoding, 501),
    .init("identity", post("Transfer-Encoding: identity\r\n"), reject: .unknownTransferCoding, 501),
    .init("chunked, identity", post("Transfer-Encoding: chunked, identity\r\n"), reject: .badTransferEncoding, 400),
    .init("chunked, chunked", post("Transfer-Encoding: chunked, chunked\r\n"), reject: .badTransferEncoding, 400),
    .init("chunked, gzip", post("Transfer-Encoding: chunked, gzip\r\n"), reject: .badTransferEncoding, 400),
    .init("comma behind chunked", post("Transfer-Encoding: chunked,\r\n"), reject: .badTransferEncoding, 400),
    .init("comma before chunked", post("Transfer-Encoding: ,chunked\r\n"), reject: .badTransferEncoding, 400),
    .init("no coding", post("Transfer-Encoding:\r\n"), reject: .badTransferEncoding, 400),
    .init("chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n"), reject: .badTransferEncoding, 400),
    .init("chunked in single quotes", post("Transfer-Encoding: 'chunked'\r\n"), reject: .unknownTransferCoding, 501),
    .init("chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n"), reject: .badTransferEncoding, 400),
    .init("chunked with a semicolon", post("Transfer-Encoding: chunked;\r\n"), reject: .badTransferEncoding, 400),
    .init("tab before chunked", post("Transfer-Encoding:\tchunked\r\n"), reject: .badTransferEncoding, 400),
    .init("tab behind chunked", post("Transfer-Encoding: chunked\t\r\n"), reject: .badTransferEncoding, 400),
    .init(
        "vertical tab before chunked", post("Transfer-Encoding: \u{0B}chunked\r\n"), reject: .badFieldValue(at: 0), 400),
    .init("form feed before chunked", post("Transfer-Encoding: \u{0C}chunked\r\n"), reject: .badFieldValue(at: 0), 400),
    .init(
        "no-break space before chunked", post("Transfer-Encoding: \u{A0}chunked\r\n"), reject: .badTransferEncoding, 400
    ),
    .init(
        "byte order mark before chunked", post("Transfer-Encoding: \u{EF}\u{BB}\u{BF}chunked\r\n"),
        reject: .badTransferEncoding, 400),
    .init("NUL behind chunked", post("Transfer-Encoding: chunked\0\r\n"), reject: .badFieldValue(at: 0), 400),
    .init("CR behind chunked", post("Transfer-Encoding: chunked\r\r\n"), reject: .bareCarriageReturn(at: 0), 400),
    .init(
        "chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        reject: .badTransferEncoding, 400),
    .init("TE.TE", post("Transfer-Encoding: chunked\r\nTransfer-encoding: x\r\n"), reject: .badTransferEncoding, 400),
    .init(
        "TE.TE reversed", post("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n"), reject: .badTransferEncoding,
        400),
    .init(
        "blank before the coding's colon", post("Transfer-Encoding : chunked\r\n"), reject: .badFieldName(at: 0), 400),
    .init("tab before the coding's colon", post("Transfer-Encoding\t: chunked\r\n"), reject: .badFieldName(at: 0), 400),
    .init("blank before Transfer-Encoding", post(" Transfer-Encoding: chunked\r\n"), reject: .foldedLine(at: 0), 400),
    .init("folded coding", post("Transfer-Encoding:\r\n chunked\r\n"), reject: .foldedLine(at: 0), 400),
    .init("coding behind a bare LF", post("X: y\nTransfer-Encoding: chunked\r\n"), reject: .bareLineFeed(at: 0), 400),
    .init(
        "coding behind a bare CR", post("X: y\rTransfer-Encoding: chunked\r\n"), reject: .bareCarriageReturn(at: 0), 400
    ),
    .init(
        "underscored coding is dropped", post("Transfer_Encoding: chunked\r\nContent-Length: 3\r\n"),
        accept: "POST / / @a length(3) | Content-Length: 3"),
    .init("NUL in the coding's name", post("Transfer-Encoding\0: chunked\r\n"), reject: .badFieldName(at: 0), 400),
    .init("0xFF in the coding's name", post("Transfer-Encoding\u{FF}: chunked\r\n"), reject: .badFieldName(at: 0), 400),
    .init(
        "coding in a longer name", post("X-Transfer-Encoding: chunked\r\n"),
        accept: "POST / / @a none | X-Transfer-Encoding: chunked"),
    .init(
        "Kelvin sign is no k", post("Transfer-Encoding: chun\u{E2}\u{84}\u{AA}ed\r\n"), reject: .badTransferEncoding,
        400),

    // Expectations
    .init(
        "expectation", post("Expect: 100-continue\r\nContent-Length: 1\r\n"),
        accept: "POST / / @a length(1) | Expect: 100-continue | Content-Length: 1"),
    .init(
        "expectation in capitals", post("Expect: 100-Continue\r\n"), accept: "POST / / @a none | Expect: 100-Continue"),
    .init("other expectation", post("Expect: the-unexpected\r\n"), reject: .unknownExpectation, 417),
    .init("empty expectation", post("Expect:\r\n"), reject: .unknownExpectation, 417),
    .init("list of expectations", post("Expect: 100-continue, x\r\n"), reject: .unknownExpectation, 417),
    .init("second expectation", post("Expect: 100-continue\r\nExpect: y\r\n"), reject: .unknownExpectation, 417),

    // Connection
    .init(
        "33 nominations", post("Connection: \(Array(repeating: "x", count: 33).joined(separator: ","))\r\n"),
        reject: .tooManyConnectionOptions, 400),
]
