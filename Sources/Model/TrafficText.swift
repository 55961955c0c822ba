extension Upstream {
    /// One line for each policy that decides where a request goes, in the order in which they act:
    /// `splits to shop-web-canary-80 by header X-Canary, 10 of 100`.
    public var choiceLines: [String] {
        var lines: [String] = []
        if let split { lines.append("splits to \(split)") }
        if let affinity { lines.append("affinity \(affinity)") }
        if let hashing { lines.append("balanced by hash of \(hashing)") }
        return lines
    }

    /// What may not stand in a model: the field and the fault.
    var choiceFaults: [(String, String)] {
        var faults: [(String, String)] = []
        if let split {
            if split.total < 1 || split.weight < 0 { faults.append(("split", "has a weight out of range")) }
            if let header = split.header {
                if header.name.isEmpty || !header.name.utf8.allSatisfy(\.isTokenByte) {
                    faults.append(("split", "has no token for a header's name"))
                }
                if case .matching(let pattern) = header.values, pattern.utf8.count > ProxyModel.patternLimitBytes {
                    faults.append(("split", "has a pattern that is too long"))
                }
            }
        }
        if let hashing, !isText(hashing.template) || hashing.subsetSize.map({ $0 < 1 }) ?? false {
            faults.append(("hash", "holds control bytes, is too long or has empty groups"))
        }
        if case .cookie(let cookie) = affinity {
            let texts = [cookie.name, cookie.path ?? "", cookie.domain ?? ""]
            if cookie.name.isEmpty || !texts.allSatisfy({ isText($0) && !$0.utf8.contains(UInt8(ascii: ";")) }) {
                faults.append(("session cookie", "has no name, or an attribute that no cookie can have"))
            }
        }
        return faults
    }
}

extension TrafficSplit: CustomStringConvertible {
    public var description: String {
        var rules: [String] = []
        if let header { rules.append("by header \(header)") }
        if let cookie { rules.append("by cookie \(cookie)") }
        if weight > 0 || rules.isEmpty { rules.append("\(weight) of \(total)") }
        return "\(upstream) \(rules.joined(separator: ", "))"
    }
}

extension TrafficSplit.HeaderRule: CustomStringConvertible {
    public var description: String {
        switch values {
        case .alwaysOrNever: name
        case .exactly(let value): "\(name): \(value)"
        case .matching(let pattern): "\(name) like \(pattern)"
        case .unreadable: "\(name), whose every value means the main upstream"
        }
    }
}

extension KeyHashing: CustomStringConvertible {
    public var description: String { subsetSize.map { "\(template) in groups of \($0)" } ?? template }
}

extension Affinity: CustomStringConvertible {
    public var description: String {
        switch self {
        case .clientAddress(let timeout): "by client address for \(timeout.secondsText)"
        case .cookie(let cookie): "by cookie \(cookie)"
        }
    }
}

extension SessionCookie: CustomStringConvertible {
    /// Name, mode and attributes; never the secret.
    public var description: String {
        var text = "\(name), \(mode.rawValue)"
        if let expires { text += "; Expires in \(expires)s" }
        if let maxAge { text += "; Max-Age=\(maxAge)" }
        if let domain { text += "; Domain=\(domain)" }
        if let path { text += "; Path=\(path)" }
        if isAlwaysSecure { text += "; Secure" }
        if let sameSite {
            text += "; SameSite=\(sameSite.rawValue)"
            if sparesOldBrowsers { text += " unless the browser is too old" }
        }
        if changesOnFailure { text += "; changes on failure" }
        return text
    }
}

extension RoutePolicy {
    /// One line for each policy about sessions and bodies that differs from its default.
    var trafficLines: [String] {
        var lines: [String] = []
        if requestBuffering != RequestBuffering() { lines.append("request buffering \(requestBuffering)") }
        if responseBuffering != ResponseBuffering() { lines.append("response buffering \(responseBuffering)") }
        if let responseRewrite { lines += responseRewrite.lines }
        if let substitution { lines.append("replaces \(substitution)") }
        if let compression { lines.append("compression \(compression)") }
        if let responseCache { lines += responseCache.lines }
        if givesSessionCookie { lines.append("gives session cookies") }
        return lines
    }

    /// What may not stand in a model: the field and the fault.
    var trafficFaults: [(String, String)] {
        var faults: [(String, String)] = []
        if requestBuffering.memoryBytes < 0 { faults.append(("request buffering", "has a negative size")) }
        if responseBuffering.memoryBytes < 0 || responseBuffering.fileBytes < 0 || responseBuffering.headBytes < 0 {
            faults.append(("response buffering", "has a negative size"))
        }
        if let rules = substitution?.rules,
            rules.count > BodySubstitution.ruleLimit || rules.contains(where: \.text.isEmpty)
                || rules.reduce(0, { $0 + $1.text.utf8.count }) > BodySubstitution.textLimitBytes
        {
            faults.append(("substitution", "holds an empty text, or too much to look for"))
        }
        if let compression, !(1...9).contains(compression.level) || compression.minimumBytes < 0 {
            faults.append(("compression", "has a level or a size that there is none of"))
        }
        if let fault = responseCache?.fault { faults.append(("response cache", fault)) }
        for rule in responseRewrite?.rules ?? [] {
            let text =
                switch rule.pattern {
                case .text(let text), .regex(let text, _): text
                }
            if text.utf8.count > ProxyModel.patternLimitBytes || !isText(rule.replacement) {
                faults.append(("response rewrite", "holds control bytes or is too long"))
            }
        }
        return faults
    }
}

extension RequestBuffering: CustomStringConvertible {
    public var description: String { "\(mode.rawValue), \(memoryBytes) bytes in memory" }
}

extension ResponseBuffering: CustomStringConvertible {
    public var description: String {
        "\(isOn ? "on" : "off"), \(memoryBytes) bytes in memory, \(fileBytes) on disk, heads of \(headBytes)"
    }
}

extension ResponseRewrite {
    fileprivate var rules: [Rule] { cookieDomain + cookiePath + location }

    fileprivate var lines: [String] {
        cookieDomain.map { "cookie domain \($0)" } + cookiePath.map { "cookie path \($0)" }
            + location.map { "location \($0)" } + cookieFlags.map { "cookie flags of \($0)" }
    }
}

extension ResponseRewrite.Rule: CustomStringConvertible {
    public var description: String {
        switch pattern {
        case .text(let text): "\(text) becomes \(replacement)"
        case .regex(let text, let ignoringCase): "\(ignoringCase ? "~*" : "~")\(text) becomes \(replacement)"
        }
    }
}
