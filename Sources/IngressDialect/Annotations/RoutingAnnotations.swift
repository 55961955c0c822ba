import Model

/// How requests find their path, and what of the request is rewritten.
struct RoutingDraft: Sendable, Equatable {
    var usesRegex = false
    var rewriteTarget: String?
    var appRoot: String?
    var upstreamHost: String?
    var aliases: [HostAlias] = []
    var forwardedPrefix: String?

    /// The rewrite for a path, or nil when the target is the path itself.
    func rewrite(of path: String) -> Rewrite? {
        guard let rewriteTarget, rewriteTarget != path else { return nil }
        return Rewrite(pattern: path, template: rewriteTarget)
    }

    /// Puts the rewrite of a path into its policy, and what comes with it.
    func applyRewrite(of path: String, to policy: inout RoutePolicy) {
        policy.rewrite = rewrite(of: path)
        guard policy.rewrite != nil, let forwardedPrefix else { return }
        var edits = policy.headerEdits ?? HeaderEdits()
        edits.onRequest.insert(.init(.set, "X-Forwarded-Prefix", .template(forwardedPrefix)), at: 0)
        policy.headerEdits = edits
    }
}

extension AnnotationGroup {
    static let routing = AnnotationGroup(
        "Routing and rewrites", \.routing,
        note: """
            One Ingress with `use-regex` or a `rewrite-target` other than its own path puts every host it names \
            into regex mode, for all Ingresses of that host: paths are regular expressions, anchored at their start \
            and matched in any case, the longest first.
            """,
        [
            Annotation(
                "use-regex", .flag, default: "false", .route, \.routing.usesRegex, example: "true",
                "Paths are PCRE2 regular expressions."),
            Annotation(
                "rewrite-target", optional: .template(.pathWithCaptures), .route, \.routing.rewriteTarget,
                risk: .medium,
                example: "/$2",
                "The path that the backend sees; `$1` to `$9` stand for the captures of the path's regular expression."),
            Annotation(
                "app-root", optional: .absolutePath, .host, \.routing.appRoot, risk: .medium, example: "/app",
                "Where a request for `/` is redirected to, with 302."),
            Annotation(
                "upstream-vhost", optional: .hostTemplate, .route, \.routing.upstreamHost,
                bad: .rejectObject,
                example: "backend.internal",
                "The `Host` that the backend sees; `$host` and other variables are replaced."),
            Annotation(
                "server-alias", .aliases, .host, \.routing.aliases, bad: .rejectObject, risk: .high,
                example: "www.example.com, *.example.org",
                "Further names of the Ingress's hosts: names, wildcards or `~` with a regular expression."),
            Annotation(
                "x-forwarded-prefix", optional: .template(.pathWithCaptures), .route, \.routing.forwardedPrefix,
                bad: .rejectObject, risk: .medium, example: "/api",
                "`X-Forwarded-Prefix` for the backend where a `rewrite-target` applies; `$1` to `$9` stand for captures."
            ),
        ])
}
