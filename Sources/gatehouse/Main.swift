import ArgumentParser
import Foundation

/// The command line: one subcommand for each thing that Gatehouse does.
@main
struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "An ingress controller and reverse proxy for Kubernetes manifests.",
        version: VersionCommand.version,
        subcommands: [
            ServeCommand.self, CheckCommand.self, ExplainCommand.self, RoutesCommand.self, MigrateCommand.self,
            VersionCommand.self,
        ])

    /// The status of a call that was not understood.
    private static let usageStatus: Int32 = 2

    static func main() async {
        // First of all: until then a signal ends the process without a word.
        Shutdown.holdSignals()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            // The library's own status for wrong calls is 64; ours is 2, as is usual for tools that report findings.
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            FileHandle.standardError.write(Data("\(fullMessage(for: error))\n".utf8))
            Foundation.exit(usageStatus)
        }
    }
}
