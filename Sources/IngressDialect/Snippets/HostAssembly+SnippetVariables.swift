import Model
import Translation

/// Variables that snippets of paths read, and that only a `server-snippet` of the same Ingress sets.
///
/// A host has one `server-snippet`: that of its first Ingress that has one. Where another Ingress' counts for nothing, its
/// paths must not be served without the values on which they may decide who gets in. nginx loads no such configuration.
extension HostAssembly {
    /// Closes the paths of Ingresses whose snippets read what the host's `server-snippet` doesn't set.
    mutating func closeWithoutVariables(_ entries: inout [RegexMode.Entry]) {
        guard let winner = shares.firstIndex(where: { $0.ingress.content.server != nil }) else { return }
        let known = shares[winner].ingress.content.server?.variables ?? []
        for (number, share) in shares.enumerated() where number > winner {
            let read = share.ingress.content.hostVariables
            guard let name = read.names.subtracting(known).min() else { continue }
            let owner = shares[winner].ingress.origin
            for index in entries.indices where entries[index].share == number {
                entries[index].route.close(
                    because:
                        "because configuration-snippet reads $\(name), which the server-snippet of \(owner) doesn't set"
                )
            }
            diagnostics.append(
                Diagnostic(
                    .rejected, read.origin, field: annotationField("configuration-snippet"),
                    """
                    $\(name) is set by the server-snippet of this Ingress alone, but \(self.name) has that of \(owner), which \
                    comes first: the paths of this Ingress there answer 503
                    """, remedy: "set the variable in configuration-snippet, or in that server-snippet"))
        }
    }
}

extension Route {
    /// Answers 503, whatever its policy can't do without.
    fileprivate mutating func close(because reason: String) {
        action = .refuse(status: 503, reason: reason)
        var rest = RoutePolicy()
        rest.errorPages = policy.errorPages
        rest.observation = policy.observation
        rest.secureRedirect = policy.secureRedirect
        policy = rest
    }
}

/// Variables that a snippet of the paths reads and that only the `server-snippet` of its own Ingress sets.
struct HostVariables: Sendable {
    var names: Set<String> = []
    /// Where they are read.
    var origin = Origin.builtIn
}

extension SnippetCompiler {
    /// The variables that a text reads and doesn't set itself.
    static func variables(foreignTo text: String) -> Set<String> {
        guard let directives = try? NginxText(text).directives else { return [] }
        return variables(readIn: directives).subtracting(variables(in: directives))
    }

    private static func variables(readIn directives: [NginxText.Directive]) -> Set<String> {
        var names: Set<String> = []
        for directive in directives {
            // What is set is not read, and a text without a variable may hold any `$`, as a pattern.
            let texts = directive.name == "set" ? directive.arguments.dropFirst() : directive.arguments[...]
            for word in texts {
                for case .variable(let name) in (try? TemplateText.references(in: word.text)) ?? [] {
                    names.insert(name)
                }
            }
            names.formUnion(variables(readIn: directive.block ?? []))
        }
        return names
    }
}
