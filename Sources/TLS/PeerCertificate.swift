import COpenSSL

/// What a certificate that the other side presented says, as bytes for headers and logs. Made once a connection.
public struct PeerCertificate: Sendable, Equatable {
    /// Subject and issuer as RFC 2253 writes them.
    public var subject: [UInt8]
    public var issuer: [UInt8]
    /// The serial number in upper-case hexadecimal.
    public var serial: [UInt8]
    /// SHA-1 of the certificate in lower-case hexadecimal, as nginx's `$ssl_client_fingerprint`.
    public var fingerprint: [UInt8]
    /// The certificate itself, with line ends.
    public var pem: [UInt8]

    init(_ certificate: OpaquePointer) {
        subject = Self.written { X509_NAME_print_ex($0, X509_get_subject_name(certificate), 0, Self.nameForm) >= 0 }
        issuer = Self.written { X509_NAME_print_ex($0, X509_get_issuer_name(certificate), 0, Self.nameForm) >= 0 }
        serial = Self.written { i2a_ASN1_INTEGER($0, X509_get0_serialNumber(certificate)) >= 0 }
        pem = Self.written { PEM_write_bio_X509($0, certificate) == 1 }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: CUnsignedInt = 0
        X509_digest(certificate, EVP_sha1(), &digest, &length)
        fingerprint = digest.prefix(Int(length)).flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }
    }

    private static let digits = Array("0123456789abcdef".utf8)
    /// RFC 2253, but without escaping what is beyond ASCII, as nginx does.
    private static let nameForm = GH_NAME_RFC2253

    private static func written(_ write: (OpaquePointer?) -> Bool) -> [UInt8] {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        guard write(bio) else { return [] }
        var data: UnsafeMutablePointer<CChar>?
        let count = gh_BIO_get_mem_data(bio, &data)
        return data.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) } ?? []
    }
}
