import COpenSSL

/// What a server's handshake asks us in its midst.
///
/// Callbacks decide nothing: the one for the ClientHello stops the handshake until the owner of the session has
/// chosen host, certificate and context in plain code, and goes on with that choice.
enum Handshake {
    static func install(in context: OpaquePointer) {
        SSL_CTX_set_client_hello_cb(
            context,
            { ssl, alert, _ in
                let wire = Wire.of(session: ssl)
                switch wire.pointee.choice {
                case .open: return SSL_CLIENT_HELLO_RETRY
                case .accept: return SSL_CLIENT_HELLO_SUCCESS
                case .reject:
                    alert?.pointee = SSL_AD_UNRECOGNIZED_NAME
                    return SSL_CLIENT_HELLO_ERROR
                }
            }, nil)
        gh_SSL_CTX_set_status_callback(context) { ssl, _ in
            // OpenSSL frees what it is given, so it gets a copy of its own.
            guard let staple = Wire.of(session: ssl).pointee.staple, let start = staple.baseAddress,
                let copy = CRYPTO_memdup(start, staple.count, nil, 0)
            else { return SSL_TLSEXT_ERR_NOACK }
            gh_SSL_set_status_response(ssl, copy.assumingMemoryBound(to: UInt8.self), CLong(staple.count))
            return SSL_TLSEXT_ERR_OK
        }
    }
}
