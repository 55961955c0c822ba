public import Kubernetes
public import Model

extension Diagnostic {
    /// A fault of a manifest in the model's terms.
    public init(_ fault: ManifestDiagnostic) {
        let severity: Severity =
            switch fault.severity {
            case .note: .note
            case .warning: .warning
            case .rejected: .rejected
            }
        let origin = Origin(
            file: fault.file, line: fault.line > 0 ? fault.line : nil, kind: fault.kind, namespace: fault.namespace,
            name: fault.name)
        let column = fault.column > 0 ? "column \(fault.column): " : ""
        self.init(severity, origin, field: fault.field, column + fault.fault, remedy: fault.remedy)
    }
}
