import Model
import Pattern

/// What is changed in a backend's cookies and redirects.
struct ResponseRewriteDraft: Sendable, Equatable {
    var cookieDomain: ResponseRewrite.Rule?
    var cookiePath: ResponseRewrite.Rule?
    var from: ResponseRewrite.Rule.Pattern?
    var to: String?
    /// By `proxy_cookie_flags` of a snippet.
    var cookieFlags: [CookieFlags] = []

    func policy() -> ResponseRewrite? {
        var location: ResponseRewrite.Rule?
        if let from, let to { location = ResponseRewrite.Rule(from, replacement: to) }
        guard cookieDomain != nil || cookiePath != nil || location != nil || !cookieFlags.isEmpty else { return nil }
        var rewrite = ResponseRewrite(
            cookieDomain: [cookieDomain].compactMap { $0 }, cookiePath: [cookiePath].compactMap { $0 },
            location: [location].compactMap { $0 })
        rewrite.cookieFlags = cookieFlags
        return rewrite
    }
}

extension Syntax<ResponseRewrite.Rule?> {
    /// `off`, or what is looked for and what takes its place.
    static let replacement = Syntax("off, or two words such as /one/ /") { text throws(ValueFault) in
        if text == "off" { return nil }
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard words.count == 2, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") }) else {
            throw .expected("off, or two words such as /one/ /", text)
        }
        return ResponseRewrite.Rule(try .parse(words[0]), replacement: try filledIn(words[1]))
    }
}

extension Syntax<ResponseRewrite.Rule.Pattern?> {
    /// The default of nginx would name the address of its own inner upstream, which no backend redirects to.
    static let redirectFrom = Syntax("a URL, ~regex, off or default") { text throws(ValueFault) in
        if text == "off" || text == "default" { return nil }
        let characters = text.hasPrefix("~") ? CharacterClass.regex : .url
        guard characters.admits(text) else { throw .expected("a URL of \(CharacterClass.url.name), or a ~regex", text) }
        return try .parse(text[...])
    }
}

extension Syntax<String?> {
    /// `$1` and variables stand for groups and values.
    static let redirectTo = Syntax("a URL or off") { text throws(ValueFault) in
        if text == "off" { return nil }
        guard CharacterClass.url.admits(text.filter { $0 != "$" && $0 != "{" && $0 != "}" }) else {
            throw .expected("a URL of \(CharacterClass.url.name) $", text)
        }
        return try filledIn(text[...])
    }
}

/// A replacement that each response can fill in.
private func filledIn(_ text: Substring) throws(ValueFault) -> String {
    if let fault = TemplateText.fault(in: String(text)) { throw ValueFault("\(quoted(text)) \(fault)") }
    return String(text)
}

extension ResponseRewrite.Rule.Pattern {
    /// Text, or `~regex`, or `~*regex` in any case.
    fileprivate static func parse(_ word: Substring) throws(ValueFault) -> ResponseRewrite.Rule.Pattern {
        guard word.hasPrefix("~") else { return .text(String(word)) }
        let ignoringCase = word.hasPrefix("~*")
        let pattern = String(word.dropFirst(ignoringCase ? 2 : 1))
        do { _ = try Pattern(pattern, options: ignoringCase ? .ignoringCase : []) } catch {
            throw ValueFault("\(quoted(word)) is no regular expression: \(error)")
        }
        return .regex(pattern, ignoringCase: ignoringCase)
    }
}

extension Syntax<Bool> {
    static let onOff = Syntax("on or off") { word in
        switch word {
        case "on": true
        case "off": false
        default: nil
        }
    }
}

extension Syntax<RequestBuffering.Mode> {
    static let requestBuffering = Syntax("on or off") { word in
        switch word {
        case "on": .whole
        case "off": RequestBuffering.Mode.none
        default: nil
        }
    }
}

extension Syntax<Int> {
    /// Digits and an optional unit `k`, `m` or `g`.
    static func bytes(upTo limit: Int) -> Syntax<Int> {
        Syntax("digits with an optional unit k, m or g") { text throws(ValueFault) in
            let bytes = try Syntax<Int?>.size.parse(text) ?? 0
            guard bytes <= limit else { throw ValueFault("\(quoted(text)) is more than \(limit) bytes") }
            return bytes
        }
    }
}
