import Model
import Pattern

/// `proxy_cookie_flags`
extension SnippetTable {
    static let cookieFlags = SnippetDirective(
        "proxy_cookie_flags", .paths, 1...8,
        "Flags that cookies of the backend are given or lose, for a name, a `~regex`, or `~` for all: `secure`, `httponly`, "
            + "`samesite=lax`, `nosecure` …; the first that fits a cookie acts."
    ) { snippet, directive throws(ValueFault) in
        let words = directive.arguments.map(\.text)
        if words == ["off"] { return snippet.cookieFlags = [] }
        guard words.count > 1 else { throw ValueFault("it names no flag") }
        var flags = CookieFlags(of: try cookie(words[0]))
        for word in words.dropFirst() { try set(word.lowercased(), in: &flags) }
        snippet.cookieFlags = (snippet.cookieFlags ?? []) + [flags]
    }

    private static func cookie(_ word: String) throws(ValueFault) -> ResponseRewrite.Rule.Pattern? {
        guard word.hasPrefix("~") else { return .text(word) }
        let pattern = word.drop { $0 == "~" || $0 == "*" }
        if pattern.isEmpty { return nil }
        return .regex(try SnippetCondition.pattern(String(pattern), ignoringCase: true), ignoringCase: true)
    }

    private static func set(_ word: String, in flags: inout CookieFlags) throws(ValueFault) {
        switch word {
        case "secure": flags.secure = .set
        case "nosecure": flags.secure = .remove
        case "httponly": flags.httpOnly = .set
        case "nohttponly": flags.httpOnly = .remove
        case "samesite=strict": flags.sameSite = .strict
        case "samesite=lax": flags.sameSite = .lax
        case "samesite=none": flags.sameSite = .none
        case "nosamesite": flags.sameSite = .remove
        default: throw .expected("a flag such as secure, httponly or samesite=lax", word)
        }
    }
}
