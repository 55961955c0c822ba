/// The firewall that ingress-nginx can load. There is none here, so whatever it protects answers 503: an Ingress that
/// somebody closed is never served open.
extension AnnotationGroup {
    static let firewall = AnnotationGroup(
        "ModSecurity", \.protection,
        note: "An Ingress that turns the firewall on answers 503: there is none here that could keep anybody out.",
        [
            Annotation(
                "enable-modsecurity", refused: "true or false", default: "false", .route, when: isTrue,
                lifting: ["enable-modsecurity", "enable-owasp-modsecurity-crs of the ConfigMap"], global: true,
                example: "true", "Inspects requests; `false` also undoes what the ConfigMap says."),
            Annotation(
                "enable-owasp-core-rules", refused: "true or false", default: "false", .route, when: isTrue,
                example: "true", "Loads the OWASP core rule set."),
            Annotation(
                "modsecurity-transaction-id", meaningless: "there is no firewall here whose log would show it",
                form: "text with variables", .route, risk: .high,
                example: "$request_id", "The identity of a request in the firewall's log."),
            Annotation(
                "modsecurity-snippet", refused: "ModSecurity rules", .route, risk: .critical,
                example: "SecRuleEngine On", "Rules."),
        ])

    private static let isTrue: @Sendable (String) -> Bool = { value in (try? Syntax.flag.parse(value)) ?? true }
}
