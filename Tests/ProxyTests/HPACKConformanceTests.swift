import TestSupport
import Testing

private typealias Frame = HTTP2Frame
private typealias Kind = HTTP2Frame.Kind
private typealias Code = HTTP2Frame.Code

/// RFC 7541, section by section.
@Suite struct `RFC 7541` {
    private static let broken = HTTP2Verdict.connectionError(Code.compression)

    private static func block(_ bytes: [UInt8]) -> [UInt8] {
        Frame(Kind.headers, flags: 0x05, stream: 1, bytes).encoded
    }

    static let cases: [HTTP2Case] = [
        HTTP2Case("2.3.3 an index beyond the tables", broken) { block([0x80 | 70]) },
        HTTP2Case("2.3.3 a name's index beyond the tables", broken) { block([0x40 | 0x3F, 0x40, 0x01, 0x61]) },
        HTTP2Case("4.2 a size update at the end of a block", broken) {
            block(HPACK.encode(HTTP2Case.request()) + [0x20])
        },
        HTTP2Case("4.2 a size update at the start of a block", .goesOn) {
            block([0x20, 0x3F, 0xE1, 0x1F] + HPACK.encode(HTTP2Case.request()))
        },
        HTTP2Case("5.1 an integer that never ends", broken) { block([0xFF] + [UInt8](repeating: 0xFF, count: 20)) },
        HTTP2Case("5.2 padding of more than seven bits", broken) {
            block([0x00, 0x85, 0xF2, 0xB2, 0x4A, 0x84, 0xFF, 0xFF, 0xFF, 0xFF] + [0x01, 0x61])
        },
        HTTP2Case("5.2 padding that is not of ones", broken) { block([0x00, 0x01, 0x78, 0x81, 0x18]) },
        HTTP2Case("5.2 the end of a string inside it", broken) {
            block([0x00, 0x01, 0x78, 0x84, 0xFF, 0xFF, 0xFF, 0xFC])
        },
        HTTP2Case("5.2 a string beyond its block", broken) { block([0x00, 0x05, 0x61]) },
        HTTP2Case("6.1 the index 0", broken) { block([0x80]) },
        HTTP2Case("6.2 every form of literal", .goesOn) {
            block(
                HPACK.encode(HTTP2Case.request(), form: .withIndexing, huffman: true)
                    + HPACK.encode([Message.Field(name: "x-a", value: "1")], form: .neverIndexed)
                    + HPACK.encode([Message.Field(name: "x-b", value: "2")], form: .withoutIndexing, huffman: true))
        },
        HTTP2Case("6.3 a table larger than was allowed", broken) {
            block([0x3F, 0xE1, 0xFF, 0x03] + HPACK.encode(HTTP2Case.request()))
        },
    ]

    @Test(arguments: cases)
    func `is kept`(given: HTTP2Case) throws {
        let verdict = try HTTP2Examiner().verdict(on: given)
        #expect(given.expected.contains(verdict), "\(verdict)")
    }

    @Test func `2.3.2 entries of the dynamic table are found again, and leave in order`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let head = HTTP2Case.request(path: "/")
        let first = HPACK.encode(head) + HPACK.encode([Message.Field(name: "x-a", value: "1")], form: .withIndexing)
        // 62 is the newest entry, 63 the one before it.
        let second =
            HPACK.encode(head) + HPACK.encode([Message.Field(name: "x-b", value: "2")], form: .withIndexing)
            + [0x80 | 62, 0x80 | 63]
        // A table of no bytes forgets everything.
        let third = [0x20] + HPACK.encode(head) + [0x80 | 62]
        try client.send(Frame(Kind.headers, flags: 0x05, stream: 1, first))
        #expect(try client.message(1).status == 200)
        try client.send(Frame(Kind.headers, flags: 0x05, stream: 3, second))
        #expect(try client.message(3).status == 200)
        #expect(origin.requests.last?.values("x-b") == ["2", "2"])
        #expect(origin.requests.last?.values("x-a") == ["1"])
        try client.send(Frame(Kind.headers, flags: 0x05, stream: 5, third))
        #expect(HTTP2Frame.word(try client.frame(Kind.goAway).payload[4...]) == Code.compression)
    }
}
