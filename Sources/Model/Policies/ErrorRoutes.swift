/// What answers in place of errors: a redirect, or another route of the host (`error_page` of nginx's snippets).
///
/// A request is led so once, and a few times more only where its routes say so. What fails on the way is answered as it is.
public struct ErrorRoutes: Sendable, Hashable {
    public enum Target: Sendable, Hashable {
        /// The client is sent to a URL, a template.
        case redirect(Int, to: String)
        /// A route is searched for a path with its query, a template. The request becomes a GET without body, or stays a HEAD.
        case path(String)
        /// The route of that name on the host (`PathMatch.named`), for the request as it is.
        case named(String)
    }

    /// The status that the client sees.
    public enum Answer: Sendable, Hashable {
        /// The error's.
        case error
        /// That of what answers in its place.
        case own
        case status(Int)
    }

    public struct Rule: Sendable, Hashable {
        /// From 300 to 599.
        public var statuses: [Int]
        public var target: Target
        public var answer: Answer

        public init(_ statuses: [Int], _ target: Target, _ answer: Answer = .error) {
            self.statuses = statuses
            self.target = target
            self.answer = answer
        }
    }

    /// So many rules one route may have.
    public static let most = 64

    /// The first that names a status counts.
    public var rules: [Rule]
    /// Errors of the route's upstream are led elsewhere too, not only the proxy's own.
    public var interceptsUpstream: Bool
    /// A request that was led here by an error may be led on by another.
    public var isRecursive: Bool

    public init(rules: [Rule], interceptsUpstream: Bool = false, isRecursive: Bool = false) {
        self.rules = rules
        self.interceptsUpstream = interceptsUpstream
        self.isRecursive = isRecursive
    }
}

extension ErrorRoutes {
    /// `errors 502 503 of our own: path /sorry.html, with their status`
    var lines: [String] {
        let whose = interceptsUpstream ? "" : " of our own"
        return rules.map { rule in
            "errors \(rule.statuses.map(String.init).joined(separator: " "))\(whose): \(rule.target)\(rule.ending)"
        } + (isRecursive ? ["errors of error pages likewise"] : [])
    }

    /// Whether there are rules, not too many, each for some errors.
    var isValid: Bool {
        !rules.isEmpty && rules.count <= Self.most
            && rules.allSatisfy { rule in
                guard !rule.statuses.isEmpty, rule.statuses.allSatisfy((300...599).contains) else { return false }
                if case .status(let status) = rule.answer, !(200...599).contains(status) { return false }
                return rule.target.isValid
            }
    }
}

extension ErrorRoutes.Rule {
    fileprivate var ending: String {
        if case .redirect = target { return "" }
        return switch answer {
        case .error: ", with their status"
        case .own: ""
        case .status(let status): ", with status \(status)"
        }
    }
}

extension ErrorRoutes.Target: CustomStringConvertible {
    public var description: String {
        switch self {
        case .redirect(let status, let url): "redirect \(status) to \(url)"
        case .path(let path): "path \(path)"
        case .named(let name): "@\(name)"
        }
    }

    fileprivate var isValid: Bool {
        switch self {
        case .redirect(let status, let url): (300...308).contains(status) && !url.isEmpty && isText(url)
        case .path(let path): path.utf8.first == UInt8(ascii: "/") && isText(path)
        case .named(let name): !name.isEmpty && isText(name)
        }
    }
}

extension PathMatch {
    /// A route that no path leads to, since paths begin with a slash: policies name it.
    public static func named(_ name: String) -> PathMatch {
        var pattern = "@"
        for character in name {
            pattern +=
                character.isLetter || character.isNumber || character == "_" ? String(character) : "\\\(character)"
        }
        return .regex(pattern + "\\z", ignoringCase: false)
    }

    /// The name, where it was made by `named`.
    public var name: String? {
        guard case .regex(let pattern, false) = self, pattern.hasPrefix("@"), pattern.hasSuffix("\\z") else {
            return nil
        }
        return String(pattern.dropFirst().dropLast(2).filter { $0 != "\\" })
    }
}
