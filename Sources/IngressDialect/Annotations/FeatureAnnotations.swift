/// Groups of which nothing is honoured yet, and whose neglect lets nobody in.
extension AnnotationGroup {
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
