/// Reads one JSON value (RFC 8259) into nodes with lines.
///
/// Stricter and faster than reading JSON as YAML, and right where the two differ (surrogate pairs,
/// tabs, very long keys). Refuses repeated keys and what passes `ManifestLimits`.
struct JSONParser {
    private let bytes: ArraySlice<UInt8>
    private var index: Int
    private var line = 0
    private var lineStart: Int
    private var values = 0

    /// The only value in `bytes`.
    static func parse(_ bytes: ArraySlice<UInt8>) throws(ManifestSyntaxError) -> ManifestNode {
        var parser = JSONParser(bytes)
        let node = try parser.value(depth: 1)
        parser.skipBlanks()
        guard parser.index == bytes.endIndex else { throw parser.error("text after the JSON value") }
        return node
    }

    private init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
        lineStart = bytes.startIndex
    }

    private mutating func value(depth: Int) throws(ManifestSyntaxError) -> ManifestNode {
        guard depth <= ManifestLimits.depth else {
            throw error(ManifestSyntaxError.tooDeep)
        }
        values += 1
        guard values <= ManifestLimits.values else { throw error(ManifestSyntaxError.tooMany) }
        skipBlanks()
        let line = line
        switch peek {
        case UInt8(ascii: "{"): return ManifestNode(content: try object(depth: depth), line: line)
        case UInt8(ascii: "["): return ManifestNode(content: try array(depth: depth), line: line)
        case UInt8(ascii: "\""): return ManifestNode(content: .scalar(try string(), isPlain: false), line: line)
        default: return ManifestNode(content: .scalar(try literal(), isPlain: true), line: line)
        }
    }

    private mutating func object(depth: Int) throws(ManifestSyntaxError) -> ManifestNode.Content {
        index += 1
        var entries: [ManifestNode.Entry] = []
        skipBlanks()
        if take("}") { return .mapping(entries) }
        repeat {
            skipBlanks()
            guard peek == UInt8(ascii: "\"") else { throw error("expected a quoted key") }
            let line = line
            let key = try string()
            skipBlanks()
            guard take(":") else { throw error("expected a colon after the key") }
            entries.append(ManifestNode.Entry(key: key, line: line, value: try value(depth: depth + 1)))
            skipBlanks()
        } while take(",")
        guard take("}") else { throw error("expected a comma or the end of the object") }
        if let repeated = entries.firstRepeated {
            throw ManifestSyntaxError(
                line: repeated.line, column: 0, fault: "the key \"\(repeated.key)\" occurs twice",
                remedy: "remove one of them")
        }
        return .mapping(entries)
    }

    private mutating func array(depth: Int) throws(ManifestSyntaxError) -> ManifestNode.Content {
        index += 1
        var elements: [ManifestNode] = []
        skipBlanks()
        if take("]") { return .sequence(elements) }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipBlanks()
        } while take(",")
        guard take("]") else { throw error("expected a comma or the end of the array") }
        return .sequence(elements)
    }

    /// `true`, `false`, `null` or a number, as text.
    private mutating func literal() throws(ManifestSyntaxError) -> String {
        let start = index
        while let byte = peek, Self.belongsToLiteral(byte) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        switch NodeType(plain: text) {
        case .boolean where text == "true" || text == "false": return text
        case .null where text == "null": return text
        case .integer, .number: return text
        default:
            index = start
            throw error(start == bytes.endIndex ? "the text ends too early" : "expected a JSON value")
        }
    }

    private static func belongsToLiteral(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private mutating func string() throws(ManifestSyntaxError) -> String {
        index += 1
        var start = index
        var text = ""
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                let run = try validated(start..<index)
                index += 1
                return text.isEmpty ? run : text + run
            case UInt8(ascii: "\\"):
                text += try validated(start..<index)
                index += 1
                text.unicodeScalars.append(try escape())
                start = index
            case 0..<0x20: throw error("control character in a string")
            default: index += 1
            }
        }
        throw error("the text ends within a string")
    }

    private mutating func escape() throws(ManifestSyntaxError) -> Unicode.Scalar {
        guard let byte = peek else { throw error("the text ends within a string") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw error("unknown escape in a string")
        }
    }

    private mutating func unicodeEscape() throws(ManifestSyntaxError) -> Unicode.Scalar {
        let high = try fourHexDigits()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, take("\\"), take("u") else { throw error("half of a surrogate pair") }
        let low = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw error("half of a surrogate pair") }
        return scalar
    }

    private mutating func fourHexDigits() throws(ManifestSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    private func validated(_ range: Range<Int>) throws(ManifestSyntaxError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw error("the text isn't valid UTF-8")
        }
        return text
    }

    private var peek: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek {
            switch byte {
            case 0x20, 0x09, 0x0D: index += 1
            case 0x0A:
                index += 1
                line += 1
                lineStart = index
            default: return
            }
        }
    }

    private func error(_ fault: String) -> ManifestSyntaxError {
        let isCutShort = index == bytes.endIndex && fault.hasPrefix("expected")
        return ManifestSyntaxError(
            line: line, column: index - lineStart + 1, fault: isCutShort ? "the text ends too early" : fault)
    }
}

extension [ManifestNode.Entry] {
    /// The first entry whose key an earlier one has.
    var firstRepeated: ManifestNode.Entry? {
        var seen = Set<String>(minimumCapacity: count)
        return first { !seen.insert($0.key).inserted }
    }
}
