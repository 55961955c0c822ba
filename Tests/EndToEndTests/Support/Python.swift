import Foundation

/// Python for the programs of tests and examples. The system's own comes first: packages of the distribution, such as
/// `python3-grpcio`, are the system's.
enum Python {
    static let path = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") ? "/usr/bin/python3" : "python3"

    /// Whether gRPC's own implementation is installed, as `Scripts/setup test` does.
    static let hasGRPC = (try? Command.run(path, ["-c", "import grpc"]))?.status == 0

    /// Whether the libraries wsproto and h2 are installed, as `Scripts/setup test` does.
    static let hasWebSockets = (try? Command.run(path, ["-c", "import h2, wsproto"]))?.status == 0

    /// A program of `Tests/EndToEndTests/Clients`.
    static func client(_ name: String) -> String {
        Products.repository.appending(path: "Tests/EndToEndTests/Clients/\(name)").path(percentEncoded: false)
    }
}
