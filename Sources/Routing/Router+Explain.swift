import Bytes
import Model
import Pattern

/// Explaining asks the tables themselves: for the outcome the router's own, for each host and route a
/// router made of that one alone. What is left to say here is who of those that match wins, and
/// `MatchEvidence` says it in a way that tests hold against the tables.
extension Router {
    /// Why a request goes where it goes. Slow and allocating; for people.
    /// - Parameters:
    ///   - host: the `Host` field's value, in any case, with or without port and trailing dot.
    ///   - path: the normalised path.
    public func explain(host: Span<UInt8>, path: Span<UInt8>) -> Explanation {
        var scratch = MatchScratch()
        let outcome = match(host: host, path: path, scratch: &scratch)
        let name = host.extracting(first: host.hostNameLength)
        let known = RouterCompiler.KnownPatterns(of: self)
        let hosts = hostCandidates(name, known, &scratch)
        var routes: [Explanation.RouteCandidate] = []
        if let number = outcome.host, outcome != .limitExceeded(host: number) || hosts.first?.whyNot == nil {
            routes = routeCandidates(of: number, path, outcome, known, &scratch)
        }
        return Explanation(outcome: outcome, name: name.text(), path: path.text(), hosts: hosts, routes: routes)
    }

    // MARK: Hosts

    private func hostCandidates(
        _ name: Span<UInt8>, _ known: RouterCompiler.KnownPatterns, _ scratch: inout MatchScratch
    ) -> [Explanation.HostCandidate] {
        var candidates: [Explanation.HostCandidate] = []
        for (number, host) in virtualHosts.enumerated() {
            var evidence: [HostEvidence] = []
            let bare = VirtualHost(name: host.name, origin: host.origin)
            if Router.answers(bare, name, known, &scratch) {
                evidence.append(HostEvidence(name: host.name, host: number))
            }
            for alias in host.aliases {
                // No request has the empty name, so the alias alone is asked.
                let nameless = VirtualHost(name: .exact(""), aliases: [alias], origin: host.origin)
                if Router.answers(nameless, name, known, &scratch) {
                    evidence.append(HostEvidence(alias: alias, host: number))
                }
            }
            if let best = evidence.max() { candidates.append(.init(host: number, evidence: best, whyNot: nil)) }
        }
        candidates.sort { $0.evidence > $1.evidence }
        if let winner = candidates.first {
            for index in candidates.indices.dropFirst() {
                candidates[index].whyNot = "\(winner.evidence) comes before \(candidates[index].evidence)"
            }
        }
        return candidates
    }

    private static func answers(
        _ host: VirtualHost, _ name: Span<UInt8>, _ known: RouterCompiler.KnownPatterns, _ scratch: inout MatchScratch
    ) -> Bool {
        let router = RouterCompiler.compile([host], known: known)
        return router.hostTable.match(name, router.patterns, &scratch.pattern) != .none
    }

    // MARK: Routes

    private func routeCandidates(
        of number: Int, _ path: Span<UInt8>, _ outcome: RoutingOutcome, _ known: RouterCompiler.KnownPatterns,
        _ scratch: inout MatchScratch
    ) -> [Explanation.RouteCandidate] {
        let host = virtualHosts[number]
        let first = routes.firstIndex { $0.host == number } ?? 0
        let winner = outcome.route
        var candidates = host.routes.enumerated().map { place, route in
            candidate(first + place, route, place: place, ranking: host.ranking, path, known, &scratch)
        }
        guard let best = candidates.first(where: { $0.route == winner })?.evidence else {
            return candidates.sorted(closestTo: path, in: self)
        }
        for index in candidates.indices {
            guard let evidence = candidates[index].evidence else { continue }
            candidates[index].whyNot = candidates[index].route == winner ? nil : evidence.reasonToLose(against: best)
        }
        return candidates.sorted(closestTo: path, in: self)
    }

    /// The route as it does alone on its host.
    private func candidate(
        _ number: Int, _ route: Route, place: Int, ranking: PathRanking, _ path: Span<UInt8>,
        _ known: RouterCompiler.KnownPatterns, _ scratch: inout MatchScratch
    ) -> Explanation.RouteCandidate {
        let host = VirtualHost(name: .any, ranking: ranking, routes: [route], origin: route.origin)
        let router = RouterCompiler.compile([host], known: known)
        switch router.pathTable.match(host: 0, path: path, router.patterns, &scratch) {
        case .route:
            let evidence = MatchEvidence(route.match.path, ranking: ranking, place: place)
            return .init(route: number, evidence: evidence, whyNot: nil)
        case .slashRedirect:
            let evidence = MatchEvidence(kind: .slashMissing(bytes: path.count), place: place)
            return .init(route: number, evidence: evidence, whyNot: nil)
        case .none:
            let isBroken = !router.diagnostics.isEmpty
            let reason = isBroken ? "its pattern cannot be compiled" : route.match.path.reasonToMiss(path.text())
            return .init(route: number, evidence: nil, whyNot: reason)
        case .limitExceeded:
            return .init(route: number, evidence: nil, whyNot: "its pattern takes too long on this path")
        }
    }
}

extension RoutingOutcome {
    /// The virtual host that answers, if any.
    public var host: Int? {
        switch self {
        case .route(let host, _), .slashRedirect(let host, _), .noRoute(let host), .limitExceeded(let host): host
        case .noHost: nil
        }
    }

    /// The route that decides, if any.
    public var route: Int? {
        switch self {
        case .route(_, let route), .slashRedirect(_, let route): route
        case .noRoute, .noHost, .limitExceeded: nil
        }
    }
}

extension MatchEvidence {
    fileprivate func reasonToLose(against winner: MatchEvidence) -> String {
        switch (winner.kind, kind) {
        case (.listed, _): "comes at place \(place + 1) of the host's list, after place \(winner.place + 1)"
        case (.exact, .prefix), (.exact, .regex), (.exact, .slashMissing): "an exact path comes before \(self)"
        case (.regex, .prefix), (.regex, .slashMissing): "a regex comes before a prefix"
        case (.prefix(let longer), .prefix(let bytes)) where longer > bytes:
            "a prefix of \(longer) bytes comes before one of \(bytes)"
        case (.prefix, .slashMissing): "a prefix that needs no slash added comes first"
        case (.slashMissing, .prefix): "a shorter prefix comes after the redirect to the path with a slash"
        default: "the same path was listed earlier by an older object"
        }
    }
}

extension PathMatch {
    /// Why a path that does not match does not.
    fileprivate func reasonToMiss(_ path: String) -> String {
        switch self {
        case .exact(let text):
            if path.lowercased() == text.lowercased() { return "differs in upper and lower case" }
            if path == text + "/" || path + "/" == text { return "differs in the slash at the end" }
            return "is another path"
        case .prefix(let text):
            if path.hasPrefix(text) { return "ends inside a segment of the path" }
            if path + "/" == text { return "the path lacks the slash at the end" }
            return path.lowercased().hasPrefix(text.lowercased())
                ? "differs in upper and lower case" : "the path does not begin with it"
        case .regex: return "the pattern does not match from the start of the path"
        }
    }

    /// The text as written.
    fileprivate var text: String {
        switch self {
        case .exact(let text), .prefix(let text), .regex(let text, _): text
        }
    }
}

extension [Explanation.RouteCandidate] {
    /// The winner, then those that match by rank, then the rest by how much of the path they share.
    fileprivate func sorted(closestTo path: Span<UInt8>, in router: Router) -> Self {
        let path = path.copied()
        let keyed = map { candidate in
            (
                candidate: candidate,
                shared: zip(router[route: candidate.route].match.path.text.utf8, path).prefix(while: ==).count
            )
        }
        return keyed.sorted { left, right in
            let (a, b) = (left.candidate, right.candidate)
            switch (a.evidence, b.evidence) {
            case (let a?, let b?): return a > b
            case (.some, nil): return true
            case (nil, .some): return false
            case (nil, nil): return (right.shared, a.route) < (left.shared, b.route)
            }
        }.map(\.candidate)
    }
}
