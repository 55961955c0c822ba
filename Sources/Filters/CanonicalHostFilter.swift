import Bytes
import HTTP
import Model

/// Redirects every request of a host to the same target on another, under the same scheme and port.
struct CanonicalHostFilter: Sendable {
    private let name: [UInt8]
    private let status: Status

    init(_ policy: CanonicalHost) throws(FilterError) {
        guard (300...308).contains(policy.status) else { throw .badRedirectStatus(policy.status) }
        status = Status(rawValue: UInt16(policy.status))
        name = Array(policy.name.utf8)
        guard FieldSyntax.isValue(name.span), !name.isEmpty else { throw .badHost(policy.name) }
    }

    func decide(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        scratch.location.append(context.isAskedSecurely(head) ? "https://" : "http://")
        guard scratch.location.append(encoded: name.span, .component),
            scratch.appendPort(context.believedPort(head).map { UInt16($0) } ?? context.reportedPort),
            scratch.appendRequestTarget(head, keepingTrailingSlash: false)
        else { return .refuse(.targetTooLong) }
        return .redirect(status)
    }
}

extension RequestContext {
    /// The client's own connection is encrypted, as far as we know or believe.
    fileprivate func isAskedSecurely(_ head: borrowing RequestHead) -> Bool {
        guard let index = believed(.xForwardedProto, head) else { return isSecureInFront }
        return head.headers.value(index).equalsFoldingCase("https")
    }
}
