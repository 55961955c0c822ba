import Model

/// Limits on bodies.
struct BodyDraft: Sendable, Equatable {
    /// Bytes; nil is no limit.
    var requestBytes: Int? = 1 << 20

    func limits() -> BodyLimits { BodyLimits(requestBytes: requestBytes) }
}

extension AnnotationGroup {
    static let bodies = AnnotationGroup(
        "Bodies and buffering", \.bodies,
        [
            Annotation(
                "proxy-body-size", .size, default: "1m", .route, \.bodies.requestBytes, risk: .medium, global: true,
                example: "8m", "Largest request body; larger ones are answered 413. 0 is no limit."),
            Annotation(
                "client-body-buffer-size", later: "a size", default: "8k", .route, example: "16k",
                "How much of a request body is kept in memory."),
            Annotation(
                "proxy-request-buffering", later: "on or off", default: "on", .route, example: "off",
                "Whether a request body is read whole before the backend is asked. Gatehouse streams."),
            Annotation(
                "proxy-buffering", later: "on or off", default: "off", .route, example: "on",
                "Whether responses are buffered. Gatehouse streams."),
            Annotation(
                "proxy-buffers-number", later: "an integer", default: "4", .route, example: "8",
                "Buffers for a response."),
            Annotation(
                "proxy-buffer-size", later: "a size", default: "4k", .route, example: "16k",
                "Largest response head. Gatehouse takes 32 KiB."),
            Annotation(
                "proxy-busy-buffers-size", later: "a size", .route, example: "16k",
                "Buffers that may wait for the client."),
            Annotation(
                "proxy-max-temp-file-size", later: "a size", default: "1024m", .route, example: "0",
                "How much of a response may be kept on disk."),
            Annotation(
                "proxy-cookie-domain", later: "off, or two domains", default: "off", .route, risk: .medium,
                example: "localhost example.com", "Replaces the domain of cookies that the backend sets."),
            Annotation(
                "proxy-cookie-path", later: "off, or two paths", default: "off", .route, example: "/one/ /",
                "Replaces the path of cookies that the backend sets."),
            Annotation(
                "proxy-redirect-from", later: "a URL, off or default", default: "off", .route, risk: .medium,
                example: "http://internal/", "The beginning of the backend's `Location` that is replaced."),
            Annotation(
                "proxy-redirect-to", later: "a URL or off", default: "off", .route, risk: .medium,
                example: "https://example.com/", "What it is replaced by."),
        ])
}
