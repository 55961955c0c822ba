import Bytes
import HTTP
import Model

/// Adds what a response is written in to its `Content-Type`, as nginx's charset module does without a `charset_map`: to
/// types that are named, and where the response doesn't say so itself.
struct CharsetFilter: Sendable {
    private struct Choice: Sendable {
        /// Empty: nothing is added.
        let name: [UInt8]
        let branches: [Int]?
    }

    private static let parameter: StaticString = "; charset="
    /// Those that can decide; the last that holds does.
    private let choices: [Choice]
    private let mediaTypes: MediaTypes

    /// - Returns: nil when nothing is ever added.
    /// - Throws: for names that are no tokens.
    init?(_ policy: CharsetEdits) throws(FilterError) {
        let first = policy.choices.lastIndex { $0.branches == nil } ?? 0
        var choices: [Choice] = []
        for choice in policy.choices[first...] {
            let name = Array((choice.name ?? "").utf8)
            guard choice.name == nil || FieldSyntax.isName(name.span) else { throw .badField("Content-Type") }
            choices.append(Choice(name: name, branches: choice.branches))
        }
        guard choices.contains(where: { !$0.name.isEmpty }) else { return nil }
        self.choices = choices
        mediaTypes = MediaTypes(policy.mediaTypes ?? CharsetEdits.standardTypes)
    }

    var needsVariables: Bool { choices.contains { $0.branches != nil } }

    /// - Parameter values: where the new value is put together; one that has no room there stays as it was.
    func apply(to headers: inout HeaderBlock, status: Status, branch: Int, _ values: inout ByteBuffer) {
        guard !status.forbidsBody, let choice = choices.last(where: { $0.branches?.contains(branch) ?? true }),
            !choice.name.isEmpty, let index = headers.firstIndex(of: .contentType),
            mediaTypes.include(typeOf: headers), !Self.namesCharset(headers.value(index))
        else { return }
        let start = values.count
        let length = headers.value(index).count + Self.parameter.utf8CodeUnitCount + choice.name.count
        guard values.room >= length else { return }
        values.append(headers.value(index))
        values.append(Self.parameter)
        values.append(choice.name.span)
        headers.setValue(at: index, values.readable.extracting(start..<start + length))
    }

    /// Whether a `Content-Type` has the parameter `charset`.
    private static func namesCharset(_ value: Span<UInt8>) -> Bool {
        var position = 0
        while let semicolon = value.firstIndex(of: .semicolon, from: position) {
            position = semicolon + 1
            let rest = value.extracting(position..<value.count)
            if rest.extracting(rest.trimmed).startsFoldingCase("charset=") { return true }
        }
        return false
    }
}
