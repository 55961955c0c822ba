/// Something wrong or noteworthy in a manifest: a place, a fault and a remedy.
///
/// Printed as `file:line: kind namespace/name: field: fault; remedy`.
public struct ManifestDiagnostic: Sendable, Equatable, CustomStringConvertible {
    /// How bad it is.
    public enum Severity: Int, Sendable, Comparable {
        /// Worth knowing; nothing is wrong.
        case note
        /// The object is used, though perhaps not as its author meant.
        case warning
        /// The object, or the whole file when `object` is nil, isn't used.
        case rejected

        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    public var severity: Severity
    public var file: String
    /// Counted from 1; 0 when the fault is about the file as a whole.
    public var line: Int
    /// Counted from 1; 0 when unknown. Given for syntax errors.
    public var column: Int
    /// The kind as written, which need not be one that Gatehouse reads; empty when unknown.
    public var kind: String
    public var namespace: String
    public var name: String
    /// `spec.rules[0].http.paths[1].pathType`; empty when the fault is about the object as a whole.
    public var field: String
    public var fault: String
    /// What to do about it; empty when there is nothing to say beyond the fault.
    public var remedy: String

    public init(
        severity: Severity, file: String, line: Int = 0, column: Int = 0, kind: String = "", namespace: String = "",
        name: String = "", field: String = "", fault: String, remedy: String = ""
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.field = field
        self.fault = fault
        self.remedy = remedy
    }

    public var description: String {
        var place = file
        if line > 0 { place += ":\(line)" }
        if column > 0 { place += ":\(column)" }
        var parts = [place]
        let key = namespace.isEmpty || name.isEmpty ? name : "\(namespace)/\(name)"
        let object = [kind, key].filter { !$0.isEmpty }.joined(separator: " ")
        if !object.isEmpty { parts.append(object) }
        if !field.isEmpty { parts.append(field) }
        parts.append(remedy.isEmpty ? fault : "\(fault); \(remedy)")
        return parts.joined(separator: ": ")
    }
}
