import Foundation
import TestSupport

/// The small servers that an example's README starts (`python3 Examples/NAME/server.py PORT …`), each on a port that the
/// kernel chose. End with their last reference.
final class ExampleServers {
    private var processes: [ChildProcess] = []
    private var ports: [(written: String, real: String)] = []

    /// - Parameter servers: scripts, and the ports that the README gives them.
    init(_ servers: [ExampleReadme.Server], _ preparations: ExamplePreparations) throws {
        for server in servers {
            let process = try ChildProcess(Python.path, [server.script, "0"] + preparations.settled(server.arguments))
            let said = try process.output.wait("\(server.script) to listen") { $0.isOver || !$0.lines.isEmpty }
            guard let line = said.lines.first, line.hasPrefix("listening on "),
                let port = line.split(separator: ":").last
            else { throw WireFault.malformed("\(server.script) did not start: \(process.errors.current.text)") }
            processes.append(process)
            ports.append((":\(server.port)", ":\(port)"))
        }
    }

    /// Arguments of Gatehouse with the real ports in place of those that the README gives.
    func settled(_ arguments: [String]) -> [String] {
        arguments.map { argument in
            ports.reduce(argument) { text, port in
                text.hasSuffix(port.written) ? String(text.dropLast(port.written.count)) + port.real : text
            }
        }
    }
}
