/// A name and what proves it. What proves it is never printed.
public struct Credential: Sendable, Hashable {
    public var name: String
    /// A stored password, or for digest authentication the digest of name, realm and password.
    public var secret: SealedBytes

    public init(name: String, secret: SealedBytes) {
        self.name = name
        self.secret = secret
    }
}

/// Asks for a user name and a password (RFC 7617).
public struct BasicAuth: Sendable, Hashable {
    public var realm: String
    /// The first of a name counts. Stored passwords are in one of `htpasswd`'s forms.
    public var users: [Credential]

    public init(realm: String, users: [Credential]) {
        self.realm = realm
        self.users = users
    }
}

/// Asks for proof of a password that is never sent (RFC 7616, with MD5 and `qop=auth` alone, as browsers have it).
public struct DigestAuth: Sendable, Hashable {
    public var realm: String
    /// The secret is the MD5 of `name:realm:password` in 32 hexadecimal digits, as `htdigest` stores it.
    public var users: [Credential]

    public init(realm: String, users: [Credential]) {
        self.realm = realm
        self.users = users
    }
}
