import Linux
import TLS
import Translation

extension CertificateInspector {
    /// Reads certificates with the library that serves them, as the executable does.
    static let tls = CertificateInspector(
        identity: { chain, key throws(CertificateFault) in
            let facts = try reading { () throws(TLSConfigurationError) in try CertificateFacts(chain: chain, key: key) }
            return InspectedCertificate(
                names: facts.names, expires: facts.notAfter, securityBits: facts.securityBits)
        },
        authorities: { text throws(CertificateFault) in
            _ = try reading { () throws(TLSConfigurationError) in try CertificateFacts.countAuthorities(text) }
        },
        revocations: { text throws(CertificateFault) in
            _ = try reading { () throws(TLSConfigurationError) in try CertificateFacts.countRevocationLists(text) }
        },
        securityNeeded: { CertificateStrength.bits(neededWith: $0) },
        now: { Int64(WallClock.now().seconds) })

    private static func reading<Value>(
        _ read: () throws(TLSConfigurationError) -> Value
    ) throws(CertificateFault) -> Value {
        do throws(TLSConfigurationError) { return try read() } catch {
            throw CertificateFault("cannot be used: \(error.fault)")
        }
    }
}
