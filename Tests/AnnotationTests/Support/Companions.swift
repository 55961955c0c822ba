/// Annotations beside others.
enum Companions {
    /// What makes an annotation count, where that is not the annotation alone. It leads to the Services `auth` and
    /// `copies`.
    static func annotations(of name: String) -> [String: String] {
        if name.hasPrefix("session-cookie") || name == "affinity-mode" { return ["affinity": "cookie"] }
        if name.hasPrefix("cors-") { return ["enable-cors": "true"] }
        if name.hasPrefix("mirror-") { return ["mirror-target": "http://copies.shop.svc/"] }
        if name.hasPrefix("auth-"), !name.hasPrefix("auth-tls"), !["auth-type", "auth-secret"].contains(name) {
            return ["auth-url": "http://auth.shop.svc/", "auth-signin": "https://sign.in/start"]
        }
        return others[name] ?? [:]
    }

    private static let others = [
        "limit-burst-multiplier": ["limit-rpm": "600"],
        "limit-rate-after": ["limit-rate": "100", "proxy-buffering": "on"],
        "opentelemetry-trust-incoming-span": ["enable-opentelemetry": "true"],
        "permanent-redirect-code": ["permanent-redirect": "/x"],
        "preserve-trailing-slash": ["force-ssl-redirect": "true"],
        "proxy-redirect-from": ["proxy-redirect-to": "/"],
        "proxy-redirect-to": ["proxy-redirect-from": "http://internal/"],
        "rate-limit-window": ["rate-limit": "600"],
        "satisfy": ["allowlist-source-range": "127.0.0.0/8"],
        "temporal-redirect-code": ["temporal-redirect": "https://other.example/"],
        "upstream-hash-by-subset": ["upstream-hash-by": "$uri"],
        "upstream-hash-by-subset-size": ["upstream-hash-by": "$uri", "upstream-hash-by-subset": "true"],
        "x-forwarded-prefix": ["rewrite-target": "/x"],
    ]
}
