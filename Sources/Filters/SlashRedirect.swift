import Bytes
import HTTP
import Model

/// Sends a request that lacks the slash at its route's end to the path that has it, with 301.
enum SlashRedirect {
    static func decide(
        _ head: borrowing RequestHead, _ context: RequestContext, _ form: OwnRedirects, _ scratch: inout FilterScratch
    ) -> Verdict {
        if !form.areRelative {
            guard scratch.appendOrigin(head, context, withPort: false),
                !form.namePort || head.host.isEmpty || scratch.appendPort(context)
            else { return .refuse(.targetTooLong) }
        }
        // In normal form a path begins with one slash, and a backslash is escaped: no host can be read from it.
        guard scratch.location.append(decoded: head.normalPath, .path), scratch.location.room >= 2 else {
            return .refuse(.targetTooLong)
        }
        scratch.location.append(.slash)
        if !head.query.isEmpty {
            scratch.location.append(.questionMark)
            guard scratch.location.append(encoded: head.query, .component) else { return .refuse(.targetTooLong) }
        }
        return .redirect(.movedPermanently)
    }
}
