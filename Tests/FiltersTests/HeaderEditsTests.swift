import Bytes
import Filters
import HTTP
import Model
import Testing

@Suite struct `Edits of a response` {
    /// The fields that are left of `fields`.
    static func edited(
        _ fields: [String], _ edits: [HeaderEdits.Edit], status: Int = 200, passing: [String] = [],
        hiding: [String] = [], target: String = "/a", request: [String] = [], secure: Bool = false, branch: Int? = nil
    ) throws -> [String] {
        var settings = ResponseSettings()
        settings.hiddenFields = hiding
        let rules = try ResponseRules(settings)
        let policy = HeaderEdits(onResponse: edits, passedOnResponse: passing)
        let compiled = try ResponseEdits(policy, .init(Given.route(), host: VirtualHost(name: .any, origin: .builtIn)))
        try #require(compiled.isDynamic)
        var head = `Response fields`.head(fields)
        let variables = RequestVariables()
        variables.begin()
        variables.facts.status = status
        variables.facts.wallSeconds = 784_111_777
        var scratch = EditScratch()
        compiled.apply(
            to: &head.headers, status: Status(rawValue: UInt16(status)), isOwn: false, isSecure: secure, rules,
            for: Given.head(target, request), Given.context(secure: secure), variables, &scratch)
        var buffer = ByteBuffer(capacity: head.headers.encodedLength + 1)
        buffer.appendFields(head.headers, except: [])
        return buffer.readable.text().split(separator: "\r\n").map(String.init)
    }

    @Test func `set, append and remove in their order`() throws {
        let lines = try Self.edited(
            ["X-A: 1", "x-a: 2", "Server: x", "X-Keep: 1"],
            [
                .init(.set, "X-A", .literal("$3")), .init(.append, "X-A", .literal("4")),
                .init(.remove, "X-Gone"), .init(.set, "Server", .literal("ours")),
                .init(.setIfPresent, "X-Keep", .literal("2")), .init(.setIfPresent, "X-None", .literal("2")),
            ])
        #expect(lines == ["X-A: $3", "X-Keep: 2", "X-A: 4", "Server: ours"])
    }

    @Test func `remove all of a beginning`() throws {
        let lines = try Self.edited(
            ["X-Debug-A: 1", "x-debug-b: 2", "X-Debug: 3", "X-Deb: 4"], [.init(.remove, "X-Debug*")])
        #expect(lines == ["X-Deb: 4"])
    }

    @Test(arguments: [
        (200, "text/html; charset=utf-8", ["ok", "html"]), (404, "text/html", ["missing", "html"]),
        (200, "text/plain", ["ok"]), (500, "TEXT/HTML", ["html"]),
    ])
    func `act on the statuses and types that they name`(status: Int, type: String, expected: [String]) throws {
        let lines = try Self.edited(
            ["Content-Type: \(type)"],
            [
                .init(.append, "X", .literal("ok"), when: .init(statuses: [200, 201])),
                .init(.append, "X", .literal("missing"), when: .init(statuses: [404])),
                .init(.append, "X", .literal("html"), when: .init(mediaTypes: ["text/html"])),
            ], status: status)
        #expect(lines.dropFirst() == expected.map { "X: \($0)" }[...])
    }

    @Test func `know the response that they change`() throws {
        let lines = try Self.edited(
            ["X-Old: before", "Set-Cookie: sid=abc; Path=/", "Server: nginx"],
            [
                .init(.set, "X-Old", .literal("after")), .init(.set, "X-Was", .template("$upstream_http_x_old")),
                .init(.set, "X-Sent", .template("$sent_http_server|$status|$upstream_cookie_sid|$http_x_in")),
                .init(.set, "Expires", .date(afterSeconds: 0)),
            ], request: ["X-In: in"])
        #expect(
            lines == [
                "X-Old: after", "Set-Cookie: sid=abc; Path=/", "X-Was: before", "X-Sent: nginx|200|abc|in",
                "Expires: Sun, 06 Nov 1994 08:49:37 GMT",
            ])
    }

    @Test func `let pass what the rules would drop`() throws {
        let lines = try Self.edited(
            ["Server: theirs", "X-Hidden: 1", "X-Also: 2"], [], passing: ["server", "x-hidden"],
            hiding: ["x-hidden", "x-also"])
        #expect(lines == ["Server: theirs", "X-Hidden: 1"])
    }

    @Test func `take a field away when its value comes out empty or unfit`() throws {
        let lines = try Self.edited(
            ["X-A: 1", "X-B: 1"],
            [
                .init(.set, "X-A", .template("$http_none")), .init(.append, "X-B", .template("$http_none")),
                .init(.set, "X-C", .template("$uri")),
            ], target: "/%0d%0aX:y")
        #expect(lines == ["X-B: 1"])
    }

    @Test func `over TLS alone are lines of their own`() throws {
        var hsts = HeaderEdits.Edit(.set, "Strict-Transport-Security", .literal("max-age=1"))
        hsts.condition.needsSecureConnection = true
        let policy = HeaderEdits(onResponse: [
            hsts, .init(.set, "X-A", .literal("1")), .init(.set, "x-a", .literal("2")),
        ])
        let edits = try ResponseEdits(policy, .unrouted)
        #expect(!edits.isDynamic && !edits.needsVariables)
        #expect(String(decoding: edits.lines(isSecure: false).bytes, as: UTF8.self) == "x-a: 2\r\n")
        #expect(
            String(decoding: edits.lines(isSecure: true).bytes, as: UTF8.self)
                == "Strict-Transport-Security: max-age=1\r\nx-a: 2\r\n")
    }

    @Test(arguments: ["Content-Length", "Transfer-Encoding", "Connection", "X Y", ""])
    func `of fields that frame the message are refused`(name: String) {
        #expect(throws: FilterError.self) {
            try ResponseEdits(HeaderEdits(onResponse: [.init(.set, name, .literal("1"))]), .unrouted)
        }
    }
}

@Suite struct `Edits of a request` {
    static func forwarded(
        _ edits: [HeaderEdits.Edit], _ fields: [String] = [], target: String = "/", trusting: Bool = false,
        branch: Int = 0
    ) throws -> [String]? {
        let compiled = try RequestEdits(edits, .init(Given.route(), host: VirtualHost(name: .any, origin: .builtIn)))
        let head = Given.head(target, fields)
        var lines = ByteBuffer(capacity: 1024)
        guard compiled.write(head, Given.context(trusting: trusting), nil, to: &lines) else { return nil }
        var settings = ForwardingSettings()
        settings.trustsForwardedHeaders = trusting
        let forwarded = ForwardedHeaders(settings)
        let host = ByteBuffer()
        var buffer = ByteBuffer(capacity: forwarded.bound(head, Given.context(), host: host) + lines.count)
        forwarded.append(
            head, Given.context(trusting: trusting), host: host, edits: compiled, branch: branch, lines: lines,
            to: &buffer)
        return buffer.readable.text().split(separator: "\r\n").map(String.init)
    }

    @Test(arguments: [
        "X-Request-ID", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto",
        "X-Forwarded-Scheme", "X-Scheme", "X-Original-Forwarded-For", "User-Agent", "X-Team",
    ])
    func `take the place of every other field of the name`(name: String) throws {
        let lines = try #require(
            try Self.forwarded(
                [.init(.set, name, .template("[$request_method]"))],
                ["User-Agent: curl", "X-Team: red", "x-team: blue", "X-Forwarded-For: 1.2.3.4", "Accept: a"]))
        let matching = lines.filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }
        #expect(matching == ["\(name): [GET]"])
        #expect(lines.contains("Accept: a"))
        #expect(lines.allSatisfy { $0.contains(": ") }, "\(lines)")
    }

    @Test(arguments: ["X-Request-ID", "X-Forwarded-Proto", "X-Scheme", "Accept", "X-Team"])
    func `remove by an empty value too`(name: String) throws {
        for edit in [HeaderEdits.Edit(.set, name, .literal("")), .init(.remove, name)] {
            let lines = try #require(try Self.forwarded([edit], ["Accept: a", "X-Team: b"]))
            #expect(!lines.contains { $0.hasPrefix(name) })
        }
    }

    @Test func `with a later one of the name win`() throws {
        let lines = try #require(
            try Self.forwarded(
                [
                    .init(.set, "X-A", .literal("1")), .init(.set, "x-a", .literal("2")),
                    .init(.append, "X-A", .literal("3")), .init(.set, "X-B", .literal("1")), .init(.remove, "X-*"),
                    .init(.setIfPresent, "Accept", .literal("b")), .init(.setIfPresent, "Range", .literal("b")),
                ], ["Accept: a", "X-C: 1"]))
        #expect(lines.filter { $0.hasPrefix("X-A") || $0.hasPrefix("X-B") || $0.hasPrefix("X-C") } == [])
        #expect(
            lines.contains("Accept: b") && !lines.contains("Accept: a") && !lines.contains { $0.hasPrefix("Range") })
    }

    @Test func `with a value that is none are refused`() throws {
        #expect(try Self.forwarded([.init(.set, "X", .template("$uri"))], target: "/%0d%0aEvil:%20yes") == nil)
        #expect(throws: FilterError.badField("Host")) { try Self.forwarded([.init(.set, "Host", .literal("x"))]) }
    }
}

@Suite struct `Names of variables` {
    @Test(arguments: TemplateText.names.sorted())
    func `that are known can be compiled`(name: String) throws {
        _ = try Template("$\(name)${\(name)}", .unrouted)
    }

    @Test(arguments: TemplateText.families)
    func `come in families`(family: String) throws {
        #expect(TemplateText.isKnown(family + "x_y") && !TemplateText.isKnown(family))
        _ = try Template("$\(family)x_y", .unrouted)
    }

    /// Dialects know it only where they have bodies read, and then name it themselves.
    @Test func `that stand for the body are known to who has it read`() throws {
        #expect(TemplateText.fault(in: "$request_body") != nil)
        #expect(TemplateText.fault(in: "$request_body", variables: ["request_body"]) == nil)
        #expect(try Template("$request_body", .unrouted).needsVariables)
    }

    @Test(arguments: ["$", "a$-", "${host", "${}", "$nope", "${a-b}", "$http_", "$geoip2_town"])
    func `that aren't are refused by both`(text: String) {
        #expect(TemplateText.fault(in: text) != nil)
        #expect(throws: FilterError.self) { try Template(text, .unrouted) }
    }

    @Test func `are found in text`() throws {
        #expect(
            try TemplateText.references(in: "a$1b${2}c${host}d$uri-")
                == [.capture(1), .capture(2), .variable("host"), .variable("uri")])
    }
}
