import ArgumentParser

/// `gatehouse version`
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.")

    /// The version of this build.
    static let version = "0.1.0"

    func run() {
        Printing.result("gatehouse \(Self.version)")
    }
}
