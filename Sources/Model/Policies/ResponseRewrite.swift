/// Changes what an upstream says about its own place: cookies' domains and paths, and where it redirects to
/// (`proxy-cookie-domain`, `proxy-cookie-path`, `proxy-redirect-from`, `-to` in ingress-nginx).
public struct ResponseRewrite: Sendable, Hashable {
    /// What is looked for, and what takes its place.
    public struct Rule: Sendable, Hashable {
        public enum Pattern: Sendable, Hashable {
            case text(String)
            /// A regular expression, searched for; `$1`…`$9` of the replacement are its groups.
            case regex(String, ignoringCase: Bool)
        }

        public var pattern: Pattern
        /// Text with variables.
        public var replacement: String

        public init(_ pattern: Pattern, replacement: String) {
            self.pattern = pattern
            self.replacement = replacement
        }
    }

    /// `Domain` of `Set-Cookie`: the whole value, in any case, a leading dot aside.
    public var cookieDomain: Rule?
    /// `Path` of `Set-Cookie`: its beginning.
    public var cookiePath: Rule?
    /// `Location` and the URL of `Refresh`: their beginning.
    public var location: Rule?

    public init(cookieDomain: Rule? = nil, cookiePath: Rule? = nil, location: Rule? = nil) {
        self.cookieDomain = cookieDomain
        self.cookiePath = cookiePath
        self.location = location
    }
}
