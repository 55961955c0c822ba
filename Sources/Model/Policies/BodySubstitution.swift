/// Texts of a response's content that others take the place of, as nginx's `sub_filter` has it.
public struct BodySubstitution: Sendable, Hashable {
    public struct Rule: Sendable, Hashable {
        /// What is looked for, in any case; not empty.
        public var text: String
        /// A template.
        public var replacement: String

        public init(_ text: String, replacement: String) {
            self.text = text
            self.replacement = replacement
        }
    }

    public var rules: [Rule]
    /// Each text is replaced where it stands first, and nowhere else.
    public var onlyFirst: Bool
    /// Types without parameters, in lower case; `*` is every one.
    public var mediaTypes: [String]

    /// Rules of one response, and bytes of all their texts together, at most.
    public static let ruleLimit = 100
    public static let textLimitBytes = 4096

    public init(rules: [Rule], onlyFirst: Bool, mediaTypes: [String]) {
        self.rules = rules
        self.onlyFirst = onlyFirst
        self.mediaTypes = mediaTypes
    }
}

extension BodySubstitution: CustomStringConvertible {
    public var description: String {
        let texts = rules.map { "\"\($0.text)\" by \"\($0.replacement)\"" }.joined(separator: ", ")
        return "\(texts)\(onlyFirst ? " once" : ""), in \(mediaTypes.joined(separator: " "))"
    }
}
