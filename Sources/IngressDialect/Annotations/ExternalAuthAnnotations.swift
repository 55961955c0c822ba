import Kubernetes
import Model

/// Who is asked whether a request may pass, and how.
struct ExternalAuthDraft: Sendable, Equatable {
    var url: ServiceURL?
    var method: String?
    var signIn: String?
    var redirectParameter = "rd"
    var responseFields: [String] = []
    var redirect: String?
    /// The ConfigMap whose entries are fields of the question.
    var fields: NamespacedName?
    var alwaysSetsCookies = false
    var cacheKey: String?
    var cacheDurations = Syntax<[ExternalAuth.Validity]>.standardValidity
    var idleConnections = 0
    var requestsPerConnection = 1000
    var idleTimeout = 60
    /// `global-auth-url` of the ConfigMap applies where there is no URL of the Ingress's own.
    var followsGlobal = true

    /// The policy, but for the fields that come from other objects.
    func policy(_ destination: Destination) -> ExternalAuth {
        var policy = ExternalAuth(
            destination: destination, method: method ?? "GET", tellsOriginalTarget: method != nil)
        policy.signIn = signIn.map { ExternalAuth.SignIn(url: Self.complete($0, redirectParameter)) }
        policy.responseFields = responseFields
        policy.redirect = redirect
        policy.alwaysSetsCookies = alwaysSetsCookies
        policy.cache = cacheKey.map { ExternalAuth.Cache(key: $0, durations: cacheDurations) }
        if requestsPerConnection < 1 || idleTimeout < 1 {
            policy.connections = ExternalAuth.Connections(idle: 0, requests: 1, timeout: .seconds(1))
        } else if idleConnections > 0 {
            policy.connections = ExternalAuth.Connections(
                idle: idleConnections, requests: requestsPerConnection, timeout: .seconds(idleTimeout))
        }
        return policy
    }

    /// The URL of the sign-in page with the parameter that says where to return to, unless it has it.
    private static func complete(_ url: String, _ parameter: String) -> String {
        let origin = "$pass_access_scheme://$http_host$escaped_request_uri"
        guard let question = url.firstIndex(of: "?") else { return "\(url)?\(parameter)=\(origin)" }
        let query = url[url.index(after: question)...]
        if query.isEmpty { return "\(url)\(parameter)=\(origin)" }
        let hasParameter = query.split(separator: "&").contains {
            $0.hasPrefix("\(parameter)=") && $0.utf8.count > parameter.utf8.count + 1
        }
        return hasParameter ? url : "\(url)&\(parameter)=\(origin)"
    }
}

extension AnnotationGroup {
    static let externalAuthentication = AnnotationGroup(
        "External authentication", \.externalAuth,
        note: """
            The service is asked before the request goes to its backend: 2xx lets it pass, 401 and 403 are the client's \
            answer, and anything else, silence included, is answered 500. Beyond ingress-nginx, an unusable value never \
            turns the question off: every path of the Ingress answers 503. In the host of `auth-url`, `$host`, \
            `$namespace`, `$ingress_name`, `$service_name` and `$service_port` are replaced when the manifest is read.
            """,
        [
            Annotation(
                "auth-url", optional: .serviceURL, .route, \.externalAuth.url, bad: .refuseRoutes, risk: .high,
                example: "https://auth.example.com/check", "The URL that is asked whether a request may pass."),
            Annotation(
                "auth-method", optional: .authMethod, default: "GET", .route, \.externalAuth.method,
                bad: .refuseRoutes, example: "POST",
                "Its method. With it, `X-Original-URI` and `X-Scheme` are told too."
            ),
            Annotation(
                "auth-signin", optional: .text(.urlWithVariables, upTo: 2048), .route, \.externalAuth.signIn,
                risk: .high,
                example: "https://auth.example.com/start", "Where a 401 of the service is redirected to, with 302."),
            Annotation(
                "auth-signin-redirect-param", .text(.url, upTo: 255), default: "rd", .route,
                \.externalAuth.redirectParameter, risk: .medium, example: "return",
                "The parameter of that URL that says where to return to."),
            Annotation(
                "auth-response-headers", .responseFields, .route, \.externalAuth.responseFields, bad: .refuseRoutes,
                risk: .medium, example: "X-User, X-Email",
                "Headers of its answer that the backend gets, and never from the client."),
            Annotation(
                "auth-request-redirect", optional: .url, default: "the request-target", .route, \.externalAuth.redirect,
                bad: .refuseRoutes, risk: .medium, example: "https://example.com/",
                "The value of `X-Auth-Request-Redirect`."),
            Annotation(
                "auth-proxy-set-headers", optional: .reference, .route, \.externalAuth.fields, bad: .refuseRoutes,
                risk: .medium, example: "shop/auth-headers",
                "A ConfigMap of headers for the question; with a missing one paths answer 503."),
            Annotation(
                "auth-snippet", optional: .snippet, .route, \.snippets.ofQuestion, bad: .refuseRoutes, risk: .critical,
                example: "proxy_set_header X-From gate;", "Directives for the question: `proxy_set_header`."),
            Annotation(
                "auth-always-set-cookie", .flag, default: "false", .route, \.externalAuth.alwaysSetsCookies,
                bad: .refuseRoutes, example: "true",
                "Cookies of its answer reach the client whatever the status; else with 200, 201, 204, 206, 301, 302, "
                    + "303, 304, 307 and 308."),
            Annotation(
                "auth-cache-key", optional: .text(.variables, upTo: 1024), .route, \.externalAuth.cacheKey,
                risk: .medium, example: "$http_authorization",
                "Keeps answers by host, path and this key, so that the service isn't asked for each request."),
            Annotation(
                "auth-cache-duration", .validity, default: "200 202 401 5m", .route, \.externalAuth.cacheDurations,
                bad: .refuseRoutes, risk: .medium, example: "200 10m", "How long answers of which statuses are kept."),
            Annotation(
                "auth-keepalive", .integer(in: 0...65_535), default: "0", .route, \.externalAuth.idleConnections,
                example: "8",
                "Idle connections to the service that a worker keeps; with 0 as many as to any backend."),
            Annotation(
                "auth-keepalive-requests", .integer(in: Int(Int32.min)...Int(Int32.max)), default: "1000", .route,
                \.externalAuth.requestsPerConnection, example: "100",
                "Questions on one connection, where `auth-keepalive` is set; 0 keeps none."),
            Annotation(
                "auth-keepalive-timeout", .integer(in: Int(Int32.min)...31_536_000), default: "60", .route,
                \.externalAuth.idleTimeout, example: "30",
                "Seconds for which an idle connection is kept, where `auth-keepalive` is set; 0 keeps none."),
            Annotation(
                "auth-keepalive-share-vars", meaningless: "the question always sees variables that a snippet has set",
                .flag, .route, bad: .useDefault, example: "true",
                "The question sees variables that a snippet has set."),
            Annotation(
                "enable-global-auth", .flag, default: "true", .route, \.externalAuth.followsGlobal, example: "false",
                "Whether `global-auth-url` of the ConfigMap applies where there is no `auth-url`."),
        ])
}

extension Syntax<String> {
    static let authMethod = Syntax("GET, HEAD, POST, PUT, PATCH, DELETE, CONNECT, OPTIONS or TRACE") { text in
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"].contains(text) ? text : nil
    }
}

extension Syntax<[String]> {
    /// Names of fields that an upstream may be given; those that frame a message or name a host are the proxy's.
    static let responseFields = Syntax("header names with commas between") { text throws(ValueFault) in
        var names: [String] = []
        for name in text.split(separator: ",").map({ String(trimmed($0)) }) where !name.isEmpty {
            guard CustomHeader.isName(name) else { throw .expected("header names with commas between", name) }
            guard !CustomHeader.isFraming(name), name.lowercased() != "host" else {
                throw ValueFault("\(name) frames or routes the message and cannot be taken over", remedy: "take it out")
            }
            if !names.contains(where: { $0.lowercased() == name.lowercased() }) { names.append(name) }
        }
        return names
    }
}

extension Syntax<[ExternalAuth.Validity]> {
    /// What holds when nothing is said.
    static let standardValidity = [ExternalAuth.Validity(statuses: [200, 202, 401], duration: .seconds(300))]

    /// `200 202 401 5m, 202 30m`: statuses and a time, as nginx's `proxy_cache_valid` has them. A time alone is for
    /// 200, 301 and 302.
    static let validity = Syntax("statuses and a time such as 200 202 5m, with commas between") {
        text throws(ValueFault) in
        let form = "statuses and a time such as 200 202 5m, with commas between"
        var durations: [ExternalAuth.Validity] = []
        for item in text.split(separator: ",").map({ trimmed($0) }) where !item.isEmpty {
            let words = item.split(separator: " ")
            guard let last = words.last, let duration = Self.duration(last) else { throw .expected(form, text) }
            var statuses: [Int] = []
            for word in words.dropLast() {
                guard word.utf8.count == 3, let status = Int(word), (100...999).contains(status) else {
                    throw .expected(form, text)
                }
                statuses.append(status)
            }
            durations.append(.init(statuses: statuses.isEmpty ? [200, 301, 302] : statuses, duration: duration))
        }
        return durations.isEmpty ? standardValidity : durations
    }

    private static func duration(_ text: Substring) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits), count <= 1_000_000_000 else { return nil }
        let unit: Duration? =
            switch text.dropFirst(digits.count) {
            case "ms": .milliseconds(1)
            case "s": .seconds(1)
            case "m": .seconds(60)
            case "h": .seconds(3600)
            case "d": .seconds(86_400)
            case "w": .seconds(604_800)
            case "M": .seconds(2_592_000)
            case "y": .seconds(31_536_000)
            default: nil
            }
        return unit.map { $0 * count }
    }
}
