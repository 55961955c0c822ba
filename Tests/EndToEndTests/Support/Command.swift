import Foundation
import TestSupport

/// A program that has been run to its end.
struct Command {
    var status: CInt
    var output: String
    var errors: String

    var outputLines: [String] { output.split(separator: "\n").map(String.init) }

    /// Runs a program and waits for its end.
    static func run(_ program: String, _ arguments: [String], input: String = "") throws -> Command {
        let process = try ChildProcess(program, arguments, input: input)
        guard case .exited(let status) = try process.end() else {
            throw WireFault.malformed("\(program) was killed: \(process.errors.current.text)")
        }
        let output = try process.output.wait("output") { $0.isOver }.text
        let errors = try process.errors.wait("errors") { $0.isOver }.text
        return Command(status: status, output: output, errors: errors)
    }

    /// Runs `gatehouse` with these arguments.
    static func gatehouse(_ arguments: String..., input: String = "") throws -> Command {
        try run(Products.gatehouse, arguments, input: input)
    }

    /// Whether a program can be found along `PATH`.
    static func exists(_ program: String) -> Bool {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }
}

/// What the build has left beside the tests, and the repository they were built from.
enum Products {
    /// The executable under test.
    static let gatehouse: String = {
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appending(path: "gatehouse").path(percentEncoded: false)
    }()

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let examples = repository.appending(path: "Examples")
}
