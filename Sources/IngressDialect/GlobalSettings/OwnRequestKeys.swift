/// Keys about requests that Gatehouse makes itself: external authentication for everybody, and error pages.
let ownRequestKeys = [
    ConfigKey(
        "global-auth-url", guarding: .serviceURL, \.externalAuth.url,
        "The URL that is asked whether a request may pass, on every path without `auth-url`."),
    ConfigKey(
        "global-auth-method", guarding: .authMethod, \.externalAuth.method, "Its method."),
    ConfigKey(
        "global-auth-signin", .text(.urlWithVariables, upTo: 2048), default: "",
        "Where a 401 of the service is redirected to."
    ) { url, globals in globals.externalAuth.signIn = url },
    ConfigKey(
        "global-auth-signin-redirect-param", .text(.url, upTo: 255), default: "rd", \.externalAuth.redirectParameter,
        "The parameter of that URL that says where to return to."),
    ConfigKey(
        "global-auth-response-headers", guardingList: .responseFields, \.externalAuth.responseFields,
        "Headers of its answer that the backend gets."),
    ConfigKey("global-auth-request-redirect", .url, default: "", "The value of `X-Auth-Request-Redirect`.") {
        $1.externalAuth.redirect = $0
    },
    ConfigKey(
        "global-auth-always-set-cookie", .flag, default: "false", \.externalAuth.alwaysSetsCookies,
        "Cookies of its answer reach the client whatever the status."),
    ConfigKey("global-auth-cache-key", .text(.variables, upTo: 1024), default: "", "Keeps answers by this key.") {
        $1.externalAuth.cacheKey = $0
    },
    ConfigKey(
        "global-auth-cache-duration", .validity, default: "200 202 401 5m", \.externalAuth.cacheDurations,
        "How long answers of which statuses are kept."),
    ConfigKey(
        "global-auth-snippet", optional: .snippet, default: "", \.questionSnippet,
        "Directives for the question, as `auth-snippet`."),
    ConfigKey(
        "no-auth-locations", .list, default: "/.well-known/acme-challenge", \.locationsWithoutAuth,
        "What paths begin with that need no authentication."),
    ConfigKey(
        "custom-http-errors", .statuses(300...599), default: "",
        "Statuses that the default backend answers instead, where an Ingress says nothing else."
    ) { statuses, globals in
        globals.defaults.errors.statuses = statuses
    },
]
