import TestSupport
import Testing

private typealias Frame = HTTP2Frame
private typealias Kind = HTTP2Frame.Kind
private typealias Flag = HTTP2Frame.Flag
private typealias Code = HTTP2Frame.Code

/// RFC 9113, section by section, as h2spec asks: one case for each rule that a client can break.
@Suite struct `RFC 9113` {
    static let connection: [HTTP2Case] = [
        HTTP2Case("3.4 a preface that is another's", .closed, opening: Array("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".utf8)) {
            []
        },
        HTTP2Case(
            "3.4 settings come first", .connectionError(Code.protocolError), opening: Frame.preface,
            bytes: { Frame.ping([0, 0, 0, 0, 0, 0, 0, 0]).encoded }),
        HTTP2Case("4.1 unknown frame types are passed over", .goesOn, frames: Frame(0x16, flags: 0xFF, [1, 2, 3])),
        HTTP2Case(
            "4.1 undefined flags are passed over", .goesOn,
            frames: Frame(Kind.ping, flags: 0x16, Array(repeating: 0, count: 8))),
        HTTP2Case(
            "4.1 the reserved bit is passed over", .goesOn,
            frames: Frame(Kind.ping, stream: 0x8000_0000, Array(repeating: 0, count: 8))),
        HTTP2Case(
            "4.2 a DATA frame beyond the largest size", .connectionError(Code.frameSize), .streamError(Code.frameSize),
            frames: HTTP2Case.open(ends: false), .data(1, Array(repeating: 0, count: 16_385), endStream: true)),
        HTTP2Case(
            "4.2 a HEADERS frame beyond the largest size", .connectionError(Code.frameSize),
            frames: Frame(Kind.headers, flags: 0x05, stream: 1, Array(repeating: 0x80 | 2, count: 16_385))),
        HTTP2Case(
            "4.3 a block that cannot be decoded", .connectionError(Code.compression),
            frames: Frame(Kind.headers, flags: 0x05, stream: 1, [0x80 | 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])),
        HTTP2Case(
            "4.3 a PRIORITY frame inside a block", .connectionError(Code.protocolError),
            frames: Frame(Kind.headers, flags: Flag.endStream, stream: 1, HPACK.encode(HTTP2Case.request())),
            Frame(Kind.priority, stream: 1, [0, 0, 0, 0, 1])),
        HTTP2Case(
            "4.3 another stream's HEADERS inside a block", .connectionError(Code.protocolError),
            frames: Frame(Kind.headers, flags: Flag.endStream, stream: 1, HPACK.encode(HTTP2Case.request())),
            .headers(3, HTTP2Case.request(), endStream: true)),
        HTTP2Case(
            "5.5 an unknown frame inside a block", .connectionError(Code.protocolError),
            frames: Frame(Kind.headers, flags: Flag.endStream, stream: 1, HPACK.encode(HTTP2Case.request())),
            Frame(0x16, [0])),
        HTTP2Case(
            "7 an unknown error code means nothing special", .goesOn, frames: HTTP2Case.open(ends: false),
            .reset(1, 0xFF)),
    ]

    static let states: [HTTP2Case] = [
        HTTP2Case("5.1 idle: DATA", .connectionError(Code.protocolError), frames: .data(1, [1], endStream: true)),
        HTTP2Case("5.1 idle: RST_STREAM", .connectionError(Code.protocolError), frames: .reset(1, Code.cancel)),
        HTTP2Case("5.1 idle: WINDOW_UPDATE", .connectionError(Code.protocolError), frames: .windowUpdate(1, 100)),
        HTTP2Case(
            "5.1 idle: CONTINUATION", .connectionError(Code.protocolError),
            frames: Frame(Kind.continuation, flags: Flag.endHeaders, stream: 1)),
        HTTP2Case("5.1 idle: PRIORITY is allowed", .goesOn, frames: Frame(Kind.priority, stream: 1, [0, 0, 0, 0, 1])),
        HTTP2Case(
            "5.1 half-closed: DATA", .streamError(Code.streamClosed), .connectionError(Code.streamClosed),
            frames: HTTP2Case.open(ends: true), .data(1, [1], endStream: true)),
        HTTP2Case(
            "5.1 half-closed: HEADERS", .streamError(Code.streamClosed), .connectionError(Code.streamClosed),
            frames: HTTP2Case.open(ends: true), .headers(1, HTTP2Case.request(), endStream: true)),
        HTTP2Case(
            "5.1 half-closed: CONTINUATION", .connectionError(Code.protocolError),
            frames: HTTP2Case.open(ends: true), Frame(Kind.continuation, flags: Flag.endHeaders, stream: 1)),
        HTTP2Case(
            "5.1 half-closed: WINDOW_UPDATE is allowed", .goesOn, frames: HTTP2Case.open(ends: true),
            .windowUpdate(1, 1)),
        HTTP2Case(
            "5.1 closed: HEADERS", .connectionError(Code.streamClosed), .connectionError(Code.protocolError),
            .streamError(Code.streamClosed), .goesOn,
            frames: HTTP2Case.open(ends: true), .reset(1, Code.cancel),
            .headers(1, HTTP2Case.request(), endStream: true)),
        HTTP2Case(
            "5.1 closed: CONTINUATION", .connectionError(Code.protocolError), .connectionError(Code.streamClosed),
            frames: HTTP2Case.open(ends: true), .reset(1, Code.cancel),
            Frame(Kind.continuation, flags: Flag.endHeaders, stream: 1)),
        HTTP2Case(
            "5.1 closed: RST_STREAM and WINDOW_UPDATE may cross", .goesOn, frames: HTTP2Case.open(ends: true),
            .reset(1, Code.cancel), .windowUpdate(1, 1)),
        HTTP2Case(
            "5.1.1 an even stream", .connectionError(Code.protocolError),
            frames: .headers(2, HTTP2Case.request(), endStream: true)),
        HTTP2Case(
            // nghttp2 cannot tell it from trailers of a stream that it has forgotten, and passes over it.
            "5.1.1 a stream below another", .connectionError(Code.protocolError), .goesOn,
            frames: .headers(5, HTTP2Case.request(), endStream: true), .headers(3, HTTP2Case.request(), endStream: true)
        ),
    ]

    static let frames: [HTTP2Case] = [
        HTTP2Case(
            "6.1 DATA on the connection", .connectionError(Code.protocolError), frames: .data(0, [1], endStream: true)),
        HTTP2Case(
            "6.1 padding beyond the frame", .connectionError(Code.protocolError), frames: HTTP2Case.open(ends: false),
            Frame(Kind.data, flags: Flag.padded, stream: 1, [9, 1, 2])),
        HTTP2Case(
            "6.1 padding is passed over", .goesOn, frames: HTTP2Case.open(ends: false),
            Frame(Kind.data, flags: Flag.padded, stream: 1, [2, 1, 0, 0])),
        HTTP2Case(
            "6.2 HEADERS on the connection", .connectionError(Code.protocolError),
            frames: .headers(0, HTTP2Case.request(), endStream: true)),
        HTTP2Case(
            "6.2 padding beyond the frame", .connectionError(Code.protocolError),
            frames: Frame(Kind.headers, flags: 0x0D, stream: 1, [200] + HPACK.encode(HTTP2Case.request()))),
        HTTP2Case(
            "6.2 priority of old is passed over", .goesOn,
            frames: Frame(Kind.headers, flags: 0x25, stream: 1, [0, 0, 0, 0, 15] + HPACK.encode(HTTP2Case.request()))),
        HTTP2Case(
            "6.3 PRIORITY on the connection", .connectionError(Code.protocolError),
            frames: Frame(Kind.priority, [0, 0, 0, 0, 1])),
        HTTP2Case(
            "6.3 PRIORITY of another length", .streamError(Code.frameSize), .connectionError(Code.frameSize),
            frames: HTTP2Case.open(ends: true), Frame(Kind.priority, stream: 1, [0, 0])),
        HTTP2Case(
            "6.4 RST_STREAM on the connection", .connectionError(Code.protocolError), frames: .reset(0, Code.cancel)),
        HTTP2Case(
            "6.4 RST_STREAM of another length", .connectionError(Code.frameSize), frames: HTTP2Case.open(ends: true),
            Frame(Kind.reset, stream: 1, [0, 0, 8])),
        HTTP2Case(
            "6.5 an acknowledgement with a payload", .connectionError(Code.frameSize),
            frames: Frame(Kind.settings, flags: Flag.acknowledgement, [0])),
        HTTP2Case(
            "6.5 SETTINGS on a stream", .connectionError(Code.protocolError),
            frames: Frame(Kind.settings, stream: 1, [0, 3, 0, 0, 0, 1])),
        HTTP2Case(
            "6.5 SETTINGS of another length", .connectionError(Code.frameSize), frames: Frame(Kind.settings, [0, 3, 0])),
        HTTP2Case("6.5.2 ENABLE_PUSH of 2", .connectionError(Code.protocolError), frames: .settings([(2, 2)])),
        HTTP2Case(
            "6.5.2 INITIAL_WINDOW_SIZE beyond 2^31-1", .connectionError(Code.flowControl),
            frames: .settings([(4, 0x8000_0000)])),
        HTTP2Case(
            "6.5.2 MAX_FRAME_SIZE below 16,384", .connectionError(Code.protocolError), frames: .settings([(5, 16_383)])),
        HTTP2Case(
            "6.5.2 MAX_FRAME_SIZE beyond 2^24-1", .connectionError(Code.protocolError),
            frames: .settings([(5, 0x0100_0000)])),
        HTTP2Case("6.5.2 an unknown setting", .goesOn, frames: .settings([(0xFF, 1)])),
        HTTP2Case(
            "6.6 PUSH_PROMISE from a client", .connectionError(Code.protocolError), frames: HTTP2Case.open(ends: false),
            Frame(
                Kind.pushPromise, flags: Flag.endHeaders, stream: 1, [0, 0, 0, 2] + HPACK.encode(HTTP2Case.request()))),
        HTTP2Case(
            "6.7 PING on a stream", .connectionError(Code.protocolError),
            frames: Frame(Kind.ping, stream: 1, Array(repeating: 0, count: 8))),
        HTTP2Case("6.7 PING of another length", .connectionError(Code.frameSize), frames: Frame(Kind.ping, [1, 2])),
        HTTP2Case(
            "6.8 GOAWAY on a stream", .connectionError(Code.protocolError),
            frames: Frame(Kind.goAway, stream: 1, Array(repeating: 0, count: 8))),
        HTTP2Case(
            "6.9 WINDOW_UPDATE of 0 on the connection", .connectionError(Code.protocolError),
            frames: .windowUpdate(0, 0)),
        HTTP2Case(
            "6.9 WINDOW_UPDATE of 0 on a stream", .streamError(Code.protocolError),
            .connectionError(Code.protocolError), frames: HTTP2Case.open(ends: true), .windowUpdate(1, 0)),
        HTTP2Case(
            "6.9 WINDOW_UPDATE of another length", .connectionError(Code.frameSize),
            frames: Frame(Kind.windowUpdate, [0, 0, 1])),
        HTTP2Case(
            "6.9.1 a window of the connection beyond 2^31-1", .connectionError(Code.flowControl),
            frames: .windowUpdate(0, 0x7FFF_FFFF)),
        HTTP2Case(
            "6.9.1 a window of a stream beyond 2^31-1", .streamError(Code.flowControl),
            frames: HTTP2Case.open(ends: true), .windowUpdate(1, 0x7FFF_FFFF)),
        HTTP2Case(
            "6.9.2 a setting that makes a window overflow", .connectionError(Code.flowControl),
            .streamError(Code.flowControl), frames: HTTP2Case.open(ends: true), .windowUpdate(1, 0x7FFF_0000),
            .settings([(4, 0x7FFF_FFFF)])),
        HTTP2Case(
            "6.10 CONTINUATION behind a whole block", .connectionError(Code.protocolError),
            frames: HTTP2Case.open(ends: false), Frame(Kind.continuation, flags: Flag.endHeaders, stream: 1)),
        HTTP2Case(
            "6.10 CONTINUATION on the connection", .connectionError(Code.protocolError),
            frames: Frame(Kind.headers, flags: Flag.endStream, stream: 1, HPACK.encode(HTTP2Case.request())),
            Frame(Kind.continuation, flags: Flag.endHeaders)),
        HTTP2Case(
            "6.10 CONTINUATION of another stream", .connectionError(Code.protocolError),
            frames: Frame(Kind.headers, flags: Flag.endStream, stream: 1, HPACK.encode(HTTP2Case.request())),
            Frame(Kind.continuation, flags: Flag.endHeaders, stream: 3)),
        HTTP2Case(
            "6.10 a block in two pieces", .goesOn,
            frames: Frame(
                Kind.headers, flags: Flag.endStream, stream: 1, Array(HPACK.encode(HTTP2Case.request()).prefix(5))),
            Frame(
                Kind.continuation, flags: Flag.endHeaders, stream: 1,
                Array(HPACK.encode(HTTP2Case.request()).dropFirst(5)))),
    ]

    private static let malformed = HTTP2Verdict.streamError(Code.protocolError)

    static let messages: [HTTP2Case] = [
        HTTP2Case(
            "8.1 a second head that does not end the stream", malformed, frames: HTTP2Case.open(ends: false),
            .headers(1, [("x", "1")].asFields, endStream: false)),
        HTTP2Case(
            "8.1.1 more content than was declared", malformed,
            frames: .headers(1, HTTP2Case.request(("content-length", "1")), endStream: false),
            .data(1, [1, 2], endStream: true)),
        HTTP2Case(
            "8.1.1 less content than was declared", malformed,
            frames: .headers(1, HTTP2Case.request(("content-length", "9")), endStream: false),
            .data(1, [1, 2], endStream: true)),
        HTTP2Case(
            "8.1.1 content that was declared and does not come", malformed,
            frames: .headers(1, HTTP2Case.request(("content-length", "9")), endStream: true)),
        HTTP2Case(
            "8.2 a name with a capital", malformed,
            frames: .headers(1, HTTP2Case.request(("X-Mine", "1")), endStream: true)),
        HTTP2Case(
            "8.2.1 a name with a blank", malformed,
            frames: .headers(1, HTTP2Case.request(("x mine", "1")), endStream: true)),
        HTTP2Case(
            "8.2.1 a name with a colon inside", malformed,
            frames: .headers(1, HTTP2Case.request(("x:mine", "1")), endStream: true)),
        HTTP2Case("8.2.1 an empty name", malformed, frames: .headers(1, HTTP2Case.request(("", "1")), endStream: true)),
        HTTP2Case(
            "8.2.1 a value with CR", malformed,
            frames: .headers(1, HTTP2Case.request(("x-mine", "a\rb")), endStream: true)),
        HTTP2Case(
            "8.2.1 a value with LF", malformed,
            frames: .headers(1, HTTP2Case.request(("x-mine", "a\nHost: evil")), endStream: true)),
        HTTP2Case(
            "8.2.1 a value with NUL", malformed,
            frames: .headers(1, HTTP2Case.request(("x-mine", "a\0b")), endStream: true)),
        HTTP2Case(
            "8.2.1 a value that begins with a blank", malformed,
            frames: .headers(1, HTTP2Case.request(("x-mine", " a")), endStream: true)),
        HTTP2Case(
            "8.2.1 a value that ends with a tab", malformed,
            frames: .headers(1, HTTP2Case.request(("x-mine", "a\t")), endStream: true)),
        HTTP2Case(
            "8.2.2 connection", malformed,
            frames: .headers(1, HTTP2Case.request(("connection", "close")), endStream: true)),
        HTTP2Case(
            "8.2.2 keep-alive", malformed, frames: .headers(1, HTTP2Case.request(("keep-alive", "5")), endStream: true)),
        HTTP2Case(
            "8.2.2 proxy-connection", malformed,
            frames: .headers(1, HTTP2Case.request(("proxy-connection", "close")), endStream: true)),
        HTTP2Case(
            "8.2.2 transfer-encoding", malformed,
            frames: .headers(1, HTTP2Case.request(("transfer-encoding", "chunked")), endStream: true)),
        HTTP2Case(
            "8.2.2 upgrade", malformed, frames: .headers(1, HTTP2Case.request(("upgrade", "h2c")), endStream: true)),
        HTTP2Case(
            "8.2.2 te other than trailers", malformed,
            frames: .headers(1, HTTP2Case.request(("te", "gzip")), endStream: true)),
        HTTP2Case(
            "8.3 an unknown pseudo-header field", malformed,
            frames: .headers(1, [(":test", "1")].asFields + HTTP2Case.request(), endStream: true)),
        HTTP2Case(
            "8.3 a response's pseudo-header field", malformed,
            frames: .headers(1, [(":status", "200")].asFields + HTTP2Case.request(), endStream: true)),
        HTTP2Case(
            "8.3 a pseudo-header field in trailers", malformed, frames: HTTP2Case.open(ends: false),
            .headers(1, [(":path", "/")].asFields, endStream: true)),
        HTTP2Case(
            "8.3 a pseudo-header field behind a regular one", malformed,
            frames: HTTP2Case.head(
                (":method", "GET"), ("x", "1"), (":path", "/"), (":scheme", "http"), (":authority", "a"))),
        HTTP2Case("8.3.1 an empty path", malformed, frames: .headers(1, HTTP2Case.request(path: ""), endStream: true)),
        HTTP2Case(
            "8.3.1 a path that is a URI", malformed,
            frames: .headers(1, HTTP2Case.request(path: "http://a/"), endStream: true)),
        HTTP2Case(
            "8.3.1 no method", malformed,
            frames: HTTP2Case.head((":path", "/"), (":scheme", "http"), (":authority", "a"))),
        HTTP2Case(
            "8.3.1 no scheme", malformed,
            frames: HTTP2Case.head((":method", "GET"), (":path", "/"), (":authority", "a"))),
        HTTP2Case(
            "8.3.1 no path", malformed,
            frames: HTTP2Case.head((":method", "GET"), (":scheme", "http"), (":authority", "a"))),
        HTTP2Case(
            "8.3.1 no host at all", malformed,
            frames: HTTP2Case.head((":method", "GET"), (":scheme", "http"), (":path", "/"))),
        HTTP2Case(
            "8.3.1 two methods", malformed,
            frames: .headers(1, [(":method", "GET")].asFields + HTTP2Case.request(), endStream: true)),
        HTTP2Case(
            "8.3.1 two schemes", malformed,
            frames: .headers(1, [(":scheme", "http")].asFields + HTTP2Case.request(), endStream: true)),
        HTTP2Case(
            "8.3.1 two paths", malformed,
            frames: .headers(1, [(":path", "/")].asFields + HTTP2Case.request(), endStream: true)),
        HTTP2Case(
            "8.3.1 a host that differs from the authority", malformed,
            frames: .headers(1, HTTP2Case.request(("host", "other.example")), endStream: true)),
        HTTP2Case(
            "8.3.1 a scheme that is not http", malformed,
            frames: HTTP2Case.head((":method", "GET"), (":scheme", "ftp"), (":path", "/"), (":authority", "a"))),
        HTTP2Case(
            "8.5 CONNECT with a path", malformed,
            frames: HTTP2Case.head((":method", "CONNECT"), (":path", "/"), (":authority", "a"))),
        HTTP2Case(
            "8.6 two lengths", malformed,
            frames: .headers(1, HTTP2Case.request(("content-length", "1"), ("content-length", "1")), endStream: false)),
        HTTP2Case(
            "8.6 a length that is no number", malformed,
            frames: .headers(1, HTTP2Case.request(("content-length", "+1")), endStream: false)),
        HTTP2Case(
            "RFC 8441 a protocol without CONNECT", malformed,
            frames: .headers(1, [(":protocol", "websocket")].asFields + HTTP2Case.request(), endStream: true)),
    ]

    @Test(arguments: [connection, states, frames, messages].joined())
    func `is kept`(given: HTTP2Case) throws {
        let verdict = try HTTP2Examiner().verdict(on: given)
        #expect(given.expected.contains(verdict), "\(verdict)")
    }

    @Test func `6.5.3 settings are acknowledged, and hold`() throws {
        let origin = try ScriptedOrigin(answering: "0123456789")
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2(settings: [(Frame.Setting.initialWindowSize, 4)])
        client.givesWindowsBack = false
        let stream = try client.request()
        #expect(try client.message(stream) { $0.body.count == 4 }.text == "0123")
        // 6.9.2: a smaller setting makes the window negative; a larger one opens it.
        for window in [UInt32(2), 7] {
            try client.send(HTTP2Frame.settings([(id: Frame.Setting.initialWindowSize, value: window)]))
        }
        #expect(try client.message(stream) { $0.body.count == 7 }.text == "0123456")
        try client.send(.windowUpdate(stream, 100))
        #expect(try client.message(stream).text == "0123456789")
        #expect(client.frames.count { $0.kind == Kind.settings && $0.has(Flag.acknowledgement) } == 3)
    }

    @Test func `6.7 a ping is answered with what it held`() throws {
        let rig = try ProxyRig(Given.model([]), http2: true)
        let client = try rig.http2()
        try client.send(.ping([1, 2, 3, 4, 5, 6, 7, 8]))
        let answer = try client.frame(Kind.ping)
        #expect(answer.has(Flag.acknowledgement))
        #expect(answer.payload == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test func `6.9.1 a stream's window is never overrun`() throws {
        let origin = try ScriptedOrigin(answering: String(repeating: "x", count: 300_000))
        let rig = try ProxyRig(
            Given.model(origin), http2: true)
        let client = try rig.http2()
        client.givesWindowsBack = false
        let stream = try client.request()
        let begun = try client.message(stream) { $0.body.count == 65_535 }
        #expect(begun.body.count == 65_535)
        try client.send(.ping(Array(repeating: 0, count: 8)))
        _ = try client.frame(Kind.ping)
        try client.send(.windowUpdate(0, 1 << 20), .windowUpdate(stream, 1 << 20))
        #expect(try client.message(stream).body.count == 300_000)
    }
}
