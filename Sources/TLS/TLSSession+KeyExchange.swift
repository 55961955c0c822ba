import COpenSSL

/// The keys with which both sides have agreed on their secret.
extension TLSSession {
    /// Empties them once the handshake is over. OpenSSL would keep them for as long as a TLS 1.3 connection lasts: half a KiB,
    /// three with NIST's curves, and nothing that should lie about.
    func forgetKeyExchange() {
        let (own, peers) = exchangeKeys
        Self.empty(own)
        Self.empty(peers)
    }

    /// Whether any of them is still there.
    var remembersKeyExchange: Bool {
        let (own, peers) = exchangeKeys
        return Self.isFilled(own) || Self.isFilled(peers)
    }

    /// As far as they are known to OpenSSL; the caller's to free.
    private var exchangeKeys: (own: OpaquePointer?, peers: OpaquePointer?) {
        var own: OpaquePointer?
        var peers: OpaquePointer?
        _ = gh_SSL_get_own_key(pointer, &own)
        _ = gh_SSL_get_peer_key(pointer, &peers)
        return (own, peers)
    }

    private static func empty(_ key: OpaquePointer?) {
        guard let key else { return }
        // Whatever it was is given up when a key is told its type anew.
        EVP_PKEY_set_type(key, EVP_PKEY_get_id(key))
        EVP_PKEY_free(key)
    }

    private static func isFilled(_ key: OpaquePointer?) -> Bool {
        guard let key else { return false }
        defer { EVP_PKEY_free(key) }
        var text: UnsafeMutablePointer<UInt8>?
        defer { CRYPTO_free(text, nil, 0) }
        return EVP_PKEY_get1_encoded_public_key(key, &text) > 0
    }
}
