import Foundation
import TestSupport

/// An example's `expect.txt`: requests and what they get. The format is told in `Examples/README.md`.
struct ExpectScript {
    struct Step {
        var line = 0
        var method = ""
        var isSecure = false
        var host = ""
        var target = ""
        var fields: [String] = []
        var body: [String] = []
        var status = 0
        var expectedFields: [(name: String, value: String)] = []
        var expectedParts: [String] = []
    }

    private(set) var steps: [Step] = []

    init(_ text: String) throws {
        var step: Step?
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if line.hasPrefix("#") { continue }
            guard !line.isEmpty else {
                if let step { steps.append(step) }
                step = nil
                continue
            }
            if step == nil {
                step = try Self.begin(line, at: index + 1)
            } else {
                try step?.add(line)
            }
        }
        if let step { steps.append(step) }
        for step in steps where step.status == 0 { throw Self.fault("a request without a status", step.line) }
    }

    private static func begin(_ line: String, at number: Int) throws -> Step {
        guard let match = line.wholeMatch(of: /([A-Z]+) http(s?):\/\/([^\/ ]+)(\/[^ ]*)/) else {
            throw fault("no request: \(line)", number)
        }
        return Step(
            line: number, method: String(match.1), isSecure: !match.2.isEmpty, host: String(match.3),
            target: String(match.4))
    }

    fileprivate static func fault(_ what: String, _ line: Int) -> WireFault {
        .malformed("expect.txt:\(line): \(what)")
    }
}

extension ExpectScript.Step {
    fileprivate mutating func add(_ text: String) throws {
        if text.hasPrefix("+ ") {
            body.append(String(text.dropFirst(2)))
        } else if text.hasPrefix("~ ") {
            expectedParts.append(String(text.dropFirst(2)))
        } else if text.hasPrefix("-> ") {
            guard let number = Int(text.dropFirst(3)) else { throw ExpectScript.fault("no status: \(text)", line) }
            status = number
        } else if let colon = text.firstIndex(of: ":") {
            guard status > 0 else { return fields.append(text) }
            let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            expectedFields.append((String(text[..<colon]), value))
        } else {
            throw ExpectScript.fault("not understood: \(text)", line)
        }
    }

    /// Asks as the step says.
    func response(from gatehouse: Gatehouse) throws -> Message {
        let content = body.map { $0 + "\n" }.joined()
        let length = content.isEmpty ? [] : ["Content-Length: \(content.utf8.count)"]
        let client = try isSecure ? gatehouse.secureClient(TLSOptions(host)) : gatehouse.client()
        return try client.request(
            target, method: method, host: host, fields + length + ["Connection: close"], body: content)
    }
}
