import Bytes
import HTTP

/// Types of content that a policy is for.
struct MediaTypes: Sendable {
    private let names: [[UInt8]]
    private let includesEvery: Bool

    /// - Parameter names: without parameters, in lower case; `*` is every one.
    init(_ names: [String]) {
        self.names = names.map { Array($0.utf8) }
        includesEvery = names.contains("*")
    }

    /// Whether `Content-Type` names one of them. A message that names none has none.
    func include(typeOf headers: borrowing HeaderBlock) -> Bool {
        guard let index = headers.firstIndex(of: .contentType) else { return false }
        let value = headers.value(index)
        let written = value.extracting(0..<value.first(.semicolon, from: 0, to: value.count))
        let name = written.extracting(written.trimmed)
        if includesEvery { return !name.isEmpty }
        for known in names where name.equalsIgnoringCase(known.span) { return true }
        return false
    }
}
