import Bytes
import HTTP
import Model

/// Redirects a request for exactly `/` to a path of the same origin. The port that the client named stays.
struct AppRootFilter: Sendable {
    private let path: [UInt8]

    init(_ policy: AppRoot) throws(FilterError) {
        path = Array(policy.path.utf8)
        guard path.first == .slash, FieldSyntax.isValue(path.span) else { throw .badAppRoot(policy.path) }
    }

    func decide(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard head.normalPath.count == 1, head.normalPath[0] == .slash else { return .proceed }
        guard scratch.appendOrigin(head, context, withPort: true), scratch.appendLocation(path: path.span) else {
            return .refuse(.targetTooLong)
        }
        return .redirect(.found)
    }
}
