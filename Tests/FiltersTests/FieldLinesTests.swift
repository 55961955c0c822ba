import Bytes
import Filters
import HTTP
import Model
import Testing

@Suite struct `Response fields` {
    static func head(_ fields: [String]) -> ResponseHead {
        let bytes = Array((["HTTP/1.1 200 OK"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
        var head = ResponseHead()
        var parser = ResponseHeadParser()
        guard let length = try? parser.parse(bytes.span, into: &head), length == bytes.count else {
            preconditionFailure("not a head")
        }
        return head
    }

    static func lines(
        _ fields: [String], _ change: (inout ResponseSettings) -> Void = { _ in },
        setting: [HeaderEdits.Field] = [], except: HeaderIDSet = []
    ) throws -> [String] {
        var settings = ResponseSettings()
        change(&settings)
        let rules = try ResponseRules(settings)
        let set = try FieldLines(setting)
        let head = head(fields)
        let bound = rules.bound(head.headers, setting: set)
        var buffer = ByteBuffer(capacity: bound)
        rules.append(head.headers, setting: set, except: except, to: &buffer)
        let text = buffer.readable.text()
        return text.split(separator: "\r\n").map(String.init)
    }

    @Test func `lose what spoke to the proxy`() throws {
        let lines = try Self.lines([
            "Server: nginx", "Date: today", "Content-Type: text/html", "X-Accel-Redirect: /x", "X-Accel-Buffering: no",
            "X-Accel-Expires: 1", "X-Accel-Charset: x", "X-Accel-Limit-Rate: 1", "X-Pad: x", "Connection: X-Hop",
            "X-Hop: 1", "Keep-Alive: 1", "Set-Cookie: a=b", "Set-Cookie: c=d",
        ])
        #expect(lines == ["Content-Type: text/html", "Set-Cookie: a=b", "Set-Cookie: c=d"])
    }

    @Test func `keep Server when it is passed`() throws {
        #expect(try Self.lines(["Server: x"]) { $0.passesServerField = true } == ["Server: x"])
    }

    @Test func `lose hidden ones, known or not`() throws {
        let lines = try Self.lines(["X-Powered-By: php", "x-debug: 1", "X-Kept: 1"]) {
            $0.hiddenFields = ["x-powered-by", "x-debug"]
        }
        #expect(lines == ["X-Kept: 1"])
    }

    @Test(arguments: [false, true])
    func `are replaced by the route's`(hiding: Bool) throws {
        let lines = try Self.lines(
            ["x-frame-options: ALLOW", "X-TEAM: red", "X-Teams: kept", "Content-Length: 5", "Server: x"],
            { $0.hiddenFields = hiding ? ["x-hidden"] : [] },
            setting: [
                .init(name: "X-Frame-Options", value: "DENY"), .init(name: "X-Team", value: "$blue"),
                .init(name: "Server", value: "ours"),
            ], except: [.contentLength])
        #expect(lines == ["X-Teams: kept", "X-Frame-Options: DENY", "X-Team: $blue", "Server: ours"])
    }

    @Test(arguments: [
        ("X Y", "1"), ("", "1"), ("X-Y:", "1"), ("X-Y", "a\r\nSet-Cookie: b"), ("X-Y", "\u{0}"),
        ("Content-Length", "1"), ("Transfer-Encoding", "chunked"), ("connection", "close"), ("Upgrade", "x"),
    ])
    func `that break the message are refused`(name: String, value: String) {
        #expect(throws: FilterError.badField(name)) { try FieldLines([.init(name: name, value: value)]) }
    }
}

@Suite struct `A fallback` {
    @Test func `is told in whose place it serves`() throws {
        let route = Given.route { $0.fallback = Fallback(upstream: UpstreamID("shop-errors-80")) }
        let host = VirtualHost(name: .any, origin: .builtIn)
        let filters = try RouteFilters(route, host: host, settings: Settings())
        let fallback = try #require(filters.fallback)
        let head = Given.head("/", ["Accept: text/html", "X-Code: 200"])
        var buffer = ByteBuffer(capacity: fallback.bound(head))
        fallback.append(head, to: &buffer)
        let text = buffer.readable.text()
        #expect(
            text.split(separator: "\r\n") == [
                "X-Code: 503", "X-Namespace: shop", "X-Ingress-Name: web-ingress", "X-Service-Name: web",
                "X-Service-Port: 80", "X-Format: text/html",
            ])
        #expect(fallback.upstream == UpstreamID("shop-errors-80"))
        let lines = `Forwarded headers`.lines(head, without: fallback.replaced)
        #expect(!lines.contains("X-Code: 200"))
    }
}

@Suite struct `Route filters` {
    static func compile(_ change: (inout RoutePolicy) -> Void) throws -> RouteFilters {
        try RouteFilters(
            Given.route(change: change), host: VirtualHost(name: .any, origin: .builtIn), settings: Settings())
    }

    @Test func `give times in nanoseconds`() throws {
        let filters = try Self.compile {
            $0.timeouts = Timeouts(connect: .milliseconds(1500), send: .zero, read: .seconds(Int64.max))
        }
        #expect(filters.timeouts.connect == 1_500_000_000)
        #expect(filters.timeouts.send == 0)
        #expect(filters.timeouts.read == .max)
    }

    @Test func `spell out that there is no limit`() throws {
        let unlimited = try Self.compile { $0.retry = Retry(conditions: .error, tries: 0, timeout: .zero) }
        #expect(unlimited.retry.tries == .max)
        #expect(unlimited.retry.window == .max)
        let limited = try Self.compile { $0.retry = Retry(conditions: .status502, tries: 2, timeout: .seconds(3)) }
        #expect(limited.retry.tries == 2)
        #expect(limited.retry.window == 3_000_000_000)
        #expect(limited.retry.conditions == .status502)
    }

    @Test func `pass the body limit on`() throws {
        #expect(try Self.compile { $0.bodyLimits.requestBytes = 7 }.bodyLimit == 7)
        #expect(try Self.compile { $0.bodyLimits.requestBytes = nil }.bodyLimit == nil)
    }

    @Test(arguments: [200, 399, 600, 0])
    func `refuse only with an error`(status: Int) {
        #expect(throws: FilterError.badRefusalStatus(status)) {
            try RouteFilters(
                Given.route(.prefix("/"), .refuse(status: status, reason: "")),
                host: VirtualHost(name: .any, origin: .builtIn), settings: Settings())
        }
    }
}
