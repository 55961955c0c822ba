extension RoutePolicy {
    /// One line for each policy that differs from its default, in the order in which they act:
    /// `rewrite to /$2 where /api(/|$)(.*)`. For people: `routes`, `explain` and fixtures print them, without passwords
    /// of URLs.
    public var lines: [String] {
        var lines: [String] = []
        if let rules { lines += rules.hostLines }
        if isInternal { lines.append("not for clients") }
        if bodyLimits != BodyLimits() { lines.append("body limit \(bodyLimits)") }
        if let cors { lines += cors.lines }
        if let rules { lines += rules.pathLines }
        if let rewrite { lines.append("rewrite to \(rewrite.template) where \(rewrite.pattern)") }
        if let secureRedirect { lines.append("redirect to HTTPS \(secureRedirect)") }
        if ownRedirects != OwnRedirects() { lines.append("own redirects \(ownRedirects)") }
        if let hostOverride { lines.append("host for the upstream \(hostOverride.template)") }
        if let rateLimit { lines += rateLimit.lines }
        if let zoneLimits { lines += zoneLimits.lines }
        lines += accessLines
        if let bandwidth { lines.append("bandwidth \(bandwidth)") }
        lines += observation.lines
        if let clientKeepAlive { lines.append("connection of the client \(clientKeepAlive)") }
        if timeouts != Timeouts() { lines.append("timeouts \(timeouts)") }
        if retry != Retry() { lines.append("retry \(retry)") }
        if let mirror { lines.append("mirror \(mirror)") }
        if let errorPages { lines.append("error pages for \(errorPages)") }
        if let errorRoutes { lines += errorRoutes.lines }
        if let fallback { lines.append("fallback \(fallback.upstream)") }
        if let requestForm { lines += requestForm.lines }
        if readsBody { lines.append("body read for $request_body") }
        lines += transport.lines
        lines += trafficLines
        if let headerEdits { lines += headerEdits.lines }
        return lines.map(\.withoutURLSecrets)
    }
}

extension RoutePolicy {
    /// Who may come in: each rule, then how they are joined.
    private var accessLines: [String] {
        var lines = addressRules?.lines ?? []
        if let basicAuth {
            lines.append("password for realm \"\(basicAuth.realm)\" for \(counted(basicAuth.users.count, "user"))")
        }
        if let digestAuth {
            lines.append("digest for realm \"\(digestAuth.realm)\" for \(counted(digestAuth.users.count, "user"))")
        }
        if let externalAuth { lines.append("external authentication \(externalAuth)") }
        if satisfy != .all { lines.append("satisfy \(satisfy.rawValue)") }
        return lines
    }
}

extension BodyLimits: CustomStringConvertible {
    public var description: String {
        let bytes = requestBytes.map { "\($0) bytes" } ?? "none"
        return timeout.map { "\(bytes), \($0.secondsText) between reads" } ?? bytes
    }
}

extension ClientKeepAlive: CustomStringConvertible {
    public var description: String {
        guard timeout > .zero else { return "closed after a response" }
        let told = announcedSeconds.map { ", told \($0)s" } ?? ""
        return "kept for \(timeout.secondsText)\(told)"
    }
}

extension Timeouts: CustomStringConvertible {
    public var description: String {
        "connect \(connect.secondsText), send \(send.secondsText), read \(read.secondsText)"
    }
}

extension Retry: CustomStringConvertible {
    public var description: String {
        if conditions.isEmpty { return "never" }
        var text = "on \(conditions), "
        text += tries == 0 ? "every endpoint" : "\(tries) tries"
        if timeout != .zero { text += " within \(timeout.secondsText)" }
        return text
    }
}

extension Retry.Conditions: CustomStringConvertible {
    /// The words of `proxy-next-upstream`, separated by blanks.
    public var description: String {
        Self.words.filter { contains($0.condition) }.map(\.word).joined(separator: " ")
    }

    /// Each condition and its word in ingress-nginx.
    public static let words: [(word: String, condition: Retry.Conditions)] = [
        ("error", .error), ("timeout", .timeout), ("invalid_header", .invalidHeader), ("http_500", .status500),
        ("http_502", .status502), ("http_503", .status503), ("http_504", .status504), ("http_403", .status403),
        ("http_404", .status404), ("http_429", .status429), ("non_idempotent", .nonIdempotent),
    ]
}

extension HostAlias: CustomStringConvertible {
    /// As `server-alias` spells it.
    public var description: String {
        switch self {
        case .exact(let name): name
        case .leadingWildcard(let suffix): "*.\(suffix)"
        case .trailingWildcard(let prefix): "\(prefix).*"
        case .regex(let pattern): "~\(pattern)"
        }
    }
}

extension PathMatch: CustomStringConvertible {
    /// `exact /cart`, `prefix /`, `regex /v[0-9]+ (any case)`
    public var description: String {
        if let name { return "named @\(name)" }
        return switch self {
        case .exact(let path): "exact \(path)"
        case .prefix(let path): "prefix \(path)"
        case .regex(let pattern, let ignoringCase): ignoringCase ? "regex \(pattern) (any case)" : "regex \(pattern)"
        }
    }
}

extension RouteAction: CustomStringConvertible {
    /// `shop-web-80`, `302 https://example.com/`, `refuse 503 (…)`
    public var description: String {
        switch self {
        case .forward(let upstream): upstream.name
        case .redirect(let redirect): "\(redirect.status) \(redirect.location)"
        case .refuse(let status, let reason): "refuse \(status) (\(reason))"
        }
    }
}

extension Duration {
    /// Whole seconds as `60s`, else milliseconds as `1500ms`.
    var secondsText: String {
        let (seconds, attoseconds) = components
        if attoseconds == 0 { return "\(seconds)s" }
        return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
    }
}
