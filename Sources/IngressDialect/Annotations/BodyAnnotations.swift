import Model

/// Limits on bodies, and where they wait.
struct BodyDraft: Sendable, Equatable {
    /// Bytes; nil is no limit.
    var requestBytes: Int? = 1 << 20
    /// Between two reads of a request body, by a snippet; nil is the ConfigMap's.
    var requestTimeout: Duration?
    var requestMode = RequestBuffering.Mode.automatic
    var requestMemory = 8 << 10
    var buffersResponses = false
    var bufferCount = 4
    var bufferSize = 4 << 10
    var fileBytes = 1 << 30
    var rewriting = ResponseRewriteDraft()

    func limits() -> BodyLimits { BodyLimits(requestBytes: requestBytes, timeout: requestTimeout) }

    func requestBuffering() -> RequestBuffering { RequestBuffering(mode: requestMode, memoryBytes: requestMemory) }

    func responseBuffering() -> ResponseBuffering {
        ResponseBuffering(
            isOn: buffersResponses, memoryBytes: bufferCount * bufferSize, fileBytes: fileBytes, headBytes: bufferSize)
    }
}

extension AnnotationGroup {
    static let bodies = AnnotationGroup(
        "Bodies and buffering", \.bodies,
        [
            Annotation(
                "proxy-body-size", .size, default: "1m", .route, \.bodies.requestBytes, risk: .medium, global: true,
                example: "8m", "Largest request body; larger ones are answered 413. 0 is no limit."),
            Annotation(
                "client-body-buffer-size", .bytes(upTo: 1 << 40), default: "8k", .route, \.bodies.requestMemory,
                bad: .rejectObject, global: true, example: "16k",
                "How much of a request body is kept in memory; the rest of a buffered body waits in a temporary file."),
            Annotation(
                "proxy-request-buffering", .requestBuffering, default: "automatic", .route, \.bodies.requestMode,
                global: true, example: "on",
                "`on`: a request body is read whole before the backend is asked. `off`: it is passed on as it arrives. "
                    + "By default small bodies are kept for another try and larger ones are passed on."),
            Annotation(
                "proxy-buffering", .onOff, default: "off", .route, \.bodies.buffersResponses, global: true,
                example: "on",
                "`on`: responses are taken from the backend faster than a slow client takes them. `X-Accel-Buffering` of "
                    + "the backend overrules it."),
            Annotation(
                "proxy-buffers-number", .integer(in: 1...1 << 20), default: "4", .route, \.bodies.bufferCount,
                global: true, example: "8", "Buffers in memory for a response, with `proxy-buffering`."),
            Annotation(
                "proxy-buffer-size", .bytes(upTo: 1 << 20), default: "4k", .route, \.bodies.bufferSize, global: true,
                example: "64k",
                "Size of such a buffer, at most 1m; also the largest response head where it is above 32k, which is always "
                    + "allowed."),
            Annotation(
                "proxy-busy-buffers-size", meaningless: "what waits for a client is never more than a buffer",
                form: "a size", .route, example: "16k", "Buffers that may wait for the client."),
            Annotation(
                "proxy-max-temp-file-size", .bytes(upTo: 1 << 50), default: "1024m", .route, \.bodies.fileBytes,
                global: true, example: "0", "How much of a response may wait in a temporary file; 0 is none."),
            Annotation(
                "proxy-cookie-domain", .replacement, default: "off", .route, \.bodies.rewriting.cookieDomain,
                risk: .medium, global: true, example: "localhost example.com",
                "Replaces the domain of cookies that the backend sets."),
            Annotation(
                "proxy-cookie-path", .replacement, default: "off", .route, \.bodies.rewriting.cookiePath,
                global: true, example: "/one/ /", "Replaces the beginning of the path of cookies that the backend sets."
            ),
            Annotation(
                "proxy-redirect-from", .redirectFrom, default: "off", .route, \.bodies.rewriting.from, risk: .medium,
                global: true, example: "http://internal/",
                "The beginning of the backend's `Location` and `Refresh` that is replaced, or a ~regex."),
            Annotation(
                "proxy-redirect-to", .redirectTo, default: "off", .route, \.bodies.rewriting.to, risk: .medium,
                global: true, example: "https://example.com/", "What it is replaced by."),
        ])
}
