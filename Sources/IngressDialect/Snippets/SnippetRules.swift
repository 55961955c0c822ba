import Model
import Pattern

/// Directives that decide: `set`, `if`, `return`, `rewrite` and `break`.
extension SnippetTable {
    static let rules: [SnippetDirective] = [
        SnippetDirective(
            "set", [.server, .location, .condition, .serverCondition], 2...2, "Sets a variable."
        ) { snippet, directive throws(ValueFault) in
            let name = directive.arguments[0].text
            guard name.hasPrefix("$"), isVariable(name.dropFirst()) else {
                throw .expected("a variable such as $x", name)
            }
            if TemplateText.isKnown(String(name.dropFirst())) {
                snippet.report(
                    .warning, directive.line,
                    "set changes \(name) in this Ingress's snippets alone, not in Gatehouse's own headers",
                    remedy: "use proxy_set_header")
            }
            snippet.steps.append(.set(String(name.dropFirst()), to: try snippet.template(directive.arguments[1])))
        },
        SnippetDirective(
            "if", .paths, 1...20, hasBlock: true,
            "Compares a variable by `=`, `!=`, `~`, `~*`, `!~`, `!~*`, or asks whether it is set. Groups of a regular expression "
                + "are `$1` to `$9` until the next one matches, named groups, `(?<name>…)`, set `$name` for the rest of the "
                + "request. Header directives of a block act on requests for which it is the last whose condition held."
        ) { snippet, directive throws(ValueFault) in
            let condition = try SnippetCondition.parse(directive.arguments, snippet)
            if case .never = condition.test {
                snippet.report(
                    .warning, directive.line,
                    "there are no files here, so the condition \(condition.isNegated ? "always" : "never") holds")
            }
            let made = snippet.compileBranch(directive.block ?? [])
            snippet.steps.append(.when(condition, branch: made.number, made.steps))
        },
        SnippetDirective(
            "return", [.server, .location, .condition, .serverCondition], 1...2,
            "Answers: with a page (4xx, 5xx), a text of `default_type`, a redirect, or by closing (444)."
        ) { snippet, directive throws(ValueFault) in
            snippet.steps.append(.answer(try answer(directive.arguments, snippet)))
        },
        SnippetDirective(
            "rewrite", [.server, .location, .condition, .serverCondition], 2...3,
            "Changes the path where a regular expression matches; flags `last`, `break`, `redirect`, `permanent`. After ten "
                + "changes of a request's route it is answered 500."
        ) { snippet, directive throws(ValueFault) in
            snippet.steps.append(.rewrite(try rewrite(directive.arguments, snippet)))
        },
        SnippetDirective(
            "break", [.server, .location, .condition, .serverCondition], 0...0, "Ends the rules of its place."
        ) { snippet, _ in snippet.steps.append(.stop) },
        SnippetDirective("default_type", [.http, .server, .location], 1...1, "The type of texts that `return` sends.") {
            _, directive throws(ValueFault) in
            guard isMediaType(directive.arguments[0].text) else {
                throw .expected("a media type such as text/plain", directive.arguments[0].text)
            }
        },
        SnippetDirective(
            "proxy_pass", .location, 1...1,
            "In a `location` of an Ingress's `server-snippet`: leads its requests to a Service, "
                + "`http://name.namespace.svc:8080`, or to another host; a plain path behind it takes the place of the "
                + "location's."
        ) { snippet, directive throws(ValueFault) in
            guard snippet.mayForward else {
                throw ValueFault(
                    "requests of this place have a backend, or no Ingress to lead them",
                    remedy: "name the Service in a path of an Ingress")
            }
            snippet.destination = try ServiceURL.parse(directive.arguments[0].text)
        },
        SnippetDirective(
            "location", .server, 1...2, hasBlock: true,
            "A path of the host's own, with what may stand in it; `proxy_pass` leads it to a backend. A plain location matches whole segments."
        ) { snippet, directive throws(ValueFault) in
            let location = try SnippetLocation(directive, in: snippet)
            snippet.take(location.compiled)
            snippet.locations.append(location)
        },
    ]

    static func isVariable(_ name: Substring) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            } && name.utf8.first.map { !(0x30...0x39).contains($0) } ?? false
    }

    static func isMediaType(_ text: String) -> Bool {
        text.utf8.count <= 128 && text.contains("/") && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private static func answer(
        _ words: [NginxText.Word], _ snippet: SnippetCompiler
    ) throws(ValueFault) -> RequestRules.Answer {
        guard let status = Int(words[0].text) else {
            let url = words[0].text
            guard words.count == 1, ["http://", "https://", "$scheme"].contains(where: url.hasPrefix) else {
                throw .expected("a status, or a URL that begins with http://, https:// or $scheme", url)
            }
            return .redirect(302, to: try snippet.template(url))
        }
        if status == 444 { return .close }
        guard (200...599).contains(status) else { throw .expected("a status from 200 to 599", words[0].text) }
        guard words.count == 2 else {
            return status >= 400 ? .page(status) : .text(status, "", mediaType: snippet.mediaType)
        }
        let text = try snippet.template(words[1])
        if [301, 302, 303, 307, 308].contains(status) {
            guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw .expected("a URL", text)
            }
            return .redirect(status, to: text)
        }
        return .text(status, text, mediaType: snippet.mediaType)
    }

    private static func rewrite(
        _ words: [NginxText.Word], _ snippet: SnippetCompiler
    ) throws(ValueFault) -> RequestRules.PathRewrite {
        let pattern = try SnippetCondition.pattern(words[0].text, ignoringCase: false)
        let template = try snippet.template(words[1])
        guard template.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw .expected("a path", template) }
        let ending: RequestRules.PathRewrite.Ending
        switch words.count == 3 ? words[2].text : "" {
        case "": ending = .goOn
        case "last": ending = .searchAgain
        case "break": ending = snippet.context == .server || snippet.context == .serverCondition ? .searchAgain : .stay
        case "redirect": ending = .redirect(302)
        case "permanent": ending = .redirect(301)
        default: throw .expected("last, break, redirect or permanent", words[2].text)
        }
        return RequestRules.PathRewrite(pattern, to: template, ending, names: try SnippetNames.groups(in: pattern))
    }
}

/// The condition of an `if`.
enum SnippetCondition {
    static func parse(
        _ words: [NginxText.Word], _ snippet: SnippetCompiler
    ) throws(ValueFault) -> RequestRules.Condition {
        let parts = try unwrapped(words)
        switch parts.count {
        case 1:
            guard parts[0].hasPrefix("$") else { throw .expected("a variable", parts[0]) }
            return .init(try snippet.template(parts[0]), .isTrue)
        case 2:
            let isNegated = parts[0].hasPrefix("!")
            guard ["-f", "-d", "-e", "-x"].contains(parts[0].drop { $0 == "!" }) else {
                throw .expected("a comparison such as =, != or ~", parts[0])
            }
            return .init("", .never, isNegated: isNegated)
        case 3:
            guard parts[0].hasPrefix("$") else { throw .expected("a variable", parts[0]) }
            let subject = try snippet.template(parts[0])
            let isNegated = parts[1].hasPrefix("!")
            switch parts[1] {
            case "=", "!=": return .init(subject, .equals(try snippet.template(parts[2])), isNegated: isNegated)
            case "~", "!~", "~*", "!~*":
                let ignoringCase = parts[1].hasSuffix("*")
                let pattern = try pattern(parts[2], ignoringCase: ignoringCase)
                return .init(
                    subject, .matches(pattern, ignoringCase: ignoringCase), isNegated: isNegated,
                    names: try SnippetNames.groups(in: pattern))
            default: throw .expected("=, !=, ~, ~*, !~ or !~*", parts[1])
            }
        default: throw ValueFault("there are \(parts.count) words between the parentheses")
        }
    }

    /// The regular expression of a comparison by one; nil for other conditions.
    static func pattern(in words: [NginxText.Word]) -> String? {
        guard let parts = try? unwrapped(words), parts.count == 3, parts[1].contains("~") else { return nil }
        return parts[2]
    }

    static func pattern(_ text: String, ignoringCase: Bool) throws(ValueFault) -> String {
        do throws(PatternError) { _ = try Pattern(text, options: ignoringCase ? .ignoringCase : []) } catch {
            throw ValueFault("\(quoted(text)) is no regular expression: \(error)")
        }
        return text
    }

    /// The words between the parentheses, which may be written on to the first and last.
    private static func unwrapped(_ words: [NginxText.Word]) throws(ValueFault) -> [String] {
        var parts = words.map { (text: $0.text, isQuoted: $0.isQuoted) }
        guard let first = parts.first, !first.isQuoted, first.text.hasPrefix("("), let last = parts.last,
            !last.isQuoted, last.text.hasSuffix(")"), parts.count > 1 || first.text.count > 1
        else { throw ValueFault("the condition is not in parentheses") }
        parts[0].text.removeFirst()
        parts[parts.count - 1].text.removeLast()
        if parts[0].text.isEmpty { parts.removeFirst() }
        if let last = parts.last, last.text.isEmpty, !last.isQuoted { parts.removeLast() }
        return parts.map(\.text)
    }
}
