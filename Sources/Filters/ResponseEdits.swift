public import Bytes
public import HTTP
public import Model
import Pattern

/// What a route changes in the fields of its responses, own pages included.
///
/// Most routes change nothing, or set fields that are the same for every response: those are lines in wire
/// form, which `ResponseRules` appends as they are (`lines`). Whatever depends on the request or response is
/// done by `apply` on the block of fields before it is written.
public final class ResponseEdits: Sendable {
    private let plainLines: FieldLines
    private let secureLines: FieldLines
    private let edits: [FieldEdit]
    private let passed: HeaderIDSet
    private let passedNames: [[UInt8]]
    private let charset: CharsetFilter?
    /// Whether `apply` has to be called.
    public let isDynamic: Bool
    /// Whether `apply` needs `RequestVariables`.
    public let needsVariables: Bool

    /// No changes.
    public static let none = ResponseEdits()

    private init() {
        plainLines = .none
        secureLines = .none
        edits = []
        passed = []
        passedNames = []
        charset = nil
        isDynamic = false
        needsVariables = false
    }

    /// - Parameter areSeen: somebody looks at the fields when they have been edited, so that even lines which are always
    ///   the same are put among them.
    /// - Throws: for edits that can't be carried out.
    public init(
        _ policy: HeaderEdits, _ constants: Template.Constants, areSeen: Bool = false
    ) throws(FilterError) {
        var edits: [FieldEdit] = []
        for edit in policy.onResponse { edits.append(try FieldEdit(edit, constants)) }
        var passed: HeaderIDSet = []
        var names: [[UInt8]] = []
        for name in policy.passedOnResponse {
            let bytes = Array(name.utf8)
            let id = HeaderID(name: bytes.span)
            if id == .other { names.append(bytes) } else { passed.insert(id) }
        }
        self.passed = passed
        passedNames = names
        let charset = try CharsetFilter(policy.charset)
        self.charset = charset
        isDynamic =
            areSeen || !policy.passedOnResponse.isEmpty || charset != nil || !edits.allSatisfy(\.isConstantLine)
        needsVariables = edits.contains(where: \.needsVariables) || charset?.needsVariables == true
        if isDynamic {
            self.edits = edits
            plainLines = .none
            secureLines = .none
        } else {
            self.edits = []
            plainLines = try Self.lines(edits, isSecure: false)
            secureLines = try Self.lines(edits, isSecure: true)
        }
    }

    /// Lines for every response to a client, in place of the upstream's fields of these names.
    ///
    /// - Parameter isSecure: edits that need a secure connection act.
    public func lines(isSecure: Bool) -> FieldLines { isSecure ? secureLines : plainLines }

    /// Later lines of one name take the place of earlier ones.
    private static func lines(_ edits: [FieldEdit], isSecure: Bool) throws(FilterError) -> FieldLines {
        var fields: [HeaderEdits.Field] = []
        for edit in edits where isSecure || !edit.condition.needsSecureConnection {
            guard case .text(let value) = edit.value else { continue }
            let name = String(decoding: edit.name, as: UTF8.self)
            fields.removeAll { Array($0.name.utf8).span.equalsIgnoringCase(edit.name.span) }
            fields.append(.init(name: name, value: String(decoding: value, as: UTF8.self)))
        }
        return try FieldLines(fields)
    }

    /// Changes the fields of a response: drops what the rules drop, then makes the edits in their order. Templates
    /// see the fields as they came; the charset is added to what the edits have left.
    ///
    /// - Parameters:
    ///   - isOwn: the response is the proxy's own, so that the rules have nothing to drop.
    ///   - isSecure: edits that need a secure connection act.
    public func apply(
        to headers: inout HeaderBlock, status: Status, isOwn: Bool, isSecure: Bool, _ rules: ResponseRules,
        for head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ scratch: inout EditScratch
    ) {
        scratch.begin()
        let branch = variables?.branch ?? 0
        for edit in edits {
            let acts = edit.condition.holds(
                status: Int(status.rawValue), isSecure: isSecure, branch: branch, headers)
            scratch.add(acts ? value(of: edit, headers, head, context, variables, &scratch.values) : nil)
        }
        if !isOwn { rules.drop(from: &headers, but: passed, passedNames) }
        for index in edits.indices {
            guard let range = scratch.range(index) else { continue }
            if case .text(let text) = edits[index].value {
                edits[index].apply(text.span, to: &headers)
            } else {
                edits[index].apply(scratch.values.readable.extracting(range), to: &headers)
            }
        }
        charset?.apply(to: &headers, status: status, branch: branch, &scratch.values)
    }

    /// Writes an edit's value aside. What has no room is empty.
    private func value(
        of edit: FieldEdit, _ headers: borrowing HeaderBlock, _ head: borrowing RequestHead, _ context: RequestContext,
        _ variables: RequestVariables?, _ values: inout ByteBuffer
    ) -> Range<Int> {
        let start = values.count
        switch edit.value {
        case .text: return start..<start
        case .date(let seconds):
            guard values.room >= HTTPDate.length else { return start..<start }
            values.appendHTTPDate(max(Int(variables?.facts.wallSeconds ?? 0) + seconds, 1))
        case .template(let template):
            if !template.append(seeing: headers, for: head, context, variables, to: &values) {
                values.truncate(to: start)
            }
        }
        return start..<values.count
    }
}

extension FieldEdit {
    /// The same line on every response, or on every encrypted one.
    fileprivate var isConstantLine: Bool {
        guard operation == .set, case .text(let text) = value else { return false }
        return !text.isEmpty && condition.statuses == nil && condition.mediaTypes == nil && condition.branches == nil
    }
}

/// Where the values of edits are put together before any field changes. Each worker has one.
public struct EditScratch: ~Copyable {
    public var values = ByteBuffer(capacity: FilterScratch.capacity)
    private var ranges: ContiguousArray<Range<Int>?> = []

    public init() {}

    mutating func begin() {
        values.clear()
        ranges.removeAll(keepingCapacity: true)
    }

    mutating func add(_ range: Range<Int>?) { ranges.append(range) }

    func range(_ index: Int) -> Range<Int>? { ranges[index] }
}
