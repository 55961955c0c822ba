public import Bytes
public import HTTP
public import Model

/// Reads and writes the cookie that ties a client to an endpoint; see `SessionCookie`.
///
/// Everything of the line that is the same for all requests of the route is in wire form.
public struct SessionCookieFilter: Sendable {
    private let name: [UInt8]
    /// `Set-Cookie: <name>=`
    private let start: [UInt8]
    private let expires: Int?
    /// `; Max-Age=…; Domain=…; Path=…`
    private let attributes: [UInt8]
    private let isAlwaysSecure: Bool
    /// `; SameSite=…`, or nothing.
    private let sameSite: [UInt8]
    private let sparesOldBrowsers: Bool
    /// Whether responses of the route give the cookie out.
    public let givesOut: Bool

    public init(_ policy: SessionCookie, of route: Route) {
        name = Array(policy.name.utf8)
        start = Array("Set-Cookie: \(policy.name)=".utf8)
        expires = policy.expires
        var attributes = ""
        if let age = policy.maxAge { attributes += "; Max-Age=\(age)" }
        if let domain = policy.domain { attributes += "; Domain=\(domain)" }
        attributes += "; Path=\(policy.path ?? Self.path(route.labels.path))"
        self.attributes = Array(attributes.utf8)
        isAlwaysSecure = policy.isAlwaysSecure
        sameSite = Array((policy.sameSite.map { "; SameSite=\($0.rawValue)" } ?? "").utf8)
        sparesOldBrowsers = policy.sparesOldBrowsers && policy.sameSite == SessionCookie.SameSite.none
        givesOut = route.policy.givesSessionCookie
    }

    /// A route's path as an attribute: bytes that would end it are escaped.
    private static func path(_ written: String) -> String {
        var path = ""
        for byte in written.utf8 {
            if byte > 0x20, byte < 0x7F, byte != UInt8(ascii: ";") {
                path.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                path += "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
            }
        }
        return path.isEmpty ? "/" : path
    }

    /// The cookie's value in a request, as a range of its header block.
    public func value(in head: borrowing RequestHead) -> Range<Int>? {
        head.headers.contains(.cookie) ? head.headers.cookie(named: name.span) : nil
    }

    /// Bytes of the line besides the value.
    public var bound: Int { start.count + attributes.count + sameSite.count + 128 }

    /// Begins the line; the value follows, then `finishLine`. Needs `bound` bytes for both.
    public func beginLine(_ output: inout ByteBuffer) {
        let bytes = start
        output.append(bytes.span)
    }

    /// Ends the line: `Expires`, `Max-Age`, `Domain`, `Path`, `Secure`, `HttpOnly`, `SameSite`.
    ///
    /// - Parameter wallSeconds: the time of day, for `Expires`.
    public func finishLine(
        for head: borrowing RequestHead, isSecure: Bool, wallSeconds: Int, to output: inout ByteBuffer
    ) {
        if let expires {
            output.append("; Expires=")
            output.appendCookieDate(min(max(wallSeconds + expires, 0), 253_402_300_799))
        }
        let attributes = attributes
        output.append(attributes.span)
        if isSecure || isAlwaysSecure { output.append("; Secure") }
        output.append("; HttpOnly")
        if !sameSite.isEmpty, !sparesOldBrowsers || Self.understandsNone(head.headers) {
            let sameSite = sameSite
            output.append(sameSite.span)
        }
        output.append("\r\n")
    }

    /// Whether the browser knows what `SameSite=None` means; the known ones that don't are old Chromes, iOS 12 and
    /// Safari on macOS 10.14.
    static func understandsNone(_ headers: borrowing HeaderBlock) -> Bool {
        guard let index = headers.firstIndex(of: .userAgent) else { return true }
        let agent = headers.value(index)
        if agent.contains("Chrome/4") || agent.contains("Chrome/5") || agent.contains("Chrome/6") { return false }
        if agent.contains("CPU iPhone OS 12") || agent.contains("iPad; CPU OS 12") { return false }
        let isOldSafari =
            agent.contains("Intel Mac OS X 10_14") && agent.contains("Safari") && !agent.contains("Chrome")
        return !isOldSafari
    }
}

extension Span where Element == UInt8 {
    /// Whether a text occurs in the bytes.
    fileprivate func contains(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard length <= count else { return false }
        for start in 0...(count - length) where extracting(start..<start + length).equals(text) { return true }
        return false
    }
}
