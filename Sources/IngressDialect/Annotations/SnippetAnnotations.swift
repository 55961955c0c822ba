import Model

/// Texts in nginx's language.
struct SnippetDraft: Sendable, Equatable {
    var ofPaths: String?
    var ofHost: String?
    /// Of the question to the authorization service.
    var ofQuestion: String?
    /// Variables that the snippets of paths and host set, which other annotations may name.
    var variables: Set<String> = []
}

extension Syntax<String> {
    /// A text that `NginxText` reads; what it means is for `SnippetCompiler` to say.
    static let snippet = Syntax("nginx directives") { text throws(ValueFault) in text }
}

extension AnnotationGroup {
    static let snippets = AnnotationGroup(
        "Snippets", \.snippets,
        note: """
            Snippets are read by a strict grammar and compiled into the same policies as annotations: nothing is ever \
            executed or pasted. What they may hold is listed in [snippets.md](snippets.md). A directive that isn't \
            understood is named; where it might keep somebody out, the Ingress, or for `server-snippet` the host, \
            answers 503.
            """,
        [
            Annotation(
                "configuration-snippet", optional: .snippet, .route, \.snippets.ofPaths, bad: .refuseRoutes,
                risk: .critical, example: "more_set_headers \"X-Team: shop\";", "Directives for the Ingress's paths."),
            Annotation(
                "server-snippet", optional: .snippet, .host, \.snippets.ofHost, bad: .refuseRoutes, risk: .critical,
                example: "if ($http_user_agent ~* bot) { return 403; }",
                "Directives for the host, from its first Ingress that has some."),
            Annotation(
                "stream-snippet", meaningless: "raw TCP configuration has no meaning here", form: "nginx directives",
                .host, risk: .critical, example: "server { listen 8000; }", "Directives for TCP and UDP."),
        ])
}
