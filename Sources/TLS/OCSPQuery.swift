import COpenSSL

/// The question to an authority whether one of its certificates still holds, and the judge of answers (RFC 6960).
public final class OCSPQuery {
    /// An answer that may be handed to clients.
    public struct Answer: Equatable, Sendable {
        /// DER
        public let response: [UInt8]
        /// Seconds for which it holds from now on, at least 1 and at most a year.
        public let seconds: Int
    }

    /// Why there is no answer to hand on.
    public struct Refusal: Error, Equatable, Sendable {
        /// In words, such as `the certificate is revoked`. Never anything that the responder sent.
        public let reason: String
    }

    /// URLs of responders, as the certificate names them.
    public let responders: [String]
    /// DER, the body of a POST.
    public let request: [UInt8]
    // Never null, freed in `deinit`.
    private let certificates: OpaquePointer
    private let identifier: OpaquePointer

    /// Most bytes of an answer.
    public static let largestResponse = 32 << 10
    /// An answer without an end holds for so long: responders that have news at any time say no end.
    private static let openSeconds = 3600
    /// No answer is believed for longer, whatever it says.
    private static let longestSeconds = 31_536_000
    /// Clocks may differ by so many seconds.
    private static let skew = 300

    /// - Parameter chain: PEM, the certificate first and its issuer behind it.
    /// - Returns: nil when the chain has no issuer, or the certificate no responder: nothing can be asked then.
    public init?(chain: [UInt8]) {
        guard let found = try? PEM.certificates(chain) else { return nil }
        guard let stack = gh_X509_stack() else { fatalError("no memory for a certificate chain") }
        for certificate in found { _ = gh_X509_stack_push(stack, certificate) }
        responders = Self.responders(of: found[0])
        guard found.count > 1, !responders.isEmpty, X509_check_issued(found[1], found[0]) == X509_V_OK,
            let identifier = OCSP_cert_to_id(EVP_sha1(), found[0], found[1]), let bytes = Self.request(for: identifier)
        else {
            gh_X509_stack_free(stack)
            ERR_clear_error()
            return nil
        }
        certificates = stack
        self.identifier = identifier
        request = bytes
    }

    deinit {
        OCSP_CERTID_free(identifier)
        gh_X509_stack_free(certificates)
    }

    /// URLs of responders that a certificate names.
    static func responders(of certificate: OpaquePointer) -> [String] {
        guard let urls = X509_get1_ocsp(certificate) else { return [] }
        defer { X509_email_free(urls) }
        return (0..<gh_string_count(urls)).compactMap { gh_string_at(urls, $0).map { String(cString: $0) } }
    }

    /// A request without a nonce, so that responders may answer with what they have signed before (RFC 5019).
    private static func request(for identifier: OpaquePointer) -> [UInt8]? {
        guard let request = OCSP_REQUEST_new() else { return nil }
        defer { OCSP_REQUEST_free(request) }
        guard let copy = OCSP_CERTID_dup(identifier) else { return nil }
        guard OCSP_request_add0_id(request, copy) != nil else {
            OCSP_CERTID_free(copy)
            return nil
        }
        let length = Int(i2d_OCSP_REQUEST(request, nil))
        guard length > 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: length) { space, count in
            var end = space.baseAddress
            count = Int(max(i2d_OCSP_REQUEST(request, &end), 0))
        }
    }

    /// Judges an answer: signed by the issuer or by whom it has appointed, about this certificate, good and of today.
    public func judge(_ response: [UInt8]) throws(Refusal) -> Answer {
        defer { ERR_clear_error() }
        let read = response.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            return d2i_OCSP_RESPONSE(nil, &position, CLong(bytes.count))
        }
        guard let read else { throw Refusal(reason: "what it sent is no OCSP response") }
        defer { OCSP_RESPONSE_free(read) }
        guard OCSP_response_status(read) == OCSP_RESPONSE_STATUS_SUCCESSFUL, let basic = OCSP_response_get1_basic(read)
        else { throw Refusal(reason: "the responder did not answer the question") }
        defer { OCSP_BASICRESP_free(basic) }
        try verify(basic)
        return Answer(response: response, seconds: try lifetime(basic))
    }

    private func verify(_ basic: OpaquePointer) throws(Refusal) {
        let store = X509_STORE_new()
        defer { X509_STORE_free(store) }
        // The issuer is believed because the certificate that is served comes from it.
        X509_STORE_add_cert(store, gh_X509_stack_at(certificates, 1))
        X509_STORE_set_flags(store, CUnsignedLong(X509_V_FLAG_PARTIAL_CHAIN))
        guard OCSP_basic_verify(basic, certificates, store, 0) == 1 else {
            throw Refusal(reason: "the response is not signed by the certificate's issuer")
        }
    }

    private func lifetime(_ basic: OpaquePointer) throws(Refusal) -> Int {
        var status: CInt = 0
        var thisUpdate: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var nextUpdate: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        guard OCSP_resp_find_status(basic, identifier, &status, nil, nil, &thisUpdate, &nextUpdate) == 1 else {
            throw Refusal(reason: "the response is about another certificate")
        }
        guard status != V_OCSP_CERTSTATUS_REVOKED else { throw Refusal(reason: "the certificate is revoked") }
        guard status == V_OCSP_CERTSTATUS_GOOD else {
            throw Refusal(reason: "the responder does not know the certificate")
        }
        guard OCSP_check_validity(thisUpdate, nextUpdate, CLong(Self.skew), -1) == 1 else {
            throw Refusal(reason: "the response is out of date")
        }
        guard let nextUpdate else { return Self.openSeconds }
        var (days, seconds): (CInt, CInt) = (0, 0)
        guard ASN1_TIME_diff(&days, &seconds, nil, nextUpdate) == 1 else {
            throw Refusal(reason: "the response has no readable end")
        }
        return min(max(Int(days) * 86400 + Int(seconds), 1), Self.longestSeconds)
    }
}
