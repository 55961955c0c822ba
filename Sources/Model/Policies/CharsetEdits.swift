/// What responses are said to be written in when they don't say so themselves (`charset` and `charset_types` in nginx).
/// Their content stays as it is.
public struct CharsetEdits: Sendable, Hashable {
    /// One word on the matter. Of those that hold for a request the last decides.
    public struct Choice: Sendable, Hashable {
        /// A token (RFC 9110 §8.3.2); nil adds nothing.
        public var name: String?
        /// Only where the request went through one of these branches of the route's rules; nil is all.
        public var branches: [Int]?

        public init(_ name: String?, branches: [Int]? = nil) {
            self.name = name
            self.branches = branches
        }
    }

    /// Longest name, in bytes; registered ones have 40 at most (RFC 2978 §2.3).
    public static let nameLimitBytes = 64
    /// nginx's.
    public static let standardTypes = [
        "text/html", "text/xml", "text/plain", "text/vnd.wap.wml", "application/javascript", "application/rss+xml",
    ]

    public var choices: [Choice] = []
    /// Types of content that are meant, in lower case, `*` for every one; nil for `standardTypes`.
    public var mediaTypes: [String]?

    public init() {}

    public var isEmpty: Bool { choices.isEmpty && mediaTypes == nil }

    /// Whether names are tokens of a bounded length.
    var isValid: Bool {
        choices.compactMap(\.name).allSatisfy { name in
            !name.isEmpty && name.utf8.count <= Self.nameLimitBytes && name.utf8.allSatisfy(\.isTokenByte)
        }
    }

    /// What `inner` says wins over these.
    public mutating func append(_ inner: CharsetEdits) {
        choices += inner.choices
        mediaTypes = inner.mediaTypes ?? mediaTypes
    }

    /// One line for each choice that can decide, for people: `response charset utf-8`.
    var lines: [String] {
        let first = choices.lastIndex { $0.branches == nil } ?? 0
        let types = mediaTypes.map { " for \($0.joined(separator: " "))" } ?? ""
        return choices[first...].map { choice in
            let place = choice.branches.map { " in branch \($0.map(String.init).joined(separator: ", "))" } ?? ""
            guard let name = choice.name else { return "response charset as it is" + place }
            return "response charset \(name)" + types + place
        }
    }
}
