import Model

/// Limits that ingress-nginx has no key for. Each name begins with `gatehouse-`, so that no key of the dialect can ever
/// mean something else.
let ownKeys = [
    ConfigKey(
        "gatehouse-client-send-timeout", .seconds, default: "60", \.settings.client.sendTimeout,
        "Seconds for which a client may take nothing of its response."),
    ConfigKey(
        "gatehouse-client-body-rate", .integer(in: 0...Int(Int32.max)), default: "64",
        \.settings.client.minimumBodyRate, "Slowest request body, in bytes a second on average; 0 is no limit."),
    ConfigKey(
        "gatehouse-client-body-rate-grace", .secondsOrZero, default: "10", \.settings.client.bodyRateGrace,
        "Seconds until the slowest rate of a request body counts."),
    ConfigKey(
        "gatehouse-client-connections", .integer(in: 0...65_535), default: "0",
        \.settings.client.connectionsPerAddress,
        "Connections that one client address (IPv6: one /64) may hold at a time; further ones are closed at once. 0 is no limit."
    ),
    ConfigKey(
        "gatehouse-client-header-count", .integer(in: 1...10_000), default: "100", \.settings.client.headerCount,
        "Header lines that a request may have."),
    ConfigKey(
        "gatehouse-worker-buffer-size", .integer(in: 1...65_536), default: "256",
        "MiB that the buffers of one worker may take together; requests beyond are answered 503."
    ) { mebibytes, globals in globals.settings.client.bufferBytesPerWorker = mebibytes << 20 },
    ConfigKey(
        "gatehouse-upstream-ejection-failures", .integer(in: 0...1_000), default: "5",
        \.settings.upstream.failuresBeforeEjection,
        "Failures in a row after which an endpoint gets no requests for a while; 0 is never."),
    ConfigKey(
        "gatehouse-upstream-ejection-time", .seconds, default: "10", \.settings.upstream.ejectionTime,
        "Seconds for which it gets none the first time; each further time doubles, up to ten times as long."),
]
