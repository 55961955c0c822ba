/// Reads the fields of one object out of its nodes and remembers everything that is wrong with it.
///
/// Faults don't end the reading: a reader gets nil and goes on, so that one look at the diagnostics
/// shows all of them. `isRejected` says afterwards that the object must not be used.
struct ObjectDecoder {
    /// A step from a value to one within it.
    enum Step {
        case key(String)
        case index(Int)
    }

    let file: String
    /// The line in the file, counted from 1, of the text's first line.
    let firstLine: Int
    /// The line, as nodes count them, on which the object begins.
    let objectLine: Int
    let interner: Interner

    var kind: String
    var namespace = ""
    var name = ""
    /// Set for Secrets: no value may appear in a message.
    var hidesValues = false

    private(set) var diagnostics: [ManifestDiagnostic] = []
    private(set) var isRejected = false
    private var path: [Step] = []

    init(file: String, firstLine: Int, objectLine: Int, kind: String, interner: Interner) {
        self.file = file
        self.firstLine = firstLine
        self.objectLine = objectLine
        self.kind = kind
        self.interner = interner
    }

    /// Where a node is, relative to the object, for `SourceLine`.
    func line(of node: ManifestNode) -> SourceLine { SourceLine(node.line - objectLine) }
    func line(of entry: ManifestNode.Entry) -> SourceLine { SourceLine(entry.line - objectLine) }

    // MARK: Faults

    mutating func reject(line: Int, _ fault: String, remedy: String = "") {
        isRejected = true
        report(.rejected, line: line, fault, remedy: remedy)
    }

    mutating func warn(line: Int, _ fault: String, remedy: String = "") {
        report(.warning, line: line, fault, remedy: remedy)
    }

    private mutating func report(_ severity: ManifestDiagnostic.Severity, line: Int, _ fault: String, remedy: String) {
        diagnostics.append(
            ManifestDiagnostic(
                severity: severity, file: file, line: firstLine + line, kind: kind, namespace: namespace, name: name,
                field: field, fault: fault, remedy: remedy))
    }

    /// `spec.rules[0].http`; keys that aren't plain words go into brackets.
    private var field: String {
        var text = ""
        for step in path {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key) where key.utf8.contains(where: { !Self.isWord($0) }) || key.isEmpty: text += "[\(key)]"
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            }
        }
        return text
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    // MARK: Descending

    /// Runs `body` with `step` on the path that diagnostics name.
    mutating func within<Value>(_ step: Step, _ body: (inout Self) -> Value) -> Value {
        path.append(step)
        defer { path.removeLast() }
        return body(&self)
    }

    /// Calls `body` for each entry of a mapping, with its key on the path.
    /// - Returns: Whether `node` is a mapping. Null counts as an absent one.
    @discardableResult
    mutating func fields(of node: ManifestNode, _ body: (inout Self, ManifestNode.Entry) -> Void) -> Bool {
        guard case .mapping(let entries) = node.content else {
            expected("a mapping", node)
            return false
        }
        for entry in entries {
            path.append(.key(entry.key))
            body(&self, entry)
            path.removeLast()
        }
        return true
    }

    /// What `body` makes of each element of a list, with its index on the path. Null is the empty list.
    mutating func list<Element>(
        _ node: ManifestNode, _ body: (inout Self, ManifestNode) -> Element?
    ) -> [Element] {
        guard case .sequence(let elements) = node.content else {
            expected("a list", node)
            return []
        }
        var result: [Element] = []
        result.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            path.append(.index(index))
            if let value = body(&self, element) { result.append(value) }
            path.removeLast()
        }
        return result
    }

    /// Warns of a field that the kind doesn't have, naming the one that may have been meant.
    mutating func unknown(_ entry: ManifestNode.Entry, among known: [String]) {
        if let near = nearestName(to: entry.key, among: known) {
            warn(line: entry.line, "unknown field", remedy: "did you mean \(near)?")
        } else {
            warn(line: entry.line, "unknown field", remedy: "remove it, or check its spelling and indentation")
        }
    }

    // MARK: Scalars

    mutating func string(_ node: ManifestNode) -> String? {
        guard case .scalar(let text, _) = node.content, node.type == .string else {
            let type = node.type
            let isScalar = type == .boolean || type == .integer || type == .number
            expected("a string", node, remedy: isScalar ? "quote the value" : "")
            return nil
        }
        return text
    }

    mutating func strings(_ node: ManifestNode) -> [String] {
        list(node) { decoder, element in decoder.string(element) }
    }

    /// A mapping of strings to strings, such as labels. Null values are empty strings.
    mutating func stringPairs(_ node: ManifestNode) -> [(key: String, value: String, line: Int)] {
        var pairs: [(key: String, value: String, line: Int)] = []
        fields(of: node) { decoder, entry in
            if entry.value.type == .null {
                pairs.append((entry.key, "", entry.line))
            } else if let value = decoder.string(entry.value) {
                pairs.append((entry.key, value, entry.line))
            }
        }
        return pairs
    }

    mutating func boolean(_ node: ManifestNode) -> Bool? {
        guard case .scalar(let text, _) = node.content, node.type == .boolean else {
            expected("true or false", node, remedy: node.type == .string ? "remove the quotes" : "")
            return nil
        }
        return ["true", "yes", "on"].contains(text.lowercased())
    }

    mutating func integer(_ node: ManifestNode, in range: ClosedRange<Int>) -> Int? {
        guard case .scalar(let text, _) = node.content, node.type == .integer else {
            let isQuotedNumber = node.string.flatMap { Int($0) } != nil
            expected("an integer", node, remedy: isQuotedNumber ? "remove the quotes" : "")
            return nil
        }
        guard let value = Int(text), range.contains(value) else {
            reject(line: node.line, "expected \(range.lowerBound) to \(range.upperBound), got \(text)")
            return nil
        }
        return value
    }

    /// A port number, or the name of a port (Kubernetes' IntOrString).
    mutating func port(_ node: ManifestNode) -> PortReference? {
        if node.type == .integer { return integer(node, in: 1...65_535).map(PortReference.number) }
        guard let name = string(node) else { return nil }
        if Int(name) != nil {
            reject(line: node.line, "a port's name needs a letter, got \"\(name)\"", remedy: "remove the quotes")
            return nil
        }
        return .name(name)
    }

    /// One of the values of an enumeration.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ node: ManifestNode, of type: Choice.Type
    ) -> Choice? {
        guard let text = string(node) else { return nil }
        if let value = Choice(rawValue: text) { return value }
        let names = Choice.allCases.map(\.rawValue)
        let remedy = nearestName(to: text, among: names).map { "did you mean \($0)?" } ?? ""
        reject(line: node.line, "expected \(names.joined(separator: ", ")), got \"\(text)\"", remedy: remedy)
        return nil
    }

    /// Rejects a node of the wrong type; null is as good as absent.
    private mutating func expected(_ wanted: String, _ node: ManifestNode, remedy: String = "") {
        guard node.type != .null else { return }
        var got = node.type.described
        if case .scalar(let text, _) = node.content, !hidesValues {
            got += node.type == .string ? " \"\(text.prefix(64))\"" : " \(text.prefix(64))"
        }
        reject(line: node.line, "expected \(wanted), got \(got)", remedy: remedy)
    }
}
