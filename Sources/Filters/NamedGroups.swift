import HTTP
import Model
import Pattern

/// The variables that a pattern's groups give a value, compiled: numbers alone, so that a match sets them without
/// allocating or copying.
struct NamedGroups: Sendable {
    private let entries: [(variable: Int, group: Int)]

    /// No variable.
    static let none = NamedGroups()

    private init() { entries = [] }

    init(_ names: [NamedGroup], _ constants: Template.Constants) throws(FilterError) {
        var entries: [(variable: Int, group: Int)] = []
        for named in names {
            guard let variable = constants.variables[named.name] else { throw .unknownVariable(named.name) }
            entries.append((variable, named.group))
        }
        self.entries = entries
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Takes the groups of the match that `variables` kept last, which was one of its own texts.
    func take(from variables: RequestVariables) {
        for index in entries.indices {
            let entry = entries[index]
            variables.set(entry.variable, to: variables.rangeInText(ofGroup: entry.group) ?? 0..<0)
        }
    }

    /// Takes groups of the normalised path.
    ///
    /// - Returns: false when there is no room.
    func take(_ captures: Captures, of head: borrowing RequestHead, into variables: RequestVariables) -> Bool {
        for index in entries.indices {
            let entry = entries[index]
            guard let range = captures[entry.group], range.upperBound <= head.normalPath.count else {
                variables.set(entry.variable, to: 0..<0)
                continue
            }
            guard let kept = variables.append(head.normalPath.extracting(range)) else { return false }
            variables.set(entry.variable, to: kept)
        }
        return true
    }
}
