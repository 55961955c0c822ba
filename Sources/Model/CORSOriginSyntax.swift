/// The grammar of one origin in a CORS list.
public enum CORSOriginSyntax {
    /// Whether `text` is `scheme://[*.]host[:port]`, or `null`.
    public static func isOrigin(_ text: some StringProtocol) -> Bool {
        if text == "null" { return true }
        guard text.utf8.count <= 512, let mark = text.firstRange(of: "://") else { return false }
        let scheme = text[..<mark.lowerBound]
        guard let first = scheme.first, first.isASCII, first.isLetter,
            scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        else { return false }
        var host = text[mark.upperBound...]
        if let colon = host.lastIndex(of: ":") {
            let port = host[host.index(after: colon)...]
            guard let number = Int(port), (1...65_535).contains(number), port.allSatisfy(\.isNumber) else {
                return false
            }
            host = host[..<colon]
        }
        if host.hasPrefix("*.") { host = host.dropFirst(2) }
        return !host.isEmpty
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                !label.isEmpty && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            }
    }
}
