import Bytes
import HTTP
import Model
import Pattern
import Routing

/// Replaces the request-target by a template over the groups of a pattern, as nginx's `rewrite` does.
///
/// The pattern is searched in the normalised path. The new path is escaped as nginx escapes a changed
/// `$uri`; groups in the template's query are always escaped, so they can't add arguments. A path without a
/// leading slash gets one, and one in which groups make up a `..` is answered 400.
final class RewriteFilter: Sendable {
    /// Nil when the route's own pattern is the same, so that the router has filled in the groups.
    private let pattern: Pattern?
    /// For a redirect the whole location up to its query.
    private let path: Template
    private let query: Template?
    private let redirects: Bool
    /// A question mark at the template's end drops the client's query.
    private let keepsQuery: Bool

    init(_ policy: Rewrite, of path: PathMatch, _ constants: Template.Constants) throws(FilterError) {
        if path == .regex(policy.pattern, ignoringCase: true) {
            pattern = nil
        } else {
            do throws(PatternError) {
                pattern = try Pattern(policy.pattern, options: .ignoringCase)
            } catch {
                throw .badPattern(policy.pattern, error)
            }
        }
        redirects = ["http://", "https://", "$scheme"].contains { policy.template.hasPrefix($0) }
        var text = Array(policy.template.utf8)[...]
        guard FieldSyntax.isValue(Array(text).span) else { throw .badLocation(policy.template) }
        keepsQuery = text.last != .questionMark
        if !keepsQuery { text = text.dropLast() }
        let mark = text.firstIndex(of: .questionMark) ?? text.endIndex
        self.path = try Template(text[..<mark], constants, escapingLiterals: redirects ? .component : .path)
        query =
            mark < text.endIndex
            ? try Template(text[(mark + 1)...], constants, escapingLiterals: .component) : nil
    }

    /// - Parameter match: holds the groups that the router found; afterwards those of this rewrite.
    func apply(
        _ head: borrowing RequestHead, _ context: RequestContext, _ match: inout MatchScratch,
        _ scratch: inout FilterScratch
    ) -> Verdict {
        if let pattern {
            switch pattern.match(head.normalPath, &match.pattern) {
            case .match: break
            case .noMatch: return .proceed
            case .limitExceeded: return .refuse(.internalServerError)
            }
        }
        if redirects {
            guard write(head, context, match.captures, .component, to: &scratch.location) else {
                return .refuse(.targetTooLong)
            }
            return .redirect(.found)
        }
        guard write(head, context, match.captures, .path, to: &scratch.target) else {
            return .refuse(.targetTooLong)
        }
        return Self.hasDotSegment(scratch.target.readable) ? .refuse(.badRequest) : .proceed
    }

    private func write(
        _ head: borrowing RequestHead, _ context: RequestContext, _ captures: Captures, _ escaping: Escaping,
        to buffer: inout ByteBuffer
    ) -> Bool {
        if !redirects { buffer.append(.slash) }
        guard path.append(for: head, context, captures, escaping, to: &buffer) else { return false }
        if !redirects, buffer.count > 1, buffer[1] == .slash { buffer.consume(1) }
        if let query {
            guard buffer.room > 0 else { return false }
            buffer.append(.questionMark)
            guard query.append(for: head, context, captures, .component, to: &buffer) else { return false }
        }
        guard keepsQuery, !head.query.isEmpty else { return true }
        guard buffer.room > head.query.count else { return false }
        buffer.append(query == nil ? .questionMark : .ampersand)
        buffer.append(head.query)
        return true
    }

    /// Whether a segment of the path is `.` or `..`. Normalised paths hold none, but groups may be put together
    /// to one.
    private static func hasDotSegment(_ target: Span<UInt8>) -> Bool {
        let end = target.firstIndex(of: .questionMark) ?? target.count
        var dot = target.first(.dot, from: 0, to: end)
        while dot < end {
            var next = dot
            while next < end, target[next] == .dot { next += 1 }
            let isSegment = target[dot - 1] == .slash && (next == end || target[next] == .slash)
            if isSegment, next - dot <= 2 { return true }
            dot = target.first(.dot, from: next, to: end)
        }
        return false
    }
}
