import Kubernetes
import Model
import Passwords
import Translation

/// Users and their passwords, from the Secret that an Ingress names.
extension IngressReading {
    /// Whatever is wrong with the Secret as a whole closes the Ingress: nobody is let in for want of a list of users.
    mutating func readPasswords(_ draft: PasswordDraft, into content: inout TranslatedIngress.Content) {
        guard let scheme = draft.scheme else { return }
        guard var reference = draft.secret else {
            return refuse(
                "auth-type", "asks for passwords, but there is no auth-secret", remedy: "name a Secret", &content)
        }
        if reference.namespace.isEmpty { reference.namespace = ingress.metadata.namespace }
        guard reference.namespace == ingress.metadata.namespace || globals.allowsCrossNamespaceReferences else {
            return refuse(
                "auth-secret", "\(reference) is in another namespace",
                remedy: "use a Secret of namespace \(ingress.metadata.namespace)", &content)
        }
        let shared = store.secrets.shared(reference)
        dependencies.append(TranslatedIngress.Dependency(key: reference, found: .secret(shared)))
        guard let secret = shared?.object else {
            return refuse("auth-secret", "there is no Secret \(reference)", remedy: "add it", &content)
        }
        var lines: [UserList.Line] = []
        switch draft.layout {
        case .file:
            guard let file = secret.data["auth"] else {
                return refuse(
                    "auth-secret", "Secret \(reference) has no key auth", remedy: "put the htpasswd file there",
                    &content)
            }
            lines = UserList.lines(of: file.bytes)
        case .map: lines = UserList.lines(of: secret.data.mapValues(\.bytes))
        }
        let users = UserList(lines, for: scheme, realm: draft.realm)
        for fault in users.faults {
            diagnostics.append(
                Diagnostic(
                    .warning, annotationOrigin("auth-secret"), field: annotationField("auth-secret"),
                    "\(fault.place) of Secret \(reference) \(fault.text), so that user can't come in"))
        }
        switch scheme {
        case .basic: content.policy.basicAuth = BasicAuth(realm: draft.realm, users: users.credentials)
        case .digest: content.policy.digestAuth = DigestAuth(realm: draft.realm, users: users.credentials)
        }
    }

    /// Warns of items of `cors-allow-origin` that are left out.
    mutating func noteOrigins(_ bad: [String]) {
        guard let first = bad.first else { return }
        diagnostics.append(
            Diagnostic(
                .warning, annotationOrigin("cors-allow-origin"), field: annotationField("cors-allow-origin"),
                "\(quoted(first)) is no scheme://host with an optional port, so it is left out"))
    }
}

extension RoutePolicy {
    /// For paths under `no-auth-locations`.
    mutating func needNoPassword() {
        basicAuth = nil
        digestAuth = nil
    }
}

/// Users as a Secret holds them. Nothing here says a word of a password.
struct UserList {
    /// One user as written.
    struct Line {
        /// For people: `line 3`, `key "anna"`.
        var place: String
        var name: [UInt8]
        var secret: [UInt8]
    }

    struct Fault: Equatable {
        var place: String
        var text: String
    }

    private(set) var credentials: [Credential] = []
    private(set) var faults: [Fault] = []

    init(_ lines: [Line], for scheme: PasswordDraft.Scheme, realm: String) {
        for line in lines {
            guard !line.name.isEmpty else {
                faults.append(Fault(place: line.place, text: "names no user"))
                continue
            }
            guard String(validating: line.name, as: UTF8.self) != nil else {
                faults.append(Fault(place: line.place, text: "has a user name that is no UTF-8"))
                continue
            }
            switch scheme {
            case .basic: addPassword(of: line)
            case .digest: addDigest(of: line, realm: realm)
            }
        }
    }

    private mutating func addPassword(of line: Line) {
        // nginx reads up to a further colon.
        let stored = Array(line.secret.prefix { $0 != UInt8(ascii: ":") })
        do throws(PasswordHashFault) { _ = try PasswordHash(stored) } catch {
            return faults.append(Fault(place: line.place, text: "\(error)"))
        }
        add(line, stored)
    }

    private mutating func addDigest(of line: Line, realm: String) {
        let parts = line.secret.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 32, parts[1].allSatisfy(Self.isHexDigit) else {
            return faults.append(Fault(place: line.place, text: "is not user:realm:digest with 32 digits"))
        }
        guard Array(parts[0]) == Array(realm.utf8) else {
            return faults.append(Fault(place: line.place, text: "is of another realm than auth-realm says"))
        }
        add(line, Array(parts[1]))
    }

    private mutating func add(_ line: Line, _ secret: [UInt8]) {
        credentials.append(
            Credential(name: String(decoding: line.name, as: UTF8.self), secret: SealedBytes(secret)))
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    /// The lines of an htpasswd or htdigest file but for comments and empty ones.
    static func lines(of file: [UInt8]) -> [Line] {
        var lines: [Line] = []
        for (number, text) in file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let text = trimmed(text)
            if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
            let colon = text.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
            lines.append(
                Line(
                    place: "line \(number + 1)", name: Array(text[..<colon]),
                    secret: Array(text[colon...].dropFirst())))
        }
        return lines
    }

    /// Users by name.
    static func lines(of data: [String: [UInt8]]) -> [Line] {
        data.sorted { $0.key < $1.key }.map { name, value in
            Line(place: "key \(quoted(name))", name: Array(name.utf8), secret: Array(trimmed(value[...])))
        }
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text.drop { $0 <= 0x20 }
        while let last = text.last, last <= 0x20 { text.removeLast() }
        return text
    }
}
