public import Kubernetes
public import Model
import Synchronization

/// Makes certificates and trusted authorities of Secrets.
///
/// What was found is kept for as long as the Secret is the same object, so that thousands of certificates are
/// looked into once, not with every change. Copies share what they found.
public struct CertificateResolver: Sendable {
    /// What a Secret holds, as far as somebody asked.
    private struct Findings: Sendable {
        let secret: ObjectTable<Secret>.Shared
        var bundle: Result<CertificateBundle, CertificateFault>?
        var trust: Result<TrustBundle, CertificateFault>?
    }

    private final class Memory: Sendable {
        let findings = Mutex<[NamespacedName: Findings]>([:])
        /// By cipher list.
        let securityNeeded = Mutex<[String: Int]>([:])
    }

    /// The keys that ingress-nginx reads, and the one that it doesn't: a stapled OCSP response.
    private enum DataKey {
        static let chain = "tls.crt"
        static let key = "tls.key"
        static let authorities = "ca.crt"
        static let revocations = "ca.crl"
        static let ocspResponse = "tls.ocsp-response"
    }

    private let inspector: CertificateInspector
    private let memory = Memory()

    public init(_ inspector: CertificateInspector) { self.inspector = inspector }

    /// Whether what this one found is what another inspector would find.
    public func uses(_ other: CertificateInspector) -> Bool { inspector == other }

    /// The wall clock, in seconds since 1970.
    public func now() -> Int64 { inspector.now() }

    /// The certificate in a Secret, expired or not.
    /// - Throws: What is wrong with the Secret; reads on after its name.
    public func certificate(_ secret: ObjectTable<Secret>.Shared) throws(CertificateFault) -> CertificateBundle {
        try recall(secret, \.bundle) { () throws(CertificateFault) in try inspectCertificate(secret.object) }
    }

    /// The authorities in a Secret.
    /// - Throws: What is wrong with the Secret; reads on after its name.
    public func trust(_ secret: ObjectTable<Secret>.Shared) throws(CertificateFault) -> TrustBundle {
        try recall(secret, \.trust) { () throws(CertificateFault) in try inspectTrust(secret.object) }
    }

    /// What is wrong with a certificate's strength where this list of ciphers holds: the library that serves would refuse
    /// to present it. Reads on after its name; nil when it is strong enough.
    public func weakness(of bundle: CertificateBundle, ciphers: String) -> String? {
        let needed = memory.securityNeeded.withLock { known in
            if let needed = known[ciphers] { return needed }
            let needed = inspector.securityNeeded(ciphers)
            known[ciphers] = needed
            return needed
        }
        guard bundle.securityBits < needed else { return nil }
        return
            "is too weak to be served: a key or signature of its chain gives \(bundle.securityBits) bits of security, "
            + "and the ciphers ask for \(needed)"
    }

    /// Whether a Secret holds both a certificate and a key, whatever they are worth.
    public static func holdsCertificate(_ secret: Secret) -> Bool {
        secret.data[DataKey.chain]?.bytes.isEmpty == false && secret.data[DataKey.key]?.bytes.isEmpty == false
    }

    /// Whether a Secret holds authorities, whatever they are worth.
    public static func holdsTrust(_ secret: Secret) -> Bool {
        secret.data[DataKey.authorities]?.bytes.isEmpty == false
    }

    /// Forgets what Secrets held that are there no more.
    public func forgetGone(from store: ObjectStore) {
        memory.findings.withLock { findings in
            findings = findings.filter { store.secrets.shared($0.key) === $0.value.secret }
        }
    }

    private func recall<Value: Sendable>(
        _ secret: ObjectTable<Secret>.Shared,
        _ part: any WritableKeyPath<Findings, Result<Value, CertificateFault>?> & Sendable,
        _ inspect: () throws(CertificateFault) -> Value
    ) throws(CertificateFault) -> Value {
        let key = secret.object.metadata.key
        let known = memory.findings.withLock { findings in
            findings[key].flatMap { $0.secret === secret ? $0[keyPath: part] : nil }
        }
        if let known { return try known.get() }
        let found = Result(catching: inspect)
        memory.findings.withLock { findings in
            if findings[key]?.secret !== secret { findings[key] = Findings(secret: secret) }
            findings[key]?[keyPath: part] = found
        }
        return try found.get()
    }

    private func inspectCertificate(_ secret: Secret) throws(CertificateFault) -> CertificateBundle {
        let chain = try bytes(DataKey.chain, of: secret)
        let key = try bytes(DataKey.key, of: secret)
        let facts = try inspector.identity(chain, key)
        return CertificateBundle(
            id: CertificateID("\(secret.metadata.key)"), chain: SealedBytes(chain), key: SealedBytes(key),
            names: facts.names, expires: facts.expires, securityBits: facts.securityBits,
            ocspResponse: secret.data[DataKey.ocspResponse].map { SealedBytes($0.bytes) }, origin: Origin(secret))
    }

    private func inspectTrust(_ secret: Secret) throws(CertificateFault) -> TrustBundle {
        let authorities = try bytes(DataKey.authorities, of: secret)
        do throws(CertificateFault) { try inspector.authorities(authorities) } catch {
            throw CertificateFault("\(DataKey.authorities) \(error.reason)")
        }
        let revocations = secret.data[DataKey.revocations]?.bytes
        if let revocations {
            do throws(CertificateFault) { try inspector.revocations(revocations) } catch {
                throw CertificateFault("\(DataKey.revocations) \(error.reason)")
            }
        }
        return TrustBundle(
            authorities: SealedBytes(authorities), revocations: revocations.map { SealedBytes($0) },
            origin: Origin(secret))
    }

    private func bytes(_ key: String, of secret: Secret) throws(CertificateFault) -> [UInt8] {
        guard let bytes = secret.data[key]?.bytes, !bytes.isEmpty else { throw CertificateFault("has no \(key)") }
        return bytes
    }
}
