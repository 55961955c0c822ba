import Bytes
import HTTP
import Model

/// The CORS protocol's part that a proxy plays: it answers preflights, and says with each response who may read it.
///
/// For everybody the fields are the same on every response. For a list they depend on `Origin`: the route then has two
/// sets of edits, one for origins of the list and one for all others.
final class CORSFilter: Sendable {
    /// Nil for everybody.
    private let origins: [OriginPattern]?

    init(_ policy: CORS) throws(FilterError) {
        switch policy.origins {
        case .any: origins = nil
        case .listed(let list):
            var patterns: [OriginPattern] = []
            for text in list {
                guard let pattern = OriginPattern(text) else { throw .badOrigin(text) }
                patterns.append(pattern)
            }
            origins = patterns
        }
    }

    /// Whether the request comes from an origin that may read its response.
    func matches(_ head: borrowing RequestHead) -> Bool {
        guard let origins else { return true }
        guard let index = head.headers.firstIndex(of: .origin) else { return false }
        let origin = head.headers.value(index)
        for pattern in origins where pattern.matches(origin) { return true }
        return false
    }

    /// Answers a preflight: every `OPTIONS` whose origin matches, whatever else it holds.
    func answerPreflight(_ head: borrowing RequestHead, _ scratch: inout FilterScratch) -> Verdict {
        guard head.method == .options, matches(head) else { return .proceed }
        scratch.fields.append("Content-Type: text/plain charset=UTF-8\r\n")
        scratch.declaresEmptyBody = true
        return .respond(.noContent)
    }

    /// What responses to a matching origin carry, in place of the upstream's fields of these names.
    static func edits(_ policy: CORS) -> [HeaderEdits.Edit] {
        var edits: [HeaderEdits.Edit] = []
        switch policy.origins {
        case .any: edits.append(.init(.set, "Access-Control-Allow-Origin", .literal("*")))
        case .listed: edits.append(.init(.set, "Access-Control-Allow-Origin", .template("$http_origin")))
        }
        if policy.allowsCredentials {
            edits.append(.init(.set, "Access-Control-Allow-Credentials", .literal("true")))
        } else {
            edits.append(.init(.remove, "Access-Control-Allow-Credentials"))
        }
        edits.append(.init(.set, "Access-Control-Allow-Methods", .literal(policy.methods)))
        edits.append(.init(.set, "Access-Control-Allow-Headers", .literal(policy.headers)))
        if !policy.exposedHeaders.isEmpty {
            edits.append(.init(.set, "Access-Control-Expose-Headers", .literal(policy.exposedHeaders)))
        }
        edits.append(.init(.set, "Access-Control-Max-Age", .literal(String(policy.maxAge))))
        return edits
    }
}

/// An origin with at most one asterisk for a label: `https://*.example.com`. Compared without case, with the end of the
/// value: ingress-nginx ties its patterns to the end alone, and no browser sends anything in front.
struct OriginPattern: Sendable {
    /// In lower case: what must end the value, and with an asterisk what must stand in front of the label.
    private let end: [UInt8]
    private let start: [UInt8]?

    /// - Returns: nil for text that is no `scheme://host[:port]`, and not `null`.
    init?(_ text: String) {
        let bytes = text.utf8.map { $0.lowercased }
        guard CORSOriginSyntax.isOrigin(text) else { return nil }
        if let star = bytes.firstIndex(of: UInt8(ascii: "*")) {
            start = Array(bytes[..<star])
            end = Array(bytes[(star + 1)...])
        } else {
            start = nil
            end = bytes
        }
    }

    func matches(_ origin: Span<UInt8>) -> Bool {
        var position = origin.count - end.count
        guard position >= 0, origin.extracting(position...).equalsIgnoringCase(end.span) else { return false }
        guard let start else { return true }
        let labelEnd = position
        while position > 0,
            origin[position - 1].isLetter || origin[position - 1].isDigit || origin[position - 1] == .hyphen
        {
            position -= 1
        }
        guard position < labelEnd, position >= start.count else { return false }
        return origin.extracting(position - start.count..<position).equalsIgnoringCase(start.span)
    }
}
