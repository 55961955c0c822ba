import Bytes
import HTTP
import Model
import Pattern

/// Gives the upstream another `Host` than the client's. A template that comes out empty changes nothing;
/// one that comes out as no host, by what the client sent, is answered 400.
final class HostOverrideFilter: Sendable {
    private let template: Template
    private let isConstant: Bool

    var needsVariables: Bool { template.needsVariables }

    init(_ policy: HostOverride, _ constants: Template.Constants) throws(FilterError) {
        template = try Template(policy.template, constants)
        if let text = template.constant {
            guard Authority(text.span, in: 0..<text.count) != nil else { throw .badHost(policy.template) }
            isConstant = true
        } else {
            isConstant = false
        }
    }

    func apply(
        _ head: borrowing RequestHead, _ context: RequestContext, _ captures: Captures,
        _ scratch: inout FilterScratch, _ variables: RequestVariables?
    ) -> Verdict {
        guard template.append(for: head, context, captures, variables: variables, to: &scratch.host) else {
            return .refuse(.badRequest)
        }
        if isConstant || scratch.host.isEmpty { return .proceed }
        let isHost = Authority(scratch.host.readable, in: 0..<scratch.host.count) != nil
        return isHost ? .proceed : .refuse(.badRequest)
    }
}
