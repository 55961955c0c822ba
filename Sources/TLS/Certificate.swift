import COpenSSL

/// A certificate with its chain and its private key, ready for handshakes.
///
/// Never changes once made. `Sendable` for that reason: OpenSSL counts references to these objects atomically and
/// only reads them.
public final class Certificate: Sendable {
    /// Never null, freed in `deinit`; see the type for why they may be shared.
    nonisolated(unsafe) let leaf: OpaquePointer
    nonisolated(unsafe) let chain: OpaquePointer
    nonisolated(unsafe) let key: OpaquePointer
    /// A DER encoded OCSP response that is sent to clients that ask for one; nil sends none.
    private let staple: Staple?
    /// Where fetched responses stand.
    private let fetched: StaplePlace?

    /// - Parameters:
    ///   - chain: PEM, the certificate itself first, then intermediates.
    ///   - key: PEM
    ///   - ocspResponse: DER, stapled to handshakes (RFC 6066, section 8).
    ///   - fetched: where responses will be found, when there is none to begin with.
    public init(
        chain: [UInt8], key: [UInt8], ocspResponse: [UInt8]? = nil, fetched: StaplePlace? = nil
    ) throws(TLSConfigurationError) {
        let certificates = try PEM.certificates(chain)
        guard let intermediates = gh_X509_stack() else { fatalError("no memory for a certificate chain") }
        for certificate in certificates.dropFirst() { _ = gh_X509_stack_push(intermediates, certificate) }
        do {
            self.key = try PEM.privateKey(key, like: X509_get0_pubkey(certificates[0]))
        } catch {
            X509_free(certificates[0])
            gh_X509_stack_free(intermediates)
            throw error
        }
        leaf = certificates[0]
        self.chain = intermediates
        staple = ocspResponse.map { Staple($0) }
        self.fetched = fetched
        guard X509_check_private_key(leaf, self.key) == 1 else {
            ERR_clear_error()
            throw TLSConfigurationError("the private key does not belong to the certificate")
        }
    }

    /// Takes over objects of OpenSSL.
    init(adopting leaf: OpaquePointer, chain: OpaquePointer, key: OpaquePointer) {
        self.leaf = leaf
        self.chain = chain
        self.key = key
        staple = nil
        fetched = nil
    }

    deinit {
        X509_free(leaf)
        gh_X509_stack_free(chain)
        // Wipes the private parts (BN_clear_free) with the last reference.
        EVP_PKEY_free(key)
    }
}

extension Certificate {
    /// What clients that ask for it are told of the certificate's state now.
    var currentStaple: Staple? { staple ?? fetched?.current() }

    /// The chain, if there is any: each session makes a copy of the list.
    var intermediates: OpaquePointer? { gh_X509_stack_count(chain) > 0 ? chain : nil }

    /// Presents the certificate in every session of a context.
    func use(in context: TLSContext) -> Bool {
        SSL_CTX_use_cert_and_key(context.pointer, leaf, key, intermediates, 1) == 1
    }
}
