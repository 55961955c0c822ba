public import Bytes
public import HTTP
public import Model
import Pattern

/// What a route changes in the fields that its upstream is sent, computed ones included.
public final class RequestEdits: Sendable {
    private let edits: [FieldEdit]
    /// Known names that an edit sets or removes, whoever else would write them.
    let ids: HeaderIDSet
    /// The upstream gets none of the client's fields.
    private let dropsOthers: Bool
    /// Whether `write` needs `RequestVariables`.
    public let needsVariables: Bool

    /// - Throws: for edits that can't be carried out.
    public init(
        _ policy: [HeaderEdits.Edit], _ constants: Template.Constants, dropsOthers: Bool = false
    ) throws(FilterError) {
        self.dropsOthers = dropsOthers
        var edits: [FieldEdit] = []
        var ids: HeaderIDSet = []
        for edit in policy {
            let compiled = try FieldEdit(edit, constants)
            // What origin is meant is a policy of its own, which checks that the value is one.
            if compiled.id == .host { throw .badField(edit.name) }
            edits.append(compiled)
            switch compiled.operation {
            case .set, .remove: if compiled.id != .other { ids.insert(compiled.id) }
            case .setIfPresent, .append: break
            }
        }
        self.edits = edits
        self.ids = ids
        needsVariables = edits.contains(where: \.needsVariables)
    }

    /// Writes the fields that the edits make as lines in wire form.
    ///
    /// - Returns: false when they don't fit, or when one came out, by what the client sent, as no field's value.
    public func write(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        to lines: inout ByteBuffer
    ) -> Bool {
        let branch = variables?.branch ?? 0
        for (number, edit) in edits.enumerated() where edit.condition.holds(branch: branch) {
            switch edit.operation {
            case .remove: continue
            case .setIfPresent: if head.headers.firstIndex(named: edit.name.span) == nil { continue }
            case .set, .append: break
            }
            if isOverridden(number, branch: branch) { continue }
            guard append(edit, head, context, variables, &lines) else { return false }
        }
        return true
    }

    /// Whether a later edit sets or removes what this one sets.
    private func isOverridden(_ number: Int, branch: Int) -> Bool {
        let name = edits[number].name
        for later in edits[(number + 1)...] {
            if later.operation == .append || !later.condition.holds(branch: branch) { continue }
            if later.covers(name.span) { return true }
        }
        return false
    }

    private func append(
        _ edit: FieldEdit, _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ lines: inout ByteBuffer
    ) -> Bool {
        guard lines.room >= edit.name.count + 4 else { return false }
        let start = lines.count
        lines.append(edit.name.span)
        lines.append(": ")
        let valueStart = lines.count
        switch edit.value {
        case .text(let text): guard lines.append(ifRoom: text.span) else { return false }
        case .template(let template):
            guard
                template.append(
                    for: head, context, variables?.groups ?? .init(), variables: variables, to: &lines)
            else { return false }
        case .date: return false
        }
        if lines.count == valueStart {
            lines.truncate(to: start)
            return true
        }
        guard FieldSyntax.isValue(lines.readable.extracting(valueStart..<lines.count)), lines.room >= 2 else {
            return false
        }
        lines.append("\r\n")
        return true
    }

    /// Whether an edit makes a field of the client's go.
    public func drops(_ index: Int, of headers: borrowing HeaderBlock, branch: Int) -> Bool {
        dropsOthers
            || edits.contains { edit in
                edit.operation != .append && edit.condition.holds(branch: branch)
                    && (edit.names(index, of: headers) || edit.isShadowed(by: headers.name(index)))
            }
    }

    /// The known names that no other may write for a request of this branch.
    func ids(branch: Int) -> HeaderIDSet {
        guard edits.contains(where: { $0.condition.branches != nil }) else { return ids }
        var ids: HeaderIDSet = []
        for edit in edits where edit.operation != .append && edit.condition.holds(branch: branch) {
            if edit.id != .other, edit.operation != .setIfPresent { ids.insert(edit.id) }
        }
        return ids
    }
}
