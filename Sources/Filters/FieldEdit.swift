import Bytes
import HTTP
import Model

/// One edit of a header block, compiled.
struct FieldEdit: Sendable {
    let operation: HeaderEdits.Edit.Operation
    let id: HeaderID
    let name: [UInt8]
    /// For removal: `name` is what names begin with.
    let isPrefix: Bool
    let value: Value
    let condition: Condition

    enum Value: Sendable {
        case text([UInt8])
        case template(Template)
        case date(afterSeconds: Int)
    }

    /// When the edit acts.
    struct Condition: Sendable {
        let statuses: [Int]?
        let mediaTypes: [[UInt8]]?
        let needsSecureConnection: Bool
        let branches: [Int]?

        init(_ condition: HeaderEdits.Condition) {
            statuses = condition.statuses
            mediaTypes = condition.mediaTypes.map { $0.map { Array($0.utf8) } }
            needsSecureConnection = condition.needsSecureConnection
            branches = condition.branches
        }

        func holds(branch: Int) -> Bool { branches?.contains(branch) ?? true }

        func holds(status: Int, isSecure: Bool, branch: Int, _ headers: borrowing HeaderBlock) -> Bool {
            if let statuses, !statuses.contains(status) { return false }
            if needsSecureConnection, !isSecure { return false }
            guard holds(branch: branch) else { return false }
            guard let mediaTypes else { return true }
            guard let index = headers.firstIndex(of: .contentType) else { return false }
            let value = headers.value(index)
            let end = value.firstIndex(of: .semicolon) ?? value.count
            let type = value.extracting(0..<end)
            let trimmed = type.trimmed
            return mediaTypes.contains { type.extracting(trimmed).equalsIgnoringCase($0.span) }
        }
    }

    /// - Throws: for names that are no tokens, values with control bytes, and fields that frame a message or
    ///   concern one connection: those are the proxy's own.
    init(_ edit: HeaderEdits.Edit, _ constants: Template.Constants) throws(FilterError) {
        operation = edit.operation
        isPrefix = edit.operation == .remove && edit.name.hasSuffix("*")
        let name = Array((isPrefix ? edit.name.dropLast() : edit.name[...]).utf8)
        let id = isPrefix ? .other : HeaderID(name: name.span)
        guard FieldSyntax.isName(name.span), !Self.reserved.contains(id) else { throw .badField(edit.name) }
        self.name = name
        self.id = id
        value = try Self.value(edit, constants)
        condition = Condition(edit.condition)
    }

    private static func value(
        _ edit: HeaderEdits.Edit, _ constants: Template.Constants
    ) throws(FilterError) -> Value {
        switch edit.value {
        case .literal(let text):
            let bytes = Array(text.utf8)
            guard FieldSyntax.isValue(bytes.span) else { throw .badField(edit.name) }
            return .text(bytes)
        case .template(let text):
            guard FieldSyntax.isValue(Array(text.utf8).span) else { throw .badField(edit.name) }
            let template = try Template(text, constants)
            if let text = template.constant { return .text(text) }
            return .template(template)
        case .date(let seconds): return .date(afterSeconds: seconds)
        }
    }

    /// What frames a message or concerns one connection is made for each hop.
    private static let reserved: HeaderIDSet = HopByHop.fields.union([.contentLength])

    var needsVariables: Bool {
        if condition.branches != nil { return true }
        return switch value {
        case .text: false
        case .template(let template): template.needsVariables
        case .date: true
        }
    }

    /// Whether the edit is about a field.
    func names(_ index: Int, of headers: borrowing HeaderBlock) -> Bool {
        if !isPrefix, id != .other { return headers[index].id == id }
        return covers(headers.name(index))
    }

    /// Whether the edit is about fields of a name.
    func covers(_ given: Span<UInt8>) -> Bool {
        let name = self.name
        if isPrefix {
            return given.count >= name.count && given.extracting(first: name.count).equalsIgnoringCase(name.span)
        }
        return given.equalsIgnoringCase(name.span)
    }

    /// Whether an origin that cannot tell `_` from `-` takes a field of a name for the one that is edited.
    func isShadowed(by given: Span<UInt8>) -> Bool {
        let name = self.name
        return !isPrefix && given.equalsFoldingUnderscores(name.span)
    }

    /// Changes `headers`; a value that isn't fit for a field takes the field away.
    func apply(_ value: Span<UInt8>, to headers: inout HeaderBlock) {
        switch operation {
        case .remove: remove(from: &headers)
        case .append:
            if !value.isEmpty { headers.append(name: name.span, value: value) }
        case .set, .setIfPresent:
            if operation == .setIfPresent, headers.firstIndex(named: name.span) == nil { return }
            if value.isEmpty || !headers.set(name: name.span, value: value) { remove(from: &headers) }
        }
    }

    private func remove(from headers: inout HeaderBlock) {
        guard isPrefix else { return headers.remove(named: name.span) }
        var index = 0
        while index < headers.count {
            if names(index, of: headers) { headers.remove(at: index) } else { index += 1 }
        }
    }
}
