import Filters
import TLS

extension ConnectionSecurity {
    /// What a handshake has settled.
    ///
    /// - Parameters:
    ///   - name: the name that the client has indicated.
    ///   - identity: what the client has shown of itself, where its host asks for certificates.
    convenience init(_ session: borrowing TLSSession, named name: ServerName?, _ identity: ClientIdentity?) {
        let certificate = identity == nil ? nil : session.peerCertificate
        self.init(
            protocolName: Array(session.versionName.utf8), cipher: Array(session.cipherName.utf8),
            serverName: name?.bytes ?? [], isResumed: session.isResumed,
            verification: identity?.verification.text ?? ClientIdentity.Verification.none.text,
            subject: identity?.subject ?? [],
            issuer: identity?.issuer ?? [], serial: certificate?.serial ?? [],
            fingerprint: certificate?.fingerprint ?? [],
            escapedCertificate: identity?.escapedCertificate ?? [])
    }
}
