/// The stable name of a certificate: where it was read, `<namespace>/<name>` of a Secret.
public struct CertificateID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let name: String

    public init(_ name: String) { self.name = name }

    public static func < (left: CertificateID, right: CertificateID) -> Bool { left.name < right.name }
    public var description: String { name }
}

/// A certificate with its chain and its private key, as a TLS server presents it.
///
/// Whoever puts one into a model has made sure that the texts can be read and that the key fits; a bundle that
/// still can't be loaded serves the default certificate instead.
public struct CertificateBundle: Sendable, Equatable {
    public var id: CertificateID
    /// PEM: the certificate itself first, then intermediates.
    public var chain: SealedBytes
    /// PEM: the private key.
    public var key: SealedBytes
    /// DNS names that the certificate is for, in lower case, `*.example.com` among them.
    public var names: [String]
    /// When it stops being valid, in seconds since 1970.
    public var expires: Int64
    /// How many bits of security the weakest key or signature of the chain gives.
    public var securityBits: Int
    /// A DER encoded OCSP response to staple (RFC 6066 §8), when the object carries one.
    public var ocspResponse: SealedBytes?
    /// The object that holds it.
    public var origin: Origin

    public init(
        id: CertificateID, chain: SealedBytes, key: SealedBytes, names: [String], expires: Int64,
        securityBits: Int = .max, ocspResponse: SealedBytes? = nil, origin: Origin
    ) {
        self.id = id
        self.chain = chain
        self.key = key
        self.names = names
        self.expires = expires
        self.securityBits = securityBits
        self.ocspResponse = ocspResponse
        self.origin = origin
    }

    /// Whether the certificate is for a host name in lower case; `*.example.com` is covered by the same
    /// wildcard alone. A wildcard covers exactly one label (RFC 9525 §6.3).
    public func covers(_ host: String) -> Bool { Self.covers(host, names: names) }

    /// The same for a list of names.
    public static func covers(_ host: String, names: [String]) -> Bool {
        if names.contains(host) { return true }
        guard let dot = host.firstIndex(of: "."), dot > host.startIndex else { return false }
        return names.contains("*" + host[dot...])
    }
}

/// Authorities that certificates of the other side must come from.
public struct TrustBundle: Sendable, Hashable {
    /// PEM: one or more certificates.
    public var authorities: SealedBytes
    /// PEM: certificate revocation lists; nil checks none.
    public var revocations: SealedBytes?
    /// The object that holds them.
    public var origin: Origin

    public init(authorities: SealedBytes, revocations: SealedBytes? = nil, origin: Origin) {
        self.authorities = authorities
        self.revocations = revocations
        self.origin = origin
    }
}
