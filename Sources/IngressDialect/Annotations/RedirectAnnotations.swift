import Model

/// Where a path's requests are redirected to.
struct RedirectDraft: Sendable, Equatable {
    var permanent: String?
    var permanentStatus = 301
    var temporal: String?
    var temporalStatus = 302
    var areRelative = false
    var namePort = false

    /// How the proxy writes redirects of its own.
    func own() -> OwnRedirects { OwnRedirects(areRelative: areRelative, namePort: namePort) }

    /// The redirect, or nil; the temporal one wins when both are set.
    func redirect() -> Redirect? {
        if let temporal { return Redirect(status: temporalStatus, location: temporal) }
        return permanent.map { Redirect(status: permanentStatus, location: $0) }
    }
}

extension AnnotationGroup {
    static let redirects = AnnotationGroup(
        "Redirects", \.redirects,
        note: """
            Redirects to another URL answer before limits and access rules. The path and query of the request are not \
            appended.
            """,
        [
            Annotation(
                "permanent-redirect", optional: .url, .route, \.redirects.permanent, bad: .rejectObject, risk: .medium,
                example: "https://example.com/moved", "Answers every request with a redirect to this URL."),
            Annotation(
                "permanent-redirect-code", .status(300...308), default: "301", .route, \.redirects.permanentStatus,
                bad: .rejectObject, example: "308", "The status of `permanent-redirect`."),
            Annotation(
                "temporal-redirect", optional: .absoluteURL, .route, \.redirects.temporal, bad: .rejectObject,
                risk: .medium, example: "https://example.com/elsewhere",
                "Answers every request with a redirect to this URL; wins over `permanent-redirect`."),
            Annotation(
                "temporal-redirect-code", .status(300...307), default: "302", .route, \.redirects.temporalStatus,
                bad: .rejectObject, example: "307", "The status of `temporal-redirect`."),
            Annotation(
                "relative-redirects", .flag, default: "false", .route, \.redirects.areRelative, bad: .rejectObject,
                global: true, example: "true", "Own redirects to a path give a relative `Location`."),
            Annotation(
                "use-port-in-redirects", .flag, default: "false", .route, \.redirects.namePort, global: true,
                example: "true",
                "The redirect to HTTPS names the port, and so do slash redirects when it isn't the scheme's own."),
        ])
}
