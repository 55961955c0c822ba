import ArgumentParser
import Foundation
import Linux

/// The command line: one subcommand for each thing that Gatehouse does.
@main
struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "An ingress controller and reverse proxy for Kubernetes manifests.",
        discussion: """
            To begin, serve a manifest with built-in echo backends in place of real ones, and ask for something:

              gatehouse serve -f ingress.yaml --demo-backends
              curl -H 'Host: shop.example' http://localhost:8080/
            """,
        version: VersionCommand.version,
        subcommands: [
            ServeCommand.self, CheckCommand.self, ExplainCommand.self, RoutesCommand.self, MigrateCommand.self,
            VersionCommand.self,
        ])

    /// The status of a call that was not understood.
    private static let usageStatus: Int32 = 2

    static func main() async {
        StandardStreams.fill()
        // As early as can be: until then a signal ends the process without a word.
        Shutdown.holdSignals()
        // Not before everything is let go that the call has held: what is left then is lost, as leak checks see it.
        if let status = await runCommand() { Foundation.exit(status) }
    }

    /// Does what the command line says.
    ///
    /// - Returns: the status of a call that was not understood.
    private static func runCommand() async -> Int32? {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return nil
        } catch {
            // The library's own status for wrong calls is 64; ours is 2, as is usual for tools that report findings.
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Printing.remark(fullMessage(for: error))
            return usageStatus
        }
    }
}
