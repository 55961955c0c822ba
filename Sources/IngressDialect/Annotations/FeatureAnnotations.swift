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
