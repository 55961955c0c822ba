/// A value of a manifest, YAML or JSON, with the line it begins on.
struct ManifestNode {
    enum Content {
        /// A scalar. Only a plain one (not quoted, not a block) can mean anything but a string.
        case scalar(String, isPlain: Bool)
        case mapping([Entry])
        case sequence([ManifestNode])
    }

    /// One key and its value.
    struct Entry {
        var key: String
        /// Of the key; see `ManifestNode.line`.
        var line: Int
        var value: ManifestNode
    }

    var content: Content
    /// Counted from 0, the first line of the text that was parsed.
    var line: Int

    /// The value under `key` when this is a mapping that has it.
    subscript(key: String) -> ManifestNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// What this is, by the rules by which Kubernetes tools turn YAML into JSON.
    var type: NodeType {
        switch content {
        case .mapping: .mapping
        case .sequence: .sequence
        case .scalar(_, isPlain: false): .string
        case .scalar(let text, isPlain: true): NodeType(plain: text)
        }
    }

    /// The text of a scalar that means a string.
    var string: String? {
        guard case .scalar(let text, _) = content, type == .string else { return nil }
        return text
    }
}

/// What a node of a manifest means, in JSON's terms.
enum NodeType {
    case null, boolean, integer, number, string, mapping, sequence

    /// For messages: `expected a list, got a string`.
    var described: String {
        switch self {
        case .null: "nothing"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .mapping: "a mapping"
        case .sequence: "a list"
        }
    }

    /// Resolves a plain scalar as YAML 1.1 does, which is what Kubernetes tools follow: `yes` and `off`
    /// are booleans, `0x1F` and `1_000` integers. Dates and sexagesimal numbers stay strings, as they
    /// do on the way to the API server.
    init(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": self = .boolean
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": self = .boolean
        case ".inf", ".Inf", ".INF", "+.inf", "-.inf", ".nan", ".NaN", ".NAN": self = .number
        default: self = Self.numeric(text) ?? .string
        }
    }

    private static func numeric(_ text: String) -> NodeType? {
        var bytes = Substring(text).utf8
        if bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
        guard let first = bytes.first, first == UInt8(ascii: ".") || isDigit(first) else { return nil }
        if let radix = radix(of: bytes) {
            let digits = bytes.dropFirst(2)
            return !digits.isEmpty && digits.allSatisfy { isDigit($0, radix: radix) } ? .integer : nil
        }
        if bytes.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }) { return .integer }
        return isDecimalFraction(bytes) ? .number : nil
    }

    /// 16 for `0x`, 8 for `0o`, 2 for `0b`.
    private static func radix(of bytes: Substring.UTF8View) -> Int? {
        guard bytes.first == UInt8(ascii: "0"), let mark = bytes.dropFirst().first else { return nil }
        switch mark {
        case UInt8(ascii: "x"): return 16
        case UInt8(ascii: "o"): return 8
        case UInt8(ascii: "b"): return 2
        default: return nil
        }
    }

    private static func isDigit(_ byte: UInt8, radix: Int = 10) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) < radix
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): radix == 16
        case UInt8(ascii: "_"): radix != 10
        default: false
        }
    }

    /// `1.5`, `.5`, `1.` and any of these with an exponent.
    private static func isDecimalFraction(_ bytes: Substring.UTF8View) -> Bool {
        let whole = bytes.prefix { isDigit($0) }
        var rest = bytes.dropFirst(whole.count)
        var digits = whole.count
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { isDigit($0) }
            rest = rest.dropFirst(1 + fraction.count)
            digits += fraction.count
        }
        guard digits > 0 else { return false }
        guard let mark = rest.first else { return true }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return false }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy { isDigit($0) }
    }
}
