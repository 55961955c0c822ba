/// How TLS is spoken for a virtual host.
///
/// The host is found by the name that the client indicates (SNI): exact names, then `*.` and the rest after the
/// first label, as for requests. A name that no virtual host answers for gets the default certificate.
public struct HostTLS: Sendable, Hashable {
    /// Nil serves the default certificate. For an alias it is used only if it covers the alias.
    public var certificate: CertificateID?
    /// An OpenSSL cipher list for TLS 1.2; nil takes `TLSSettings.ciphers` (`ssl-ciphers`).
    public var ciphers: String?
    /// Nil takes `TLSSettings.prefersServerCiphers` (`ssl-prefer-server-ciphers`).
    public var prefersServerCiphers: Bool?
    public var clientCertificate: ClientCertificate?

    public init(
        certificate: CertificateID? = nil, ciphers: String? = nil, prefersServerCiphers: Bool? = nil,
        clientCertificate: ClientCertificate? = nil
    ) {
        self.certificate = certificate
        self.ciphers = ciphers
        self.prefersServerCiphers = prefersServerCiphers
        self.clientCertificate = clientCertificate
    }
}
