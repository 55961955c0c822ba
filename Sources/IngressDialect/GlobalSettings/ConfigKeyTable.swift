import Kubernetes
import Model

/// Keys that belong together.
struct ConfigKeyGroup: Sendable {
    let title: String
    let keys: [ConfigKey]

    init(_ title: String, _ keys: [ConfigKey]) {
        self.title = title
        self.keys = keys
    }
}

/// Every key of the controller's ConfigMap that is known.
struct ConfigKeyTable: Sendable {
    let groups: [ConfigKeyGroup]
    private let byName: [String: ConfigKey]
    private let names: [String]

    init(_ groups: [ConfigKeyGroup]) {
        self.groups = groups
        let keys = groups.flatMap(\.keys)
        byName = Dictionary(keys.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        names = keys.map(\.name).sorted()
    }

    subscript(name: String) -> ConfigKey? { byName[name] }

    func nearest(to name: String) -> String? { name.utf8.count > 63 ? nil : nearestName(to: name, among: names) }

    static let ingressNginx = ConfigKeyTable([
        ConfigKeyGroup("Clients", clientKeys),
        ConfigKeyGroup("Addresses, forwarded and request headers", forwardingKeys),
        ConfigKeyGroup("TLS, HTTP/2, the PROXY protocol and redirects to HTTPS", tlsKeys),
        ConfigKeyGroup("Backends", upstreamKeys),
        ConfigKeyGroup("Response headers", responseKeys),
        ConfigKeyGroup("Compression", compressionKeys),
        ConfigKeyGroup("What Ingresses may hold, and snippets", policyKeys + guardingKeys),
        ConfigKeyGroup("Access", accessKeys),
        ConfigKeyGroup("Limits", limitKeys),
        ConfigKeyGroup("Logging", observationKeys),
        ConfigKeyGroup("Places of addresses", geoKeys),
        ConfigKeyGroup("External authentication and error pages", ownRequestKeys),
        ConfigKeyGroup("Starting and ending", [workersKey, shutdownKey]),
        ConfigKeyGroup(
            "Defaults of annotations",
            AnnotationTable.ingressNginx.groups.flatMap(\.rows).filter(\.hasGlobalDefault)
                .map(ConfigKey.init(defaultOf:))),
        ConfigKeyGroup("Gatehouse's own", ownKeys),
        ConfigKeyGroup("Not done", missingKeys),
        ConfigKeyGroup("Without effect", idleKeys),
    ])
}

private let workersKey = ConfigKey(
    "worker-processes", .workers, default: "auto", \.settings.workers,
    "How many workers run: a number, or `auto` for one per usable core. Read at the start; `--workers` goes before it.")

private let shutdownKey = ConfigKey(
    "worker-shutdown-timeout", optional: .time, default: "", \.settings.shutdownGrace,
    "How long requests may go on once Gatehouse is told to end; `--shutdown-grace` goes before it.")

private let clientKeys = [
    ConfigKey(
        "keep-alive", .secondsOrZero, default: "75", \.settings.client.keepAliveTimeout,
        "Seconds for which an idle client connection is kept; 0 closes after each response."),
    ConfigKey(
        "keep-alive-requests", .integer(in: 1...Int(Int32.max)), default: "1000", \.settings.client.keepAliveRequests,
        "Requests after which a client connection is closed."),
    ConfigKey(
        "client-header-timeout", .seconds, default: "60", \.settings.client.headerTimeout,
        "Seconds until a whole request head has arrived."),
    ConfigKey(
        "client-body-timeout", .seconds, default: "60", \.settings.client.bodyTimeout,
        "Seconds between two reads of a request body."),
    ConfigKey(
        "large-client-header-buffers", .headerBuffers, default: "4 8k",
        "A number and a size: the longest request line and header line, and all header lines together."
    ) { buffers, globals in
        globals.settings.client.requestLineBytes = buffers.size
        globals.settings.client.headerLineBytes = buffers.size
        globals.settings.client.headerBytes = buffers.size * buffers.count
    },
    ConfigKey(
        "enable-underscores-in-headers", .flag, default: "false", \.settings.client.keepsUnderscoreNames,
        "Keeps request headers whose names hold `_`."),
]

private let forwardingKeys = [
    ConfigKey(
        "use-forwarded-headers", .flag, default: "false", \.settings.forwarding.trustsForwardedHeaders,
        "Believes `X-Forwarded-*` of requests."),
    ConfigKey(
        "compute-full-forwarded-for", .flag, default: "false", \.settings.forwarding.appendsForwardedFor,
        "Appends to a believed `X-Forwarded-For` instead of replacing it."),
    ConfigKey(
        "proxy-real-ip-cidr", each: "an address or a CIDR block", isOne: AddressRange.isOne, default: "0.0.0.0/0",
        "Hops whose `X-Forwarded-For` is believed."
    ) { hops, globals in globals.settings.forwarding.trustedHops = hops },
    ConfigKey(
        "enable-real-ip", .flag, default: "false", \.settings.forwarding.correctsAddress,
        "Believes who the client is, and no other `X-Forwarded-*`."),
    ConfigKey(
        "forwarded-for-header", .fieldName, default: "X-Forwarded-For", \.settings.forwarding.addressField,
        "The header that says who the client is; backends get it as `X-Original-Forwarded-For`."),
    ConfigKey(
        "forwarded-host-header", .fieldName, default: "X-Forwarded-Host", \.settings.forwarding.hostField,
        "The header that backends get as `X-Original-Forwarded-Host`."),
    ConfigKey(
        "proxy-set-headers", optional: .reference, default: "", \.requestHeaders,
        "A ConfigMap whose entries are set on every request to a backend, in place of Gatehouse's own of that name; "
            + "variables are replaced."),
    ConfigKey(
        "proxy-add-original-uri-header", .flag, default: "false", \.sendsOriginalURI,
        "Backends get the request-target in `X-Original-URI`."),
    ConfigKey(
        "generate-request-id", .flag, default: "true", \.settings.forwarding.generatesRequestID,
        "Makes an `X-Request-ID` when the client sent none."),
]

private let upstreamKeys = [
    ConfigKey(
        "upstream-keepalive-connections", .integer(in: 0...65_535), default: "320",
        \.settings.upstream.idleConnections,
        "Idle backend connections that a worker keeps; what a load leaves beyond them stays a second. 0 keeps none."),
    ConfigKey(
        "upstream-keepalive-timeout", .seconds, default: "60", \.settings.upstream.idleTimeout,
        "Seconds for which one is kept."),
    ConfigKey(
        "upstream-keepalive-requests", .integer(in: 1...Int(Int32.max)), default: "10000",
        \.settings.upstream.requestsPerConnection, "Requests after which one is closed."),
    ConfigKey(
        "upstream-keepalive-time", .time, default: "1h", \.settings.upstream.connectionLifetime,
        "Age after which one is closed."),
    ConfigKey(
        "retry-non-idempotent", .flag, default: "false", \.defaults.transfer.repeatsUnsafeMethods,
        "Also repeats POST, LOCK and PATCH."),
]

private let responseKeys = [
    ConfigKey(
        "hide-headers", each: "a header name", isOne: CustomHeader.isName, default: "",
        "Headers of backends that clients don't get."
    ) { names, globals in globals.settings.response.hiddenFields = Set(names.map { $0.lowercased() }).sorted() },
    ConfigKey(
        "allow-backend-server-header", .flag, default: "false", \.settings.response.passesServerField,
        "Passes the backend's `Server`."),
    ConfigKey(
        "add-headers", optional: .reference, default: "", \.responseHeaders,
        "A ConfigMap whose entries are set on every response; variables are replaced."),
    ConfigKey(
        "server-tokens", .flag, default: "false", \.namesServer,
        "Responses have `Server: gatehouse`; without it they have none."),
    ConfigKey(
        "global-allowed-response-headers", .list, default: "", \.allowedResponseHeaders,
        "Names that the annotation `custom-headers` may set."),
]

private let policyKeys = [
    ConfigKey(
        "strict-validate-path-type", .flag, default: "true", \.validatesPathsStrictly,
        "Exact and Prefix paths hold letters, digits and `. _ - /` only."),
    ConfigKey(
        "allow-cross-namespace-resources", .flag, default: "false", \.allowsCrossNamespaceReferences,
        "Annotations may refer to objects of other namespaces."),
    ConfigKey(
        "annotations-risk-level", .risk, default: "High, and snippets",
        "The highest risk of annotations that Ingresses may have: Low, Medium, High or Critical. Once it is set, snippets "
            + "need Critical."
    ) { level, globals in
        globals.gate.level = level
        globals.gate.isLevelGiven = true
    },
    ConfigKey(
        "allow-snippet-annotations", .flag, default: "true", \.gate.allowsSnippets,
        "Ingresses may have snippets; with false one that has some is rejected."),
    ConfigKey(
        "default-type", .text(.basic), default: "text/html", \.mediaType,
        "The type of texts that snippets' `return` sends."),
    ConfigKey(
        "location-snippet", optional: .snippet, default: "", \.locationSnippet,
        "Directives for every path, behind those of `configuration-snippet`."),
    ConfigKey(
        "server-snippet", optional: .snippet, default: "", \.serverSnippet,
        "Directives for every host, behind those of the annotation."),
    ConfigKey(
        "http-snippet", optional: .snippet, default: "", \.httpSnippet,
        "Directives for everything: those that edit headers of responses are honoured."),
    ConfigKey(
        "main-snippet", optional: .snippet, default: "", \.mainSnippet,
        "Directives for the process: none has a meaning here."),
    ConfigKey(
        "annotation-value-word-blocklist", .list, default: "", \.gate.blockedWords,
        "Words that no annotation's value may hold."),
]

/// Keys that keep somebody out. Until they are honoured nobody comes in while they are set.
private let guardingKeys = [
    ConfigKey(
        "enable-owasp-modsecurity-crs", refused: "true or false", when: { $0 != "false" }, "The OWASP core rules.")
]
