import COpenSSL
import Glibc

extension Certificate {
    /// What is served where no other certificate fits: ingress-nginx's, so that users know it when they see it, with
    /// an ECDSA key. Made anew at each start.
    public static func fake() throws(TLSConfigurationError) -> Certificate {
        try selfSigned(
            commonName: "Kubernetes Ingress Controller Fake Certificate", organization: "Acme Co",
            names: ["ingress.local"])
    }

    /// A certificate that vouches for itself, valid for a year from now, with an ECDSA key on P-256: made within a
    /// millisecond, where an RSA key takes up to a second of processor time.
    ///
    /// - Parameter usage: what it is good for, as OpenSSL's configuration files write it.
    static func selfSigned(
        commonName: String, organization: String, names: [String], usage: String = "serverAuth"
    ) throws(TLSConfigurationError) -> Certificate {
        guard let key = gh_EC_generate("P-256"), let certificate = X509_new(), let chain = gh_X509_stack() else {
            throw .library("cannot make a certificate")
        }
        let made = Certificate(adopting: certificate, chain: chain, key: key)
        var number: UInt64 = 0
        _ = withUnsafeMutableBytes(of: &number) { RAND_bytes($0.baseAddress, 8) }
        let name = X509_NAME_new()
        defer { X509_NAME_free(name) }
        let alternatives = names.map { "DNS:\($0)" }.joined(separator: ",")
        guard X509_set_version(certificate, CLong(2)) == 1,
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1) == 1,
            X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != nil,
            X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * 24 * 3600) != nil,
            X509_set_pubkey(certificate, key) == 1,
            X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, organization, -1, -1, 0) == 1,
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, commonName, -1, -1, 0) == 1,
            X509_set_subject_name(certificate, name) == 1, X509_set_issuer_name(certificate, name) == 1,
            add(NID_key_usage, "critical,digitalSignature", to: certificate),
            add(NID_ext_key_usage, usage, to: certificate),
            add(NID_basic_constraints, "critical,CA:TRUE", to: certificate),
            add(NID_subject_alt_name, alternatives, to: certificate),
            X509_sign(certificate, key, EVP_sha256()) > 0
        else { throw .library("cannot make a certificate") }
        return made
    }

    private static func add(_ identifier: CInt, _ value: String, to certificate: OpaquePointer) -> Bool {
        guard let part = X509V3_EXT_conf_nid(nil, nil, identifier, value) else { return false }
        defer { X509_EXTENSION_free(part) }
        return X509_add_ext(certificate, part, -1) == 1
    }
}
