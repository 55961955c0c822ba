/// Groups of which nothing is honoured yet, and whose neglect lets nobody in.
extension AnnotationGroup {
    static let tls = AnnotationGroup(
        "TLS", \.protection,
        [
            Annotation("ssl-ciphers", later: "an OpenSSL list", .host, example: "HIGH:!aNULL", "Ciphers of the host."),
            Annotation(
                "ssl-prefer-server-ciphers", later: "true or false", default: "true", .host, example: "false",
                "Whether the server's order of ciphers counts."),
            Annotation(
                "ssl-passthrough", later: "true or false", default: "false", .host, example: "true",
                "Hands TLS connections to the backend unopened."),
        ])

    static let upstreamTLS = AnnotationGroup(
        "TLS towards backends", \.protection,
        [
            Annotation(
                "proxy-ssl-secret", later: "namespace/name", .route, risk: .medium, example: "shop/backend-tls",
                "The client certificate and the trusted authorities."),
            Annotation(
                "proxy-ssl-ciphers", later: "an OpenSSL list", default: "DEFAULT", .route, risk: .medium,
                example: "HIGH", "Ciphers."),
            Annotation(
                "proxy-ssl-name", later: "a host name", .route, risk: .high, example: "backend.internal",
                "The name that is verified and sent as SNI."),
            Annotation(
                "proxy-ssl-protocols", later: "TLSv1.2 or TLSv1.3", default: "TLSv1.2", .route, example: "TLSv1.3",
                "Protocol versions."),
            Annotation(
                "proxy-ssl-verify", later: "on or off", default: "off", .route, example: "on",
                "Verifies the backend's certificate."),
            Annotation(
                "proxy-ssl-verify-depth", later: "an integer", default: "1", .route, example: "2",
                "Longest chain of authorities."),
            Annotation(
                "proxy-ssl-server-name", later: "on or off", default: "off", .route, example: "on", "Sends SNI."),
        ])

    static let canary = AnnotationGroup(
        "Canary", \.protection,
        note: "A canary Ingress serves nothing until traffic is split; its main Ingress gets every request.",
        [
            Annotation(
                "canary", withheld: .flag, default: "false", .route, example: "true",
                "Takes a part of the requests of the Ingress with the same host and path."),
            Annotation(
                "canary-by-header", later: "a header name", .route, risk: .medium, example: "X-Canary",
                "The header that decides: `always` or `never`."),
            Annotation(
                "canary-by-header-value", later: "text", .route, risk: .medium, example: "beta",
                "The header's value that means the canary."),
            Annotation(
                "canary-by-header-pattern", later: "a regular expression", .route, risk: .medium, example: "beta.*",
                "What the header's value looks like that means the canary."),
            Annotation(
                "canary-by-cookie", later: "a cookie name", .route, risk: .medium, example: "canary",
                "The cookie that decides: `always` or `never`."),
            Annotation(
                "canary-weight", later: "an integer", default: "0", .route, example: "10",
                "How many of `canary-weight-total` requests the canary gets."),
            Annotation(
                "canary-weight-total", later: "an integer", default: "100", .route, example: "1000",
                "What `canary-weight` is a part of."),
        ])

    static let affinity = AnnotationGroup(
        "Cookie affinity", \.protection,
        [
            Annotation("affinity", later: "cookie", .route, example: "cookie", "Keeps a client on one endpoint."),
            Annotation(
                "affinity-mode", later: "balanced or persistent", default: "balanced", .route, example: "persistent",
                "Whether sessions move when endpoints are added."),
            Annotation(
                "affinity-canary-behavior", later: "sticky or legacy", default: "sticky", .route, example: "legacy",
                "Whether sessions stay on their side of a canary."),
            Annotation(
                "session-cookie-name", later: "a name", default: "INGRESSCOOKIE", .route, risk: .medium,
                example: "route", "The cookie's name."),
            Annotation(
                "session-cookie-path", later: "a path", default: "the Ingress path", .route, risk: .medium,
                example: "/", "Its `Path`."),
            Annotation(
                "session-cookie-domain", later: "a domain", .route, risk: .medium, example: "example.com",
                "Its `Domain`."),
            Annotation(
                "session-cookie-expires", later: "seconds", .route, risk: .medium, example: "3600", "Its `Expires`."),
            Annotation(
                "session-cookie-max-age", later: "seconds", .route, risk: .medium, example: "3600", "Its `Max-Age`."),
            Annotation(
                "session-cookie-secure", later: "true or false", default: "as the connection", .route, example: "true",
                "Its `Secure`."),
            Annotation(
                "session-cookie-samesite", later: "None, Lax or Strict", .route, example: "Lax", "Its `SameSite`."),
            Annotation(
                "session-cookie-conditional-samesite-none", later: "true or false", default: "false", .route,
                example: "true", "Leaves `SameSite=None` out for browsers that misread it."),
            Annotation(
                "session-cookie-change-on-failure", later: "true or false", default: "false", .route, example: "true",
                "Moves the session when its endpoint fails."),
        ])

    static let limits = AnnotationGroup(
        "Limits", \.protection,
        note: """
            Limits say how much, not who: without them nobody comes in who otherwise could not, so an Ingress with \
            limits is served, and a warning says that they don't hold yet.
            """,
        [
            Annotation(
                "limit-rps", later: "an integer", default: "0", .route, example: "5",
                "Requests that a client address may make each second."),
            Annotation(
                "limit-rpm", later: "an integer", default: "0", .route, example: "100",
                "Requests that a client address may make each minute."),
            Annotation(
                "limit-burst-multiplier", later: "an integer", default: "5", .route, example: "3",
                "Burst allowed, as a multiple of the rate."),
            Annotation(
                "limit-connections", later: "an integer", default: "0", .route, example: "10",
                "Requests that a client address may have in flight."),
            Annotation(
                "limit-allowlist", aliases: ["limit-whitelist"], later: "a list of addresses and CIDRs", .route,
                example: "10.0.0.0/8", "Addresses that no limit holds for."),
            Annotation(
                "limit-rate", later: "KiB a second", default: "0", .route, example: "100",
                "Rate of a response's bytes."),
            Annotation(
                "limit-rate-after", later: "KiB", default: "0", .route, example: "1000",
                "How much of a response goes out before the rate holds."),
        ])

    static let cors = AnnotationGroup(
        "CORS", \.protection,
        [
            Annotation(
                "enable-cors", later: "true or false", default: "false", .route, example: "true",
                "Answers preflight requests and adds CORS headers."),
            Annotation(
                "cors-allow-origin", later: "a list of origins", default: "*", .route, risk: .medium,
                example: "https://example.com", "Origins that may read responses."),
            Annotation(
                "cors-allow-methods", later: "a list of methods", default: "GET, PUT, POST, DELETE, PATCH, OPTIONS",
                .route, risk: .medium, example: "GET", "Methods that they may use."),
            Annotation(
                "cors-allow-headers", later: "a list of header names",
                default: "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,"
                    + "Range,Authorization", .route, risk: .medium, example: "X-Token", "Headers that they may send."),
            Annotation(
                "cors-allow-credentials", later: "true or false", default: "true", .route, example: "false",
                "Whether they may send cookies."),
            Annotation(
                "cors-expose-headers", later: "a list of header names", .route, risk: .medium, example: "X-Total",
                "Headers that they may read."),
            Annotation(
                "cors-max-age", later: "seconds", default: "1728000", .route, example: "600",
                "How long a preflight's answer holds."),
        ])

    static let mirror = AnnotationGroup(
        "Mirroring", \.protection,
        [
            Annotation(
                "mirror-target", later: "a URL that may hold variables", .route, risk: .high,
                example: "https://test.example.com$request_uri", "Where a copy of each request is sent."),
            Annotation(
                "mirror-request-body", later: "on or off", default: "on", .route, example: "off",
                "Whether the copy has the body."),
            Annotation(
                "mirror-host", later: "a host name", .route, risk: .high, example: "test.example.com",
                "The `Host` of the copy."),
        ])

    static let observation = AnnotationGroup(
        "Logging and tracing", \.protection,
        [
            Annotation(
                "enable-access-log", later: "true or false", default: "true", .route, example: "false",
                "Whether requests are in the access log."),
            Annotation(
                "enable-rewrite-log", later: "true or false", default: "false", .route, example: "true",
                "Whether rewrites are logged."),
            Annotation(
                "enable-opentelemetry", later: "true or false", default: "false", .route, example: "true",
                "Whether requests are traced."),
            Annotation(
                "opentelemetry-trust-incoming-span", later: "true or false", default: "true", .route,
                example: "false", "Whether a client's trace goes on."),
            Annotation(
                "opentelemetry-operation-name", later: "a name", .route, risk: .medium, example: "shop",
                "The span's name."),
        ])
}
