import COpenSSL
import Glibc

/// A certificate with its key, made for a test: an authority, or one that an authority vouches for.
///
/// Made with the library that is under test, because nothing else makes them as fast; what they are worth is judged by
/// clients.
public final class TestCertificate: Sendable {
    /// Of usual strength, or RSA with 1,024 bits, which nobody trusts any more.
    public enum KeyKind: Sendable { case rsa, ec, weakRSA }

    // Written in `init` alone; OpenSSL only reads them afterwards.
    private nonisolated(unsafe) let certificate: OpaquePointer
    private nonisolated(unsafe) let key: OpaquePointer
    /// PEM of the certificate alone.
    public let certificatePEM: String
    public let keyPEM: String
    /// PEM of the certificate and of its issuers up to the one that vouches for itself.
    public let chainPEM: String

    /// - Parameters:
    ///   - names: DNS names; the first is the common name too.
    ///   - issuer: who vouches for it; nil makes it vouch for itself.
    ///   - days: until it expires; negative for one that has expired.
    ///   - isSignedWithSHA1: by a digest that nobody trusts any more.
    ///   - responder: URL of the authority's OCSP responder.
    public init(
        _ names: String..., issuer: TestCertificate? = nil, isAuthority: Bool = false, kind: KeyKind = .ec,
        days: Int = 30, serial: Int = 1, isSignedWithSHA1: Bool = false, responder: String? = nil
    ) {
        let key = kind == .ec ? gh_EC_generate("P-256") : gh_RSA_generate(kind == .rsa ? 2048 : 1024)
        guard let key, let certificate = X509_new(), let subject = X509_NAME_new() else { fatalError("no memory") }
        defer { X509_NAME_free(subject) }
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), UInt64(serial))
        X509_gmtime_adj(X509_getm_notBefore(certificate), -24 * 3600 * 400)
        X509_gmtime_adj(X509_getm_notAfter(certificate), days * 24 * 3600)
        X509_set_pubkey(certificate, key)
        X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, "Gatehouse Tests", -1, -1, 0)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, names[0], -1, -1, 0)
        X509_set_subject_name(certificate, subject)
        X509_set_issuer_name(certificate, issuer.map { X509_get_subject_name($0.certificate) } ?? subject)
        Self.add(NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE", to: certificate)
        if isAuthority {
            Self.add(NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature", to: certificate)
        } else {
            Self.add(NID_ext_key_usage, "serverAuth,clientAuth", to: certificate)
            Self.add(NID_subject_alt_name, names.map { "DNS:\($0)" }.joined(separator: ","), to: certificate)
        }
        if let responder { Self.add(NID_info_access, "OCSP;URI:\(responder)", to: certificate) }
        precondition(
            X509_sign(certificate, issuer?.key ?? key, isSignedWithSHA1 ? EVP_sha1() : EVP_sha256()) > 0,
            "a signed certificate")
        self.key = key
        self.certificate = certificate
        certificatePEM = Self.written { PEM_write_bio_X509($0, certificate) }
        keyPEM = Self.written { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
        chainPEM = certificatePEM + (issuer?.chainPEM ?? "")
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// PEM of a list that revokes the certificates with these serial numbers.
    public func revocationList(of serials: Int...) -> String {
        guard let list = X509_CRL_new() else { fatalError("no memory") }
        defer { X509_CRL_free(list) }
        let (now, later) = (X509_gmtime_adj(nil, -3600), X509_gmtime_adj(nil, 30 * 24 * 3600))
        defer {
            ASN1_STRING_free(now)
            ASN1_STRING_free(later)
        }
        X509_CRL_set_version(list, 1)
        X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate))
        X509_CRL_set1_lastUpdate(list, now)
        X509_CRL_set1_nextUpdate(list, later)
        for serial in serials {
            let number = ASN1_INTEGER_new()
            ASN1_INTEGER_set_uint64(number, UInt64(serial))
            let entry = X509_REVOKED_new()
            X509_REVOKED_set_serialNumber(entry, number)
            X509_REVOKED_set_revocationDate(entry, now)
            X509_CRL_add0_revoked(list, entry)
            ASN1_STRING_free(number)
        }
        precondition(X509_CRL_sign(list, key, EVP_sha256()) > 0, "a signed list")
        return Self.written { PEM_write_bio_X509_CRL($0, list) }
    }

    /// A DER encoded OCSP response of this authority about a certificate.
    ///
    /// - Parameter hours: how long it holds; negative for one that is out of date.
    public func ocspResponse(about subject: TestCertificate, isRevoked: Bool = false, hours: Int = 24) -> [UInt8] {
        guard let basic = OCSP_BASICRESP_new(),
            let identifier = OCSP_cert_to_id(EVP_sha1(), subject.certificate, certificate)
        else { fatalError("no memory") }
        let (now, earlier) = (X509_gmtime_adj(nil, 0), X509_gmtime_adj(nil, -48 * 3600))
        let later = X509_gmtime_adj(nil, hours * 3600)
        defer {
            OCSP_BASICRESP_free(basic)
            OCSP_CERTID_free(identifier)
            for time in [now, earlier, later] { ASN1_STRING_free(time) }
        }
        OCSP_basic_add1_status(
            basic, identifier, isRevoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD, 0,
            isRevoked ? now : nil, earlier, later)
        precondition(OCSP_basic_sign(basic, certificate, key, EVP_sha256(), nil, 0) == 1, "a signed response")
        let response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic)
        defer { OCSP_RESPONSE_free(response) }
        let length = Int(i2d_OCSP_RESPONSE(response, nil))
        return [UInt8](unsafeUninitializedCapacity: length) { space, count in
            var end = space.baseAddress
            count = Int(i2d_OCSP_RESPONSE(response, &end))
        }
    }

    private static func add(_ identifier: CInt, _ value: String, to certificate: OpaquePointer) {
        let part = X509V3_EXT_conf_nid(nil, nil, identifier, value)
        precondition(part != nil && X509_add_ext(certificate, part, -1) == 1, "an extension \(value)")
        X509_EXTENSION_free(part)
    }

    private static func written(_ write: (OpaquePointer?) -> CInt) -> String {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        precondition(write(bio) == 1, "PEM")
        var data: UnsafeMutablePointer<CChar>?
        let count = gh_BIO_get_mem_data(bio, &data)
        return String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self)
    }
}
