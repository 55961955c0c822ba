import Balancing
import Bytes
import Filters
import HTTP
import Model

/// Cookies are what a plain reader finds, in one field or in several and in HTTP/2 as in HTTP/1; a session is one that the
/// proxy itself began; and the flags that cookies of a response are given are there.
///
/// The input is lines: each the value of a `Cookie` field, and then of a `Set-Cookie` field.
func brokenCookies(_ bytes: [UInt8]) -> String? {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { withoutBlanks($0) }
    return brokenCookieFields(lines) ?? brokenSetCookieFields(lines)
}

/// A cookie as written, or an attribute of one.
struct CookiePair: Equatable {
    var name: [UInt8]
    /// Nil when there is no equals sign.
    var value: [UInt8]?

    /// The parts of a field, as RFC 6265 §4.2.1 has them: what stands between semicolons, halved at the first equals sign.
    static func all(in field: [UInt8]) -> [CookiePair] {
        field.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { part in
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
                return CookiePair(name: withoutBlanks(part), value: nil)
            }
            return CookiePair(name: withoutBlanks(part[..<equals]), value: withoutBlanks(part[(equals + 1)...]))
        }
    }
}

func withoutBlanks(_ text: ArraySlice<UInt8>) -> [UInt8] {
    func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return Array(text)
}

// MARK: Requests

private func brokenCookieFields(_ lines: [[UInt8]]) -> String? {
    var text = Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8)
    for line in lines { text += Array("Cookie: ".utf8) + line + Array("\r\n".utf8) }
    text += Array("\r\n".utf8)
    var parser = RequestHeadParser()
    var head = RequestHead()
    guard let length = try? parser.parse(text.span, into: &head), length == text.count else { return nil }
    var streamed = RequestHead()
    if let broken = brokenStream(lines, into: &streamed) { return broken }

    let cookies = lines.flatMap(CookiePair.all).filter { $0.value != nil }
    var names = [Array("route".utf8), Array("none".utf8), []]
    for cookie in cookies.prefix(16) where !names.contains(cookie.name) { names.append(cookie.name) }
    for name in names {
        let expected = cookies.first { $0.name == name }?.value
        let found = cookie(name, of: head)
        let foundInStream = cookie(name, of: streamed)
        if found != expected {
            return "the cookie \(name) is \(String(describing: found)), not \(String(describing: expected))"
        }
        if foundInStream != expected {
            return "the cookie \(name) is another in HTTP/2: \(String(describing: foundInStream))"
        }
    }
    let session = cookies.first { $0.name == Array("route".utf8) }?.value
    return Sessions.persistent.broken(by: head, expecting: session)
        ?? Sessions.balanced.broken(by: head, expecting: session)
}

/// The same request, field by field.
private func brokenStream(_ lines: [[UInt8]], into head: inout RequestHead) -> String? {
    let pseudo: [(RequestPseudoField, String)] = [(.method, "GET"), (.scheme, "http"), (.authority, "a"), (.path, "/")]
    let name = Array("cookie".utf8)
    head.beginStream()
    for (field, value) in pseudo {
        let value = Array(value.utf8)
        head.take(field, value.span)
    }
    for line in lines where !head.takeField(name.span, line.span, underscores: .drop) {
        return "HTTP/2 refuses a cookie"
    }
    guard head.finishStream(limits: HeadLimits()) == .good else { return "HTTP/2 refuses a head with cookies" }
    guard let first = head.headers.firstIndex(of: .cookie) else { return lines.isEmpty ? nil : "the cookies are lost" }
    return head.headers.firstIndex(of: .cookie, from: first + 1) == nil ? nil : "an origin gets two fields of cookies"
}

private func cookie(_ name: [UInt8], of head: borrowing RequestHead) -> [UInt8]? {
    head.headers.cookie(named: name.span).map { head.headers.bytes(in: $0).array }
}

// MARK: Sessions

/// A `Cookie` field with a session that has begun. One seed must be this, or the fuzzer may never meet a session.
public let cookieOfSession = Sessions.persistent.cookieOfFirstEndpoint

/// What an upstream that keeps sessions says of cookies, beside what it must say.
private struct Sessions: Sendable {
    static let persistent = Sessions(.persistent)
    static let balanced = Sessions(.balanced)

    private let filter: SessionCookieFilter
    private let main: SessionTable
    /// Of another upstream with the same secret.
    private let canary: SessionTable
    private let mode: SessionCookie.Mode
    /// In mode *persistent*: the keys that name the endpoints, in their order.
    private let keys: [[UInt8]]

    private static let endpoints = 3

    private init(_ mode: SessionCookie.Mode) {
        var cookie = SessionCookie()
        cookie.mode = mode
        cookie.name = "route"
        cookie.secret = "known to the proxy alone"
        let labels = RouteLabels(
            namespace: "shop", object: "web", service: "web", servicePort: "80", path: "/", host: "a")
        filter = SessionCookieFilter(
            cookie,
            of: Route(
                match: RouteMatch(path: .prefix("/")), action: .forward(UpstreamID("shop-web-80")), labels: labels,
                origin: .builtIn))
        let balancer = Self.balancer("shop-web-80", cookie)
        guard let main = balancer.sessions, let canary = Self.balancer("shop-canary-80", cookie).sessions else {
            preconditionFailure("an upstream with a session cookie keeps sessions")
        }
        self.mode = mode
        self.main = main
        self.canary = canary
        var state = balancer.makeState(seed: 1)
        var keys: [Int: [UInt8]] = [:]
        while mode == .persistent, keys.count < Self.endpoints {
            guard let session = balancer.beginSession(avoiding: TriedEndpoints(), now: 0, seed: (1, 2), state: &state)
            else {
                preconditionFailure("sessions begin where there are endpoints")
            }
            keys[session.endpoint] = Self.digits(session.key)
        }
        self.keys = keys.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func balancer(_ name: String, _ cookie: SessionCookie) -> Balancer {
        let upstream = Upstream(
            id: UpstreamID(name),
            endpoints: (1...endpoints).map { Endpoint(address: "192.0.2.\($0)", port: 8080) },
            affinity: .cookie(cookie), origin: .builtIn)
        return Balancer(
            upstream, endpoints: EndpointRegistry().states(of: upstream, now: 0), clients: ClientTable(sets: 1))
    }

    private static func digits(_ key: SessionKey) -> [UInt8] {
        var text = ByteBuffer(capacity: SessionKey.length)
        key.append(to: &text)
        return text.readable.array
    }

    var cookieOfFirstEndpoint: [UInt8] {
        Array("route=".utf8) + keys[0] + [UInt8(ascii: "|")] + Self.digits(main.tag)
    }

    func broken(by head: borrowing RequestHead, expecting value: [UInt8]?) -> String? {
        let read = filter.value(in: head).map { head.headers.bytes(in: $0).array }
        if read != value { return "the session is \(String(describing: read)), not \(String(describing: value))" }
        guard let value else { return nil }
        let finding = main.find(value.span)
        if finding != main.find(value.span) { return "a session has two endpoints" }
        if finding != .foreign, canary.find(value.span) != .foreign { return "a session belongs to two upstreams" }
        return isAllowed(finding, of: value) ? nil : "\(mode): a session that never began is \(finding)"
    }

    /// Only who has been given a cookie knows the digits behind its bar; hexadecimal ones may be of either case.
    private func isAllowed(_ finding: SessionTable.Finding, of value: [UInt8]) -> Bool {
        let parts = value.split(separator: UInt8(ascii: "|"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, Self.inLowerCase(parts[1]) == Self.digits(main.tag) else { return finding == .foreign }
        switch mode {
        case .persistent:
            let endpoint = keys.firstIndex(of: Self.inLowerCase(parts[0]))
            return finding == (endpoint.map { .endpoint($0) } ?? .lost)
        case .balanced:
            guard case .endpoint(let endpoint) = finding else { return false }
            return (0..<Self.endpoints).contains(endpoint)
        }
    }

    private static func inLowerCase(_ text: ArraySlice<UInt8>) -> [UInt8] {
        text.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 0x20 : $0 }
    }
}
