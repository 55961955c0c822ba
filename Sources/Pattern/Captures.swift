/// Where the groups of the last match lie in the subject: the whole match as group 0, and up to nine groups.
///
/// A plain value of fixed size, so that it can be kept past the match without allocating.
public struct Captures: Sendable {
    /// Groups kept, the whole match included. Patterns may have more; `$1`…`$9` is all that configuration can name.
    public static let capacity = 10

    private var bounds = InlineArray<20, UInt32>(repeating: Captures.unset)
    private static let unset = UInt32.max

    /// No match.
    public init() {}

    /// The bytes of the subject that a group matched; nil for a group that took no part in the match.
    public subscript(group: Int) -> Range<Int>? {
        guard group >= 0, group < Captures.capacity else { return nil }
        let start = bounds[2 * group]
        let end = bounds[2 * group + 1]
        guard start != Captures.unset, start <= end else { return nil }
        return Int(start)..<Int(end)
    }

    /// Forgets every group.
    public mutating func removeAll() {
        self = Captures()
    }

    mutating func set(_ group: Int, start: Int, end: Int) {
        bounds[2 * group] = UInt32(truncatingIfNeeded: start)
        bounds[2 * group + 1] = UInt32(truncatingIfNeeded: end)
    }
}
