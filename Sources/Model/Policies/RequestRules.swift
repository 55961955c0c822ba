/// A small program that decides about a request before anything else of its route does: conditions, variables, own
/// answers, changed paths (`if`, `set`, `return` and `rewrite` of nginx's snippets).
///
/// It has no loops and no calls, so a request costs at most each step once; `searchAgain` leads back to routing, at
/// most ten times for a request.
public struct RequestRules: Sendable, Hashable {
    /// One thing that rules do.
    public indirect enum Step: Sendable, Hashable {
        /// Sets a variable to a template's text.
        case set(String, to: String)
        /// Goes through `steps` when the condition holds, and marks the request as one of this branch.
        case when(Condition, branch: Int, [Step])
        /// Answers the request.
        case answer(Answer)
        case rewrite(PathRewrite)
        /// Leaves the program, and with it the redirect and rewrite that the route has besides.
        case stop
    }

    /// A question about a request.
    public struct Condition: Sendable, Hashable {
        public enum Test: Sendable, Hashable {
            /// Neither empty nor `0`.
            case isTrue
            /// The text of another template.
            case equals(String)
            /// Holds a match of a pattern, whose groups are `$1`…`$9` from then on.
            case matches(String, ignoringCase: Bool)
            /// Whatever the request: no.
            case never
        }

        /// A template.
        public var subject: String
        public var test: Test
        public var isNegated: Bool
        /// Variables that a match sets, whether or not the condition is negated.
        public var names: [NamedGroup]

        public init(_ subject: String, _ test: Test, isNegated: Bool = false, names: [NamedGroup] = []) {
            self.subject = subject
            self.test = test
            self.isNegated = isNegated
            self.names = names
        }
    }

    /// An answer of the proxy's own.
    public enum Answer: Sendable, Hashable {
        /// The stock page of an error status.
        case page(Int)
        /// A redirect to a template's text; one that begins with a slash is on the host that was asked.
        case redirect(Int, to: String)
        /// A status with a template's text as content; an empty text is none.
        case text(Int, String, mediaType: String)
        /// Closes the connection without a word.
        case close
    }

    /// A change of the path.
    public struct PathRewrite: Sendable, Hashable {
        /// What happens when the pattern matched.
        public enum Ending: Sendable, Hashable {
            /// The program goes on with the new path; at its end a route is searched again.
            case goOn
            /// The program ends and a route is searched for the new path.
            case searchAgain
            /// The program ends; the route stays.
            case stay
            /// The client is sent to the new path or URL.
            case redirect(Int)
        }

        /// Searched in the path, by case unless `ignoringCase`.
        public var pattern: String
        public var ignoringCase: Bool
        /// The new path, with its query behind a `?`; the request's query follows unless it ends in a `?`.
        public var template: String
        public var ending: Ending
        /// Variables that a match sets before the new path is made.
        public var names: [NamedGroup]

        public init(
            _ pattern: String, ignoringCase: Bool = false, to template: String, _ ending: Ending,
            names: [NamedGroup] = []
        ) {
            self.pattern = pattern
            self.ignoringCase = ignoringCase
            self.template = template
            self.ending = ending
            self.names = names
        }
    }

    /// Steps of the host, which come before its path is looked at: not taken again after a new search.
    public var ofHost: [Step]
    /// Variables that groups of the route's own pattern set, before its steps are taken.
    public var ofMatch: [NamedGroup]
    /// Steps of the route.
    public var ofPath: [Step]

    /// Variables that a field of the authorization service's answer gives a value (`auth_request_set`).
    public var ofAnswer: [AnswerVariable]

    /// A variable and the field it is taken from.
    public struct AnswerVariable: Sendable, Hashable {
        public var name: String
        public var field: String

        public init(name: String, field: String) {
            self.name = name
            self.field = field
        }
    }

    public init(
        ofHost: [Step] = [], ofMatch: [NamedGroup] = [], ofPath: [Step] = [], ofAnswer: [AnswerVariable] = []
    ) {
        self.ofHost = ofHost
        self.ofMatch = ofMatch
        self.ofPath = ofPath
        self.ofAnswer = ofAnswer
    }

    /// Variables that are set, each once: those of the host first, which all of its routes share.
    public var variables: [String] {
        var names: [String] = []
        func add(_ name: String) { if !names.contains(name) { names.append(name) } }
        func walk(_ steps: [Step]) {
            for step in steps {
                switch step {
                case .set(let name, _): add(name)
                case .when(let condition, _, let inner):
                    for named in condition.names { add(named.name) }
                    walk(inner)
                case .rewrite(let rewrite): for named in rewrite.names { add(named.name) }
                case .answer, .stop: break
                }
            }
        }
        walk(ofHost)
        for named in ofMatch { add(named.name) }
        walk(ofPath)
        for variable in ofAnswer { add(variable.name) }
        return names
    }

    /// The groups of patterns that set variables, in the order of their steps.
    public var namedGroups: [NamedGroup] {
        func groups(of steps: [Step]) -> [NamedGroup] {
            steps.flatMap { step -> [NamedGroup] in
                switch step {
                case .when(let condition, _, let inner): condition.names + groups(of: inner)
                case .rewrite(let rewrite): rewrite.names
                case .set, .answer, .stop: []
                }
            }
        }
        return groups(of: ofHost) + ofMatch + groups(of: ofPath)
    }
}

extension RequestRules {
    /// For people: a line for each step of the host, those of a condition indented.
    var hostLines: [String] { Self.lines(ofHost, indent: "rule of the host: ") }

    /// The same for the route's steps, with what is taken from its match before them and from the authorization service's
    /// answer behind them.
    var pathLines: [String] {
        ofMatch.map { "$\($0.name) = group \($0.group) of the path" } + Self.lines(ofPath, indent: "rule: ")
            + ofAnswer.map { "$\($0.name) = \($0.field) of the authorization" }
    }

    private static func lines(_ steps: [Step], indent: String) -> [String] {
        steps.flatMap { step -> [String] in
            switch step {
            case .set(let name, let text): ["\(indent)$\(name) = \(text)"]
            case .when(let condition, let branch, let inner):
                ["\(indent)if \(condition) (branch \(branch))"] + lines(inner, indent: indent + "  ")
            case .answer(let answer): ["\(indent)\(answer)"]
            case .rewrite(let rewrite): ["\(indent)\(rewrite)"]
            case .stop: ["\(indent)stop"]
            }
        }
    }
}

extension RequestRules.Condition: CustomStringConvertible {
    public var description: String {
        let not = isNegated ? "not " : ""
        return switch test {
        case .isTrue: "\(not)\(subject)"
        case .equals(let text): "\(not)\(subject) is \(text)"
        case .matches(let pattern, let ignoringCase):
            "\(not)\(subject) matches \(pattern)\(ignoringCase ? " (any case)" : "")"
        case .never: "\(not)never"
        }
    }
}

extension RequestRules.Answer: CustomStringConvertible {
    public var description: String {
        switch self {
        case .page(let status): "answer \(status)"
        case .redirect(let status, let location): "answer \(status) to \(location)"
        case .text(let status, let text, let type):
            text.isEmpty ? "answer \(status)" : "answer \(status) with \(type) \(text)"
        case .close: "close"
        }
    }
}

extension RequestRules.PathRewrite: CustomStringConvertible {
    public var description: String {
        let end =
            switch ending {
            case .goOn: "go on"
            case .searchAgain: "search again"
            case .stay: "stay"
            case .redirect(let status): "redirect \(status)"
            }
        return "rewrite \(pattern) to \(template), \(end)"
    }
}
