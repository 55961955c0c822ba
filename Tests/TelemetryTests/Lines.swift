import Bytes
import Foundation
import Linux
import Telemetry

/// An exchange that answers every text with a given value, and otherwise with the text's own name.
struct ScriptedSource: AccessSource {
    var values: [AccessText: [UInt8]] = [:]
    var unset: Set<AccessText> = []

    func write(_ text: AccessText, to log: inout AccessLogWriter) {
        if unset.contains(text) { return log.appendUnset() }
        let value = values[text] ?? Array("\(text)".utf8)
        log.append(value: value.span)
    }
}

/// A log that writes into a file of its own, which `lines` reads once the log has ended.
final class LogFile {
    let path: String
    let log: AccessLog

    init(workers: Int = 1) throws {
        path = NSTemporaryDirectory() + "access-\(UUID().uuidString).log"
        log = try AccessLog(to: .file(path), workers: workers) { _ in }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func lines() throws -> [String] {
        log.stop()
        return try Self.lines(at: path)
    }

    static func lines(at path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    /// The line that a format makes of a record.
    static func line(
        _ format: String, _ record: AccessRecord = AccessRecord(), _ source: ScriptedSource = ScriptedSource(),
        escaping: LogEscaping = .standard, wall: (Int, Int) = (0, 0), hostName: String = ""
    ) throws -> String {
        let file = try write(format, record, source, escaping: escaping, wall: wall, hostName: hostName)
        return try file.lines().joined(separator: "\n")
    }

    /// The bytes of the line, without the line feed at its end.
    static func bytes(_ format: String, _ source: ScriptedSource, escaping: LogEscaping) throws -> [UInt8] {
        let file = try write(format, AccessRecord(), source, escaping: escaping)
        file.log.stop()
        return try Array(Data(contentsOf: URL(filePath: file.path)).dropLast())
    }

    private static func write(
        _ format: String, _ record: AccessRecord, _ source: ScriptedSource, escaping: LogEscaping,
        wall: (Int, Int) = (0, 0), hostName: String = ""
    ) throws -> LogFile {
        let file = try LogFile()
        let compiled = try AccessLogFormat(format, escaping: escaping, hostName: hostName)
        var writer = AccessLogWriter(file.log.channels[0], format: compiled, processID: 4711)
        writer.write(record, from: source, now: .now(), wall: wall)
        writer.flush()
        return file
    }
}
