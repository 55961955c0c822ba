/// Flags that a cookie of an upstream's is given, or loses (`proxy_cookie_flags` in nginx).
public struct CookieFlags: Sendable, Hashable {
    /// What becomes of one flag.
    public enum Change: Sendable, Hashable {
        case keep, set, remove
    }

    /// What becomes of `SameSite`.
    public enum SameSite: String, Sendable, Hashable {
        case keep
        case remove
        case strict = "Strict"
        case lax = "Lax"
        case none = "None"
    }

    /// Which cookies; nil is all. A text is a name, in any case.
    public var cookie: ResponseRewrite.Rule.Pattern?
    public var secure = Change.keep
    public var httpOnly = Change.keep
    public var sameSite = SameSite.keep

    public init(of cookie: ResponseRewrite.Rule.Pattern?) { self.cookie = cookie }
}

extension CookieFlags: CustomStringConvertible {
    /// In nginx's words: `session secure samesite=lax`.
    public var description: String {
        var words: [String] = []
        switch cookie {
        case nil: words.append("every cookie")
        case .text(let name): words.append(name)
        case .regex(let pattern, _): words.append("~\(pattern)")
        }
        if secure != .keep { words.append(secure == .set ? "secure" : "nosecure") }
        if httpOnly != .keep { words.append(httpOnly == .set ? "httponly" : "nohttponly") }
        switch sameSite {
        case .keep: break
        case .remove: words.append("nosamesite")
        case .strict, .lax, .none: words.append("samesite=\(sameSite.rawValue)")
        }
        return words.joined(separator: " ")
    }
}
