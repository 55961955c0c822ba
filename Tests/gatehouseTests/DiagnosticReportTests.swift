import Model
import Testing

@testable import gatehouse

@Suite struct `Diagnostic report` {
    private func diagnostic(_ severity: Diagnostic.Severity, _ line: Int, _ fault: String = "is odd") -> Diagnostic {
        let origin = Origin(file: "a.yaml", line: line, kind: "Ingress", namespace: "shop", name: "web")
        return Diagnostic(severity, origin, field: "spec", fault, remedy: "fix it")
    }

    @Test func `puts the worst first, then goes by line`() {
        let report = DiagnosticReport([
            diagnostic(.note, 1), diagnostic(.rejected, 9), diagnostic(.warning, 5), diagnostic(.rejected, 2),
        ])
        #expect(
            report.diagnostics.map(\.line) == [
                "a.yaml:2: Ingress shop/web: spec: is odd; fix it", "a.yaml:9: Ingress shop/web: spec: is odd; fix it",
                "a.yaml:5: Ingress shop/web: spec: is odd; fix it", "a.yaml:1: Ingress shop/web: spec: is odd; fix it",
            ])
        #expect(report.summary == "2 rejected, 1 warning, 1 note")
        #expect(DiagnosticReport([]).summary == "nothing to report")
    }

    @Test func `is one line each, whatever a manifest holds`() {
        let report = DiagnosticReport([diagnostic(.note, 1, "got \"a\nb\u{1B}[2J\"")])
        #expect(report.text == "a.yaml:1: Ingress shop/web: spec: got \"a b\\u{1B}[2J\"; fix it\n")
    }

    @Test(
        arguments: [
            ([], false, false), ([.note], true, false), ([.warning], false, false), ([.warning], true, true),
            ([.rejected], false, true),
        ] as [([Diagnostic.Severity], Bool, Bool)])
    func `fails check as it should`(severities: [Diagnostic.Severity], strict: Bool, fails: Bool) {
        let report = DiagnosticReport(severities.map { diagnostic($0, 1) })
        #expect(CheckCommand.fails(report.counts, strict: strict) == fails)
    }

    @Test func `is an object with counts as JSON`() throws {
        let json = try DiagnosticReport([diagnostic(.rejected, 2)]).json()
        #expect(json.contains("\"rejected\" : 1"))
        #expect(json.contains("\"severity\" : \"rejected\""))
        #expect(!json.contains("\"line\" : \"a.yaml"))
    }
}
