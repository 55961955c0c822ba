import ArgumentParser
import Foundation

/// How a command prints what it found.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case text
    /// For programs: one object, keys in order.
    case json
}

extension Encodable {
    /// As JSON text whose keys are in order, so that equal values print the same.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension String {
    /// With control characters escaped: what a manifest or URL holds must not drive somebody's terminal.
    var printable: String {
        guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\n" }) else {
            return self
        }
        return unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control && scalar != "\n"
                ? scalar.escaped(asASCII: true) : String(scalar)
        }.joined()
    }
}
