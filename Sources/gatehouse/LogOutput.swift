import ArgumentParser
import Foundation
import Logging

/// How log lines on standard error look.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    /// `2026-11-21T10:00:00Z warning: …`
    case text
    /// One object a line: `time`, `level`, `message` and metadata.
    case json
}

/// Writes what the control plane has to say to standard error, a line for each message.
struct LogOutput: LogHandler {
    let format: LogFormat
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(_ format: LogFormat, level: Logger.Level) {
        self.format = format
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, newer in newer }
        let time = Date().formatted(.iso8601)
        let line: String
        switch format {
        case .text:
            let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            line = "\(time) \(event.level): \(event.message)\(details)".printable.replacing("\n", with: " ")
        case .json:
            var fields = ["time": time, "level": "\(event.level)", "message": "\(event.message)"]
            for (key, value) in all { fields[key] = "\(value)" }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            line = (try? encoder.encode(fields)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        }
        // One write a line, so that lines of several tasks do not mix.
        Printing.remark(line)
    }
}
