/// What stands in a certificate that a server may present.
public struct InspectedCertificate: Sendable, Equatable {
    /// DNS names that it is for, in lower case: the subject alternative names, else the common name.
    public var names: [String]
    /// When it stops being valid, in seconds since 1970.
    public var expires: Int64
    /// How many bits of security the weakest key or signature of the chain gives.
    public var securityBits: Int

    public init(names: [String], expires: Int64, securityBits: Int = .max) {
        self.names = names
        self.expires = expires
        self.securityBits = securityBits
    }
}

/// Why PEM text cannot be used, in words that hold nothing of the text.
public struct CertificateFault: Error, Equatable {
    public var reason: String

    public init(_ reason: String) { self.reason = reason }
}

/// Looks into certificates for a translator, which knows no cryptography.
///
/// Two are equal when one is a copy of the other, so that options which hold one can be compared.
public struct CertificateInspector: Sendable {
    private final class Token: Sendable {}

    private let token = Token()
    /// Reads a certificate with its chain and makes sure that the private key belongs to it.
    public let identity: @Sendable (_ chain: [UInt8], _ key: [UInt8]) throws(CertificateFault) -> InspectedCertificate
    /// Makes sure that PEM text holds authorities.
    public let authorities: @Sendable (_ text: [UInt8]) throws(CertificateFault) -> Void
    /// Makes sure that PEM text holds certificate revocation lists.
    public let revocations: @Sendable (_ text: [UInt8]) throws(CertificateFault) -> Void
    /// How many bits of security a certificate needs to be served where this list of ciphers holds.
    public let securityNeeded: @Sendable (_ ciphers: String) -> Int
    /// The wall clock, in seconds since 1970.
    public let now: @Sendable () -> Int64

    public init(
        identity: @escaping @Sendable ([UInt8], [UInt8]) throws(CertificateFault) -> InspectedCertificate,
        authorities: @escaping @Sendable ([UInt8]) throws(CertificateFault) -> Void,
        revocations: @escaping @Sendable ([UInt8]) throws(CertificateFault) -> Void,
        securityNeeded: @escaping @Sendable (String) -> Int = { _ in 0 },
        now: @escaping @Sendable () -> Int64
    ) {
        self.identity = identity
        self.authorities = authorities
        self.revocations = revocations
        self.securityNeeded = securityNeeded
        self.now = now
    }

    /// For whoever translates without a TLS library: finds every certificate unusable.
    public static let none = CertificateInspector(
        identity: { _, _ throws(CertificateFault) in throw unable },
        authorities: { _ throws(CertificateFault) in throw unable },
        revocations: { _ throws(CertificateFault) in throw unable }, now: { 0 })

    private static let unable = CertificateFault("cannot be read: nothing here reads certificates")
}

extension CertificateInspector: Equatable {
    public static func == (a: Self, b: Self) -> Bool { a.token === b.token }
}
