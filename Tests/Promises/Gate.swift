import Bytes
import Filters
import Foundation
import HTTP
import Model
import Passwords

/// A route that asks for a password, and what is said to requests for it.
struct Gate: ~Copyable {
    let isBasic: Bool
    private let route: RouteFilters
    private var scratch = FilterScratch()
    private let context = RequestContext(
        peer: ClientAddress(high: 0, low: 0xFFFF_C000_0207), isSecure: false, localPort: 80, requestIDHigh: 1,
        requestIDLow: 2)

    static let realm = "shop"
    private static let now: UInt64 = 1_000_000_000_000

    /// Nil when the route can't be compiled.
    init?(_ route: Route, of host: VirtualHost, _ settings: Settings) {
        guard let filters = try? RouteFilters(route, host: host, settings: settings) else { return nil }
        self.route = filters
        isBasic = route.policy.basicAuth != nil
    }

    /// What is said to a request with these credentials, passwords that take long to check included; nil when it isn't even
    /// read as one.
    mutating func answer(to authorization: [UInt8]?) -> Verdict? {
        let field = authorization.map { Array("Authorization: ".utf8) + $0 + Array("\r\n".utf8) } ?? []
        let text = Array("GET / HTTP/1.1\r\nHost: shop.example.com\r\n".utf8) + field + Array("\r\n".utf8)
        var parser = RequestHeadParser()
        var head = RequestHead()
        guard let length = try? parser.parse(text.span, into: &head), length == text.count else { return nil }
        scratch.clear()
        var progress = AccessProgress()
        let verdict = FilterChain.authorize(
            head, context, route: route, progress: &progress, now: Self.now, scratch: &scratch)
        guard verdict == .verify, let check = scratch.takePasswordCheck() else { return verdict }
        return FilterChain.authorize(
            head, context, route: route, progress: &progress, answer: check.run().opinion, now: Self.now,
            scratch: &scratch)
    }

    // MARK: Digest authentication

    /// Of a challenge that is asked for.
    mutating func nonce() -> String? {
        guard answer(to: nil) == .challenge else { return nil }
        let parts = scratch.fields.readable.text.components(separatedBy: "nonce=\"")
        return parts.count == 2 ? String(parts[1].prefix { $0 != "\"" }) : nil
    }

    /// The credentials of who gives an answer to a nonce.
    static func proof(of name: String, nonce: String, response: String) -> String {
        "Digest username=\"\(name)\", realm=\"\(realm)\", nonce=\"\(nonce)\", uri=\"/\", qop=auth, nc=00000001, "
            + "cnonce=\"c\", response=\"\(response)\""
    }

    /// The right answer of who knows the digest of name, realm and password (RFC 7616 §3.4.1).
    static func response(to nonce: String, knowing digest: String) -> String {
        hexadecimal("\(digest):\(nonce):00000001:c:auth:\(hexadecimal("GET:/"))")
    }

    static func hexadecimal(_ message: String) -> String {
        Digest.md5(Array(message.utf8)).map { String(format: "%02x", $0) }.joined()
    }
}
