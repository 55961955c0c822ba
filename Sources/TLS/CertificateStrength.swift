import COpenSSL

/// How strong certificates are, and how strong they must be to be served.
///
/// OpenSSL presents no certificate that is weaker than its security level asks for, nor one with such a certificate in its
/// chain (SSL_CTX_set_security_level(3)).
public enum CertificateStrength {
    /// What OpenSSL's levels 0 to 5 ask for.
    private static let bitsOfLevels = [0, 80, 112, 128, 192, 256]

    /// How many bits of security a server's certificates need where this cipher list holds: the list may choose a level
    /// (`@SECLEVEL=1`), else the library's own counts.
    public static func bits(neededWith ciphers: String) -> Int {
        guard let context = SSL_CTX_new(TLS_server_method()) else { return 0 }
        defer {
            SSL_CTX_free(context)
            ERR_clear_error()
        }
        _ = SSL_CTX_set_cipher_list(context, ciphers)
        let level = Int(SSL_CTX_get_security_level(context))
        return bitsOfLevels[min(max(level, 0), bitsOfLevels.count - 1)]
    }

    /// The weaker of a certificate's key and the signature under it. Nobody relies on a signature by oneself.
    ///
    /// - Parameter key: the certificate's own; nil when it cannot be read, and then the certificate is worth nothing.
    static func bits(of certificate: OpaquePointer, key: OpaquePointer?) -> Int {
        guard let key else { return 0 }
        let ofKey = max(0, Int(EVP_PKEY_get_security_bits(key)))
        if X509_get_extension_flags(certificate) & CUnsignedInt(EXFLAG_SS) != 0 { return ofKey }
        var ofSignature: CInt = 0
        guard X509_get_signature_info(certificate, nil, nil, &ofSignature, nil) == 1 else { return 0 }
        return min(ofKey, max(0, Int(ofSignature)))
    }
}
