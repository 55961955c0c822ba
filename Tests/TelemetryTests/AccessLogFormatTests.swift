import Linux
import Telemetry
import Testing

@Suite struct `Access log format` {
    @Test func `by default is ingress-nginx's`() throws {
        var record = AccessRecord()
        record.client = SocketAddress(IPAddress(v4: 0xC000_0207), port: 40_000)
        record.status = 200
        record.bodyBytesSent = 1234
        record.requestLength = 321
        record.requestTime = 1_005
        var attempt = UpstreamAttempt(endpoint: SocketAddress(IPAddress(v4: 0x0A00_0001), port: 8080), status: 200)
        attempt.responseLength = 1234
        attempt.responseTime = 1_004
        record.begin(attempt)
        let source = ScriptedSource(
            values: [
                .request: Array("GET /cart?id=1 HTTP/1.1".utf8),
                .userAgent: Array("curl/8.5.0".utf8), .upstreamName: Array("shop-cart-80".utf8),
                .alternativeUpstreamName: [], .requestID: Array("4fd8".utf8),
            ], unset: [.remoteUser, .referer])
        let line = try LogFile.line(
            AccessLogFormat.defaultText, record, source, wall: (1_795_428_000, 0))
        #expect(
            line == #"192.0.2.7 - - [23/Nov/2026:10:00:00 +0000] "GET /cart?id=1 HTTP/1.1" 200 1234 "-" "curl/8.5.0" "#
                + "321 1.005 [shop-cart-80] [] 10.0.0.1:8080 1234 1.004 200 4fd8")
    }

    @Test func `separates attempts by commas`() throws {
        var record = AccessRecord()
        var first = UpstreamAttempt(endpoint: SocketAddress(IPAddress(v4: 0x0A00_0001), port: 80), status: 502)
        first.responseTime = 3
        record.begin(first)
        let v6 = try #require(IPAddress("2001:db8::1"))
        record.begin(UpstreamAttempt(endpoint: SocketAddress(v6, port: 81), status: 0))
        record.lastAttempt.status = 200
        record.lastAttempt.responseLength = 7
        record.lastAttempt.responseTime = 12_345
        record.lastAttempt.connectTime = 0
        let format =
            "$upstream_addr|$upstream_status|$upstream_response_length|$upstream_response_time|$upstream_connect_time|$upstream_header_time"
        #expect(
            try LogFile.line(format, record)
                == "10.0.0.1:80, [2001:db8::1]:81|502, 200|0, 7|0.003, 12.345|-, 0.000|-, -")
    }

    @Test func `has a hyphen for attempts that were not made`() throws {
        #expect(try LogFile.line("$upstream_addr $upstream_status $upstream_response_time") == "- - -")
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("$status", "0"), ("${status}ms", "0ms"), ("a$status", "a0"),
        ("$status$status", "00"), ("cost: $literal_dollar${status}", "cost: $0"), ("on $hostname!", "on edge-1!"),
        ("$pid", "4711"), ("$msec", "1795428000.042"), ("$time_iso8601", "2026-11-23T10:00:00+00:00"),
        ("$request_method", "method"), ("$uri", "path"), ("$geoip2_city", "-"), ("", ""),
    ])
    func `replaces variables and keeps the rest`(format: String, line: String) throws {
        #expect(try LogFile.line(format, wall: (1_795_428_000, 42_999_999), hostName: "edge-1") == line)
    }

    @Test func `names headers, cookies and arguments`() throws {
        let format = try AccessLogFormat(
            "$http_x_Request_start $sent_http_etag $upstream_http_server $cookie_Session_id $arg_q $content_type")
        let names = (0..<6).map { String(decoding: format.name($0), as: UTF8.self) }
        #expect(names == ["x-request-start", "etag", "server", "Session_id", "q", "content-type"])
        let line = try LogFile.line("$http_a $sent_http_b $upstream_http_c $cookie_d $arg_e")
        #expect(line == "requestHeader(0) responseHeader(1) upstreamHeader(2) cookie(3) argument(4)")
    }

    @Test(arguments: [
        ("$nonsense", AccessLogFormat.Fault.unknownVariable("nonsense")), ("$http_", .unknownVariable("http_")),
        ("cost $", .emptyVariable(offset: 5)), ("$ status", .emptyVariable(offset: 0)),
        ("${status", .unclosedBrace(offset: 0)), ("${}", .emptyVariable(offset: 0)),
        (String(repeating: "x", count: 16_385), .tooLong(limitBytes: 16_384)),
    ])
    func `that cannot be compiled says why`(format: String, fault: AccessLogFormat.Fault) {
        #expect(throws: fault) { try AccessLogFormat(format) }
    }
}

@Suite struct `Log escaping` {
    private let bytes: [UInt8] = Array("a\"b\\c\r\n\t".utf8) + [0x01, 0x7F, 0x08, 0x0C] + Array("é".utf8)

    @Test(arguments: [
        (LogEscaping.standard, #"a\x22b\x5Cc\x0D\x0A\x09\x01\x7F\x08\x0C\xC3\xA9"#),
        (.json, #"a\"b\\c\r\n\t\u0001"# + "\u{7F}" + #"\b\fé"#),
        (.none, "a\"b\\c\\x0D\\x0A\t\\x01\\x7F\\x08\\x0Cé"),
    ])
    func `makes values safe within their line`(escaping: LogEscaping, expected: String) throws {
        let source = ScriptedSource(values: [.path: bytes])
        #expect(try LogFile.line("<$uri>", AccessRecord(), source, escaping: escaping) == "<\(expected)>")
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func `leaves no byte that ends a line or a quotation`(byte: UInt8) throws {
        let source = ScriptedSource(values: [.path: [byte]])
        let line = try LogFile.line("$uri", AccessRecord(), source)
        let isPlain = (32...126).contains(byte) && byte != 0x22 && byte != 0x5C
        #expect(line.utf8.count == (isPlain ? 1 : 4))
        #expect(line.utf8.allSatisfy { (32...126).contains($0) && $0 != 0x22 })
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func `leaves no byte that ends a line even where values are written as they are`(byte: UInt8) throws {
        let source = ScriptedSource(values: [.path: [byte, byte]])
        let line = try LogFile.bytes("$uri", source, escaping: .none)
        let isControl = byte < 32 && byte != 9 || byte == 127
        #expect(line.count == (isControl ? 8 : 2))
        #expect(line.allSatisfy { isControl ? (32...126).contains($0) : $0 == byte })
    }

    @Test(arguments: [(LogEscaping.standard, "<->"), (.json, "<>"), (.none, "<>")])
    func `shows unset values`(escaping: LogEscaping, expected: String) throws {
        let source = ScriptedSource(unset: [.path])
        #expect(try LogFile.line("<$uri>", AccessRecord(), source, escaping: escaping) == expected)
    }
}

@Suite struct `Log time` {
    @Test(arguments: [
        (0, "01/Jan/1970:00:00:00 +0000"), (-1, "31/Dec/1969:23:59:59 +0000"),
        (951_782_400, "29/Feb/2000:00:00:00 +0000"), (1_709_251_199, "29/Feb/2024:23:59:59 +0000"),
        (4_107_542_400, "01/Mar/2100:00:00:00 +0000"), (1_798_761_599, "31/Dec/2026:23:59:59 +0000"),
    ])
    func `is the civil date of the second`(seconds: Int, text: String) throws {
        #expect(try LogFile.line("$time_local", wall: (seconds, 0)) == text)
    }

    @Test func `moves on with each second`() throws {
        let file = try LogFile()
        var writer = AccessLogWriter(file.log.channels[0], format: try AccessLogFormat("$time_iso8601"))
        for second in [10, 10, 11] {
            writer.write(AccessRecord(), from: ScriptedSource(), now: .now(), wall: (second, 0))
        }
        writer.flush()
        #expect(try file.lines().map { $0.suffix(8) } == ["10+00:00", "10+00:00", "11+00:00"])
    }
}
