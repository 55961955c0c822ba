extension Annotation {
    /// What is different from ingress-nginx where the annotation is honoured, for who moves over; nil where nothing is.
    public var difference: String? { Self.differences[name] }

    private static let closes = "an unusable value closes the paths (503), where ingress-nginx would let everybody in"

    /// ingress-nginx leaves such an Ingress as it was, which may be open.
    private static let closesAtOnce =
        "an unusable value closes the paths (503), where ingress-nginx goes on with the Ingress's last good version"

    private static let differences: [String: String] = [
        "affinity": "a session that began at ingress-nginx begins anew once: its cookie's value is another",
        "auth-always-set-cookie": closes,
        "auth-cache-duration": closes,
        "auth-realm": "a realm of `off` doesn't switch the check off; \(closesAtOnce)",
        "auth-request-redirect": closes,
        "auth-secret-type": closesAtOnce,
        "auth-type": closesAtOnce,
        "auth-snippet": "compiled, not pasted: Docs/snippets.md lists the directives",
        "configuration-snippet": "compiled, not pasted: Docs/snippets.md lists the directives and what differs",
        "limit-rate": "holds whether or not responses are buffered",
        "limit-rps": "one count for all workers, and refusals say `Retry-After`",
        "limit-rpm": "one count for all workers, and refusals say `Retry-After`",
        "load-balance": "also takes least_conn and ip_hash",
        "proxy-buffer-size": "smaller values than Gatehouse's own buffers do no harm",
        "proxy-request-buffering":
            "without it only small bodies wait for the backend; larger ones are passed on as they come",
        "proxy-ssl-verify": "an unusable value closes the paths (503), where ingress-nginx would not verify",
        "server-snippet": "compiled, not pasted: Docs/snippets.md lists the directives and what differs",
        "upstream-hash-by": "a retry goes to the next endpoint, not to the one that failed",
    ]
}
