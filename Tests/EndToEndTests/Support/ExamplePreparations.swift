import Foundation
import TestSupport

/// What an example's README makes before Gatehouse starts (`Examples/make-certificates FOLDER`), in folders that are
/// gone after the test.
final class ExamplePreparations {
    private var folders: [(written: String, real: ManifestFolder)] = []

    /// Runs the scripts.
    init(_ preparations: [ExampleReadme.Preparation]) throws {
        for preparation in preparations {
            let folder = try ManifestFolder()
            folders.append((preparation.folder, folder))
            let made = try Command.run(preparation.script, [folder.path])
            guard made.status == 0 else { throw WireFault.malformed("\(preparation.script): \(made.errors)") }
        }
    }

    /// A text with the real folders in place of those that the README names.
    func settled(_ text: String) -> String {
        folders.reduce(text) { $0.replacing($1.written, with: $1.real.path) }
    }

    func settled(_ arguments: [String]) -> [String] { arguments.map { settled($0) } }
}
