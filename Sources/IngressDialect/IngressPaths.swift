import Kubernetes
import Model
import Pattern
import Translation

/// Reads the paths of rules: what each matches, and whether it may be written so.
struct IngressPaths {
    /// A path that cannot be served.
    struct Fault: Error {
        var fault: String
        var remedy: String
    }

    /// `strict-validate-path-type` of the ConfigMap: Exact and Prefix paths hold no special characters.
    var isStrict = true
    /// Whether the Ingress asks for regular expressions, by `use-regex` or a rewrite.
    var usesRegex: Bool

    /// What the path matches on a host without regular expressions.
    ///
    /// Beyond ingress-nginx, an Exact or Prefix path of an Ingress that asks for regular expressions may be one:
    /// many published manifests have such paths.
    func match(_ path: Ingress.Path) throws(Fault) -> PathMatch {
        let text = path.path ?? ""
        if text.isEmpty { return path.type == .exact ? .exact("/") : .prefix("/") }
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw Fault(fault: "\(quoted(text)) does not begin with /", remedy: "write an absolute path")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw Fault(fault: "\(quoted(text)) holds a blank or control character", remedy: "take it out")
        }
        guard text.utf8.count <= ProxyModel.patternLimitBytes else {
            throw Fault(
                fault: "has \(text.utf8.count) bytes; at most \(ProxyModel.patternLimitBytes) are allowed",
                remedy: "write a shorter path")
        }
        if usesRegex {
            try checkPattern(text)
        } else if path.type != .implementationSpecific {
            try checkPlain(text)
        }
        return path.type == .exact ? .exact(text) : .prefix(text)
    }

    private func checkPattern(_ text: String) throws(Fault) {
        do { _ = try Pattern(text, options: [.anchoredAtStart, .ignoringCase]) } catch {
            throw Fault(fault: "\(quoted(text)) is no regular expression: \(error)", remedy: "write a PCRE2 pattern")
        }
    }

    /// The rules that a cluster holds Exact and Prefix paths to.
    private func checkPlain(_ text: String) throws(Fault) {
        if isStrict, !CharacterClass.strictPath.admits(text) {
            throw Fault(
                fault: "\(quoted(text)) holds more than \(CharacterClass.strictPath.name)",
                remedy: "write pathType: ImplementationSpecific, or use-regex for a regular expression")
        }
        let segments = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isEmptyOrDots = segments.dropLast().contains { $0.isEmpty || Self.isDots($0) }
        if isEmptyOrDots || segments.last.map(Self.isDots) ?? false || Self.holdsEncodedSlash(text) {
            throw Fault(
                fault: "\(quoted(text)) holds //, /./, /../ or %2f, which no normalised path does",
                remedy: "take it out")
        }
    }

    private static func isDots(_ segment: Substring.UTF8View) -> Bool {
        segment.count <= 2 && !segment.isEmpty && segment.allSatisfy { $0 == UInt8(ascii: ".") }
    }

    private static func holdsEncodedSlash(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "%")) && text.lowercased().contains("%2f")
    }
}
