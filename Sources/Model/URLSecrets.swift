extension StringProtocol {
    /// The text with `…` in place of user names and passwords of URLs (`https://ann:secret@host/`), so that it may be shown.
    public var withoutURLSecrets: String {
        guard utf8.contains(UInt8(ascii: "@")) else { return String(self) }
        var text = ""
        var rest = self[...]
        while let scheme = Self.endOfScheme(in: rest) {
            text += rest[..<scheme]
            rest = rest[scheme...]
            let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != " " && $0 != "\n" }
            guard let at = authority.lastIndex(of: "@") else { continue }
            text += "…"
            rest = rest[at...]
        }
        return text + rest
    }

    /// Where the text behind `://` begins.
    private static func endOfScheme(in text: SubSequence) -> Index? {
        var seen = 0
        let mark: [Character] = [":", "/", "/"]
        for index in text.indices {
            seen = text[index] == mark[seen] ? seen + 1 : text[index] == ":" ? 1 : 0
            if seen == mark.count { return text.index(after: index) }
        }
        return nil
    }
}
