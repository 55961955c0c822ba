import Bytes
import HTTP
import Model
import Pattern

/// Field lines whose values depend on the request, and the names of the client's fields that they replace.
///
/// For requests of the proxy's own; values with control bytes, which a variable may bring, are left out with
/// their names.
struct QuestionFields: Sendable {
    private struct Line: Sendable {
        let name: [UInt8]
        let value: Template
    }

    /// Every name, those that are only taken away and those in `also` among them.
    let names: FieldLines
    private let lines: [Line]

    /// - Parameters:
    ///   - fields: an empty value takes the client's field away.
    ///   - also: further names of fields that the client's are not to have.
    init(
        _ fields: [HeaderEdits.Field], replacing also: [String], _ constants: Template.Constants
    ) throws(FilterError) {
        let taken = fields.map(\.name) + also
        names = try FieldLines(taken.map { HeaderEdits.Field(name: $0, value: "") })
        var lines: [Line] = []
        for field in fields where !field.value.isEmpty {
            lines.append(Line(name: Array(field.name.utf8), value: try Template(field.value, constants)))
        }
        self.lines = lines
    }

    /// Whether values need `RequestVariables`.
    var needsVariables: Bool { lines.contains { $0.value.needsVariables } }

    /// Writes the lines for a request behind those in `fields`.
    ///
    /// - Returns: false when they don't fit.
    func append(
        for head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        aside: inout ByteBuffer, to fields: inout ByteBuffer
    ) -> Bool {
        for line in lines {
            aside.clear()
            guard line.value.append(for: head, context, Captures(), variables: variables, to: &aside),
                fields.room >= line.name.count + aside.count + 4
            else { return false }
            if !aside.isEmpty { fields.appendField(name: line.name.span, aside.readable) }
        }
        return true
    }
}
