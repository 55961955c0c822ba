/// A fault or a surprise in the configuration. Configuration mistakes are values: collected, reported,
/// never thrown away and never fatal to other objects.
///
/// As text: `shop.yaml:14: Ingress shop/web: metadata.annotations[…/limit-rps]: expected a positive
/// integer, got "ten"; write digits only`.
public struct Diagnostic: Sendable, Hashable {
    /// How bad it is.
    public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
        /// Nothing is wrong, but the effect may surprise.
        case note
        /// Something written has no effect or not the one intended; the object is served.
        case warning
        /// The object, or the part of it that the field names, is not served.
        case rejected

        public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .rejected: 2
            }
        }
    }

    public var severity: Severity
    public var origin: Origin
    /// The path of the field, such as `spec.rules[0].host`; empty when the whole object is meant.
    public var field: String
    /// What is wrong, without the place.
    public var fault: String
    /// What to do about it; empty when there is nothing to do.
    public var remedy: String

    public init(_ severity: Severity, _ origin: Origin, field: String, _ fault: String, remedy: String = "") {
        self.severity = severity
        self.origin = origin
        self.field = field
        self.fault = fault
        self.remedy = remedy
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `file:line: kind namespace/name: field: fault; remedy`
    public var description: String {
        var text = "\(origin): "
        if !field.isEmpty { text += "\(field): " }
        text += fault
        if !remedy.isEmpty { text += "; \(remedy)" }
        return text
    }
}
