import Bytes
import HTTP
import Model
import Pattern
import Routing

/// Runs the rules of a route or host, compiled. Bounded: each step is taken at most once, and each pattern has
/// `PatternScratch`'s limits.
final class RulesFilter: Sendable {
    /// How a program ended.
    enum Outcome {
        /// The rest of the chain goes on.
        case goOn
        /// The route's own redirect and rewrite are left out.
        case stop
        /// Answered, or a route is to be searched for another path.
        case decided(Verdict)
    }

    private indirect enum Step: Sendable {
        case set(Int, Template)
        case when(RuleCondition, branch: Int, [Step])
        case answer(RuleAnswer)
        case rewrite(RuleRewrite)
        case stop
    }

    private let steps: [Step]

    init(
        _ steps: [RequestRules.Step], _ constants: Template.Constants, relative: Bool
    ) throws(FilterError) {
        self.steps = try Self.compile(steps, constants, relative: relative)
    }

    private static func compile(
        _ steps: [RequestRules.Step], _ constants: Template.Constants, relative: Bool
    ) throws(FilterError) -> [Step] {
        var compiled: [Step] = []
        for step in steps {
            switch step {
            case .set(let name, let text):
                guard let number = constants.variables[name] else { throw .unknownVariable(name) }
                compiled.append(.set(number, try Template(text, constants)))
            case .when(let condition, let branch, let inner):
                compiled.append(
                    .when(
                        try RuleCondition(condition, constants), branch: branch,
                        try compile(inner, constants, relative: relative)))
            case .answer(let answer): compiled.append(.answer(try RuleAnswer(answer, constants, relative: relative)))
            case .rewrite(let rewrite):
                compiled.append(.rewrite(try RuleRewrite(rewrite, constants, relative: relative)))
            case .stop: compiled.append(.stop)
            }
        }
        return compiled
    }

    /// - Parameter variables: also hold the path once a step has changed it.
    func run(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables,
        _ match: inout PatternScratch, _ scratch: inout FilterScratch
    ) -> Outcome {
        run(steps, head, context, variables, &match, &scratch) ?? .goOn
    }

    private func run(
        _ steps: [Step], _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables,
        _ match: inout PatternScratch, _ scratch: inout FilterScratch
    ) -> Outcome? {
        for index in steps.indices {
            switch steps[index] {
            case .set(let number, let template):
                guard let range = variables.append(template, head, context, variables.groups) else {
                    return .decided(.refuse(.internalServerError))
                }
                variables.set(number, to: range)
            case .when(let condition, let branch, let inner):
                switch condition.test(head, context, variables, &match) {
                case .noMatch: continue
                case .limitExceeded: return .decided(.refuse(.internalServerError))
                case .match: break
                }
                variables.branch = branch
                if let outcome = run(inner, head, context, variables, &match, &scratch) { return outcome }
            case .answer(let answer): return .decided(answer.give(head, context, variables, &scratch))
            case .rewrite(let rewrite):
                if let outcome = rewrite.apply(head, context, variables, &match, &scratch) { return outcome }
            case .stop: return .stop
            }
        }
        return nil
    }
}

/// A condition, compiled.
struct RuleCondition: Sendable {
    private enum Test: Sendable {
        case isTrue
        case equals(Template)
        case matches(Pattern)
        case never
    }

    private let subject: Template
    private let test: Test
    private let isNegated: Bool
    private let names: NamedGroups

    init(_ condition: RequestRules.Condition, _ constants: Template.Constants) throws(FilterError) {
        subject = try Template(condition.subject, constants)
        isNegated = condition.isNegated
        names = try NamedGroups(condition.names, constants)
        switch condition.test {
        case .isTrue: test = .isTrue
        case .never: test = .never
        case .equals(let text): test = .equals(try Template(text, constants))
        case .matches(let text, let ignoringCase):
            do throws(PatternError) {
                test = .matches(try Pattern(text, options: ignoringCase ? .ignoringCase : []))
            } catch {
                throw .badPattern(text, error)
            }
        }
    }

    /// `.match` when the condition holds.
    func test(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables,
        _ match: inout PatternScratch
    ) -> Pattern.Outcome {
        let holds: Bool
        switch test {
        case .never: holds = false
        case .isTrue:
            guard let range = text(of: subject, head, context, variables) else { return .limitExceeded }
            holds = !(range.isEmpty || range.count == 1 && variables.text[range.lowerBound] == .zero)
        case .equals(let other):
            guard let left = text(of: subject, head, context, variables),
                let right = text(of: other, head, context, variables)
            else { return .limitExceeded }
            holds = variables.isEqual(left, right)
        case .matches(let pattern):
            guard let range = text(of: subject, head, context, variables) else { return .limitExceeded }
            switch variables.match(pattern, in: range, &match) {
            case .match:
                names.take(from: variables)
                holds = true
            case .noMatch: holds = false
            case .limitExceeded: return .limitExceeded
            }
        }
        return holds != isNegated ? .match : .noMatch
    }

    /// The text of a template, kept until the next request.
    private func text(
        of template: Template, _ head: borrowing RequestHead, _ context: RequestContext,
        _ variables: RequestVariables
    ) -> Range<Int>? {
        variables.append(template, head, context, variables.groups)
    }
}

extension RequestVariables {
    func isEqual(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        Self.isEqual(left, right, in: text)
    }

    private static func isEqual(_ left: Range<Int>, _ right: Range<Int>, in text: borrowing ByteBuffer) -> Bool {
        text.readable.extracting(left).equals(text.readable.extracting(right))
    }

    /// Searches a pattern in a part of `text`; its groups are the request's from then on.
    func match(_ pattern: Pattern, in subject: Range<Int>, _ scratch: inout PatternScratch) -> Pattern.Outcome {
        let outcome = Self.match(pattern, in: subject, of: text, &scratch)
        if outcome == .match { keep(scratch.captures, of: subject) }
        return outcome
    }

    private static func match(
        _ pattern: Pattern, in subject: Range<Int>, of text: borrowing ByteBuffer, _ scratch: inout PatternScratch
    ) -> Pattern.Outcome {
        pattern.match(text.readable.extracting(subject), &scratch)
    }
}
