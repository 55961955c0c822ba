import Model

/// What scripts of other origins may do.
struct CORSDraft: Sendable, Equatable {
    var isEnabled = false
    /// As written, good or bad.
    var origins = ["*"]
    var methods = "GET, PUT, POST, DELETE, PATCH, OPTIONS"
    var headers =
        "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization"
    var allowsCredentials = true
    var exposedHeaders = ""
    var maxAge = 1_728_000

    /// Items of the list that are no origins; they are left out.
    var badOrigins: [String] { isEnabled ? origins.filter { $0 != "*" && !CORSOriginSyntax.isOrigin($0) } : [] }

    /// The policy; nil when it is off, or when no origin is left that may read anything.
    func policy() -> CORS? {
        guard isEnabled else { return nil }
        var allowed = CORS.Origins.any
        if !origins.contains("*") {
            let good = origins.filter { CORSOriginSyntax.isOrigin($0) }
            if good.isEmpty { return nil }
            allowed = .listed(good)
        }
        return CORS(
            origins: allowed, methods: methods, headers: headers, allowsCredentials: allowsCredentials,
            exposedHeaders: exposedHeaders, maxAge: maxAge)
    }
}

extension AnnotationGroup {
    static let cors = AnnotationGroup(
        "CORS", \.cors,
        note: """
            `OPTIONS` of an origin that may ask is answered 204 before redirects, limits, address lists and passwords. With a \
            list of origins the one that asks is echoed, and others get no CORS headers at all; with `*` every response \
            has them. They take the place of the backend's, on every status, own pages included. An item of the list that \
            is no origin is left out; a list without a good one turns CORS off, where ingress-nginx lets everybody in.
            """,
        [
            Annotation(
                "enable-cors", .flag, default: "false", .route, \.cors.isEnabled, example: "true",
                "Answers preflight requests and adds CORS headers."),
            Annotation(
                "cors-allow-origin", .list, default: "*", .route, \.cors.origins, risk: .medium,
                example: "https://example.com, https://*.example.org:8443",
                "Origins that may read responses: `scheme://host[:port]` with `*.` for one label, `null`, or `*` for all."
            ),
            Annotation(
                "cors-allow-methods", .methods, default: "GET, PUT, POST, DELETE, PATCH, OPTIONS", .route,
                \.cors.methods, risk: .medium, example: "GET, POST", "Methods that they may use."),
            Annotation(
                "cors-allow-headers", .headerNames(orAll: false),
                default: "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,"
                    + "Range,Authorization", .route, \.cors.headers, risk: .medium, example: "X-Token",
                "Headers that they may send."),
            Annotation(
                "cors-allow-credentials", .flag, default: "true", .route, \.cors.allowsCredentials, example: "false",
                "Whether they may send cookies."),
            Annotation(
                "cors-expose-headers", .headerNames(orAll: true), .route, \.cors.exposedHeaders, risk: .medium,
                example: "X-Total", "Headers that they may read."),
            Annotation(
                "cors-max-age", .integer(in: -1...Int(Int32.max)), default: "1728000", .route, \.cors.maxAge,
                example: "600", "How many seconds a preflight's answer holds."),
        ])
}

extension Syntax<String> {
    /// Methods as a list; the text is passed on as it stands.
    static let methods = Syntax("letters with commas and blanks between") { text in
        let isList = text.utf8.allSatisfy { $0 == 0x20 || $0 == 0x2C || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) }
        return isList && text.utf8.count <= 1024 ? text : nil
    }

    /// Names of headers as a list; the text is passed on as it stands.
    static func headerNames(orAll allowsAll: Bool) -> Syntax<String> {
        Syntax("header names with commas between" + (allowsAll ? ", or *" : "")) { text in
            if allowsAll, text == "*" { return text }
            let isList = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ","),
                    UInt8(ascii: " "):
                    true
                default: false
                }
            }
            return isList ? text : nil
        }
    }
}
