/// A group of a pattern that gives a variable its value when the pattern matches: `(?<name>…)`, `(?P<name>…)`.
///
/// The value stays for the rest of the request; a group that took no part makes it empty.
public struct NamedGroup: Sendable, Hashable {
    /// Groups that a match keeps; one with a greater number can't give a value.
    public static let mostGroups = 9

    public var name: String
    /// 1 to ``mostGroups``, counted by opening parentheses.
    public var group: Int

    public init(_ name: String, group: Int) {
        self.name = name
        self.group = group
    }
}
