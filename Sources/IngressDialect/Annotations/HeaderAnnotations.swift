import Kubernetes

/// Header fields that are added.
struct HeaderDraft: Sendable, Equatable {
    /// The ConfigMap whose entries are set on every response.
    var custom: NamespacedName?
}

extension AnnotationGroup {
    static let headers = AnnotationGroup(
        "Headers", \.headers,
        [
            Annotation(
                "custom-headers", optional: .reference, .route, \.headers.custom, risk: .medium,
                example: "shop/response-headers",
                "A ConfigMap whose entries are set on every response, as far as `global-allowed-response-headers` "
                    + "lists them; with a missing ConfigMap or a name that isn't listed, paths answer 503.")
        ])
}
