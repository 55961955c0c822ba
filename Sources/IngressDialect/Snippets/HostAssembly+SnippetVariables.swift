import Model
import Translation

/// Variables that the paths of an Ingress read, and that only a `server-snippet` of the same Ingress sets.
///
/// A host has one `server-snippet`: that of its first Ingress that has one. Where another Ingress' counts for nothing, its
/// paths must not be served without the values on which they may decide who gets in. nginx loads no such configuration.
extension HostAssembly {
    /// Closes the paths of Ingresses that read what the host's `server-snippet` doesn't set.
    mutating func closeWithoutVariables(_ entries: inout [RegexMode.Entry]) {
        guard let winner = shares.firstIndex(where: { $0.ingress.content.server != nil }) else { return }
        let known = shares[winner].ingress.content.server?.variables ?? []
        for (number, share) in shares.enumerated() where number > winner {
            let read = share.ingress.content.hostVariables
            guard let name = read.names.subtracting(known).min() else { continue }
            let owner = shares[winner].ingress.origin
            let reason = "since \(owner) has the server-snippet of the host, which doesn't set $\(name)"
            for index in entries.indices where entries[index].share == number {
                entries[index].route.close(because: reason)
            }
            diagnostics.append(
                Diagnostic(
                    .rejected, read.origin, field: annotationField("server-snippet"),
                    """
                    sets $\(name), which the Ingress reads, but \(self.name) has the server snippet of \(owner), which comes \
                    first: the Ingress' paths there answer 503
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

/// Variables that the paths of an Ingress read and that only its own `server-snippet` sets.
struct HostVariables: Sendable {
    var names: Set<String> = []
    /// Where they are set.
    var origin = Origin.builtIn
}

extension IngressDraft {
    /// The variables that snippets and other annotations of the paths read and that `configuration-snippet` doesn't set.
    var variablesRead: Set<String> {
        var names: Set<String> = []
        for case let text? in [snippets.ofPaths, snippets.ofQuestion] {
            names.formUnion(SnippetCompiler.variables(readBy: text))
        }
        let texts = [
            routing.upstreamHost, routing.forwardedPrefix, externalAuth.url?.target, externalAuth.signIn,
            externalAuth.cacheKey, mirror.url?.target, mirror.host,
        ]
        for case let text? in texts { names.formUnion(TemplateText.variables(in: text)) }
        names.subtract(snippets.ofPaths.map(SnippetCompiler.variables(setBy:)) ?? [])
        return names.subtracting([SnippetCompiler.requestBody])
    }
}

extension TemplateText {
    /// The variables that a text names; none of a text that is no template, as a pattern.
    fileprivate static func variables(in text: String) -> [String] {
        let references = (try? references(in: text)) ?? []
        return references.compactMap { if case .variable(let name) = $0 { name } else { nil } }
    }
}

extension SnippetCompiler {
    /// The variables that a text sets.
    static func variables(setBy text: String) -> Set<String> {
        variables(in: (try? NginxText(text).directives) ?? [])
    }

    /// The variables that a text reads.
    fileprivate static func variables(readBy text: String) -> Set<String> {
        variables(readIn: (try? NginxText(text).directives) ?? [])
    }

    private static func variables(readIn directives: [NginxText.Directive]) -> Set<String> {
        var names: Set<String> = []
        for directive in directives {
            let isSetting = ["set", "auth_request_set"].contains(directive.name)
            for word in isSetting ? directive.arguments.dropFirst() : directive.arguments[...] {
                names.formUnion(TemplateText.variables(in: word.text))
            }
            names.formUnion(variables(readIn: directive.block ?? []))
        }
        return names
    }
}
