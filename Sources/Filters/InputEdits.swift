import Bytes
public import HTTP
public import Model
import Pattern

/// What a route changes in the fields of a request, as if the client had sent them so.
public final class InputEdits: Sendable {
    private let edits: [FieldEdit]
    /// Whether `apply` needs `RequestVariables`.
    public let needsVariables: Bool

    /// - Throws: for edits that can't be carried out.
    public init(_ policy: [HeaderEdits.Edit], _ constants: Template.Constants) throws(FilterError) {
        var edits: [FieldEdit] = []
        for edit in policy {
            let compiled = try FieldEdit(edit, constants)
            if Self.reserved.contains(compiled.id) { throw .badField(edit.name) }
            edits.append(compiled)
        }
        self.edits = edits
        needsVariables = edits.contains(where: \.needsVariables)
    }

    /// What the head has drawn conclusions from already.
    private static let reserved: HeaderIDSet = [.host, .expect, .contentLength]

    /// Values are those of the head as it came; one that has no room or is unfit takes its field away.
    public func apply(
        to head: inout RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ scratch: inout EditScratch
    ) {
        scratch.begin()
        let branch = variables?.branch ?? 0
        for edit in edits {
            guard edit.condition.holds(branch: branch) else {
                scratch.add(nil)
                continue
            }
            let start = scratch.values.count
            switch edit.value {
            case .text(let text): _ = scratch.values.append(ifRoom: text.span)
            case .date: break
            case .template(let template):
                let fits = template.append(
                    for: head, context, variables?.groups ?? .init(), variables: variables, to: &scratch.values)
                if !fits { scratch.values.truncate(to: start) }
            }
            scratch.add(start..<scratch.values.count)
        }
        for index in edits.indices {
            guard let range = scratch.range(index) else { continue }
            edits[index].apply(scratch.values.readable.extracting(range), to: &head.headers)
        }
    }
}
