import Kubernetes
import Model

/// What answers in place of errors: `error_page` and its kin.
extension SnippetTable {
    static let errors: [SnippetDirective] = [
        SnippetDirective(
            "error_page", .paths, 2...NginxText.limitWords,
            "Answers errors of these statuses by something else: `http://…` and `https://…` send the client there, by 302 or "
                + "the redirect's status behind `=`; a path is searched on the host, for a GET without body; `@name` is a location "
                + "of `server-snippet`. The client sees the error's status, behind `=200` that one, behind `=` the answer's. "
                + "Acts for Gatehouse's own errors, and for the backend's where `proxy_intercept_errors` is on."
        ) { snippet, directive throws(ValueFault) in
            try snippet.errors.add(try rule(directive.arguments.map(\.text), snippet))
        },
        SnippetDirective(
            "recursive_error_pages", .paths, 1...1,
            "`on`: errors of what `error_page` leads to lead on, at most ten times."
        ) { snippet, directive throws(ValueFault) in
            snippet.errors.isRecursive = try flag(directive)
        },
        SnippetDirective(
            "proxy_intercept_errors", .paths, 1...1,
            "`on`: `error_page` acts for errors of the backend, too; for `custom-http-errors` as the annotation "
                + "`disable-proxy-intercept-errors` turned round."
        ) { snippet, directive throws(ValueFault) in
            let isOn = try flag(directive)
            snippet.errors.interceptsUpstream = isOn
            guard snippet.context == .location else { return }
            snippet.overrides.append(
                .init(
                    annotation: "disable-proxy-intercept-errors", value: isOn ? "false" : "true",
                    line: directive.line, directive: directive.name))
        },
        SnippetDirective(
            "internal", .location, 0...0,
            "Clients get 404; `error_page` and `rewrite` lead here."
        ) { snippet, _ in snippet.isInternal = true },
    ]

    private static func flag(_ directive: NginxText.Directive) throws(ValueFault) -> Bool {
        let word = directive.arguments[0].text
        guard ["on", "off"].contains(word) else { throw .expected("on or off", word) }
        return word == "on"
    }

    private static func rule(
        _ words: [String], _ snippet: SnippetCompiler
    ) throws(ValueFault) -> ErrorRoutes.Rule {
        var codes = words.dropLast()
        var answer = ErrorRoutes.Answer.error
        if let last = codes.last, last.hasPrefix("=") {
            codes.removeLast()
            answer = .own
            if last.count > 1 {
                guard let status = Int(last.dropFirst()), (200...599).contains(status) else {
                    throw .expected("= and a status from 200 to 599", last)
                }
                answer = .status(status)
            }
        }
        var statuses: [Int] = []
        for code in codes {
            guard let status = Int(code), (300...599).contains(status), status != 499 else {
                throw .expected("statuses from 300 to 599 other than 499", code)
            }
            statuses.append(status)
        }
        guard !statuses.isEmpty else { throw ValueFault("the statuses are missing") }
        let target = try target(words[words.count - 1], answer, snippet)
        return ErrorRoutes.Rule(statuses, target, answer)
    }

    private static func target(
        _ text: String, _ answer: ErrorRoutes.Answer, _ snippet: SnippetCompiler
    ) throws(ValueFault) -> ErrorRoutes.Target {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .expected("a path, a URL or @name", text)
        }
        if text.hasPrefix("@") {
            guard isLocationName(text) else { throw .expected("a location such as @sorry", text) }
            return .named(String(text.dropFirst()))
        }
        let url = try snippet.template(text)
        if text.hasPrefix("/") { return .path(url) }
        guard ["http://", "https://", "$scheme"].contains(where: text.hasPrefix) else {
            throw .expected("a path, @name, or a URL that begins with http://, https:// or $scheme", text)
        }
        if case .status(let status) = answer, [301, 302, 303, 307, 308].contains(status) {
            return .redirect(status, to: url)
        }
        return .redirect(302, to: url)
    }

    /// Whether a text is `@` and a name of letters, digits, `_`, `-` and `.`.
    static func isLocationName(_ text: String) -> Bool {
        text.hasPrefix("@") && (2...129).contains(text.utf8.count)
            && text.utf8.dropFirst().allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}

/// What one place says of errors.
struct ErrorRoutesDraft: Sendable, Equatable {
    private(set) var rules: [ErrorRoutes.Rule] = []
    var interceptsUpstream: Bool?
    var isRecursive: Bool?
    /// `custom-http-errors` is the place's own, not the ConfigMap's.
    var hasCustomErrors = false
    /// Whether errors of the backend count where no snippet says so.
    var interceptsByDefault = false

    var isEmpty: Bool { self == ErrorRoutesDraft() }

    mutating func add(_ rule: ErrorRoutes.Rule) throws(ValueFault) {
        guard rules.count < ErrorRoutes.most else {
            throw ValueFault("a place has no more than \(ErrorRoutes.most)", remedy: "write several statuses in one")
        }
        rules.append(rule)
    }

    /// With what another text says of the same place.
    func beside(_ other: ErrorRoutesDraft) -> ErrorRoutesDraft {
        var both = self
        for rule in other.rules { try? both.add(rule) }
        both.interceptsUpstream = interceptsUpstream ?? other.interceptsUpstream
        both.isRecursive = isRecursive ?? other.isRecursive
        return both
    }

    /// Puts what this place says into its policy, and what the host says where it says nothing.
    ///
    /// `custom-http-errors` is `error_page` too in nginx: that of an Ingress stands beside the rules of its paths, that of the
    /// ConfigMap holds where nobody else says anything.
    func apply(to policy: inout RoutePolicy, within host: ErrorRoutesDraft) {
        if interceptsUpstream == nil, !hasCustomErrors, let intercepts = host.interceptsUpstream {
            policy.errorPages?.interceptsUpstream = intercepts
        }
        let all = rules.isEmpty && !hasCustomErrors ? host.rules : rules
        guard !all.isEmpty else { return policy.errorRoutes = nil }
        let ofPages = policy.errorPages?.interceptsUpstream
        policy.errorRoutes = ErrorRoutes(
            rules: all,
            interceptsUpstream: interceptsUpstream ?? (hasCustomErrors ? ofPages : nil)
                ?? host.interceptsUpstream ?? ofPages ?? interceptsByDefault,
            isRecursive: isRecursive ?? host.isRecursive ?? false)
        if !hasCustomErrors { policy.errorPages = nil }
    }
}
