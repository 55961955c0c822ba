import ArgumentParser
import ControlPlane
import Kubernetes
import Translation

/// `gatehouse migrate`: what manifests of ingress-nginx mean here.
struct MigrateCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, html
    }

    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Report what each Ingress uses, what acts as in ingress-nginx and what doesn't.",
        discussion: """
            Exits with 0 when all that the Ingresses use acts identically or with a documented difference, with 1 when \
            something isn't honoured, with 2 when it was called wrongly.
            """)

    @OptionGroup var manifests: ManifestOptions
    @OptionGroup(title: "Controller options") var controller: ControllerOptions

    @Argument(help: ArgumentHelp("Further manifests.", valueName: "path"))
    var more: [String] = []

    @Option(help: "How to print: text, json or html.")
    var format = Format.text

    func validate() throws {
        if manifests.paths.isEmpty, more.isEmpty { throw ValidationError("Say which manifests to read: -f PATH") }
    }

    func run() async throws {
        let options = controller.translation
        let set = await ManifestLoader.manifests(in: manifests.paths + more)
        let configuration = Configuration.translate(set, options)
        let report = MigrationReport(
            Array(set.store.ingresses.all), prefix: options.annotationPrefix, configuration.diagnostics)
        switch format {
        case .json: Printing.result(try report.json())
        case .html: Printing.result(report.html, terminator: "")
        case .text:
            Printing.result(report.text, terminator: "")
            Printing.remark(report.summary)
        }
        if report.fails { throw ExitCode(1) }
    }
}
