import Model

/// `sub_filter` and its kin.
struct SubstitutionDraft: Sendable, Equatable {
    var rules: [BodySubstitution.Rule] = []
    var onlyFirst: Bool?
    /// `text/html` is always one of them, as in nginx.
    var mediaTypes: [String]?

    var isEmpty: Bool { self == SubstitutionDraft() }

    /// What holds in this place, within another: texts of one place take the place of all those around it.
    func within(_ outer: SubstitutionDraft) -> SubstitutionDraft {
        SubstitutionDraft(
            rules: rules.isEmpty ? outer.rules : rules, onlyFirst: onlyFirst ?? outer.onlyFirst,
            mediaTypes: mediaTypes ?? outer.mediaTypes)
    }

    func policy() -> BodySubstitution? {
        rules.isEmpty
            ? nil
            : BodySubstitution(
                rules: rules, onlyFirst: onlyFirst ?? true, mediaTypes: ["text/html"] + (mediaTypes ?? []))
    }
}

extension SnippetTable {
    static let substitution: [SnippetDirective] = [
        SnippetDirective(
            "sub_filter", .paths, 2...2,
            "Replaces a text of the content, in any case, by another. The backend must not encode it: "
                + "`proxy_set_header Accept-Encoding \"\"`."
        ) { snippet, directive throws(ValueFault) in
            let text = directive.arguments[0].text
            let rules = snippet.substitution.rules
            guard !text.isEmpty else { throw ValueFault("there is no text to look for") }
            guard !text.contains("$") else {
                throw ValueFault(
                    "\(quoted(text)) holds a variable, which can't be looked for", remedy: "write out the text")
            }
            let bytes = rules.reduce(text.utf8.count) { $0 + $1.text.utf8.count }
            guard rules.count < BodySubstitution.ruleLimit, bytes <= BodySubstitution.textLimitBytes else {
                throw ValueFault(
                    "more than \(BodySubstitution.ruleLimit) texts, or \(BodySubstitution.textLimitBytes) bytes of them, are not looked for"
                )
            }
            let replacement = try snippet.template(directive.arguments[1])
            snippet.substitution.rules.append(.init(text, replacement: replacement))
        },
        SnippetDirective(
            "sub_filter_once", .paths, 1...1, "`on`, the default: each text is replaced where it stands first alone."
        ) { snippet, directive throws(ValueFault) in
            snippet.substitution.onlyFirst = try Syntax<Bool>.onOff.parse(directive.arguments[0].text)
        },
        SnippetDirective(
            "sub_filter_types", .paths, 1...100, "Types of content beside `text/html`; `*` is every one."
        ) { snippet, directive throws(ValueFault) in
            let types = directive.arguments.map(\.text).joined(separator: " ")
            snippet.substitution.mediaTypes = try Syntax<[String]>.mediaTypes.parse(types)
        },
    ]
}
