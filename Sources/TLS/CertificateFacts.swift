import COpenSSL
import Glibc
import Synchronization

/// What stands in a certificate, for those who configure and report it. Holds no secret.
public struct CertificateFacts: Sendable, Equatable {
    /// DNS names, in lower case: the subject alternative names, or the common name where there are none of those.
    public var names: [String]
    /// When it stops being valid, in seconds since 1970.
    public var notAfter: Int64
    /// How many bits of security the weakest key or signature of the chain gives, as OpenSSL counts them.
    public var securityBits: Int

    private static let reader = Mutex(CertificateReader())

    /// Reads the first certificate of a PEM text and makes sure that all can be read, and that the key belongs to it.
    public init(chain text: [UInt8], key: [UInt8]) throws(TLSConfigurationError) {
        if let plain = Self.reader.withLock({ $0?.facts(chain: text, key: key) }) {
            self = plain
        } else {
            try self.init(examining: text, key)
        }
    }

    /// Whatever OpenSSL can read may be served.
    init(examining text: [UInt8], _ key: [UInt8]) throws(TLSConfigurationError) {
        let certificates = try PEM.certificates(text)
        defer { for certificate in certificates { X509_free(certificate) } }
        let key = try PEM.privateKey(key, like: X509_get0_pubkey(certificates[0]))
        defer { EVP_PKEY_free(key) }
        guard X509_check_private_key(certificates[0], key) == 1 else {
            ERR_clear_error()
            throw TLSConfigurationError("the private key does not belong to the certificate")
        }
        let bits = certificates.map { CertificateStrength.bits(of: $0, key: X509_get0_pubkey($0)) }
        self.init(certificates[0], securityBits: bits.min() ?? 0)
    }

    init(_ certificate: OpaquePointer, securityBits: Int) {
        names = Self.names(of: certificate)
        notAfter = Self.seconds(X509_get0_notAfter(certificate))
        self.securityBits = securityBits
        ERR_clear_error()
    }

    /// Names that a certificate of authority texts may be checked against: whether the text holds certificates.
    ///
    /// - Returns: how many there are.
    public static func countAuthorities(_ text: [UInt8]) throws(TLSConfigurationError) -> Int {
        let found = try PEM.certificates(text)
        for certificate in found { X509_free(certificate) }
        return found.count
    }

    /// How many revocation lists a text holds.
    public static func countRevocationLists(_ text: [UInt8]) throws(TLSConfigurationError) -> Int {
        let found = try PEM.revocationLists(text)
        for list in found { X509_CRL_free(list) }
        return found.count
    }

    // MARK: Parts

    private static func names(of certificate: OpaquePointer) -> [String] {
        guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
            return part(NID_commonName, of: X509_get_subject_name(certificate)).map { [$0.lowercased()] } ?? []
        }
        let names = OpaquePointer(raw)
        defer { GENERAL_NAMES_free(names) }
        return (0..<gh_general_name_count(names)).compactMap { index in
            var length: CInt = 0
            guard let text = gh_general_name_dns(gh_general_name_at(names, index), &length) else { return nil }
            return String(decoding: UnsafeBufferPointer(start: text, count: Int(length)), as: UTF8.self).lowercased()
        }
    }

    private static func part(_ identifier: CInt, of name: OpaquePointer?) -> String? {
        let index = X509_NAME_get_index_by_NID(name, identifier, -1)
        guard index >= 0, let value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)) else { return nil }
        var text: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&text, value)
        guard length >= 0, let text else { return nil }
        defer { CRYPTO_free(text, nil, 0) }
        return String(decoding: UnsafeBufferPointer(start: text, count: Int(length)), as: UTF8.self)
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
        return Int64(timegm(&parts))
    }
}
