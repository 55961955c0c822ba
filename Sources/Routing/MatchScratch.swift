public import Pattern

/// The memory that routing needs, reused from request to request so that none allocates. Each worker owns one.
public struct MatchScratch: ~Copyable {
    /// For matching patterns; filters use the same for rewrites.
    public var pattern = PatternScratch()

    /// Places in the lists of candidates that a path selects; see `PathTable`.
    var cursors: ContiguousArray<Cursor> = []

    struct Cursor {
        var next: UInt32
        var end: UInt32
    }

    public init() { cursors.reserveCapacity(64) }

    /// What the groups of the winning pattern matched in the path. Meaningful until the next match, and
    /// only after a route with a regex won; group 0 is the whole match.
    public var captures: Captures { pattern.captures }
}
