import Translation

/// Certificates made of words, so that fixtures hold no keys: `tls.crt` is `for shop.example.com www.example.com until
/// 1900000000`, with `of 80 bits` behind it if it isn't of 128, a `tls.key` that fits is `key`, `ca.crt` is `authorities`,
/// `ca.crl` is `revocations`.
enum PaperCertificates {
    /// 2026-07-01.
    static let now: Int64 = 1_782_864_000

    static let inspector = CertificateInspector(
        identity: { chain, key throws(CertificateFault) in
            let words = words(chain)
            guard words.first == "for", let until = words.firstIndex(of: "until"), words.count > until + 1,
                let expires = Int64(words[until + 1])
            else { throw CertificateFault("holds no certificate") }
            guard Self.words(key) == ["key"] else {
                throw CertificateFault("has a private key that does not belong to the certificate")
            }
            let bits = words.dropFirst(until + 2)
            return InspectedCertificate(
                names: Array(words[1..<until]), expires: expires,
                securityBits: bits.first == "of" ? bits.dropFirst().first.flatMap { Int($0) } ?? 0 : 128)
        },
        authorities: { text throws(CertificateFault) in
            guard words(text) == ["authorities"] else { throw CertificateFault("holds no certificate") }
        },
        revocations: { text throws(CertificateFault) in
            guard words(text) == ["revocations"] else { throw CertificateFault("holds no revocation list") }
        }, securityNeeded: { $0.contains("@SECLEVEL=0") ? 0 : 112 }, now: { now })

    private static func words(_ text: [UInt8]) -> [String] {
        String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
    }
}

extension TranslationOptions {
    static let withPaperCertificates: TranslationOptions = {
        var options = TranslationOptions()
        options.certificates = PaperCertificates.inspector
        return options
    }()
}
