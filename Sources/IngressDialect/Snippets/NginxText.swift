/// Text in nginx's configuration language, taken apart: directives with their words and blocks. Nothing in it is
/// looked up, opened or run.
///
/// Pure and bounded: work and memory are linear in the text, of which no more than `limitBytes` is read.
public struct NginxText: Sendable, Equatable {
    /// A word of a directive, with quotes and escapes resolved.
    public struct Word: Sendable, Equatable {
        public var text: String
        /// Whether it stood in quotes, so that it is a word even when it is empty.
        public var isQuoted: Bool
        /// Counted from 1 within the text.
        public var line: Int
    }

    /// `name argument argument;` or `name argument { … }`
    public struct Directive: Sendable, Equatable {
        public var name: String
        public var arguments: [Word]
        /// What stands between braces; nil for a directive that ends in a semicolon.
        public var block: [Directive]?
        public var line: Int

        /// Whether the block holds a program, as `access_by_lua_block` does, rather than directives.
        fileprivate var holdsCode: Bool { name.hasSuffix("_by_lua_block") }
    }

    /// Why a text isn't in the language.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        public var line: Int
        public var description: String
    }

    /// Longest text, in bytes; most blocks within blocks; most directives; most words of one directive.
    public static let limitBytes = 64 << 10
    public static let limitDepth = 4
    public static let limitDirectives = 1000
    public static let limitWords = 100

    public let directives: [Directive]

    public init(_ text: String) throws(Fault) {
        var parser = NginxParser(Array(text.utf8))
        directives = try parser.parse()
    }
}

/// Reads words and puts directives together, as nginx's `ngx_conf_read_token` divides them.
private struct NginxParser {
    private enum Token {
        case word(NginxText.Word)
        case semicolon, open, close, end
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var count = 0
    /// A quoted word needs something that divides it from the next.
    private var needsDivider = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func parse() throws(NginxText.Fault) -> [NginxText.Directive] {
        guard bytes.count <= NginxText.limitBytes else {
            throw NginxText.Fault(line: 1, description: "the text is longer than \(NginxText.limitBytes) bytes")
        }
        return try block(depth: 0)
    }

    private mutating func block(depth: Int) throws(NginxText.Fault) -> [NginxText.Directive] {
        var directives: [NginxText.Directive] = []
        var words: [NginxText.Word] = []
        while true {
            switch try next() {
            case .word(let word):
                guard words.count < NginxText.limitWords else { throw fault("a directive has too many words") }
                words.append(word)
            case .semicolon: directives.append(try directive(&words, block: nil))
            case .open:
                guard depth < NginxText.limitDepth else { throw fault("blocks are nested too deeply") }
                let line = words.first?.line ?? self.line
                guard !words.isEmpty else { throw fault("a block has no name") }
                var made = try directive(&words, block: [])
                made.block = made.holdsCode ? try passCode() : try block(depth: depth + 1)
                made.line = line
                directives.append(made)
            case .close:
                guard words.isEmpty else { throw fault("a semicolon is missing before }") }
                guard depth > 0 else { throw fault("there is a } too many") }
                return directives
            case .end:
                guard words.isEmpty else { throw fault("a semicolon is missing at the end") }
                guard depth == 0 else { throw fault("a } is missing at the end") }
                return directives
            }
        }
    }

    /// Passes over a program up to the brace that ends it: it is no text of nginx's language.
    private mutating func passCode() throws(NginxText.Fault) -> [NginxText.Directive] {
        var depth = 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "\n"): line += 1
            default: break
            }
            position += 1
            if depth == 0 { return [] }
        }
        throw fault("a } is missing at the end")
    }

    private mutating func directive(
        _ words: inout [NginxText.Word], block: [NginxText.Directive]?
    ) throws(NginxText.Fault) -> NginxText.Directive {
        guard let name = words.first else { throw fault("there is a semicolon without a directive") }
        count += 1
        guard count <= NginxText.limitDirectives else { throw fault("there are too many directives") }
        defer { words = [] }
        return NginxText.Directive(
            name: name.text, arguments: Array(words.dropFirst()), block: block, line: name.line)
    }

    // MARK: Words

    private mutating func next() throws(NginxText.Fault) -> Token {
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                skip()
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): skip()
            case UInt8(ascii: "#") where !needsDivider:
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            case UInt8(ascii: ";"):
                skip()
                return .semicolon
            case UInt8(ascii: "{"):
                skip()
                return .open
            case UInt8(ascii: "}") where !needsDivider:
                skip()
                return .close
            case UInt8(ascii: ")") where needsDivider:
                needsDivider = false
                return .word(try plainWord())
            default:
                if needsDivider { throw fault("a blank is missing behind a quoted word") }
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { return .word(try quotedWord(byte)) }
                return .word(try plainWord())
            }
        }
        return .end
    }

    private mutating func skip() {
        position += 1
        needsDivider = false
    }

    private mutating func quotedWord(_ quote: UInt8) throws(NginxText.Fault) -> NginxText.Word {
        let start = line
        var text: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            if byte == quote {
                position += 1
                needsDivider = true
                return NginxText.Word(text: String(decoding: text, as: UTF8.self), isQuoted: true, line: start)
            }
            try take(byte, into: &text)
        }
        throw NginxText.Fault(line: start, description: "a quote is not closed")
    }

    private mutating func plainWord() throws(NginxText.Fault) -> NginxText.Word {
        let start = line
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: ";"):
                return NginxText.Word(text: String(decoding: text, as: UTF8.self), isQuoted: false, line: start)
            case UInt8(ascii: "{") where text.last != UInt8(ascii: "$"):
                return NginxText.Word(text: String(decoding: text, as: UTF8.self), isQuoted: false, line: start)
            default: try take(byte, into: &text)
            }
        }
        return NginxText.Word(text: String(decoding: text, as: UTF8.self), isQuoted: false, line: start)
    }

    /// Takes one byte, or an escape: `\"`, `\'`, `\\`, `\t`, `\r` and `\n` stand for one; other backslashes stay.
    private mutating func take(_ byte: UInt8, into text: inout [UInt8]) throws(NginxText.Fault) {
        position += 1
        if byte == UInt8(ascii: "\n") { line += 1 }
        guard byte >= 0x20 || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r"),
            byte != 0x7F
        else { throw fault("there is a control character") }
        guard byte == UInt8(ascii: "\\"), position < bytes.count else { return text.append(byte) }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): text.append(bytes[position])
        case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
        case UInt8(ascii: "r"): text.append(UInt8(ascii: "\r"))
        case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
        default: return text.append(byte)
        }
        position += 1
    }

    private func fault(_ text: String) -> NginxText.Fault { NginxText.Fault(line: line, description: text) }
}
