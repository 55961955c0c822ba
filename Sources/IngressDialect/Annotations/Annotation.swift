import Model

/// One annotation: everything that is known about it, in one row of the table. Parsing, `check`, `explain`
/// and the reference page all read the row.
public struct Annotation: Sendable {
    /// What an annotation applies to.
    public enum Scope: String, Sendable, CaseIterable {
        /// Every path of the Ingress.
        case route = "path"
        /// The whole host; the first Ingress that says something about it wins.
        case host
        /// The upstream; the first Ingress that uses it wins.
        case upstream = "service"
    }

    /// How much harm a value can do, by ingress-nginx's own judgement (`annotations-risk-level`).
    public enum Risk: String, Sendable, CaseIterable, Comparable {
        case low = "Low"
        case medium = "Medium"
        case high = "High"
        case critical = "Critical"

        public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// How far Gatehouse goes along with an annotation.
    public enum Support: Sendable, Equatable {
        case honoured
        /// Not honoured; because it decides who may come in, everything in its scope answers 503.
        case refused
        /// Has no effect, for this reason.
        case meaningless(String)
    }

    /// The name without prefix.
    public let name: String
    /// Other names of the same thing.
    public let aliases: [String]
    /// The grammar of the value, for people.
    public let form: String
    /// What holds when it is absent, for people; empty when nothing does.
    public let standard: String
    public let scope: Scope
    public let risk: Risk
    /// What an unusable value does.
    public let consequence: Consequence
    /// Whether the controller's ConfigMap has a key of this name that gives the default.
    public let hasGlobalDefault: Bool
    public let support: Support
    /// A value that has an effect.
    public let example: String
    public let summary: String

    /// Whether the value is a text in nginx's language.
    var isSnippet: Bool { name.hasSuffix("-snippet") && !name.hasPrefix("modsecurity") }

    /// Parses a value and writes what it means into the draft.
    let write: @Sendable (String, inout IngressDraft) throws(ValueFault) -> Void
}

extension Annotation {
    /// An annotation whose value goes into one field of the draft.
    init<Value>(
        _ name: String, aliases: [String] = [], _ syntax: Syntax<Value>, default standard: String = "",
        _ scope: Scope, _ field: any WritableKeyPath<IngressDraft, Value> & Sendable, bad: Consequence = .useDefault,
        risk: Risk = .low, global: Bool = false, example: String, _ summary: String
    ) {
        self.init(
            name: name, aliases: aliases, form: syntax.form, standard: standard, scope: scope, risk: risk,
            consequence: bad, hasGlobalDefault: global, support: .honoured, example: example, summary: summary
        ) { value, draft throws(ValueFault) in
            draft[keyPath: field] = try syntax.parse(value, knowing: draft.snippets.variables)
        }
    }

    /// The same for a field that is nil by default.
    init<Value>(
        _ name: String, aliases: [String] = [], optional syntax: Syntax<Value>, default standard: String = "",
        _ scope: Scope, _ field: any WritableKeyPath<IngressDraft, Value?> & Sendable, bad: Consequence = .useDefault,
        risk: Risk = .low, global: Bool = false, example: String, _ summary: String
    ) {
        self.init(
            name: name, aliases: aliases, form: syntax.form, standard: standard, scope: scope, risk: risk,
            consequence: bad, hasGlobalDefault: global, support: .honoured, example: example, summary: summary
        ) { value, draft throws(ValueFault) in
            draft[keyPath: field] = try syntax.parse(value, knowing: draft.snippets.variables)
        }
    }

    /// An annotation that has no meaning here and never will.
    init(
        _ name: String, meaningless reason: String, form: String, _ scope: Scope, risk: Risk = .low, example: String,
        _ summary: String
    ) {
        self.init(
            name: name, aliases: [], form: form, standard: "", scope: scope, risk: risk, consequence: .useDefault,
            hasGlobalDefault: false, support: .meaningless(reason), example: example, summary: summary
        ) { _, _ in }
    }

    /// An annotation that has no meaning here and never will, and whose value is checked all the same.
    init<Value>(
        _ name: String, meaningless reason: String, _ syntax: Syntax<Value>, _ scope: Scope, bad: Consequence,
        risk: Risk = .low, example: String, _ summary: String
    ) {
        self.init(
            name: name, aliases: [], form: syntax.form, standard: "", scope: scope, risk: risk, consequence: bad,
            hasGlobalDefault: false, support: .meaningless(reason), example: example, summary: summary
        ) { value, _ throws(ValueFault) in _ = try syntax.parse(value) }
    }

    /// An annotation that is not honoured and decides who may come in: what it applies to answers 503
    /// for as long as `isActive` holds for its value. Otherwise it takes back those refusals of the ConfigMap that
    /// `lifted` names.
    init(
        _ name: String, aliases: [String] = [], refused form: String, default standard: String = "", _ scope: Scope,
        when isActive: @escaping @Sendable (String) -> Bool = { _ in true }, lifting lifted: Set<String> = [],
        risk: Risk = .low, global: Bool = false, example: String, _ summary: String
    ) {
        self.init(
            name: name, aliases: aliases, form: form, standard: standard, scope: scope, risk: risk,
            consequence: .refuseRoutes, hasGlobalDefault: global, support: .refused, example: example, summary: summary
        ) { value, draft in
            guard isActive(value) else { return draft.protection.refusingPaths.removeAll(where: lifted.contains) }
            if scope == .host {
                draft.protection.refusingHosts.append(name)
            } else {
                draft.protection.refusingPaths.append(name)
            }
        }
    }
}

/// Annotations that belong together, in one file beside the part of the draft they fill.
public struct AnnotationGroup: Sendable {
    public let title: String
    /// What is to be said about all of them; empty for nothing.
    public let note: String
    public let rows: [Annotation]

    /// Gives the group's part of a draft back its defaults.
    let reset: @Sendable (_ draft: inout IngressDraft, _ defaults: IngressDraft) -> Void

    init<Part>(
        _ title: String, _ part: any WritableKeyPath<IngressDraft, Part> & Sendable, note: String = "",
        _ rows: [Annotation]
    ) {
        self.title = title
        self.note = note
        self.rows = rows
        reset = { draft, defaults in draft[keyPath: part] = defaults[keyPath: part] }
    }
}
