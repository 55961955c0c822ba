public import Bytes
public import HTTP
import Model
import Pattern

/// What the upstream gets of a request in place of what the client sent, compiled.
public final class RequestFormFilter: Sendable {
    /// In place of the client's, unless that is HEAD.
    public let method: [UInt8]?
    private let body: Template?
    /// The client's body is not for the upstream.
    public let dropsBody: Bool
    let needsVariables: Bool

    init(_ form: RequestForm, _ constants: Template.Constants) throws(FilterError) {
        method = form.method.map { Array($0.utf8) }
        body = try form.body.map { text throws(FilterError) in try Template(text, constants) }
        dropsBody = body != nil || !form.passesBody
        needsVariables = body?.needsVariables == true
    }

    /// Whether the upstream gets a body that is made for it.
    public var makesBody: Bool { body != nil }

    /// Writes the body that the upstream gets; makes more room where it is needed.
    ///
    /// - Returns: false when what came out is too long.
    public func writeBody(
        for head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        to buffer: inout ByteBuffer
    ) -> Bool {
        guard let body else { return true }
        for _ in 0..<2 {
            let groups = variables?.pathGroups ?? Captures()
            if body.append(for: head, context, groups, variables: variables, to: &buffer) { return true }
            buffer.clear()
            buffer.grow(to: RequestForm.bodyLimit)
        }
        return false
    }
}
