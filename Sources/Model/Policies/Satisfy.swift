/// How the rules that keep people out go together: address rules, passwords, external authorization.
public enum Satisfy: String, Sendable, Hashable {
    /// Each of them must let a request pass.
    case all
    /// One that says yes is enough. When none does, 401 is preferred over 403, so that a client may try a password.
    case any
}
