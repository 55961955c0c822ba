import Kubernetes
import Model
import Pattern

/// The regex mode of a host: one Ingress that asks for regular expressions, or rewrites, makes every path of
/// the host one, whoever wrote it.
///
/// Paths are then anchored at their start only, match in any case, and are tried the longest first; of equal
/// length in descending order of their text, then by the age of their Ingress. Each surprise is a note.
struct RegexMode {
    /// A path of the host.
    struct Entry {
        var route: Route
        var type: Ingress.PathType
        /// Nil for a default backend.
        var place: TranslatedIngress.Place?
        /// Number of the share it comes from.
        var share: Int

        var field: String { place.map { "\($0).path" } ?? "spec.defaultBackend" }
    }

    let host: HostName
    let shares: [HostShare]
    /// The first share that asks for regular expressions.
    let cause: Int
    private(set) var diagnostics: [Diagnostic] = []

    init(host: HostName, shares: [HostShare], cause: Int) {
        self.host = host
        self.shares = shares
        self.cause = cause
    }

    /// The first share that puts the host into regex mode, or nil. The path `/` that a host without one gets has
    /// the first Ingress's rewrite too.
    static func cause(of shares: [HostShare], hasRoot: Bool) -> Int? {
        if !hasRoot, let first = shares.first, first.ingress.content.routing.rewrite(of: "/") != nil { return 0 }
        return shares.firstIndex { $0.host.usesRegex }
    }

    mutating func routes(_ entries: [Entry]) -> [Route] {
        let exact = Set(
            entries.compactMap { entry in
                if case .exact(let path) = entry.route.match.path { path } else { nil }
            })
        for (index, share) in shares.enumerated() where !share.host.usesRegex && index != cause { explain(share) }
        let keys = entries.map { (text: $0.route.labels.path, length: $0.route.labels.path.utf8.count) }
        let ranked = entries.indices.sorted { left, right in
            let (a, b) = (keys[left], keys[right])
            if a.length != b.length { return a.length > b.length }
            return a.text == b.text ? left < right : a.text > b.text
        }
        return ranked.map { route(entries[$0], exact) }
    }

    private mutating func route(_ entry: Entry, _ exact: Set<String>) -> Route {
        var route = entry.route
        let asksForRegex = shares[entry.share].host.usesRegex
        switch route.match.path {
        case .exact(let path):
            if asksForRegex {
                note(
                    entry, "Exact \(path) is a regular expression here: it also matches what follows it and other case",
                    remedy: path.hasSuffix("$") ? "" : "end it in $ to match nothing longer")
            }
            route.match.path = pattern(path, entry)
        case .prefix(let path):
            // A plain Prefix path stands for `path/` and `path`; the second covers the first, unless an Exact
            // path of the same text takes its place.
            let isPlain = !asksForRegex && path != "/" && !path.hasSuffix("/")
            if asksForRegex, entry.type == .prefix, path != "/", CharacterClass.strictPath.admits(path) {
                note(
                    entry, "Prefix \(path) is a regular expression here: it also matches \(path)x and other case",
                    remedy: "write \(path)(/|$) to match whole segments")
            }
            route.match.path = pattern(isPlain && exact.contains(path) ? path + "/" : path, entry)
        case .regex: break
        }
        return route
    }

    /// The path as a regular expression; one that isn't any is matched literally, so that an Ingress which
    /// never asked for regular expressions is served whatever its neighbours ask for.
    private mutating func pattern(_ path: String, _ entry: Entry) -> PathMatch {
        if CharacterClass.strictPath.admits(path) { return .regex(path, ignoringCase: true) }
        if (try? Pattern(path, options: [.anchoredAtStart, .ignoringCase])) != nil {
            return .regex(path, ignoringCase: true)
        }
        diagnostics.append(
            Diagnostic(
                .warning, entry.route.origin, field: entry.field,
                "\(quoted(path)) is no regular expression, though \(host) is in regex mode: it is matched letter by letter"
            ))
        return .regex(Self.literal(path), ignoringCase: true)
    }

    /// A pattern that matches nothing but `path`.
    private static func literal(_ path: String) -> String {
        path.reduce(into: "") { pattern, character in
            if character.isASCII, !character.isLetter, !character.isNumber { pattern.append("\\") }
            pattern.append(character)
        }
    }

    /// Says to an Ingress without regular expressions what another made of its paths.
    private mutating func explain(_ share: HostShare) {
        let host = share.host
        let other = shares[cause].ingress.origin
        var effects = "its paths are regular expressions that match in any case"
        if host.paths.contains(where: { $0.type == .exact }) { effects += "; Exact is no longer exact" }
        let plain = host.routes.first { route in
            if case .prefix(let text) = route.match.path { text != "/" && !text.hasSuffix("/") } else { false }
        }
        if let path = plain?.labels.path { effects += "; \(path) also matches \(path)x" }
        diagnostics.append(
            Diagnostic(
                .note, share.host.origin, field: share.host.field,
                "\(self.host) is in regex mode because of \(other): \(effects)",
                remedy: "give the other Ingress a host of its own"))
    }

    private mutating func note(_ entry: Entry, _ fault: String, remedy: String) {
        diagnostics.append(Diagnostic(.note, entry.route.origin, field: entry.field, fault, remedy: remedy))
    }
}
