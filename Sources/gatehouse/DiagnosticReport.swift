import Model

/// Diagnostics as `check` prints them: the worst first, then by place.
struct DiagnosticReport: Encodable {
    struct Entry: Encodable {
        var severity: String
        var origin: Place
        var field: String
        var fault: String
        var remedy: String
    }

    struct Counts: Encodable, Equatable {
        var rejected = 0
        var warnings = 0
        var notes = 0
    }

    var counts = Counts()
    var diagnostics: [Entry] = []
    /// For people, a line each: `file:line: kind namespace/name: field: fault; remedy`.
    private(set) var lines: [String] = []

    private enum CodingKeys: CodingKey { case counts, diagnostics }

    init(_ diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics.sorted(by: Self.precedes) {
            switch diagnostic.severity {
            case .rejected: counts.rejected += 1
            case .warning: counts.warnings += 1
            case .note: counts.notes += 1
            }
            self.diagnostics.append(
                Entry(
                    severity: diagnostic.severity.rawValue, origin: Place(diagnostic.origin), field: diagnostic.field,
                    fault: diagnostic.fault, remedy: diagnostic.remedy))
            lines.append(diagnostic.description.replacing("\n", with: " ").printable)
        }
    }

    private static func precedes(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
        if left.severity != right.severity { return left.severity > right.severity }
        let (a, b) = (left.origin, right.origin)
        return (a.file, a.line ?? 0, left.field, left.fault) < (b.file, b.line ?? 0, right.field, right.fault)
    }

    /// `1 rejected, 2 warnings, 3 notes`
    var summary: String {
        if counts == Counts() { return "nothing to report" }
        return [
            (counts.rejected, "rejected", "rejected"), (counts.warnings, "warning", "warnings"),
            (counts.notes, "note", "notes"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? $0.1 : $0.2)" }.joined(separator: ", ")
    }
}
