import ArgumentParser
import Model

/// `gatehouse routes`: the table that manifests amount to.
struct RoutesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes",
        abstract: "Print the table of hosts, routes and upstreams that manifests amount to.",
        discussion: """
            Equal manifests print the same, and a change of one route changes its lines alone, so the output can be \
            kept and compared. Findings about the manifests are the business of check.
            """)

    @OptionGroup var manifests: ManifestOptions
    @OptionGroup(title: "Controller options") var controller: ControllerOptions

    @Argument(help: ArgumentHelp("Further manifests.", valueName: "path"))
    var more: [String] = []

    @Option(help: "How to print: text or json.")
    var format = OutputFormat.text

    func validate() throws {
        if manifests.paths.isEmpty, more.isEmpty { throw ValidationError("Say which manifests to read: -f PATH") }
    }

    func run() async throws {
        let configuration = await Configuration.load(manifests.paths + more, controller.translation)
        switch format {
        case .json: Printing.result(try RoutesReport(configuration.model).json())
        case .text: Printing.result(ModelPrinter().text(of: configuration.model), terminator: "")
        }
        configuration.remarkOnRejected()
    }
}
