/// Changes what an upstream says about its own place: cookies' domains and paths, and where it redirects to
/// (`proxy-cookie-domain`, `proxy-cookie-path`, `proxy-redirect-from`, `-to` in ingress-nginx).
public struct ResponseRewrite: Sendable, Hashable {
    /// What is looked for, and what takes its place.
    public struct Rule: Sendable, Hashable {
        /// What a value must be, or begin with.
        public enum Pattern: Sendable, Hashable {
            case text(String)
            /// A regular expression, searched for; `$1`…`$9` of the replacement are its groups.
            case regex(String, ignoringCase: Bool)
        }

        public var pattern: Pattern
        /// Text with variables. May hold `;` and what follows it, for further attributes of a cookie.
        public var replacement: String

        public init(_ pattern: Pattern, replacement: String) {
            self.pattern = pattern
            self.replacement = replacement
        }
    }

    /// For `Domain` of `Set-Cookie`. A text is the whole domain, in any case, a leading dot aside. Of all rules the
    /// first that fits acts.
    public var cookieDomain: [Rule]
    /// For `Path` of `Set-Cookie`. A text is its beginning, and is what is replaced; what a regular expression is found
    /// in is replaced as a whole.
    public var cookiePath: [Rule]
    /// For `Location` and the URL of `Refresh`, in the same way.
    public var location: [Rule]

    /// What cookies are given and lose beside their values; the first that fits a cookie acts.
    public var cookieFlags: [CookieFlags] = []

    public init(cookieDomain: [Rule] = [], cookiePath: [Rule] = [], location: [Rule] = []) {
        self.cookieDomain = cookieDomain
        self.cookiePath = cookiePath
        self.location = location
    }
}
