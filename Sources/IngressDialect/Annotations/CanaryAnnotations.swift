import Model
import Pattern

/// What makes an Ingress a canary, and which requests it gets.
struct CanaryDraft: Sendable, Equatable {
    var isCanary = false
    var header: String?
    var headerValue: String?
    var headerPattern: String?
    var cookie: String?
    var weight = 0
    var weightTotal = 100

    /// The split of another upstream's requests that they describe.
    func split(to upstream: UpstreamID, origin: Origin) -> TrafficSplit {
        TrafficSplit(
            to: upstream, header: header.map { TrafficSplit.HeaderRule(name: $0, values: headerValues) },
            cookie: cookie, weight: max(weight, 0), total: max(weightTotal, 100), origin: origin)
    }

    /// A value goes before a pattern.
    private var headerValues: TrafficSplit.HeaderRule.Values {
        if let headerValue { return .exactly(headerValue) }
        return headerPattern.map { .matching($0) } ?? .alwaysOrNever
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
            Annotation(
                "canary-by-header-pattern", optional: .pattern, .route, \.canary.headerPattern, risk: .medium,
                example: "beta.*", "What is found in the header's value that means the canary; a value goes before it."),
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

    /// A regular expression, tried by compiling it.
    static let pattern = Syntax("a regular expression of \(CharacterClass.regex.name)") { text throws(ValueFault) in
        guard CharacterClass.regex.admits(text) else {
            throw .expected("a regular expression of \(CharacterClass.regex.name)", text)
        }
        do { _ = try Pattern(text) } catch {
            throw ValueFault("\(quoted(text)) is no regular expression: \(error)")
        }
        return text
    }
}
