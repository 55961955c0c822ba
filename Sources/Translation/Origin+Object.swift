public import Kubernetes
public import Model

extension Origin {
    /// The place of an object, at its first line.
    public init(_ object: some KubernetesKind) {
        self.init(
            file: object.metadata.source.file, line: object.metadata.source.firstLine,
            kind: type(of: object).kind.rawValue, namespace: object.metadata.namespace, name: object.metadata.name)
    }

    /// The place of something inside an object.
    public init(_ object: some KubernetesKind, line: SourceLine) {
        self.init(object)
        self.line = object.line(line)
    }
}

extension Diagnostic {
    /// What the decoder found, in the form in which everything else is reported.
    public init(_ found: ManifestDiagnostic) {
        let severity: Severity =
            switch found.severity {
            case .note: .note
            case .warning: .warning
            case .rejected: .rejected
            }
        let origin = Origin(
            file: found.file, line: found.line > 0 ? found.line : nil, kind: found.kind, namespace: found.namespace,
            name: found.name)
        let column = found.column > 0 ? "column \(found.column): " : ""
        self.init(severity, origin, field: found.field, column + found.fault, remedy: found.remedy)
    }
}
