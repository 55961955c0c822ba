import ArgumentParser
import ControlPlane
import GeoIP
import Linux
import Model
import Routing

/// `gatehouse explain`: why a request goes where it goes.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which host, route and upstream take a request, and why the others don't.",
        discussion: """
            The request goes through the same parser, tables and filters as one from the network, up to the choice \
            of an endpoint. Names of upstreams are looked up.
            """)

    @OptionGroup var manifests: ManifestOptions
    @OptionGroup(title: "Controller options") var controller: ControllerOptions

    @Option(name: [.customShort("X"), .customLong("method")], help: "The method.")
    var method = "GET"

    @Option(
        name: [.customShort("H"), .customLong("header")],
        help: ArgumentHelp("A header of the request. May be given several times.", valueName: "'Name: value'"))
    var headers: [String] = []

    @Option(
        help: ArgumentHelp(
            "The folder with MaxMind's databases, where use-geoip2 is on; places are empty without it.",
            valueName: "path"))
    var geoipDirectory: String?

    @Option(help: "How to print: text or json.")
    var format = OutputFormat.text

    @Argument(
        help: ArgumentHelp(
            "A URL such as http://shop.example/cart, or a path when -H 'Host: …' is given. What stands before it is "
                + "taken for further manifests.",
            valueName: "url"))
    var rest: [String] = []

    func validate() throws {
        guard !rest.isEmpty else { throw ValidationError("Say which URL to explain") }
        if manifests.paths.isEmpty, rest.count == 1 {
            throw ValidationError("Say which manifests to read: -f PATH")
        }
        do throws(ProbeError) { _ = try probe.head() } catch {
            if case .refused = error { return }
            throw ValidationError("\(error)")
        }
    }

    private var probe: ProbeRequest { ProbeRequest(method: method, url: rest.last ?? "", fields: headers) }

    /// The databases to look in, as the configuration asks for them.
    private func databases(_ settings: inout GeoSettings) throws -> GeoDatabases? {
        guard let geoipDirectory else { return nil }
        do throws(Errno) {
            let source = try GeoSource(path: geoipDirectory, isWatching: false) { _ in }
            defer { source.stop() }
            for diagnostic in source.follow(&settings) { Printing.remark("\(diagnostic)") }
            return source.databases
        } catch {
            throw ValidationError("cannot look into \(geoipDirectory): \(error)")
        }
    }

    func run() async throws {
        var configuration = await Configuration.load(
            manifests.paths + rest.dropLast(), controller.translation, resolvesNames: true)
        let geo = try databases(&configuration.model.settings.geo)
        let report: ExplainReport
        do throws(ProbeError) {
            report = try RequestTrial(configuration: configuration, probe: probe, geo: geo).report()
        } catch {
            throw ValidationError("\(error)")
        }
        switch format {
        case .json: Printing.result(try report.json())
        case .text: Printing.result(report.text, terminator: "")
        }
        configuration.remarkOnRejected()
    }
}
