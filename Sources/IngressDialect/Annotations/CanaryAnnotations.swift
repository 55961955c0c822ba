import Model
import Pattern

/// What makes an Ingress a canary, and which requests it gets.
struct CanaryDraft: Sendable, Equatable {
    var isCanary = false
    var header: String?
    var headerValue: String?
    var headerPattern: HeaderPattern?
    var cookie: String?
    var weight = 0
    var weightTotal = 100

    enum HeaderPattern: Sendable, Equatable {
        case pattern(String)
        /// No regular expression: nginx fails at each request that has the header, and leaves it on the main upstream.
        case unreadable
    }

    /// The split of another upstream's requests that they describe.
    func split(to upstream: UpstreamID, origin: Origin) -> TrafficSplit {
        TrafficSplit(
            to: upstream, header: header.map { TrafficSplit.HeaderRule(name: $0, values: headerValues) },
            cookie: cookie, weight: max(weight, 0), total: max(weightTotal, 100), origin: origin)
    }

    /// A value goes before a pattern.
    private var headerValues: TrafficSplit.HeaderRule.Values {
        if let headerValue { return .exactly(headerValue) }
        switch headerPattern {
        case .pattern(let text): return .matching(text)
        case .unreadable: return .unreadable
        case nil: return .alwaysOrNever
        }
    }
}

extension AnnotationGroup {
    static let canary = AnnotationGroup(
        "Canary", \.canary,
        note: """
            A canary Ingress gives its Service a part of the requests of another, main Ingress's: the one with the same \
            host, path and path type. It serves nothing of its own. The split holds for the main Service's port, on \
            every path of any Ingress that leads there; the oldest canary of a port counts. Header, cookie and weight \
            are asked in this order, and a session cookie before them all. Other annotations of a canary Ingress have \
            no effect but `load-balance`, `upstream-hash-by*` and `affinity-canary-behavior`.
            """,
        [
            Annotation(
                "canary", .flag, default: "false", .route, \.canary.isCanary, example: "true",
                "Takes a part of the requests of the Ingress with the same host and path."),
            Annotation(
                "canary-by-header", optional: .headerName, .route, \.canary.header, risk: .medium,
                example: "X-Canary", "The header that decides: `always` or `never`."),
            Annotation(
                "canary-by-header-value", optional: .text(.basic), .route, \.canary.headerValue, risk: .medium,
                example: "beta", "The header's value that means the canary, instead of `always` and `never`."),
            headerPattern,
            Annotation(
                "canary-by-cookie", optional: .cookieName, .route, \.canary.cookie, risk: .medium,
                example: "canary", "The cookie that decides: `always` or `never`."),
            Annotation(
                "canary-weight", .anyInteger, default: "0", .route, \.canary.weight,
                example: "10", "How many of `canary-weight-total` requests the canary gets."),
            Annotation(
                "canary-weight-total", .anyInteger, default: "100", .route,
                \.canary.weightTotal, example: "1000",
                "What `canary-weight` is a part of. Below 100 counts as 100."),
        ])

    private static let headerPattern = Annotation(
        name: "canary-by-header-pattern", aliases: [], form: "a regular expression of \(CharacterClass.regex.name)",
        standard: "", scope: .route, risk: .medium, consequence: .useDefault, hasGlobalDefault: false,
        support: .honoured, example: "beta.*",
        summary:
            "What is found in the header's value that means the canary; a value goes before it. With one that is no "
            + "regular expression, requests with the header go to the main Ingress."
    ) { text, draft throws(ValueFault) in
        guard CharacterClass.regex.admits(text) else {
            throw .expected("a regular expression of \(CharacterClass.regex.name)", text)
        }
        do { _ = try Pattern(text) } catch {
            draft.canary.headerPattern = .unreadable
            var fault = ValueFault(
                "\(quoted(text)) is no regular expression: \(error)", remedy: "write a PCRE2 pattern")
            fault.outcome = "requests with the header go to the main Ingress"
            throw fault
        }
        draft.canary.headerPattern = .pattern(text)
    }
}

extension Syntax<Int> {
    /// Digits with an optional sign.
    fileprivate static let anyInteger = Syntax("an integer") { Int($0) }
}

extension Syntax<String> {
    /// A header's name. ingress-nginx also takes `.`, `~`, `/` and `:`, which no header can have or arrive with.
    static let headerName = Syntax("the name of a header") { text in
        let isName = text.utf8.allSatisfy { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
        return isName && CharacterClass.basic.admits(text) ? text : nil
    }

    /// A cookie's name.
    static let cookieName = Syntax("the name of a cookie") { text in
        CharacterClass.basic.admits(text) && text.utf8.count <= 256 ? text : nil
    }
}
