import Bytes
import HTTP
import Model
import Pattern

/// An answer that a rule gives, compiled.
struct RuleAnswer: Sendable {
    private enum Kind: Sendable {
        case page(Status)
        case redirect(Status, Template, isRelative: Bool)
        case text(Status, Template, fields: [UInt8])
        case close
    }

    private let kind: Kind

    init(_ answer: RequestRules.Answer, _ constants: Template.Constants, relative: Bool) throws(FilterError) {
        switch answer {
        case .close: kind = .close
        case .page(let status):
            guard (400...599).contains(status) else { throw .badRefusalStatus(status) }
            kind = .page(Status(rawValue: UInt16(status)))
        case .redirect(let status, let location):
            guard (300...308).contains(status) else { throw .badRedirectStatus(status) }
            guard !location.isEmpty, FieldSyntax.isValue(Array(location.utf8).span) else {
                throw .badLocation(location)
            }
            kind = .redirect(
                Status(rawValue: UInt16(status)), try Template(location, constants), isRelative: relative)
        case .text(let status, let text, let type):
            guard (200...599).contains(status) else { throw .badRefusalStatus(status) }
            let lines = text.isEmpty ? [] : try FieldLines([.init(name: "Content-Type", value: type)]).bytes
            kind = .text(Status(rawValue: UInt16(status)), try Template(text, constants), fields: lines)
        }
    }

    func give(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables,
        _ scratch: inout FilterScratch
    ) -> Verdict {
        switch kind {
        case .close: return .close
        case .page(let status): return .refuse(status)
        case .redirect(let status, let template, let isRelative):
            scratch.body.clear()
            let fits =
                template.append(
                    for: head, context, variables.groups, .component, variables: variables, to: &scratch.body)
                && scratch.finishLocation(head, context, isPath: false, relative: isRelative)
            return fits ? .redirect(status) : .refuse(.targetTooLong)
        case .text(let status, let template, let fields):
            guard
                template.append(for: head, context, variables.groups, variables: variables, to: &scratch.body),
                fields.count <= scratch.fields.room
            else { return .refuse(.internalServerError) }
            scratch.fields.append(fields.span)
            return .respond(status)
        }
    }
}

/// A rewrite that a rule makes, compiled.
struct RuleRewrite: Sendable {
    private let pattern: Pattern
    /// Up to its question mark.
    private let path: Template
    private let query: Template?
    private let keepsQuery: Bool
    private let leadsElsewhere: Bool
    private let isRelative: Bool
    private let names: NamedGroups
    private let ending: RequestRules.PathRewrite.Ending

    init(
        _ rewrite: RequestRules.PathRewrite, _ constants: Template.Constants, relative: Bool
    ) throws(FilterError) {
        isRelative = relative
        names = try NamedGroups(rewrite.names, constants)
        do throws(PatternError) {
            pattern = try Pattern(rewrite.pattern, options: rewrite.ignoringCase ? .ignoringCase : [])
        } catch {
            throw .badPattern(rewrite.pattern, error)
        }
        leadsElsewhere = ["http://", "https://", "$scheme"].contains { rewrite.template.hasPrefix($0) }
        var text = Array(rewrite.template.utf8)[...]
        guard FieldSyntax.isValue(Array(text).span) else { throw .badLocation(rewrite.template) }
        keepsQuery = text.last != .questionMark
        if !keepsQuery { text = text.dropLast() }
        let mark = text.firstIndex(of: .questionMark) ?? text.endIndex
        var redirects = leadsElsewhere
        if case .redirect = rewrite.ending { redirects = true }
        path = try Template(text[..<mark], constants, escapingLiterals: redirects ? .component : .verbatim)
        query =
            mark < text.endIndex
            ? try Template(text[(mark + 1)...], constants, escapingLiterals: .component) : nil
        ending = rewrite.ending
    }

    /// - Returns: nil when the program goes on.
    func apply(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables,
        _ match: inout PatternScratch, _ scratch: inout FilterScratch
    ) -> RulesFilter.Outcome? {
        guard let subject = variables.currentPath(head) else { return .decided(.refuse(.internalServerError)) }
        switch variables.match(pattern, in: subject, &match) {
        case .match: names.take(from: variables)
        case .noMatch: return nil
        case .limitExceeded: return .decided(.refuse(.internalServerError))
        }
        if case .redirect(let status) = ending { return redirect(status, head, context, variables, &scratch) }
        if leadsElsewhere { return redirect(302, head, context, variables, &scratch) }
        guard let newPath = variables.append(path, head, context, variables.groups),
            let newQuery = self.newQuery(head, context, variables)
        else { return .decided(.refuse(.targetTooLong)) }
        variables.setPath(newPath, query: newQuery)
        switch ending {
        case .goOn: return nil
        case .stay: return .stop
        case .searchAgain:
            return variables.writeTarget(to: &scratch) ? .decided(.searchAgain) : .decided(.refuse(.badRequest))
        case .redirect: return nil
        }
    }

    private func redirect(
        _ status: Int, _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables,
        _ scratch: inout FilterScratch
    ) -> RulesFilter.Outcome {
        scratch.body.clear()
        guard
            path.append(
                for: head, context, variables.groups, .component, variables: variables, to: &scratch.body),
            let newQuery = self.newQuery(head, context, variables),
            newQuery.isEmpty || scratch.body.room > 0
        else { return .decided(.refuse(.targetTooLong)) }
        if !newQuery.isEmpty {
            scratch.body.append(.questionMark)
            guard variables.appendText(encoded: newQuery, to: &scratch.body) else {
                return .decided(.refuse(.targetTooLong))
            }
        }
        guard scratch.finishLocation(head, context, isPath: !leadsElsewhere, relative: isRelative) else {
            return .decided(.refuse(.targetTooLong))
        }
        return .decided(.redirect(Status(rawValue: UInt16(status))))
    }

    /// The query behind the new path; nil when there is no room.
    private func newQuery(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables
    ) -> Range<Int>? {
        variables.appendQuery(query, keepsOld: keepsQuery, head, context)
    }
}
