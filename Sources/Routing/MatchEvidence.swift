import Model

/// Why a virtual host answers for a name. A greater value wins.
public struct HostEvidence: Sendable, Equatable, Comparable {
    /// By what a host is found, the weakest first.
    public enum Kind: Int, Sendable, Comparable {
        case anyName, regexAlias, wildcard, trailingWildcardAlias, leadingWildcardAlias, exactAlias, exactName

        public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    public var kind: Kind
    /// Bytes of the name that are spelt out. Longer ones win among aliases with an asterisk.
    public var bytes: Int
    /// Number of the virtual host; an earlier one wins where nothing else decides.
    public var host: Int

    public static func < (left: HostEvidence, right: HostEvidence) -> Bool {
        (left.kind, left.bytes, right.host) < (right.kind, right.bytes, left.host)
    }
}

extension HostEvidence {
    init(name: HostName, host: Int) {
        switch name {
        case .exact(let text): self.init(kind: .exactName, bytes: text.utf8.count, host: host)
        case .wildcard(let suffix): self.init(kind: .wildcard, bytes: suffix.utf8.count, host: host)
        case .any: self.init(kind: .anyName, bytes: 0, host: host)
        }
    }

    init(alias: HostAlias, host: Int) {
        switch alias {
        case .exact(let text): self.init(kind: .exactAlias, bytes: text.utf8.count, host: host)
        case .leadingWildcard(let text): self.init(kind: .leadingWildcardAlias, bytes: text.utf8.count, host: host)
        case .trailingWildcard(let text): self.init(kind: .trailingWildcardAlias, bytes: text.utf8.count, host: host)
        case .regex: self.init(kind: .regexAlias, bytes: 0, host: host)
        }
    }
}

extension HostEvidence: CustomStringConvertible {
    public var description: String {
        switch kind {
        case .exactName: "the name itself"
        case .exactAlias: "an alias"
        case .leadingWildcardAlias: "an alias with an asterisk in front, \(bytes) bytes spelt out"
        case .trailingWildcardAlias: "an alias with an asterisk behind, \(bytes) bytes spelt out"
        case .wildcard: "a wildcard for one label"
        case .regexAlias: "an alias by regex"
        case .anyName: "the host for any name"
        }
    }
}

/// Why a route matches a path. A greater value wins.
public struct MatchEvidence: Sendable, Equatable, Comparable {
    /// How the path was matched.
    public enum Kind: Sendable, Equatable {
        /// The path, byte for byte.
        case exact
        /// A regex, on a host where the most specific path wins.
        case regex
        /// A prefix of that many bytes.
        case prefix(bytes: Int)
        /// A prefix of which the path, of that many bytes, lacks only the slash at the end.
        case slashMissing(bytes: Int)
        /// Any match, on a host where the first of a list wins.
        case listed
    }

    public var kind: Kind
    /// Place among the host's routes, from 0; the earlier wins where nothing else decides.
    public var place: Int

    public static func < (left: MatchEvidence, right: MatchEvidence) -> Bool {
        let (a, b) = (left.rank, right.rank)
        return (a.kind, a.bytes, a.isWhole, right.place) < (b.kind, b.bytes, b.isWhole, left.place)
    }

    private var rank: (kind: Int, bytes: Int, isWhole: Int) {
        switch kind {
        case .slashMissing(let bytes): (0, bytes, 0)
        case .prefix(let bytes): (0, bytes, 1)
        case .regex: (1, 0, 0)
        case .exact: (2, 0, 0)
        case .listed: (3, 0, 0)
        }
    }
}

extension MatchEvidence {
    /// The evidence of a route that matches, on a host that ranks so.
    init(_ match: PathMatch, ranking: PathRanking, place: Int) {
        switch (ranking, match) {
        case (.listed, _): self.init(kind: .listed, place: place)
        case (_, .exact): self.init(kind: .exact, place: place)
        case (_, .regex): self.init(kind: .regex, place: place)
        case (_, .prefix(let path)): self.init(kind: .prefix(bytes: path.utf8.count), place: place)
        }
    }
}

extension MatchEvidence: CustomStringConvertible {
    public var description: String {
        switch kind {
        case .exact: "the exact path"
        case .regex: "a regex that matches from the start of the path"
        case .prefix(let bytes): "a prefix of \(bytes) \(bytes == 1 ? "byte" : "bytes")"
        case .slashMissing: "a prefix of which the path lacks only the slash at the end"
        case .listed: "place \(place + 1) of the host's list, whose first match wins"
        }
    }
}
