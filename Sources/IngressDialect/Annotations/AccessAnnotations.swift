/// Who may come in. Until these are honoured, whatever they protect answers 503: an Ingress that somebody
/// closed is never served open.
extension AnnotationGroup {
    static let basicAuthentication = AnnotationGroup(
        "Basic and digest authentication", \.protection,
        note: "An Ingress with `auth-type` answers 503 until passwords are checked.",
        [
            Annotation(
                "auth-type", refused: "basic or digest", .route, example: "basic",
                "Asks for a user name and password."),
            Annotation(
                "auth-secret", later: "name or namespace/name", .route, risk: .medium, example: "passwords",
                "The Secret that holds the passwords."),
            Annotation(
                "auth-secret-type", later: "auth-file or auth-map", default: "auth-file", .route, example: "auth-map",
                "How the Secret holds them."),
            Annotation(
                "auth-realm", later: "text", .route, risk: .medium, example: "Shop", "The realm that clients are shown."
            ),
        ])

    static let firewall = AnnotationGroup(
        "ModSecurity", \.protection,
        note: "An Ingress that turns the firewall on answers 503: there is none here that could keep anybody out.",
        [
            Annotation(
                "enable-modsecurity", refused: "true or false", default: "false", .route, when: isTrue, global: true,
                example: "true", "Inspects requests."),
            Annotation(
                "enable-owasp-core-rules", refused: "true or false", default: "false", .route, when: isTrue,
                example: "true", "Loads the OWASP core rule set."),
            Annotation(
                "modsecurity-transaction-id", later: "text with variables", .route, risk: .high,
                example: "$request_id", "The identity of a request in the firewall's log."),
            Annotation(
                "modsecurity-snippet", refused: "ModSecurity rules", .route, risk: .critical,
                example: "SecRuleEngine On", "Rules."),
        ])

    static let snippets = AnnotationGroup(
        "Snippets", \.protection,
        note: """
            Nothing is ever executed or pasted. A snippet that may decide who comes in (`deny`, `allow`, `auth_…`, \
            `if`, `return`, …) makes its Ingress, or for `server-snippet` the whole host, answer 503.
            """,
        [
            Annotation(
                "configuration-snippet", refused: "nginx directives", .route, when: NginxText.decidesAccess,
                risk: .critical, example: "deny 192.0.2.0/24;", "Directives for the Ingress's paths."),
            Annotation(
                "server-snippet", refused: "nginx directives", .host, when: NginxText.decidesAccess, risk: .critical,
                example: "if ($http_user_agent ~* bot) { return 403; }", "Directives for the host."),
            Annotation(
                "stream-snippet", meaningless: "raw TCP configuration has no meaning here", form: "nginx directives",
                .host, risk: .critical, example: "server { listen 8000; }", "Directives for TCP and UDP."),
        ])

    private static let isTrue: @Sendable (String) -> Bool = { value in (try? Syntax.flag.parse(value)) ?? true }
}

/// A look at text in nginx's language, without running any of it.
enum NginxText {
    /// Words whose directives may keep requests out.
    private static let deciding: Set<String> = [
        "allow", "deny", "if", "internal", "location", "return", "rewrite", "satisfy", "auth_basic", "auth_jwt",
        "auth_request", "limit_conn", "limit_except", "limit_req", "modsecurity", "secure_link", "ssl_verify_client",
        "valid_referers",
    ]

    /// Whether a directive in `text` may decide who comes in. Errs on the side of yes.
    static let decidesAccess: @Sendable (String) -> Bool = { text in
        let words = text.utf8.split { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                false
            default: true
            }
        }
        return words.contains { word in
            let word = String(Substring(word))
            return deciding.contains(word) || word.hasSuffix("_by_lua") || word.contains("_by_lua_")
        }
    }
}
