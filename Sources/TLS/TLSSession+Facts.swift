import COpenSSL

/// What a handshake has settled.
extension TLSSession {
    /// What the request that is read now came as: part of the first flight, which an attacker may repeat
    /// (RFC 8446, section 8), so that it may not change anything.
    public var isEarly: Bool { isActive && SSL_is_init_finished(pointer) == 0 }

    /// The protocol that ALPN chose.
    public var applicationProtocol: ApplicationProtocol {
        var name: UnsafePointer<UInt8>?
        var length: CUnsignedInt = 0
        SSL_get0_alpn_selected(pointer, &name, &length)
        guard let name, length == 2 else { return .http1 }
        return name[0] == UInt8(ascii: "h") && name[1] == UInt8(ascii: "2") ? .http2 : .http1
    }

    /// Whether an earlier session was resumed.
    public var isResumed: Bool { SSL_session_reused(pointer) == 1 }

    /// What was settled, in short: equal settlements have equal names of version and cipher.
    public var settlement: Settlement {
        Settlement(
            version: SSL_version(pointer), cipher: SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(pointer)),
            isResumed: isResumed)
    }

    /// `TLSv1.2` or `TLSv1.3`
    public var versionName: String { SSL_get_version(pointer).map { String(cString: $0) } ?? "" }

    /// The cipher as OpenSSL names it.
    public var cipherName: String {
        SSL_CIPHER_get_name(SSL_get_current_cipher(pointer)).map { String(cString: $0) } ?? ""
    }

    /// What became of verifying the other side's certificate.
    public var verification: PeerVerification {
        let code = Int(SSL_get_verify_result(pointer))
        if code != Int(X509_V_OK) { return .failed(code) }
        return SSL_get0_peer_certificate(pointer) == nil ? .none : .success
    }

    /// The other side's certificate.
    public var peerCertificate: PeerCertificate? {
        guard let certificate = SSL_get0_peer_certificate(pointer) else { return nil }
        return PeerCertificate(certificate)
    }

    /// The session, for a later connection to the same origin; nil while it cannot be resumed. TLS 1.3 gives it
    /// with the first content.
    public var resumable: ResumableSession? {
        guard let session = SSL_get1_session(pointer) else { return nil }
        guard SSL_SESSION_is_resumable(session) == 1 else {
            SSL_SESSION_free(session)
            return nil
        }
        return ResumableSession(adopting: session)
    }
}

/// What a handshake settled on, by the numbers of the protocol.
public struct Settlement: Sendable, Hashable {
    let version: CInt
    let cipher: UInt16
    let isResumed: Bool
}

/// What became of verifying a certificate.
public enum PeerVerification: Sendable, Equatable {
    /// None was presented.
    case none
    case success
    /// With OpenSSL's number for the reason.
    case failed(Int)

    /// OpenSSL's wording of the reason, as ingress-nginx passes it on after `FAILED:`.
    public var reason: String {
        guard case .failed(let code) = self, let text = X509_verify_cert_error_string(CLong(code)) else { return "" }
        return String(cString: text)
    }

    /// The chain does not end at a known authority: what `optional_no_ca` lets pass (nginx: `ngx_ssl_verify_error_optional`).
    public var isUnknownAuthority: Bool {
        guard case .failed(let code) = self else { return false }
        return [
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
        ].contains(CInt(code))
    }
}

/// A session with an origin that a later connection may resume.
public final class ResumableSession {
    let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) { self.pointer = pointer }

    deinit { SSL_SESSION_free(pointer) }
}
