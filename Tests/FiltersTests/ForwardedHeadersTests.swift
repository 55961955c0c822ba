import Bytes
import Filters
import HTTP
import Model
import Testing

@Suite struct `Forwarded headers` {
    /// The lines that an upstream gets.
    static func lines(
        _ head: borrowing RequestHead, _ context: RequestContext = Given.context(),
        _ settings: ForwardingSettings = ForwardingSettings(), host: String = "", without: FieldLines = .none
    ) -> [String] {
        let headers = ForwardedHeaders(settings)
        var override = ByteBuffer(capacity: 256)
        override.append(Array(host.utf8).span)
        let bound = headers.bound(head, context, host: override)
        var buffer = ByteBuffer(capacity: bound)
        headers.append(head, context, host: override, without: without, to: &buffer)
        let text = buffer.readable.text()
        precondition(text.hasSuffix("\r\n"), "the last line is whole")
        return text.split(separator: "\r\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    static var trusting: ForwardingSettings {
        var settings = ForwardingSettings()
        settings.trustsForwardedHeaders = true
        return settings
    }

    static let computed = [
        "Host: Shop.example:8080", "X-Request-ID: 0123456789abcdeffedcba9876543210", "X-Real-IP: 192.0.2.7",
        "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: Shop.example:8080", "X-Forwarded-Port: 8080",
        "X-Forwarded-Proto: http", "X-Forwarded-Scheme: http", "X-Scheme: http",
    ]

    @Test func `come first, then the client's own in their order`() {
        let head = Given.head(
            host: "Shop.example:8080", ["User-Agent: curl", "accept:*/*", "X-One:   1  ", "X-Two: 2", "x-empty:"])
        #expect(
            Self.lines(head, Given.context(port: 8080))
                == Self.computed + ["User-Agent: curl", "accept: */*", "X-One: 1", "X-Two: 2", "x-empty: "])
    }

    @Test func `stand alone when the client sent nothing more`() {
        #expect(Self.lines(Given.head(host: "Shop.example:8080"), Given.context(port: 8080)) == Self.computed)
    }

    @Test func `tell of an encrypted connection`() {
        let lines = Self.lines(Given.head(), Given.context(secure: true, port: 8443))
        #expect(lines.contains("X-Forwarded-Port: 443"))
        #expect(
            lines.suffix(3) == ["X-Forwarded-Proto: https", "X-Forwarded-Scheme: https", "X-Scheme: https"])
    }

    @Test func `tell of a request that may have been sent before`() {
        let context = Given.context(port: 8080)
        context.isEarly = true
        let head = Given.head(host: "Shop.example:8080", ["X-One: 1"])
        #expect(Self.lines(head, context) == Self.computed + ["Early-Data: 1", "X-One: 1"])
    }

    @Test func `write IPv6 without brackets`() {
        let lines = Self.lines(Given.head(), Given.context(peer: ClientAddress("2001:db8::7")))
        #expect(lines.contains("X-Real-IP: 2001:db8::7"))
        #expect(lines.contains("X-Forwarded-For: 2001:db8::7"))
    }

    @Test func `leave out what was meant for this hop`() {
        let head = Given.head(
            "/", method: "POST",
            [
                "Connection: keep-alive, X-Secret, Authorization, X-Forwarded-For, Host, Cookie", "Keep-Alive: 5",
                "Proxy-Connection: x", "Proxy-Authorization: x", "TE: trailers", "Trailer: x", "Upgrade: websocket",
                "Expect: 100-continue", "Content-Length: 0", "HTTP2-Settings: x", "Proxy: http://evil.example",
                "X-Secret: 1", "Authorization: Basic x", "Cookie: a=b",
            ])
        #expect(Self.lines(head).dropFirst(9) == ["Authorization: Basic x", "Cookie: a=b"])
    }

    @Test(arguments: [
        "Forwarded", "X-Real-IP", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Scheme",
        "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Original-URI", "X-Original-URL", "X-Original-Method",
        "X-Original-Forwarded-For", "X-Original-Forwarded-Host", "X-Auth-Request-Redirect", "ssl-client-verify",
        "ssl-client-subject-dn", "ssl-client-issuer-dn", "SSL-Client-Cert",
    ])
    func `are never the client's`(name: String) {
        let lines = Self.lines(Given.head("/", ["\(name): forged", "\(name.uppercased()): forged", "X-Kept: 1"]))
        #expect(!lines.contains { $0.contains("forged") })
        #expect(lines.last == "X-Kept: 1")
    }

    @Test func `keep what the client said of others under another name`() {
        let head = Given.head(
            "/", ["X-Forwarded-For: 1.1.1.1", "X-Forwarded-Host: evil.example", "X-Forwarded-For: 2.2.2.2"])
        let lines = Self.lines(head)
        #expect(
            lines[2...4] == ["X-Real-IP: 192.0.2.7", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: shop.example"])
        #expect(
            lines.dropFirst(9) == [
                "X-Original-Forwarded-For: 1.1.1.1, 2.2.2.2", "X-Original-Forwarded-Host: evil.example",
            ])
    }

    @Test func `keep the client's request ID, and make none when told so`() {
        var settings = ForwardingSettings()
        settings.generatesRequestID = false
        let given = Given.head("/", ["X-Request-ID: theirs", "x-request-id: again"])
        #expect(Self.lines(given).filter { $0.lowercased().hasPrefix("x-request-id") } == ["X-Request-ID: theirs"])
        #expect(!Self.lines(Given.head(), Given.context(), settings).contains { $0.hasPrefix("X-Request-ID") })
        let empty = Given.head("/", ["X-Request-ID:"])
        #expect(Self.lines(empty).contains("X-Request-ID: 0123456789abcdeffedcba9876543210"))
    }

    @Test func `give the upstream the route's host and tell the client's`() {
        let lines = Self.lines(Given.head(), host: "internal.example")
        #expect(lines[0] == "Host: internal.example")
        #expect(lines.contains("X-Forwarded-Host: shop.example"))
    }

    @Test func `name no host when the client named none`() {
        let lines = Self.lines(Given.head(host: nil, version: "1.0"))
        #expect(lines[0] == "Host: ")
        #expect(!lines.contains { $0.hasPrefix("X-Forwarded-Host") })
    }

    @Test func `leave out fields that the caller sets`() throws {
        let set = try FieldLines([.init(name: "X-Code", value: "503"), .init(name: "Accept", value: "x")])
        let head = Given.head("/", ["x-code: 200", "accept: y", "X-Codes: z"])
        #expect(Self.lines(head, without: set).dropFirst(9) == ["X-Codes: z"])
    }

    // MARK: Believed fields

    @Test func `believe a trusted hop`() throws {
        let head = Given.head(
            "/",
            [
                "X-Forwarded-For: 203.0.113.9, 10.0.0.2", "X-Forwarded-Host: public.example:444, inner.example",
                "X-Forwarded-Proto: https", "X-Forwarded-Port: 444", "X-Forwarded-Prefix: /shop",
                "X-Forwarded-Scheme: ftp",
            ])
        let context = try Forwarding(Self.trusting).context(
            of: head, peer: ClientAddress("10.0.0.1"), isSecure: false, localPort: 80, requestIDHigh: 1,
            requestIDLow: 2)
        #expect(
            Self.lines(head, context, Self.trusting) == [
                "Host: public.example:444", "X-Request-ID: 00000000000000010000000000000002",
                "X-Real-IP: 203.0.113.9", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Host: public.example:444",
                "X-Forwarded-Port: 444", "X-Forwarded-Proto: https", "X-Forwarded-Scheme: https", "X-Scheme: https",
                "X-Original-Forwarded-For: 203.0.113.9, 10.0.0.2",
                "X-Original-Forwarded-Host: public.example:444, inner.example", "X-Forwarded-Prefix: /shop",
            ])
    }

    @Test func `append the peer when told so`() {
        var settings = Self.trusting
        settings.appendsForwardedFor = true
        let context = Given.context(client: ClientAddress("203.0.113.9"), trusting: true)
        let head = Given.head("/", ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 10.0.0.2"])
        #expect(Self.lines(head, context, settings)[3] == "X-Forwarded-For: 203.0.113.9, 10.0.0.2, 192.0.2.7")
        #expect(Self.lines(Given.head(), context, settings)[3] == "X-Forwarded-For: 192.0.2.7")
    }

    @Test(arguments: ["evil example", "a/b", "", " , b", "a@b", "x:99999"])
    func `don't believe what is no host`(value: String) {
        let head = Given.head("/", ["X-Forwarded-Host: \(value)"])
        #expect(Self.lines(head, Given.context(trusting: true), Self.trusting)[0] == "Host: shop.example")
    }

    @Test(arguments: ["0", "65536", "80a", "-1", "", "80, 81"])
    func `don't believe what is no port`(value: String) {
        let head = Given.head("/", ["X-Forwarded-Port: \(value)"])
        let lines = Self.lines(head, Given.context(trusting: true), Self.trusting)
        #expect(lines.contains("X-Forwarded-Port: 80"))
    }

    // MARK: Room

    @Test func `fit into the room they ask for, whatever is repeated`() {
        let long = String(repeating: "x", count: 4000)
        let head = Given.head(
            "/", host: String(repeating: "h", count: 250),
            [
                "X-Forwarded-For: \(long)", "X-Forwarded-Host: \(long)", "X-Forwarded-Proto: \(long)",
                "X-Request-ID: \(long)",
            ])
        var settings = Self.trusting
        settings.appendsForwardedFor = true
        let context = Given.context(peer: ClientAddress(high: .max, low: .max), secure: true, trusting: true)
        let lines = Self.lines(head, context, settings, host: String(repeating: "o", count: 250))
        #expect(lines.count == 11)
        let many = Given.head("/", (0..<90).map { _ in "X-Forwarded-For:1" })
        #expect(Self.lines(many, context, settings).contains { $0.hasPrefix("X-Original-Forwarded-For: 1, 1, ") })
    }
}
