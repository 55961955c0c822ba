import Yams

/// Reads YAML documents into nodes with lines, within `ManifestLimits`.
struct YAMLComposer {
    private var budget: Int

    /// Every document in `bytes`.
    static func compose(_ bytes: ArraySlice<UInt8>) throws(ManifestSyntaxError) -> [ManifestNode] {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw invalidUTF8(bytes) }
        if mayHaveTooManyValues(bytes) {
            throw ManifestSyntaxError(line: 0, column: 0, fault: ManifestSyntaxError.tooMany)
        }
        let census = AliasCensus(bytes)
        if census.aliases > ManifestLimits.aliases || census.hasDangerousKeys { throw tooManyAliases(line: 0) }
        // Without aliases a document has no more nodes than bytes (and a few empty ones).
        var composer = YAMLComposer(budget: bytes.count + ManifestLimits.aliases)
        var documents: [ManifestNode] = []
        do {
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            while let root = try parser.nextRoot() {
                documents.append(try composer.node(root, depth: 1, line: 0))
            }
        } catch let error as ManifestSyntaxError {
            throw error
        } catch {
            throw ManifestSyntaxError(error as? YamlError, in: text)
        }
        return documents
    }

    private mutating func node(_ node: Node, depth: Int, line: Int) throws(ManifestSyntaxError) -> ManifestNode {
        let line = node.mark.map { $0.line - 1 } ?? line
        guard depth <= ManifestLimits.depth else {
            throw ManifestSyntaxError(line: line, column: 0, fault: ManifestSyntaxError.tooDeep)
        }
        budget -= 1
        guard budget >= 0 else { throw Self.tooManyAliases(line: line) }
        switch node {
        case .scalar(let scalar): return ManifestNode(content: Self.content(of: scalar), line: line)
        case .sequence(let sequence):
            var elements: [ManifestNode] = []
            elements.reserveCapacity(sequence.count)
            for index in 0..<sequence.count {
                elements.append(try self.node(sequence[index], depth: depth + 1, line: line))
            }
            return ManifestNode(content: .sequence(elements), line: line)
        case .mapping(let mapping):
            return ManifestNode(content: .mapping(try entries(of: mapping, depth: depth, line: line)), line: line)
        case .alias:
            throw ManifestSyntaxError(line: line, column: 0, fault: "an alias that stands for nothing")
        }
    }

    private mutating func entries(
        of mapping: Node.Mapping, depth: Int, line: Int
    ) throws(ManifestSyntaxError) -> [ManifestNode.Entry] {
        var entries: [ManifestNode.Entry] = []
        var merged: [ManifestNode] = []
        entries.reserveCapacity(mapping.count)
        for index in 0..<mapping.count {
            let (key, value) = mapping[index]
            let keyLine = key.mark.map { $0.line - 1 } ?? line
            guard case .scalar(let scalar) = key else {
                throw ManifestSyntaxError(
                    line: keyLine, column: 0,
                    fault: "a key must be a string, not \(key.isSequence ? "a list" : "a mapping")")
            }
            budget -= 1
            let valueNode = try node(value, depth: depth + 1, line: keyLine)
            if scalar.string == "<<", scalar.style == .plain {
                merged.append(valueNode)
            } else {
                entries.append(ManifestNode.Entry(key: scalar.string, line: keyLine, value: valueNode))
            }
        }
        for node in merged { try merge(node, into: &entries) }
        return entries
    }

    /// The merge key `<<` (YAML 1.1): adds the entries of a mapping, or of a list of them, whose keys
    /// aren't there yet.
    private mutating func merge(
        _ node: ManifestNode, into entries: inout [ManifestNode.Entry]
    ) throws(ManifestSyntaxError) {
        switch node.content {
        case .mapping(let additions):
            let present = Set(entries.map(\.key))
            entries += additions.filter { !present.contains($0.key) }
        case .sequence(let elements) where elements.allSatisfy { $0.type == .mapping }:
            for element in elements { try merge(element, into: &entries) }
        case .sequence, .scalar:
            throw ManifestSyntaxError(
                line: node.line, column: 0, fault: "the merge key << takes a mapping or a list of mappings")
        }
    }

    /// Quoted scalars, blocks and everything with a tag of its own are strings; `!!int` and its like
    /// are read as if they were plain.
    private static func content(of scalar: Node.Scalar) -> ManifestNode.Content {
        guard scalar.style == .plain || scalar.style == .any else { return .scalar(scalar.string, isPlain: false) }
        switch scalar.tag.rawValue {
        case "", "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:float",
            "tag:yaml.org,2002:null":
            return .scalar(scalar.string, isPlain: true)
        default: return .scalar(scalar.string, isPlain: false)
        }
    }

    /// Counts what separates values, before any of them takes up memory.
    private static func mayHaveTooManyValues(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count > ManifestLimits.values else { return false }
        var separators = 0
        var previous = UInt8(ascii: "\n")
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["),
                UInt8(ascii: "{"), UInt8(ascii: "?"):
                separators += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                if previous == UInt8(ascii: "-") { separators += 1 }
            default: break
            }
            previous = byte
        }
        return separators > ManifestLimits.values
    }

    private static func tooManyAliases(line: Int) -> ManifestSyntaxError {
        ManifestSyntaxError(
            line: line, column: 0, fault: "aliases add more than \(ManifestLimits.aliases) values",
            remedy: "write the values out")
    }

    private static func invalidUTF8(_ bytes: ArraySlice<UInt8>) -> ManifestSyntaxError {
        // Repairing keeps what stands before the first fault as it is.
        let repaired = String(decoding: bytes, as: UTF8.self)
        let common = zip(bytes, repaired.utf8).prefix { $0 == $1 }.map(\.0)
        let line = common.count { $0 == UInt8(ascii: "\n") }
        let column = common.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
        return ManifestSyntaxError(
            line: line, column: column, fault: "the text isn't valid UTF-8", remedy: "save the file as UTF-8")
    }
}

extension Node {
    fileprivate var isSequence: Bool {
        if case .sequence = self { true } else { false }
    }
}

extension ManifestSyntaxError {
    fileprivate init(_ error: YamlError?, in text: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let isTooDeep = problem.hasPrefix("Maximum nesting level")
            self.init(line: mark.line - 1, column: mark.column, fault: isTooDeep ? Self.tooDeep : problem)
            remedy = Self.remedy(for: text, line: line, problem)
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "\"\($0)\"" }.joined(separator: ", ")
            self.init(
                line: max(context.mark.line - 1, 0), column: context.mark.column,
                fault: "the key \(names) occurs twice", remedy: "remove one of them")
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            self.init(
                line: before.count { $0.isNewline }, column: before.reversed().prefix { !$0.isNewline }.count + 1,
                fault: problem)
        case .memory:
            self.init(line: 0, column: 0, fault: Self.tooDeep)
        default:
            self.init(line: 0, column: 0, fault: "the text can't be read as YAML")
        }
    }

    /// What usually causes a fault on such a line.
    private static func remedy(for text: String, line: Int, _ problem: String) -> String {
        let lines = text.split(separator: "\n", maxSplits: line + 1, omittingEmptySubsequences: false)
        if line < lines.count {
            let blanks = lines[line].prefix { $0 == " " || $0 == "\t" }
            if blanks.contains("\t") { return "indent with spaces; YAML doesn't allow tabs" }
            if lines[line].contains("{{") { return "render the template first; this looks like a Helm chart's" }
        }
        return usualRemedies.first { problem.hasPrefix($0.problem) }?.remedy ?? ""
    }

    /// What libyaml says, by its beginning, and what helps most of those who read it.
    private static let usualRemedies = [
        ("mapping values are not allowed", "indent the line as its neighbours, or quote a value that holds a colon"),
        ("block sequence entries are not allowed", "begin the list on a line of its own"),
        ("could not find expected ':'", "write key: value, with a blank behind the colon"),
        ("did not find expected key", "indent the line as its neighbours"),
        ("did not find expected '-' indicator", "indent the line as the other items of the list"),
        ("did not find expected ',' or", "close the bracket, or quote the value"),
        ("did not find expected node content", "close the bracket, or quote the value"),
        ("found character that cannot start any token", "quote the value"),
        ("found unexpected end of stream", "close the quote"),
        ("found undefined alias", "define the anchor first, or quote the value"),
    ].map { (problem: $0.0, remedy: $0.1) }
}
