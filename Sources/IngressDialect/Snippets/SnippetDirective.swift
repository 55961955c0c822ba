import Kubernetes
import Model

/// Where in nginx's configuration a text stands.
struct SnippetContexts: OptionSet, Sendable {
    let rawValue: UInt8

    /// `http-snippet` and `main-snippet` of the ConfigMap.
    static let http = SnippetContexts(rawValue: 1)
    /// `server-snippet`
    static let server = SnippetContexts(rawValue: 2)
    /// `configuration-snippet`, `location-snippet`, and `location` blocks.
    static let location = SnippetContexts(rawValue: 4)
    /// `if` in a location.
    static let condition = SnippetContexts(rawValue: 8)
    /// `if` in a server.
    static let serverCondition = SnippetContexts(rawValue: 16)
    /// `auth-snippet`
    static let question = SnippetContexts(rawValue: 32)

    static let paths: SnippetContexts = [.server, .location]

    var name: String {
        switch self {
        case .http: "http"
        case .server: "a server"
        case .location: "a location"
        case .condition: "an if in a location"
        case .serverCondition: "an if in a server"
        case .question: "an auth request"
        default: "this place"
        }
    }
}

/// One directive of nginx that snippets may hold, in one row: what compiles it and what is said of it.
struct SnippetDirective: Sendable {
    let name: String
    let contexts: SnippetContexts
    /// How many words may follow the name.
    let words: ClosedRange<Int>
    let hasBlock: Bool
    /// What it does here, for the reference page.
    let summary: String
    /// The annotation that says the same, where there is one.
    private(set) var annotation: String?
    let compile: @Sendable (inout SnippetCompiler, NginxText.Directive) throws(ValueFault) -> Void

    init(
        _ name: String, _ contexts: SnippetContexts, _ words: ClosedRange<Int>, hasBlock: Bool = false,
        _ summary: String,
        _ compile: @escaping @Sendable (inout SnippetCompiler, NginxText.Directive) throws(ValueFault) -> Void
    ) {
        self.name = name
        self.contexts = contexts
        self.words = words
        self.hasBlock = hasBlock
        self.summary = summary
        self.compile = compile
    }

    /// A directive that says what an annotation says too.
    init(
        _ name: String, _ contexts: SnippetContexts = .location, as annotation: String, words: ClosedRange<Int> = 1...1,
        _ value: @escaping @Sendable ([String]) throws(ValueFault) -> String
    ) {
        self.init(name, contexts, words, "As the annotation `\(annotation)`.") {
            snippet, directive throws(ValueFault) in
            let text = try value(directive.arguments.map(\.text))
            snippet.overrides.append(.init(annotation: annotation, value: text, line: directive.line, directive: name))
        }
        self.annotation = annotation
    }

    /// Where to write what has been written in a place that it can't stand in.
    func remedy(in context: SnippetContexts) -> String {
        if let annotation { return "use the annotation \(annotation)" }
        if context != .location, contexts.contains(.location) { return "write it in configuration-snippet" }
        if context != .server, contexts.contains(.server) { return "write it in server-snippet" }
        if contexts == .http { return "write it into http-snippet of the ConfigMap" }
        return "it stands in: \(contexts.names)"
    }

    /// A directive that is taken and does nothing, for a reason.
    init(_ name: String, _ contexts: SnippetContexts, withoutEffect reason: String) {
        self.init(name, contexts, 0...NginxText.limitWords, "No effect: \(reason).") { snippet, directive in
            snippet.report(.note, directive.line, "\(name) has no effect: \(reason)")
        }
    }
}

/// The directives that are known, and those that are not honoured with what to use instead.
enum SnippetTable {
    static let rows: [SnippetDirective] =
        rules + headers + charset + access + limits + errors + forms + authentication + transfers + upstreamTLS
        + compression
        + substitution + responseCache + idle
    private static let byName = Dictionary(rows.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    static subscript(name: String) -> SnippetDirective? { byName[name] }
}
