import Model

/// Diagnostics as `check` prints them: the worst first, then by place.
struct DiagnosticReport: Encodable {
    struct Entry: Encodable {
        var severity: String
        var origin: Place
        var field: String
        var fault: String
        var remedy: String
        /// For people: `file:line: kind namespace/name: field: fault; remedy`.
        let line: String

        private enum CodingKeys: CodingKey { case severity, origin, field, fault, remedy }

        init(_ diagnostic: Diagnostic) {
            severity = diagnostic.severity.rawValue
            origin = Place(diagnostic.origin)
            field = diagnostic.field
            fault = diagnostic.fault
            remedy = diagnostic.remedy
            line = diagnostic.description.replacing("\n", with: " ").printable
        }
    }

    struct Counts: Encodable, Equatable {
        var rejected = 0
        var warnings = 0
        var notes = 0

        init() {}

        init(_ diagnostics: [Diagnostic]) {
            for diagnostic in diagnostics {
                switch diagnostic.severity {
                case .rejected: rejected += 1
                case .warning: warnings += 1
                case .note: notes += 1
                }
            }
        }
    }

    let counts: Counts
    let diagnostics: [Entry]

    init(_ diagnostics: [Diagnostic]) {
        counts = Counts(diagnostics)
        self.diagnostics = diagnostics.sorted(by: Self.precedes).map(Entry.init)
    }

    private static func precedes(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
        if left.severity != right.severity { return left.severity > right.severity }
        let (a, b) = (left.origin, right.origin)
        return (a.file, a.line ?? 0, left.field, left.fault) < (b.file, b.line ?? 0, right.field, right.fault)
    }

    /// For people, a line each.
    var text: String { diagnostics.map { $0.line + "\n" }.joined() }

    /// `1 rejected, 2 warnings, 3 notes`
    var summary: String {
        let parts = [
            counts.rejected > 0 ? "\(counts.rejected) rejected" : nil,
            counts.warnings > 0 ? counted(counts.warnings, "warning") : nil,
            counts.notes > 0 ? counted(counts.notes, "note") : nil,
        ].compactMap(\.self)
        return parts.isEmpty ? "nothing to report" : parts.joined(separator: ", ")
    }
}
