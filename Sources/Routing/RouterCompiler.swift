import Bytes
public import Model
import Pattern

/// Compiles virtual hosts into a `Router`.
public struct RouterCompiler: ~Copyable {
    private var routes: [Router.Location] = []
    private var diagnostics: [Diagnostic] = []
    private var hostTable: HostTable
    private var pathTable: PathTable
    private var patterns: [Pattern] = []
    private var patternNumbers: [PatternKey: Int] = [:]
    private let known: KnownPatterns

    fileprivate struct PatternKey: Hashable {
        var text: String
        var options: Pattern.Options
    }

    /// Patterns of an earlier router, which need not be compiled again.
    struct KnownPatterns {
        fileprivate var patterns: [PatternKey: Pattern] = [:]

        init(of router: Router?) {
            for pattern in router?.patterns.patterns ?? [] {
                patterns[PatternKey(text: pattern.text, options: pattern.options)] = pattern
            }
        }
    }

    /// - Parameter previous: a router whose compiled patterns are used again where the text is the same.
    public static func compile(_ virtualHosts: [VirtualHost], reusing previous: Router? = nil) -> Router {
        compile(virtualHosts, known: KnownPatterns(of: previous))
    }

    static func compile(_ virtualHosts: [VirtualHost], known: KnownPatterns) -> Router {
        var compiler = RouterCompiler(known: known)
        compiler.addNames(of: virtualHosts)
        // Lists are walked in place, here and below: of ten thousand hosts, copying them would take longest.
        let hosts = virtualHosts.span
        for number in hosts.indices { compiler.addRoutes(of: hosts[number], number: number) }
        return Router(
            virtualHosts: virtualHosts, routes: compiler.routes, diagnostics: compiler.diagnostics,
            hostTable: compiler.hostTable, pathTable: compiler.pathTable, patterns: PatternList(compiler.patterns))
    }

    private init(known: KnownPatterns) {
        self.known = known
        let key = HashKey()
        hostTable = HostTable(table: KeyTable(hashKey: key, ignoringCase: true, vacant: -1))
        pathTable = PathTable(
            named: KeyTable(hashKey: key, ignoringCase: false, vacant: PathTable.Named()),
            listed: KeyTable(hashKey: key, ignoringCase: true, vacant: PathTable.Run(start: 0, end: 0)))
    }

    /// The number of a pattern; nil, with a diagnostic, when it cannot be compiled.
    private mutating func number(of text: String, _ options: Pattern.Options, origin: Origin) -> Int? {
        let key = PatternKey(text: text, options: options)
        if let number = patternNumbers[key] { return number }
        do throws(PatternError) {
            if let pattern = known.patterns[key] {
                patterns.append(pattern)
            } else {
                patterns.append(try Pattern(text, options: options))
            }
        } catch {
            diagnostics.append(
                Diagnostic(
                    .rejected, origin, field: "", "\"\(text)\" is not a regular expression: \(error)",
                    remedy: "write a PCRE2 pattern"))
            return nil
        }
        patternNumbers[key] = patterns.count - 1
        return patterns.count - 1
    }

    // MARK: Hosts

    private mutating func addNames(of virtualHosts: [VirtualHost]) {
        let hosts = virtualHosts.span
        var aliased: [Int] = []
        var aliases = 0
        for number in hosts.indices where !hosts[number].aliases.isEmpty {
            aliased.append(number)
            aliases += hosts[number].aliases.count
        }
        hostTable.names = hostTable.table.makeRegion(for: virtualHosts.count + aliases)
        hostTable.wildcardHosts = hostTable.table.makeRegion(for: virtualHosts.count)
        hostTable.leadingWildcards = hostTable.table.makeRegion(for: aliases)
        hostTable.trailingWildcards = hostTable.table.makeRegion(for: aliases)
        for number in hosts.indices {
            switch hosts[number].name {
            case .exact(let name): Self.add(name, number, to: &hostTable.names, of: &hostTable.table)
            case .wildcard(let suffix): Self.add(suffix, number, to: &hostTable.wildcardHosts, of: &hostTable.table)
            case .any: hostTable.anyHost = number
            }
        }
        for number in aliased {
            let host = virtualHosts[number]
            for alias in host.aliases {
                switch alias {
                case .exact(let name): Self.add(name, number, to: &hostTable.names, of: &hostTable.table)
                case .leadingWildcard(let suffix):
                    Self.add(suffix, number, to: &hostTable.leadingWildcards, of: &hostTable.table)
                case .trailingWildcard(let prefix):
                    Self.add(prefix, number, to: &hostTable.trailingWildcards, of: &hostTable.table)
                case .regex(let text):
                    if let pattern = self.number(of: text, .ignoringCase, origin: host.origin) {
                        hostTable.patterns.append((pattern, number))
                    }
                }
            }
        }
    }

    /// The first host that claims a name keeps it.
    private static func add(
        _ name: String, _ number: Int, to region: inout KeyRegion, of table: inout KeyTable<Int32>
    ) {
        _ = table.entry(for: name.utf8.span, in: &region, otherwise: Int32(number))
    }

    // MARK: Routes

    private mutating func addRoutes(of host: VirtualHost, number: Int) {
        let (list, ranking) = (host.routes, host.ranking)
        let hostRoutes = list.span
        var paths = PathTable.Host()
        var listed: [ListedRoute] = []
        if ranking == .mostSpecific { paths.named = pathTable.named.makeRegion(for: hostRoutes.count) }
        for rank in hostRoutes.indices {
            let routeNumber = Int32(routes.count)
            routes.append(Router.Location(host: number, index: rank))
            switch (hostRoutes[rank].match.path, ranking) {
            case (.exact(let path), .mostSpecific): addNamed(path, routeNumber, isPrefix: false, &paths)
            case (.prefix(let path), .mostSpecific): addNamed(path, routeNumber, isPrefix: true, &paths)
            default:
                if let entry = listedRoute(list[rank], routeNumber, rank: UInt32(rank)) { listed.append(entry) }
            }
        }
        if !listed.isEmpty { addListed(listed, &paths) }
        pathTable.hosts.append(paths)
    }

    /// Enters a route by its path; the first of equal ones stays.
    private mutating func addNamed(_ path: String, _ route: Int32, isPrefix: Bool, _ paths: inout PathTable.Host) {
        var key = path.utf8.span
        let endsInSlash = !key.isEmpty && key[key.count - 1] == .slash
        if endsInSlash { key = key.extracting(droppingLast: 1) }
        if key.isEmpty {
            if isPrefix, paths.rootPrefix < 0 { paths.rootPrefix = route }
            if !isPrefix, paths.rootExact < 0 { paths.rootExact = route }
            return
        }
        let entry = pathTable.named.entry(for: key, in: &paths.named, otherwise: PathTable.Named())
        let field: WritableKeyPath<PathTable.Named, Int32> =
            switch (isPrefix, endsInSlash) {
            case (false, false): \.exact
            case (false, true): \.exactSlash
            case (true, false): \.prefix
            case (true, true): \.prefixSlash
            }
        if pathTable.named[entry][keyPath: field] < 0 {
            pathTable.named[entry][keyPath: field] = route
        }
    }

    private struct ListedRoute {
        var literal: [UInt8]
        var candidate: PathTable.Candidate
    }

    private mutating func listedRoute(_ route: Route, _ number: Int32, rank: UInt32) -> ListedRoute? {
        func entry(_ literal: [UInt8], _ test: PathTable.Candidate.Test) -> ListedRoute {
            ListedRoute(literal: literal, candidate: .init(test: test, route: number, rank: rank))
        }
        switch route.match.path {
        case .exact(let path):
            let text = addText(path)
            return entry(Array(path.utf8), .exact(start: text.start, count: text.count))
        case .prefix(let path):
            let text = addText(path)
            return entry(Array(path.utf8), .prefix(start: text.start, count: text.count))
        case .regex(let text, let ignoringCase):
            let literal = LiteralPrefix(of: text)
            if literal.isWhole, ignoringCase { return entry(literal.bytes, .literal) }
            let options: Pattern.Options = ignoringCase ? [.anchoredAtStart, .ignoringCase] : .anchoredAtStart
            guard let pattern = self.number(of: text, options, origin: route.origin) else { return nil }
            return entry(literal.bytes, .pattern(UInt32(pattern)))
        }
    }

    private mutating func addText(_ path: String) -> (start: UInt32, count: UInt32) {
        let start = UInt32(pathTable.texts.count)
        pathTable.texts.append(contentsOf: path.utf8)
        return (start, UInt32(path.utf8.count))
    }

    /// Enters candidates so that those of one literal lie together, in the order of the list.
    private mutating func addListed(_ listed: [ListedRoute], _ paths: inout PathTable.Host) {
        paths.listed = pathTable.listed.makeRegion(for: listed.count)
        let placed = listed.map { route in
            pathTable.listed.entry(
                for: route.literal.span, in: &paths.listed, otherwise: PathTable.Run(start: 0, end: 0))
        }
        for index in listed.indices { pathTable.listed[placed[index]].end += 1 }
        var start = UInt32(pathTable.candidates.count)
        for entry in pathTable.listed.entries(in: paths.listed) {
            let count = pathTable.listed[entry].end
            pathTable.listed[entry] = PathTable.Run(start: start, end: start)
            start += count
        }
        pathTable.candidates.append(contentsOf: listed.map(\.candidate))
        for index in listed.indices {
            let entry = placed[index]
            pathTable.candidates[Int(pathTable.listed[entry].end)] = listed[index].candidate
            pathTable.listed[entry].end += 1
        }
    }
}
