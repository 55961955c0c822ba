/// How TLS is spoken for the hosts of an Ingress.
struct TLSDraft: Sendable, Equatable {
    var ciphers: String?
    var prefersServerCiphers: Bool?
    var passesThrough = false
}

extension AnnotationGroup {
    static let tls = AnnotationGroup(
        "TLS", \.tls,
        note: """
            Certificates come from the Secrets that `spec.tls` names: the entry whose `hosts` name the host, else any \
            Secret of the Ingress whose certificate covers it. A Secret that is missing, expired, not for that host, or \
            whose key doesn't belong to its certificate makes that host serve the default certificate.
            """,
        [
            Annotation(
                "ssl-ciphers", optional: .ciphers, .host, \.tls.ciphers, bad: .rejectObject,
                example: "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
                "Ciphers of the host for TLS 1.2, as an OpenSSL list; default is the ConfigMap's `ssl-ciphers`."),
            Annotation(
                "ssl-prefer-server-ciphers", optional: .flag, default: "true", .host, \.tls.prefersServerCiphers,
                example: "false", "Whether the server's order of ciphers counts."),
            Annotation(
                "ssl-passthrough", .flag, default: "false", .host, \.tls.passesThrough, bad: .rejectObject,
                example: "true",
                "Hands TLS connections to the Service of the path `/` unopened. Needs `--enable-ssl-passthrough`."),
        ])
}

extension Syntax<String> {
    private static let commands: Set<String> = Set(["@STRENGTH"] + (0...5).map { "@SECLEVEL=\($0)" })

    /// An OpenSSL cipher list: names with `:` between, `!`, `+` and `-` in front, `@STRENGTH`, `@SECLEVEL=0` to `5`.
    static let ciphers = Syntax("an OpenSSL cipher list") { text in
        guard text.utf8.count <= 2048 else { return nil }
        let isList = text.split(separator: ":", omittingEmptySubsequences: false).allSatisfy { item in
            guard let at = item.firstIndex(of: "@") else { return CharacterClass.ciphers.admits(String(item)) }
            return CharacterClass.ciphers.admits(String(item[..<at])) && commands.contains(String(item[at...]))
        }
        return isList ? text : nil
    }
}
