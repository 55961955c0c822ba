import Bytes
import HTTP
import Model

/// Answers every request of a route with one redirect. The location is literal; one that begins with a slash
/// gets the request's scheme and host in front unless relative redirects are on.
struct RedirectFilter: Sendable {
    private let status: Status
    private let location: [UInt8]
    private let isMadeAbsolute: Bool

    init(_ redirect: Redirect, _ form: OwnRedirects) throws(FilterError) {
        guard (300...308).contains(redirect.status) else { throw .badRedirectStatus(redirect.status) }
        let location = Array(redirect.location.utf8)
        guard !location.isEmpty, FieldSyntax.isValue(location.span) else { throw .badLocation(redirect.location) }
        self.location = location
        status = Status(rawValue: UInt16(redirect.status))
        isMadeAbsolute = location[0] == .slash && !form.areRelative
    }

    func decide(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        if isMadeAbsolute {
            guard scratch.appendOrigin(head, context, withPort: false) else { return .refuse(.targetTooLong) }
        }
        let fits =
            location[0] == .slash
            ? scratch.appendLocation(path: location.span) : scratch.location.append(encoded: location.span, .component)
        return fits ? .redirect(status) : .refuse(.targetTooLong)
    }
}
