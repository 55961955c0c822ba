import Model
import Pattern

/// Named groups of regular expressions, which give variables their values as in nginx.
enum SnippetNames {
    /// The variables that the regular expression of a directive sets, whatever else is wrong with it.
    static func variables(of directive: NginxText.Directive) -> [String] {
        pattern(of: directive).map { names(in: $0).map(\.name) } ?? []
    }

    /// The regular expression that a directive holds; nil for none.
    private static func pattern(of directive: NginxText.Directive) -> String? {
        let words = directive.arguments
        switch directive.name {
        case "rewrite": return words.first?.text
        case "location": return words.count == 2 && words[0].text.hasPrefix("~") ? words[1].text : nil
        case "if": return SnippetCondition.pattern(in: words)
        default: return nil
        }
    }

    /// The named groups of a pattern; none of a text that is no pattern.
    private static func names(in pattern: String) -> [Pattern.GroupName] {
        guard pattern.contains("(?"), let compiled = try? Pattern(pattern) else { return [] }
        return compiled.groupNames
    }

    /// The variables that a pattern gives a value.
    ///
    /// - Throws: for a group that no match keeps, and for one with the name of a variable that stands for something
    ///   else, which nginx refuses to load.
    static func groups(in pattern: String) throws(ValueFault) -> [NamedGroup] {
        var groups: [NamedGroup] = []
        for name in names(in: pattern) {
            guard name.group <= NamedGroup.mostGroups else {
                throw ValueFault(
                    "$\(name.name) is group \(name.group) of its pattern, of which \(NamedGroup.mostGroups) are kept",
                    remedy: "write (?:…) for groups that nothing refers to")
            }
            guard !TemplateText.isKnown(name.name) else {
                throw ValueFault(
                    "the group \(name.name) has the name of a variable that stands for something else",
                    remedy: "give the group another name")
            }
            groups.append(NamedGroup(name.name, group: name.group))
        }
        return groups
    }

    /// The groups of a path's pattern that texts refer to. Those that no match keeps are unknown to the texts, and
    /// those with the name of a variable of nginx's leave it what it is.
    static func groups(ofPath path: String, namedIn texts: [String]) -> [NamedGroup] {
        names(in: path).filter { name in
            name.group <= NamedGroup.mostGroups && !TemplateText.isKnown(name.name)
                && texts.contains { $0.contains("$\(name.name)") || $0.contains("${\(name.name)}") }
        }
        .map { NamedGroup($0.name, group: $0.group) }
    }
}
