import Bytes
public import HTTP
public import Model

/// What answers in place of errors, compiled.
public final class ErrorRoutesFilter: Sendable {
    public enum Target: Sendable {
        /// The client is sent elsewhere: the `Location` is in `FilterScratch.location`.
        case redirect(Status)
        /// A route is to be searched for the target in `FilterScratch.target`.
        case path
        /// The route of the host that this names, and what it is searched by.
        case named(PathMatch, [UInt8])
        /// What was made is no URL or path, or too long.
        case none
    }

    private enum Destination: Sendable {
        case redirect(RuleAnswer)
        case path(Template, query: Template?)
        case named(PathMatch, [UInt8])
    }

    private struct Rule: Sendable {
        var destination: Destination
        /// The status that the client sees: nil for that of what answers, zero for the error's.
        var status: UInt16?
    }

    private let rules: [Rule]
    /// The rule of each status from 300 on; -1 for none.
    private let places: [Int8]
    private let interceptsUpstream: Bool
    public let isRecursive: Bool

    init(
        _ policy: ErrorRoutes, _ constants: Template.Constants, relative: Bool
    ) throws(FilterError) {
        var places = [Int8](repeating: -1, count: 300)
        for (number, rule) in policy.rules.enumerated() {
            for status in rule.statuses where (300...599).contains(status) && places[status - 300] < 0 {
                places[status - 300] = Int8(clamping: number)
            }
        }
        self.places = places
        rules = try policy.rules.map { rule throws(FilterError) in
            Rule(
                destination: try Self.destination(rule.target, constants, relative: relative),
                status: rule.answer.code)
        }
        interceptsUpstream = policy.interceptsUpstream
        isRecursive = policy.isRecursive
    }

    private static func destination(
        _ target: ErrorRoutes.Target, _ constants: Template.Constants, relative: Bool
    ) throws(FilterError) -> Destination {
        switch target {
        case .redirect(let status, let url):
            return .redirect(try RuleAnswer(.redirect(status, to: url), constants, relative: relative))
        case .path(let path):
            let text = Array(path.utf8)[...]
            let mark = text.firstIndex(of: .questionMark) ?? text.endIndex
            let query = text[mark...].dropFirst()
            return .path(
                try Template(text[..<mark], constants, escapingLiterals: .path),
                query: query.isEmpty ? nil : try Template(query, constants, escapingLiterals: .component))
        case .named(let name): return .named(.named(name), Array("@\(name)".utf8))
        }
    }

    /// The number of the rule for an error; nil when it is answered as it is.
    public func rule(for status: Status, ofUpstream isUpstreams: Bool) -> Int? {
        guard interceptsUpstream || !isUpstreams, (300..<600).contains(status.rawValue) else { return nil }
        let place = places[Int(status.rawValue) - 300]
        return place < 0 ? nil : Int(place)
    }

    /// The status that the client sees in the end; nil for that of what answers.
    public func status(of rule: Int, for error: Status) -> Status? {
        rules[rule].status.map { $0 == 0 ? error : Status(rawValue: $0) }
    }

    /// Where a rule leads.
    public func target(
        of rule: Int, _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables,
        _ scratch: inout FilterScratch
    ) -> Target {
        scratch.clear()
        switch rules[rule].destination {
        case .redirect(let answer):
            guard case .redirect(let status) = answer.give(head, context, variables, &scratch) else { return .none }
            return .redirect(status)
        case .named(let match, let name): return .named(match, name)
        case .path(let path, let query):
            let groups = variables.groups
            guard path.append(for: head, context, groups, .path, variables: variables, to: &scratch.target),
                scratch.target.room > 0
            else { return .none }
            guard let query else { return .path }
            scratch.target.append(.questionMark)
            let fits = query.append(for: head, context, groups, .component, variables: variables, to: &scratch.target)
            return fits ? .path : .none
        }
    }
}

extension ErrorRoutes.Answer {
    fileprivate var code: UInt16? {
        switch self {
        case .error: 0
        case .own: nil
        case .status(let status): UInt16(clamping: status)
        }
    }
}
