/// The bytes with which every match of a start-anchored pattern begins, read off the pattern's text.
///
/// It lets a table of many patterns try only those that can match. Where the text is not plainly
/// understood the prefix is empty or shorter than it could be, never wrong.
public struct LiteralPrefix: Sendable, Equatable {
    /// As written; under `Pattern.Options.ignoringCase` a match may begin with the bytes in another case.
    public private(set) var bytes: [UInt8] = []
    /// Whether the pattern consists of these bytes alone, so that whatever begins with them matches.
    public private(set) var isWhole = false

    public init(of pattern: String) {
        let text = Array(pattern.utf8)
        var position = 0
        // An anchor says nothing new at the start.
        while position < text.count, text[position] == UInt8(ascii: "^") { position += 1 }
        scan: while position < text.count {
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "{"):
                // The byte before may be absent, or be repeated.
                if !bytes.isEmpty { bytes.removeLast() }
                break scan
            case UInt8(ascii: "\\"):
                guard position + 1 < text.count, LiteralPrefix.isPunctuation(text[position + 1]) else { break scan }
                bytes.append(text[position + 1])
                position += 2
            case _ where LiteralPrefix.isSpecial(byte):
                break scan
            default:
                bytes.append(byte)
                position += 1
            }
        }
        isWhole = position == text.count
        if !isWhole, LiteralPrefix.mayAlternate(text[position...]) { bytes = [] }
    }

    /// A byte that a backslash makes literal. PCRE2 gives letters and digits other meanings.
    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    /// A byte with a meaning of its own outside character classes.
    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "^"), UInt8(ascii: "$"), UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: "+"), UInt8(ascii: "\\"):
            true
        default: false
        }
    }

    /// Whether the rest of a pattern may hold a `|` outside of all groups, which would make the literal
    /// one choice of several.
    private static func mayAlternate(_ rest: ArraySlice<UInt8>) -> Bool {
        var depth = 0
        var position = rest.startIndex
        while position < rest.endIndex {
            switch rest[position] {
            case UInt8(ascii: "\\"):
                // `\Q` quotes up to `\E`; whatever follows is not worth understanding.
                if position + 1 < rest.endIndex, rest[position + 1] == UInt8(ascii: "Q") {
                    return rest[position...].contains(UInt8(ascii: "|"))
                }
                position += 1
            case UInt8(ascii: "["):
                // In a class brackets and bars are literal, by rules with exceptions of their own.
                return rest[position...].contains(UInt8(ascii: "|"))
            case UInt8(ascii: "#"):
                // In extended mode, or after `(?`, a comment may hide a parenthesis.
                return rest[position...].contains(UInt8(ascii: "|"))
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "|"): if depth <= 0 { return true }
            default: break
            }
            position += 1
        }
        return false
    }
}
