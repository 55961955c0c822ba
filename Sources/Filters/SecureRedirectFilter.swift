import Bytes
import HTTP
import Model

/// Redirects requests over plain HTTP to the same target over HTTPS.
final class SecureRedirectFilter: Sendable {
    private let status: Status
    private let port: UInt16?
    private let keepsTrailingSlash: Bool

    init(_ policy: SecureRedirect) throws(FilterError) {
        guard (300...308).contains(policy.status) else { throw .badRedirectStatus(policy.status) }
        status = Status(rawValue: UInt16(policy.status))
        port = policy.port
        keepsTrailingSlash = policy.keepsTrailingSlash
    }

    func decide(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard !context.isSecureInFront, !isForwardedSecurely(head, context) else { return .proceed }
        // Only HTTP/1.0 may come without a host; there is no URL then to send the client to.
        let host = context.bestHostName(head)
        guard !host.isEmpty else { return .refuse(.badRequest) }
        scratch.location.append("https://")
        guard scratch.location.append(encoded: host, .component), port.map({ scratch.appendPort($0) }) ?? true,
            scratch.appendRequestTarget(head, keepingTrailingSlash: keepsTrailingSlash)
        else { return .refuse(.targetTooLong) }
        return .redirect(status)
    }

    /// A believed `X-Forwarded-Proto` says that somebody in front has spoken TLS to the client.
    private func isForwardedSecurely(_ head: borrowing RequestHead, _ context: RequestContext) -> Bool {
        guard let index = context.believed(.xForwardedProto, head) else { return false }
        return !head.headers.value(index).equalsFoldingCase("http")
    }
}

extension FilterScratch {
    /// Appends path and query as the client sent them, without a slash at the very end unless it is to stay.
    mutating func appendRequestTarget(_ head: borrowing RequestHead, keepingTrailingSlash: Bool) -> Bool {
        let target = head.originTarget
        let endsInSlash = !target.isEmpty && target[target.count - 1] == .slash
        let end = endsInSlash && !keepingTrailingSlash ? target.count - 1 : target.count
        return location.append(encoded: target.extracting(0..<end), .component)
    }
}
