import Foundation
import Glibc
import TestSupport

/// `gatehouse serve`, running and ready, on loopback ports that the kernel chose.
final class Gatehouse: Sendable {
    let process: ChildProcess
    let port: UInt16
    let securePort: UInt16
    let adminPort: UInt16
    /// What it said when it was ready: `ready: 3 hosts, …`
    let summary: String

    /// Starts it and waits until it is ready. Without an access log, unless the arguments ask for one.
    ///
    /// - Parameters:
    ///   - descriptors: how many descriptors it may have open.
    ///   - script: what a shell does before it turns into `"$0" "$@"`, redirections included.
    init(_ arguments: [String], input: String = "", descriptors: Int? = nil, script: String? = nil) throws {
        var all = ["serve", "--address", "127.0.0.1", "--http-port", "0", "--https-port", "0", "--admin-port", "0"]
        all += arguments
        if !arguments.contains("--access-log") { all += ["--access-log", "off"] }
        if let script = script ?? descriptors.map({ "ulimit -n \($0) && exec \"$0\" \"$@\"" }) {
            process = try ChildProcess("sh", ["-c", script, Products.gatehouse] + all, input: input)
        } else {
            process = try ChildProcess(Products.gatehouse, all, input: input)
        }
        let said = try process.errors.wait("gatehouse to be ready") { transcript in
            transcript.isOver || transcript.lines.contains { $0.hasPrefix("ready: ") }
        }
        guard let summary = said.lines.first(where: { $0.hasPrefix("ready: ") }),
            let port = Self.port(after: "listening on http://", in: said.lines),
            let securePort = Self.port(after: "listening on https://", in: said.lines),
            let adminPort = Self.port(after: "health and metrics on http://", in: said.lines)
        else { throw WireFault.malformed("gatehouse did not start: \(said.text)") }
        self.summary = summary
        self.port = port
        self.securePort = securePort
        self.adminPort = adminPort
    }

    private static func port(after start: String, in lines: [String]) -> UInt16? {
        lines.first { $0.hasPrefix(start) }?.split(separator: ":").last.flatMap { UInt16($0) }
    }

    // MARK: Asking

    func client() throws -> Client { try Client(toPort: port) }

    func secureClient(_ options: TLSOptions) throws -> Client { try Client(toPort: securePort, tls: options) }

    /// One request on a connection of its own.
    func request(_ target: String = "/", host: String, method: String = "GET") throws -> Message {
        try client().request(target, method: method, host: host, ["Connection: close"])
    }

    /// Asks the admin side.
    func admin(_ path: String) throws -> Message {
        try Client(toPort: adminPort).request(path, host: "localhost", ["Connection: close"])
    }

    /// The samples of `/metrics`.
    func metrics() throws -> PrometheusSamples { try PrometheusSamples(admin("/metrics").text) }

    // MARK: Watching

    /// How many lines it has logged so far: where to begin looking for what an act brings about.
    var mark: Int { process.errors.current.lines.count }

    /// Waits for a line of the log.
    ///
    /// - Parameter mark: lines before it do not count.
    @discardableResult
    func waitForLine(after mark: Int = 0, containing text: String) throws -> String {
        let transcript = try process.errors.wait("a line with \(text)") { transcript in
            transcript.isOver || transcript.lines.dropFirst(mark).contains { $0.contains(text) }
        }
        guard let line = transcript.lines.dropFirst(mark).first(where: { $0.contains(text) }) else {
            throw WireFault.malformed("it ended without a line with \(text): \(transcript.text)")
        }
        return line
    }

    /// Does something and waits for the line that tells of the configuration that came of it.
    @discardableResult
    func reloads(after act: () throws -> Void) throws -> String {
        let mark = mark
        try act()
        return try waitForLine(after: mark, containing: "configuration reloaded")
    }

    /// Asks it to end and waits until it has.
    func terminate() throws -> ChildProcess.Ending {
        process.signal(SIGTERM)
        return try process.end()
    }

    // MARK: What it uses of the machine

    /// Descriptors that it has open.
    var openDescriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.id)/fd").count) ?? 0
    }

    /// Resident memory in bytes.
    var residentBytes: Int { field(1, of: "statm", droppingName: false) * Int(sysconf(CInt(_SC_PAGESIZE))) }

    /// Processor time so far, in seconds (proc(5): fields 14 and 15 of `stat`).
    var processorSeconds: Double {
        let ticks = field(11, of: "stat", droppingName: true) + field(12, of: "stat", droppingName: true)
        return Double(ticks) / Double(sysconf(CInt(_SC_CLK_TCK)))
    }

    /// - Parameter droppingName: whether to count from behind the program's name, which may hold blanks.
    private func field(_ index: Int, of file: String, droppingName: Bool) -> Int {
        guard var text = try? String(contentsOfFile: "/proc/\(process.id)/\(file)", encoding: .ascii) else { return 0 }
        if droppingName, let name = text.lastIndex(of: ")") { text = String(text[text.index(after: name)...]) }
        let fields = text.split(whereSeparator: \.isWhitespace)
        return index < fields.count ? Int(fields[index]) ?? 0 : 0
    }
}
