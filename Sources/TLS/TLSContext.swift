import COpenSSL

/// What sessions of one kind have in common: versions, ciphers, whom they trust, how they are resumed.
///
/// Belongs to one worker. Certificates of servers are not in here but given to each session, so that five thousand
/// hosts need no more contexts than they have different settings.
public final class TLSContext {
    let pointer: OpaquePointer
    /// Held alive for the callbacks of resumption.
    private let resumption: Resumption?
    let acceptsEarlyData: Bool
    /// For clients: the names of `TLSClientSettings`.
    let indicatedName: String?
    let verifiedName: String?

    deinit { SSL_CTX_free(pointer) }

    /// Modes that every session has: no second copy of what is sent, no buffers while nothing is under way.
    private static let modes =
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
        | SSL_MODE_NO_AUTO_CHAIN

    /// Signature algorithms in the order of preference: none with SHA-1 (hardening: no SHA-1 signatures).
    private static let signatures =
        "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"
        + "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
        + "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512"

    /// For connections of clients.
    ///
    /// - Parameters:
    ///   - verification: asks clients for certificates; nil asks for none.
    ///   - resumption: where sessions are kept and what encrypts tickets, shared by all workers.
    public init(
        server settings: TLSServerSettings, asking verification: ClientVerification? = nil, resumption: Resumption
    ) throws(TLSConfigurationError) {
        pointer = try Self.make(TLS_server_method())
        self.resumption = resumption
        acceptsEarlyData = settings.acceptsEarlyData
        indicatedName = nil
        verifiedName = nil
        try setVersions(tls12: settings.speaksTLS12, tls13: settings.speaksTLS13)
        try setCiphers(settings.ciphers)
        var options = GH_OP_NO_RENEGOTIATION | GH_OP_NO_COMPRESSION
        if settings.prefersOwnCiphers { options |= GH_OP_SERVER_PREFERENCE }
        SSL_CTX_set_options(pointer, options)
        if !settings.groups.isEmpty {
            guard gh_SSL_CTX_set1_groups_list(pointer, settings.groups.joined(separator: ":")) == 1 else {
                throw .library("the groups for key exchange cannot be used")
            }
        }
        if let text = settings.dhParameters {
            guard SSL_CTX_set0_tmp_dh_pkey(pointer, try PEM.parameters(text)) == 1 else {
                throw .library("the Diffie-Hellman parameters cannot be used")
            }
        }
        ALPN.install(in: pointer, offersHTTP2: settings.offersHTTP2)
        Handshake.install(in: pointer)
        resumption.install(in: pointer, settings)
        if let verification { try ask(verification) }
        ERR_clear_error()
    }

    /// For connections to origins.
    public init(client settings: TLSClientSettings) throws(TLSConfigurationError) {
        pointer = try Self.make(TLS_client_method())
        resumption = nil
        acceptsEarlyData = false
        indicatedName = settings.indicatedName
        verifiedName = settings.authorities == nil ? nil : settings.verifiedName
        try setVersions(tls12: settings.speaksTLS12, tls13: settings.speaksTLS13)
        try setCiphers(settings.ciphers)
        SSL_CTX_set_options(pointer, GH_OP_NO_RENEGOTIATION | GH_OP_NO_COMPRESSION)
        // Sessions are taken from the connection by whoever wants to resume them.
        _ = gh_SSL_CTX_set_session_cache_mode(pointer, CLong(SSL_SESS_CACHE_OFF))
        if let authorities = settings.authorities {
            try trust(authorities, settings.revocations)
            SSL_CTX_set_verify_depth(pointer, CInt(clamping: settings.depth))
            SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        }
        if let identity = settings.identity {
            let certificate = try Certificate(chain: identity.chain, key: identity.key)
            guard certificate.use(in: self) else { throw .library("the certificate for the origin cannot be used") }
        }
        if !settings.protocols.isEmpty {
            let list = ALPN.list(settings.protocols)
            _ = list.withUnsafeBufferPointer {
                SSL_CTX_set_alpn_protos(pointer, $0.baseAddress, CUnsignedInt($0.count))
            }
        }
        ERR_clear_error()
    }

    /// Whether an OpenSSL cipher list for TLS 1.2 names at least one cipher.
    public static func accepts(ciphers: String) -> Bool {
        guard let context = SSL_CTX_new(TLS_server_method()) else { return false }
        defer {
            SSL_CTX_free(context)
            ERR_clear_error()
        }
        return SSL_CTX_set_cipher_list(context, ciphers) == 1
    }

    private static func make(_ method: OpaquePointer?) throws(TLSConfigurationError) -> OpaquePointer {
        ERR_clear_error()
        guard let context = SSL_CTX_new(method) else { throw .library("no TLS context can be made") }
        _ = gh_SSL_CTX_set_mode(context, CLong(modes))
        _ = gh_SSL_CTX_set_read_ahead(context, 1)
        _ = gh_SSL_CTX_set1_sigalgs_list(context, signatures)
        return context
    }

    private func setVersions(tls12: Bool, tls13: Bool) throws(TLSConfigurationError) {
        let oldest = tls12 ? TLS1_2_VERSION : TLS1_3_VERSION
        let newest = tls13 ? TLS1_3_VERSION : TLS1_2_VERSION
        guard oldest <= newest, gh_SSL_CTX_set_min_proto_version(pointer, oldest) == 1,
            gh_SSL_CTX_set_max_proto_version(pointer, newest) == 1
        else { throw .library("no version of TLS is left to speak") }
    }

    private func setCiphers(_ list: String) throws(TLSConfigurationError) {
        guard SSL_CTX_set_cipher_list(pointer, list) == 1 else {
            throw .library("the cipher list names no cipher that OpenSSL has")
        }
    }

    /// Asks clients for certificates and lets every handshake complete: the outcome is a value that requests are
    /// judged by.
    private func ask(_ verification: ClientVerification) throws(TLSConfigurationError) {
        if !verification.authorities.isEmpty {
            try trust(verification.authorities, verification.revocations)
            for certificate in try PEM.certificates(verification.authorities) {
                SSL_CTX_add_client_CA(pointer, certificate)
                X509_free(certificate)
            }
        }
        SSL_CTX_set_verify_depth(pointer, CInt(clamping: max(verification.depth, 1)))
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER) { _, _ in 1 }
    }

    private func trust(_ authorities: [UInt8], _ revocations: [UInt8]?) throws(TLSConfigurationError) {
        let store = SSL_CTX_get_cert_store(pointer)
        for certificate in try PEM.certificates(authorities) {
            X509_STORE_add_cert(store, certificate)
            X509_free(certificate)
        }
        guard let revocations else { return }
        for list in try PEM.revocationLists(revocations) {
            X509_STORE_add_crl(store, list)
            X509_CRL_free(list)
        }
        X509_STORE_set_flags(store, CUnsignedLong(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL))
    }
}
