import Bytes
import Filters
import HTTP
import Model
import Pattern

/// Cookies of an upstream's keep name, value and what else they say; the flags that a route gives them are there, each once.
func brokenSetCookieFields(_ lines: [[UInt8]]) -> String? {
    guard let filter = rewrite else { return "the rules for cookies can't be compiled" }
    var headers = HeaderBlock()
    var written: [[UInt8]] = []
    for line in lines where headers.append(.setCookie, value: line.span) { written.append(line) }
    var patterns = PatternScratch()
    var scratch = ByteBuffer(capacity: FilterScratch.capacity)
    filter.apply(to: &headers, for: RequestHead(), context(), &patterns, scratch: &scratch)
    if headers.count != written.count { return "\(written.count) cookies became \(headers.count)" }
    for (index, before) in written.enumerated() {
        let value = headers.value(index)
        guard FieldSyntax.isValue(value) else { return "a cookie with control bytes" }
        if let broken = brokenCookie(value.array, before: before) { return "cookie \(index): \(broken)" }
    }
    return nil
}

/// `proxy-cookie-path: "/inner /"` with all flags.
private let rewrite: ResponseRewriteFilter? = {
    var flags = CookieFlags(of: nil)
    flags.secure = .set
    flags.httpOnly = .set
    flags.sameSite = .lax
    var policy = RoutePolicy()
    policy.responseRewrite = ResponseRewrite(cookiePath: [ResponseRewrite.Rule(.text("/inner"), replacement: "/")])
    policy.responseRewrite?.cookieFlags = [flags]
    let route = Route(
        match: RouteMatch(path: .prefix("/")), action: .forward(UpstreamID("shop-web-80")), policy: policy,
        labels: RouteLabels(namespace: "shop", object: "web", service: "web", servicePort: "80", path: "/", host: "a"),
        origin: .builtIn)
    let host = VirtualHost(name: .any, routes: [route], origin: .builtIn)
    return (try? RouteFilters(route, host: host, settings: Settings()))?.responseRewrite
}()

private func context() -> RequestContext {
    RequestContext(
        peer: ClientAddress(high: 0, low: 0xFFFF_C000_0207), isSecure: false, localPort: 80, requestIDHigh: 1,
        requestIDLow: 2)
}

private func brokenCookie(_ after: [UInt8], before: [UInt8]) -> String? {
    let (old, new) = (Cookie(before), Cookie(after))
    if old.pair != new.pair { return "its name or value changed" }
    if new.flags != ["secure", "httponly", "samesite=lax"] { return "its flags are \(new.flags)" }
    let kept = old.others.map { other in
        guard other.isPath, let path = other.path, path.starts(with: "/inner".utf8) else { return other.text }
        return other.text.dropLast(path.count) + Array("/".utf8) + path.dropFirst("/inner".utf8.count)
    }
    return kept == new.others.map(\.text) ? nil : "what else it says changed"
}

/// A cookie taken apart.
private struct Cookie {
    struct Attribute {
        var text: [UInt8]

        var name: String {
            let name = withoutBlanks(text.prefix { $0 != UInt8(ascii: "=") })
            return String(decoding: name, as: UTF8.self).lowercased()
        }
        var isPath: Bool { name == "path" }
        /// What stands behind the equals sign, as it is written.
        var path: ArraySlice<UInt8>? {
            text.firstIndex(of: UInt8(ascii: "=")).map { text[($0 + 1)...] }
        }
    }

    /// Name and value.
    var pair: ArraySlice<UInt8>
    /// `Secure`, `HttpOnly` and `SameSite` in lower case and without blanks, in their order.
    var flags: [String] = []
    var others: [Attribute] = []

    init(_ field: [UInt8]) {
        let parts = field.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        pair = parts[0]
        for part in parts.dropFirst() where !part.isEmpty {
            let attribute = Attribute(text: Array(part))
            if ["secure", "httponly", "samesite"].contains(attribute.name) {
                flags.append(String(decoding: withoutBlanks(part), as: UTF8.self).lowercased())
            } else {
                others.append(attribute)
            }
        }
    }
}
