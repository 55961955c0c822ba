import Translation

/// Grammars that only settings have.
extension Syntax<Annotation.Risk> {
    static let risk = Syntax("Low, Medium, High or Critical") { Annotation.Risk(rawValue: $0) }
}

extension Syntax<String> {
    /// The name of a header that may say where a request came from.
    static let fieldName = Syntax("a header name") { text in
        CustomHeader.isName(text) && !CustomHeader.isFraming(text) ? text : nil
    }
}

/// `large-client-header-buffers`: so many buffers of that size.
struct HeaderBuffers: Sendable {
    var count: Int
    var size: Int
}

extension Syntax<HeaderBuffers> {
    /// A number from 1 to 64 and a size from 1k to 1m.
    static let headerBuffers = Syntax("a number up to 64 and a size up to 1m") { text in
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard parts.count == 2, let count = Int(parts[0]), (1...64).contains(count),
            let size = (try? Syntax<Int?>.size.parse(String(parts[1]))) ?? nil, (1 << 10...1 << 20).contains(size)
        else { return nil }
        return HeaderBuffers(count: count, size: size)
    }
}

extension Syntax<Duration> {
    /// Seconds, or numbers with units: `90s`, `1h`, `1h30m`.
    static let time = Syntax("a time such as 90s or 1h") { text in
        if let seconds = Int(text) { return seconds > 0 && seconds <= 31_536_000 ? .seconds(seconds) : nil }
        var total = Duration.zero
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            guard let count = Int(digits), count <= 31_536_000, let unit = units[character] else { return nil }
            total += unit * count
            digits = ""
        }
        return digits.isEmpty && total > .zero ? total : nil
    }

    private static let units: [Character: Duration] = [
        "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600), "d": .seconds(86_400),
    ]
}

/// Ranges of addresses as people write them.
enum AddressRange {
    /// Whether `text` is a literal address, with or without a prefix length.
    static let isOne: @Sendable (String) -> Bool = { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, let address = LiteralAddress(first) else { return false }
        if parts.count == 1 { return true }
        guard parts.count == 2, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1])
        else { return false }
        return (0...(address.isVersion6 ? 128 : 32)).contains(length)
    }
}

extension Syntax<Int?> {
    /// How many workers run; `auto` is nil.
    static let workers = Syntax("auto or an integer from 1 to 256") { text throws(ValueFault) in
        if text == "auto" { return nil }
        guard let count = Int(text), (1...256).contains(count) else {
            throw .expected("auto or an integer from 1 to 256", text)
        }
        return count
    }
}
