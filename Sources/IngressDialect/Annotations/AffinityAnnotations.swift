import Model

/// The cookie that keeps a client on one endpoint.
struct AffinityDraft: Sendable, Equatable {
    /// Whether `affinity: cookie` is set.
    var isOn = false
    var cookie = SessionCookie()
    /// `affinity-canary-behavior`, read from the canary Ingress: sessions stay on the side of the split where they
    /// began.
    var staysOnItsSide = true
    /// A value of `session-cookie-samesite` that no cookie can have: ingress-nginx then sets none at all.
    var hasUnusableSameSite = false

    func sessionCookie() -> SessionCookie? { isOn ? cookie : nil }
    func givesCookie() -> Bool { isOn && !hasUnusableSameSite }
}

extension AnnotationGroup {
    static let affinity = AnnotationGroup(
        "Cookie affinity", \.affinity,
        note: """
            The cookie's value is `<key>|<tag>`, both keyed digests or random: it names an endpoint only to this \
            controller. Of several Ingresses that use one Service's port, the oldest settles the mode and the youngest \
            the rest; a cookie is given out only on the hosts and paths of Ingresses that ask for it.
            """,
        [
            Annotation(
                "affinity", .keyword("cookie", true), .upstream, \.affinity.isOn, example: "cookie",
                "Keeps a client on one endpoint by a cookie."),
            Annotation(
                "affinity-mode", .mode, default: "balanced", .upstream, \.affinity.cookie.mode, example: "persistent",
                "`balanced`: some sessions move when endpoints are added. `persistent`: none does while its endpoint is there."
            ),
            Annotation(
                "affinity-canary-behavior", .canaryBehaviour, default: "sticky", .route,
                \.affinity.staysOnItsSide, example: "legacy",
                "On a canary Ingress: whether sessions stay on their side of the split."),
            Annotation(
                "session-cookie-name", .cookieName, default: "INGRESSCOOKIE", .upstream, \.affinity.cookie.name,
                risk: .medium, example: "route", "The cookie's name."),
            Annotation(
                "session-cookie-path", optional: .url, default: "Ingress path", .upstream,
                \.affinity.cookie.path, risk: .medium, example: "/", "Its `Path`. Set it where paths are patterns."),
            Annotation(
                "session-cookie-domain", optional: .text(.basic), .upstream, \.affinity.cookie.domain, risk: .medium,
                example: "example.com", "Its `Domain`."),
            Annotation(
                "session-cookie-expires", optional: .cookieSeconds, .upstream, \.affinity.cookie.expires,
                risk: .medium, example: "3600", "Its `Expires`, in seconds from now."),
            Annotation(
                "session-cookie-max-age", optional: .cookieSeconds, .upstream, \.affinity.cookie.maxAge,
                risk: .medium, example: "3600", "Its `Max-Age`, in seconds."),
            Annotation(
                "session-cookie-secure", .flag, default: "as the connection", .upstream,
                \.affinity.cookie.isAlwaysSecure, example: "true",
                "`true` gives it `Secure` on every connection; otherwise it has that on HTTPS alone."),
            Annotation(
                sameSite: "session-cookie-samesite", example: "Lax",
                "Its `SameSite`. In another spelling no cookie is set, as in ingress-nginx."),
            Annotation(
                "session-cookie-conditional-samesite-none", .flag, default: "false", .upstream,
                \.affinity.cookie.sparesOldBrowsers, example: "true",
                "Leaves `SameSite=None` out for browsers that misread it."),
            Annotation(
                "session-cookie-change-on-failure", .flag, default: "false", .upstream,
                \.affinity.cookie.changesOnFailure, example: "true",
                "Moves the session when its endpoint fails; otherwise further attempts go there again."),
        ])
}

extension Annotation {
    /// `None`, `Lax` or `Strict`; their other spellings are known and switch the cookie off.
    fileprivate init(sameSite name: String, example: String, _ summary: String) {
        self.init(
            name: name, aliases: [], form: "None, Lax or Strict", standard: "", scope: .upstream, risk: .low,
            consequence: .useDefault, hasGlobalDefault: false, support: .honoured, example: example, summary: summary
        ) { value, draft throws(ValueFault) in
            if let exact = SessionCookie.SameSite(rawValue: value) {
                draft.affinity.cookie.sameSite = exact
                return
            }
            guard
                let meant = SessionCookie.SameSite.allCases.first(where: {
                    $0.rawValue.lowercased() == value.lowercased()
                })
            else { throw .expected("None, Lax or Strict", value) }
            draft.affinity.hasUnusableSameSite = true
            var fault = ValueFault("\(quoted(value)) is not spelt \(meant.rawValue)", remedy: "write \(meant.rawValue)")
            fault.outcome = "no cookie is set"
            throw fault
        }
    }
}

extension Syntax<Bool> {
    /// One word, which stands for `value`.
    fileprivate static func keyword(_ word: String, _ value: Bool) -> Syntax<Bool> {
        Syntax(word) { $0 == word ? value : nil }
    }

    fileprivate static let canaryBehaviour = Syntax("sticky or legacy") { word in
        switch word {
        case "sticky": true
        case "legacy": false
        default: nil
        }
    }
}

extension Syntax<SessionCookie.Mode> {
    fileprivate static let mode = Syntax("balanced or persistent") { SessionCookie.Mode(rawValue: $0) }
}

extension Syntax<Int> {
    /// Seconds of a cookie's life, negative for one that has ended.
    fileprivate static let cookieSeconds = Syntax.integer(in: -10_000_000_000...10_000_000_000)
}
