import Model

/// How long backends may take, and when another endpoint is tried.
struct TransferDraft: Sendable, Equatable {
    var connect: Duration = .seconds(5)
    var send: Duration = .seconds(60)
    var read: Duration = .seconds(60)
    var conditions: Retry.Conditions = [.error, .timeout]
    var tries = 3
    var window: Duration = .zero
    /// `retry-non-idempotent` of the ConfigMap, which holds beside the conditions.
    var repeatsUnsafeMethods = false
    /// `keepalive_timeout` of snippets; nil is the ConfigMap's.
    var clientKeepAlive: ClientKeepAlive?

    func timeouts() -> Timeouts { Timeouts(connect: connect, send: send, read: read) }

    func retry() -> Retry {
        let isOff = conditions.isEmpty || conditions == .nonIdempotent
        let all = repeatsUnsafeMethods && !isOff ? conditions.union(.nonIdempotent) : conditions
        return Retry(conditions: isOff ? [] : all, tries: tries, timeout: window)
    }
}

extension AnnotationGroup {
    static let transfer = AnnotationGroup(
        "Timeouts and retries", \.transfer,
        [
            Annotation(
                "proxy-connect-timeout", .seconds, default: "5", .route, \.transfer.connect, global: true,
                example: "2", "Seconds until a connection to the backend stands; then 504."),
            Annotation(
                "proxy-send-timeout", .seconds, default: "60", .route, \.transfer.send, global: true, example: "30",
                "Seconds between two writes to the backend."),
            Annotation(
                "proxy-read-timeout", .seconds, default: "60", .route, \.transfer.read, global: true,
                example: "3600", "Seconds between two reads from the backend, and of silence in a WebSocket."),
            Annotation(
                "proxy-next-upstream", .retryConditions, default: "error timeout", .route, \.transfer.conditions,
                risk: .medium, global: true, example: "error timeout http_502",
                "When another endpoint is tried: error, timeout, invalid_header, http_500, http_502, http_503, "
                    + "http_504, http_403, http_404, http_429, non_idempotent, or off."),
            Annotation(
                "proxy-next-upstream-tries", .integer(in: 0...1000), default: "3", .route, \.transfer.tries,
                global: true, example: "2",
                "Attempts in all, the first included; 0 is as many as there are endpoints and 3 at least, where "
                    + "ingress-nginx has no limit."),
            Annotation(
                "proxy-next-upstream-timeout", .secondsOrZero, default: "0", .route, \.transfer.window, global: true,
                example: "10", "Seconds within which a further attempt may start; 0 is no limit."),
        ])
}
