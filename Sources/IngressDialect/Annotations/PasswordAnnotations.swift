import Kubernetes
import Model

/// Who may come in with a name and a password.
struct PasswordDraft: Sendable, Equatable {
    enum Scheme: String, Sendable { case basic, digest }

    /// How the Secret holds users.
    enum Layout: String, Sendable {
        /// The key `auth` holds a file of them.
        case file = "auth-file"
        /// Each key is a name.
        case map = "auth-map"
    }

    var scheme: Scheme?
    var secret: NamespacedName?
    var layout = Layout.file
    var realm = ""
}

extension AnnotationGroup {
    static let basicAuthentication = AnnotationGroup(
        "Basic and digest authentication", \.passwords,
        note: """
            Passwords are kept in a Secret, in the forms of `htpasswd`: bcrypt (up to cost 14), `$apr1$`, `$1$`, `$5$` and `$6$` \
            (up to 100,000 rounds), `{SHA}`, `{SSHA}`, `{PLAIN}` and DES. The `Authorization` header is not passed on. A \
            Secret that is missing, in another namespace or unreadable makes the paths answer 503; a user whose stored \
            password can't be used is locked out. Paths under `no-auth-locations` of the ConfigMap need no password. The realm \
            `off` is a realm like others. Digest authentication reads lines of `user:realm:digest` as `htdigest` writes them.
            """,
        [
            Annotation(
                "auth-type", optional: .authScheme, .route, \.passwords.scheme, bad: .refuseRoutes, example: "basic",
                "Asks for a user name and a password, by `basic` or `digest` authentication."),
            Annotation(
                "auth-secret", optional: .reference, .route, \.passwords.secret, bad: .refuseRoutes, risk: .medium,
                example: "passwords", "The Secret that holds the users."),
            Annotation(
                "auth-secret-type", .authLayout, default: "auth-file", .route, \.passwords.layout, bad: .refuseRoutes,
                example: "auth-map",
                "`auth-file`: its key `auth` is an htpasswd file. `auth-map`: each key is a user, its value the password's hash."
            ),
            Annotation(
                "auth-realm", .realm, .route, \.passwords.realm, bad: .refuseRoutes, risk: .medium, example: "Shop",
                "The realm that clients are shown."),
        ])
}

extension Syntax<PasswordDraft.Scheme> {
    static let authScheme = Syntax("basic or digest") { PasswordDraft.Scheme(rawValue: $0) }
}

extension Syntax<PasswordDraft.Layout> {
    static let authLayout = Syntax("auth-file or auth-map") { PasswordDraft.Layout(rawValue: $0) }
}

extension Syntax<String> {
    static let realm = Syntax("\(CharacterClass.basic.name) and blanks, at most 256") { text in
        CharacterClass.basic.admits(text.filter { $0 != " " }) && text.utf8.count <= 256 ? text : nil
    }
}
