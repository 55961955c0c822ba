import Model

/// When plain HTTP is redirected to HTTPS, and a host to its `www.` name.
struct SecureRedirectDraft: Sendable, Equatable {
    /// Where the host has a certificate.
    var isOn = true
    /// Whether or not it has one.
    var isForced = false
    var keepsTrailingSlash = false
    /// `www.` to the bare host, or the other way round.
    var redirectsWWW = false
}

extension AnnotationGroup {
    static let secureRedirects = AnnotationGroup(
        "HTTPS and www redirects", \.secureRedirects,
        note: """
            The redirect to HTTPS comes behind preflights and redirects to other URLs, and before limits, rights and \
            the answer 503 of a Service without endpoints. Paths that begin with one of the ConfigMap's \
            `no-tls-redirect-locations` are never redirected. Its status is the ConfigMap's `http-redirect-code`.
            """,
        [
            Annotation(
                "ssl-redirect", .flag, default: "true", .route, \.secureRedirects.isOn, global: true, example: "false",
                "Redirects HTTP to HTTPS where `spec.tls` names the host or holds a certificate for it."),
            Annotation(
                "force-ssl-redirect", .flag, default: "false", .route, \.secureRedirects.isForced, risk: .medium,
                global: true, example: "true",
                "Redirects HTTP to HTTPS whether or not the host has a certificate."),
            Annotation(
                "preserve-trailing-slash", .flag, default: "false", .route, \.secureRedirects.keepsTrailingSlash,
                global: true, example: "true", "The redirect to HTTPS keeps a slash at the end of the target."),
            Annotation(
                "from-to-www-redirect", .flag, default: "false", .host, \.secureRedirects.redirectsWWW,
                bad: .rejectObject, example: "true",
                "Redirects `www.` to the bare host, or the other way round, unless an Ingress names both."),
        ])
}

/// What makes a route's `SecureRedirect`, once it is known whether the host has a certificate.
struct SecureRedirectRule: Sendable, Equatable {
    private var draft = SecureRedirectDraft()
    private var redirect = SecureRedirect()
    private var exemptPrefixes: [String] = []

    init() {}

    init(_ draft: IngressDraft, _ globals: GlobalSettings, port: UInt16) {
        self.draft = draft.secureRedirects
        redirect = SecureRedirect(
            status: globals.redirectStatus, port: draft.redirects.namePort ? port : nil,
            keepsTrailingSlash: draft.secureRedirects.keepsTrailingSlash)
        exemptPrefixes = globals.exemptFromSecureRedirect
    }

    /// The policy of an Ingress path, or nil.
    func policy(of path: String, hasCertificate: Bool) -> SecureRedirect? {
        guard draft.isForced || (draft.isOn && hasCertificate) else { return nil }
        return exemptPrefixes.contains { path.hasPrefix($0) } ? nil : redirect
    }
}
