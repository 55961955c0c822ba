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
        _ name: String, as annotation: String, words: ClosedRange<Int> = 1...1,
        _ value: @escaping @Sendable ([String]) throws(ValueFault) -> String
    ) {
        self.init(name, .location, words, "As the annotation `\(annotation)`.") {
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
        return context != .server && contexts.contains(.server) ? "write it in server-snippet" : ""
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
    static let rows: [SnippetDirective] = rules + headers + access + transfers + compression + substitution + idle
    private static let byName = Dictionary(rows.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    static subscript(name: String) -> SnippetDirective? { byName[name] }

    /// The known name that an unknown one was probably meant to be.
    static func nearest(to name: String) -> String? {
        name.utf8.count > 63 ? nil : nearestName(to: name, among: rows.map(\.name) + instead.map(\.name))
    }

    /// Whether a directive that isn't understood might keep somebody out. Errs on the side of yes.
    static func mayKeepOut(_ name: String) -> Bool {
        deciding.contains { name.hasPrefix($0) } || name.contains("_by_lua")
    }

    private static let deciding = [
        "allow", "auth_", "deny", "if", "internal", "limit_conn", "limit_except", "limit_req", "location",
        "modsecurity", "naxsi", "return", "rewrite", "satisfy", "secure_link", "ssl_verify_client", "valid_referers",
    ]

    /// What to use instead of a directive that is known and not honoured; nil for an unknown one.
    static func remedy(for name: String) -> String? {
        instead.first { $0.name == name }?.remedy ?? families.first { name.hasPrefix($0.prefix) }?.remedy
    }

    /// Beginnings of directives that people write and that are not honoured.
    static let families: [(prefix: String, remedy: String)] = [
        ("fastcgi_", "put a web server beside the FastCGI process"),
        ("grpc_ssl_", "use the annotations proxy-ssl-…"), ("limit_conn_", "use the annotation limit-connections"),
        ("limit_req_", "use the annotations limit-rps or limit-rpm"),
        ("modsecurity_", "there is no such firewall here"), ("proxy_ssl_", "use the annotations proxy-ssl-…"),
        ("real_ip_", "use enable-real-ip and proxy-real-ip-cidr of the ConfigMap"),
        ("uwsgi_", "put a web server beside the process"),
    ]

    /// Directives that people write and that are not honoured: what to use instead.
    static let instead: [(name: String, remedy: String)] = [
        ("auth_basic", "use the annotations auth-type, auth-secret and auth-realm"),
        ("auth_basic_user_file", "use the annotations auth-type and auth-secret"),
        ("auth_request", "use the annotation auth-url"), ("autoindex", "serve files by a backend"),
        ("echo", "write return 200"),
        ("error_page", "use the annotation custom-http-errors with default-backend"),
        ("geo", "use the annotations allowlist-source-range or denylist-source-range"),
        ("grpc_pass", "name the Service in the Ingress, with backend-protocol: GRPC"),
        ("internal", "take the path out of the Ingress"),
        ("limit_conn", "use the annotation limit-connections"),
        ("limit_except", "use if ($request_method …) { return 405; }"),
        ("limit_req", "use the annotations limit-rps or limit-rpm"),
        ("limit_req_status", "use limit-req-status-code of the ConfigMap"),
        ("map", "write if with set"), ("mirror", "use the annotation mirror-target"),
        ("modsecurity", "there is no such firewall here"),
        ("proxy_method", "let the client send the method"),
        ("proxy_pass_request_body", "the backend gets every body"),
        ("proxy_pass_request_headers", "take headers away by proxy_set_header"),
        ("secure_link", "use the annotation auth-url"),
        ("set_real_ip_from", "use enable-real-ip and proxy-real-ip-cidr of the ConfigMap"),
        ("ssl_verify_client", "use the annotation auth-tls-verify-client"),
        ("sub_filter_last_modified", "set Last-Modified by more_set_headers"),
        ("try_files", "serve files by a backend"),
        ("valid_referers", "use if ($http_referer !~ …) { return 403; }"), ("root", "serve files by a backend"),
        ("alias", "serve files by a backend"), ("index", "serve files by a backend"),
        ("include", "write out what the file holds"),
        ("more_set_header", "write more_set_headers"),
    ]
}
