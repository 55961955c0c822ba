import ArgumentParser
import Model

/// `gatehouse check`: what is wrong with manifests, without serving them.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Report what is wrong or surprising in manifests.",
        discussion: """
            Prints one line for each finding, the worst first: file:line: kind namespace/name: field: fault; remedy. \
            Exits with 0 when nothing is rejected, with 1 when something is (under --strict also for a warning), \
            with 2 when it was called wrongly.
            """)

    @OptionGroup var manifests: ManifestOptions
    @OptionGroup(title: "Controller options") var controller: ControllerOptions

    @Argument(help: ArgumentHelp("Further manifests.", valueName: "path"))
    var more: [String] = []

    @Flag(help: "Exit with 1 for warnings, too.")
    var strict = false

    @Option(help: "How to print: text or json.")
    var format = OutputFormat.text

    func validate() throws {
        if manifests.paths.isEmpty, more.isEmpty { throw ValidationError("Say which manifests to check: -f PATH") }
    }

    func run() async throws {
        let configuration = await Configuration.load(manifests.paths + more, controller.translation)
        let report = DiagnosticReport(configuration.diagnostics)
        switch format {
        case .json: Printing.result(try report.json())
        case .text:
            Printing.result(report.text, terminator: "")
            Printing.remark(report.summary)
        }
        if Self.fails(report.counts, strict: strict) { throw ExitCode(1) }
    }

    /// Whether the findings make the command fail.
    static func fails(_ counts: DiagnosticReport.Counts, strict: Bool) -> Bool {
        counts.rejected > 0 || (strict && counts.warnings > 0)
    }
}
