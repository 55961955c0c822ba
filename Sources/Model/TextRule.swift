/// What a text must be like.
public enum TextRule: Sendable, Hashable {
    /// The text itself, in any case.
    case word(String)
    /// A PCRE2 pattern that is searched in the text.
    case regex(String, ignoringCase: Bool)

    /// As nginx's maps write it: `~pattern`, `~*pattern`, else a word.
    public init(_ text: some StringProtocol) {
        if text.hasPrefix("~*") {
            self = .regex(String(text.dropFirst(2)), ignoringCase: true)
        } else if text.hasPrefix("~") {
            self = .regex(String(text.dropFirst()), ignoringCase: false)
        } else {
            self = .word(String(text))
        }
    }
}

extension TextRule: CustomStringConvertible {
    public var description: String {
        switch self {
        case .word(let text): text
        case .regex(let pattern, let ignoringCase): (ignoringCase ? "~*" : "~") + pattern
        }
    }
}
