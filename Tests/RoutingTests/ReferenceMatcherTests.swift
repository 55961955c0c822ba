import Foundation
import Model
import Routing
import TestSupport
import Testing

/// A matcher that shares nothing with the router: it goes through every rule with Foundation's own
/// strings and regular expressions, and sorts what matches.
private struct ReferenceMatcher {
    var hosts: [VirtualHost]

    func outcome(host: String, path: String) -> RoutingOutcome {
        let name = host.lowercased().replacing(/:[0-9]+$/, with: "").replacing(/\.$/, with: "")
        let exact = hosts.firstIndex { $0.name == .exact(name) }
        let wildcard = hosts.firstIndex {
            guard case .wildcard(let suffix) = $0.name else { return false }
            let labels = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            return labels.count == 2 && labels[1] == suffix && labels[0].wholeMatch(of: /[a-zA-Z0-9_\-]+/) != nil
        }
        guard let number = exact ?? wildcard ?? hosts.firstIndex(where: { $0.name == .any }) else { return .noHost }
        let first = hosts[..<number].reduce(0) { $0 + $1.routes.count }
        return hosts[number].ranking == .listed
            ? listed(number, first, path) : specific(number, first, path)
    }

    private func listed(_ host: Int, _ first: Int, _ path: String) -> RoutingOutcome {
        for (index, route) in hosts[host].routes.enumerated() {
            guard case .regex(let text, _) = route.match.path else { continue }
            let options: String.CompareOptions = [.regularExpression, .anchored, .caseInsensitive]
            if path.range(of: text, options: options) != nil { return .route(host: host, route: first + index) }
        }
        return .noRoute(host: host)
    }

    private func specific(_ host: Int, _ first: Int, _ path: String) -> RoutingOutcome {
        let segments = path.components(separatedBy: "/")
        let matching = hosts[host].routes.enumerated().compactMap { index, route -> (score: Int, index: Int)? in
            switch route.match.path {
            case .exact(let text): return text == path ? (Int.max, index) : nil
            case .prefix(let text):
                var wanted = text.components(separatedBy: "/")
                if wanted.last == "", wanted.count <= segments.count { wanted.removeLast() }
                return Array(segments.prefix(wanted.count)) == wanted ? (text.count, index) : nil
            case .regex: return nil
            }
        }
        let best = matching.max { $0.score != $1.score ? $0.score < $1.score : $0.index > $1.index }
        let slash = hosts[host].routes.firstIndex { $0.match.path == .prefix(path + "/") }
        if let slash, best.map({ $0.score < path.count }) ?? true {
            return .slashRedirect(host: host, route: first + slash)
        }
        guard let best else { return .noRoute(host: host) }
        return .route(host: host, route: first + best.index)
    }
}

@Suite struct `A thousand random rules` {
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `are matched as the reference matches them`(seed: UInt64) {
        var random = SplitMix(state: seed)
        let hosts = randomHosts(&random, rules: 1000)
        let router = RouterCompiler.compile(hosts)
        let reference = ReferenceMatcher(hosts: hosts)
        var outcomes: [String: Int] = [:]
        for _ in 0..<3000 {
            let (host, path) = randomRequest(&random, to: hosts)
            let found = router.match(host, path)
            #expect(found == reference.outcome(host: host, path: path), "\(host)\(path)")
            outcomes[String("\(found)".prefix { $0 != "(" }), default: 0] += 1
        }
        // The test must have seen each kind of outcome to say anything of it.
        #expect(outcomes["route", default: 0] > 500)
        #expect(outcomes["slashRedirect", default: 0] > 10)
        #expect(outcomes["noRoute", default: 0] > 10)
    }

    private func randomHosts(_ random: inout SplitMix, rules: Int) -> [VirtualHost] {
        var hosts: [VirtualHost] = []
        var names: Set<HostName> = []
        var count = 0
        while count < rules {
            let name: HostName =
                switch Int.random(in: 0..<10, using: &random) {
                case 0: .any
                case 1, 2: .wildcard(randomName(&random, requested: false))
                default: .exact(randomName(&random, requested: false))
                }
            guard names.insert(name).inserted else { continue }
            let isListed = Bool.random(using: &random)
            let paths = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                isListed ? randomRegex(&random) : randomMatch(&random)
            }
            hosts.append(Given.host(name, ranking: isListed ? .listed : .mostSpecific, paths))
            count += paths.count
        }
        return hosts
    }

    private func randomName(_ random: inout SplitMix, requested: Bool) -> String {
        let labels = ["a", "b", "shop", "www", "x-1", "x_2"]
        var name = (0..<Int.random(in: 1...4, using: &random)).map { _ in labels.randomElement(using: &random)! }
            .joined(separator: ".")
        if requested {
            if Bool.random(using: &random) { name = name.uppercased() }
            if Int.random(in: 0..<4, using: &random) == 0 { name += "." }
            if Int.random(in: 0..<4, using: &random) == 0 { name += ":8080" }
        }
        return name
    }

    private func randomPath(_ random: inout SplitMix, depth: ClosedRange<Int>) -> String {
        let segments = ["a", "b", "A", "api", "api2", "v1", "a-long-segment-of-a-path-that-fills-words"]
        let path = (0..<Int.random(in: depth, using: &random)).map { _ in "/" + segments.randomElement(using: &random)!
        }
        .joined()
        return path.isEmpty || Int.random(in: 0..<4, using: &random) == 0 ? path + "/" : path
    }

    /// Half of the requests come close to a written path of a host, so that each kind of near miss occurs.
    private func randomRequest(_ random: inout SplitMix, to hosts: [VirtualHost]) -> (host: String, path: String) {
        let target = hosts.randomElement(using: &random)!
        let host =
            switch target.name {
            case .exact(let name): name
            case .wildcard(let suffix): "any-label." + suffix
            case .any: "elsewhere"
            }
        switch (target.routes.randomElement(using: &random)!.match.path, Int.random(in: 0..<8, using: &random)) {
        case (.exact(let path), 0), (.prefix(let path), 0): return (host, path)
        case (.prefix(let path), 1...2) where path.count > 1:
            return (host, path.hasSuffix("/") ? String(path.dropLast()) : path + "/")
        case (.exact(let path), 1): return (host, path + (path.hasSuffix("/") ? "a" : "/a"))
        case (.prefix(let path), 3): return (host, path + "b")
        default: return (randomName(&random, requested: true), randomPath(&random, depth: 0...5))
        }
    }

    private func randomMatch(_ random: inout SplitMix) -> PathMatch {
        let path = randomPath(&random, depth: 0...4)
        return Bool.random(using: &random) ? .exact(path) : .prefix(path)
    }

    private func randomRegex(_ random: inout SplitMix) -> PathMatch {
        let tails = ["", "(/|$)(.*)", "/?$", "/[a-z0-9]+$", ".*/v1", "(?!/api)", "(a|b)", "|/b", "+/"]
        let text = randomPath(&random, depth: 1...3) + tails.randomElement(using: &random)!
        return .regex(text, ignoringCase: true)
    }
}
