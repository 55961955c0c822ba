import Model

/// A `location` block of a server snippet: a path of the host's own.
struct SnippetLocation: Sendable {
    let match: PathMatch
    /// As it was written.
    let text: String
    /// Whether it goes before regular expressions, as `=` and `^~` do.
    let goesFirst: Bool
    let line: Int
    let compiled: SnippetCompiler
    /// Variables that groups of its regular expression set.
    let names: [NamedGroup]

    init(_ directive: NginxText.Directive, in snippet: SnippetCompiler) throws(ValueFault) {
        let words = directive.arguments.map(\.text)
        let modifier = words.count == 2 ? words[0] : ""
        let path = words[words.count - 1]
        switch modifier {
        case "=":
            match = .exact(try Self.checked(path))
            goesFirst = true
            names = []
        case "" where SnippetTable.isLocationName(path):
            match = .named(String(path.dropFirst()))
            goesFirst = true
            names = []
        case "", "^~":
            match = .prefix(try Self.checked(path))
            goesFirst = modifier == "^~"
            names = []
        case "~", "~*":
            _ = try SnippetCondition.pattern(path, ignoringCase: modifier == "~*")
            // Patterns of paths are tied to the beginning, those of nginx's locations are not.
            let pattern = path.hasPrefix("^") ? String(path.dropFirst()) : "[\\s\\S]*?(?:\(path))"
            match = .regex(pattern, ignoringCase: modifier == "~*")
            goesFirst = false
            names = try SnippetNames.groups(in: path)
        default: throw .expected("=, ^~, ~, ~* or a path", modifier)
        }
        text = words.joined(separator: " ")
        line = directive.line
        var inner = SnippetCompiler(
            .location, mediaType: snippet.mediaType, variables: snippet.variables, zones: snippet.zones)
        inner.cacheZones = snippet.cacheZones
        inner.knowsPlaces = snippet.knowsPlaces
        inner.isOwnLocation = true
        inner.mayForward = snippet.isOfIngress
        inner.add(directive.block ?? [])
        if inner.steps.isEmpty, inner.access.isEmpty, inner.destination == nil {
            inner.refuse(
                directive.line, "the location answers nothing that Gatehouse understands", remedy: "return something")
        }
        let rules = SnippetAccess.rules(inner.access)
        if inner.destination == nil, rules?.keepsOut ?? true, rules != SnippetAccess.nobody {
            inner.refuse(
                directive.line, "addresses are told apart only where the location leads to a backend",
                remedy: "add proxy_pass, or use the annotation allowlist-source-range")
        }
        compiled = inner
    }

    /// What the location's pattern and directives ask for; nil for nothing.
    func rules(_ steps: [RequestRules.Step]) -> RequestRules? {
        steps.isEmpty && names.isEmpty ? nil : RequestRules(ofMatch: names, ofPath: steps)
    }

    private static func checked(_ path: String) throws(ValueFault) -> String {
        guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), path.utf8.count <= 1024 else {
            throw .expected("a path that begins with /", path)
        }
        return path
    }
}
