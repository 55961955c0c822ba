public import Bytes
public import HTTP
import Model
import Pattern

/// Which texts of a response's content others take the place of, compiled; see `BodySubstitution`.
public final class SubstitutionFilter: Sendable {
    public let automaton: TextAutomaton
    /// Bytes of each text.
    public let lengths: [Int]
    public let onlyFirst: Bool
    /// Whether `append` needs `RequestVariables`.
    let needsVariables: Bool
    private let replacements: [Template]
    private let mediaTypes: MediaTypes

    init(_ policy: BodySubstitution, _ constants: Template.Constants) throws(FilterError) {
        let texts = policy.rules.map { Array($0.text.utf8) }
        automaton = TextAutomaton(texts)
        lengths = texts.map(\.count)
        onlyFirst = policy.onlyFirst
        mediaTypes = MediaTypes(policy.mediaTypes)
        var replacements: [Template] = []
        for rule in policy.rules { replacements.append(try Template(rule.replacement, constants)) }
        self.replacements = replacements
        needsVariables = replacements.contains(where: \.needsVariables)
    }

    /// Whether a response's content is looked through: it is of one of the types, in no coding and no part.
    public func applies(to response: borrowing ResponseHead) -> Bool {
        !response.status.forbidsBody && !response.headers.containsAny(of: [.contentEncoding, .contentRange])
            && mediaTypes.include(typeOf: response.headers)
    }

    /// Appends what takes the place of a text.
    ///
    /// - Returns: false when there is no room; part of it may have been appended.
    public func append(
        _ number: Int, for head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        to buffer: inout ByteBuffer
    ) -> Bool {
        replacements[number].append(for: head, context, Captures(), variables: variables, to: &buffer)
    }
}
