import Model

/// What is told of requests.
struct ObservationDraft: Sendable, Equatable {
    var isLogged = true
    var isTraced = false
    var continuesTraces = true

    func policy() -> Observation {
        var policy = Observation()
        policy.isLogged = isLogged
        if isTraced { policy.tracing = continuesTraces ? .continued : .own }
        return policy
    }
}

extension AnnotationGroup {
    static let observation = AnnotationGroup(
        "Logging and tracing", \.observation,
        note: """
            Gatehouse exports no spans. A traced path takes part in a trace all the same: the backend gets a `traceparent` \
            (W3C Trace Context) that carries on the client's trace, or begins one.
            """,
        [
            Annotation(
                "enable-access-log", .flag, default: "true", .route, \.observation.isLogged, example: "false",
                "Whether requests are in the access log."),
            Annotation(
                "enable-rewrite-log", meaningless: "`gatehouse explain` shows what a rewrite makes of a request",
                form: "true or false", .route, example: "true", "Whether rewrites are logged."),
            Annotation(
                "enable-opentelemetry", .flag, default: "false", .route, \.observation.isTraced, global: true,
                example: "true", "Tells the backend of a trace in `traceparent`; no spans are exported."),
            Annotation(
                "opentelemetry-trust-incoming-span", .flag, default: "true", .route, \.observation.continuesTraces,
                global: true, example: "false", "Whether a client's trace goes on."),
            Annotation(
                "opentelemetry-operation-name", meaningless: "spans are not exported, so none has a name",
                .text(.identifier), .route, bad: .rejectObject, risk: .medium, example: "shop", "The span's name."),
        ])
}
