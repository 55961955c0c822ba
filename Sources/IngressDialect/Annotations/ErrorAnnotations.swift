/// Who answers when the backend cannot.
struct ErrorDraft: Sendable, Equatable {
    /// A Service of the Ingress's namespace.
    var defaultBackend: String?
}

extension AnnotationGroup {
    static let errors = AnnotationGroup(
        "Errors and default backend", \.errors,
        [
            Annotation(
                "default-backend", optional: .serviceName, .route, \.errors.defaultBackend, bad: .rejectObject,
                example: "sorry", "A Service that answers while the path's own Service has no endpoint."),
            Annotation(
                "custom-http-errors", later: "a list of statuses", .route, example: "404,503",
                "Statuses that the default backend answers instead."),
            Annotation(
                "disable-proxy-intercept-errors", later: "true or false", default: "false", .route, example: "true",
                "Only Gatehouse's own errors are replaced, not the backend's."),
        ])
}
