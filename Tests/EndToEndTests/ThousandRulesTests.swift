import Foundation
import TestSupport
import Testing

/// The routing table of Kubernetes and ingress-nginx, written the plain way: every rule is a regular
/// expression of Foundation's, all of them are tried, and what matches is sorted. It reads the rules that
/// the manifest was made of, and shares no code and no idea with the proxy.
private struct ReferenceTable {
    enum Answer: Equatable {
        case service(String)
        case redirect
        case notFound
    }

    private let sites: [Site]

    init(_ sites: [Site]) { self.sites = sites }

    func answer(host: String, path: String) -> Answer {
        let candidates = sites.filter { Self.matches(host, Self.hostPattern($0.host)) }
        guard let site = candidates.min(by: { !$0.host.hasPrefix("*") && $1.host.hasPrefix("*") }) else {
            return .notFound
        }
        return site.isRegex ? inTurn(site, path) : bySpecificity(site, path)
    }

    private static func hostPattern(_ host: String) -> String {
        let escaped = NSRegularExpression.escapedPattern(for: host)
        return "^" + escaped.replacingOccurrences(of: "\\*", with: "[A-Za-z0-9_-]+") + "$"
    }

    /// Longest text first, of equally long ones the greater; no distinction of case; the end is open.
    private func inTurn(_ site: Site, _ path: String) -> Answer {
        let order = site.rules.sorted { ($0.path.count, $0.path) > ($1.path.count, $1.path) }
        let first = order.first { Self.matches(path, "^" + $0.path, .caseInsensitive) }
        return first.map { .service($0.service) } ?? .notFound
    }

    private func bySpecificity(_ site: Site, _ path: String) -> Answer {
        let matching = site.rules.filter { rule in
            let text = NSRegularExpression.escapedPattern(for: rule.path)
            if rule.type == "Exact" { return Self.matches(path, "^\(text)$") }
            return Self.matches(path, rule.path.hasSuffix("/") ? "^\(text)" : "^\(text)(/.*)?$")
        }
        let best = matching.sorted { left, right in
            left.path.count != right.path.count ? left.path.count > right.path.count : left.type == "Exact"
        }.first
        let isShort = site.rules.contains { $0.type != "Exact" && $0.path == path + "/" }
        if isShort, (best?.path.count ?? 0) < path.count { return .redirect }
        return best.map { .service($0.service) } ?? .notFound
    }

    private static func matches(
        _ text: String, _ pattern: String, _ options: NSRegularExpression.Options = []
    ) -> Bool {
        guard let expression = try? NSRegularExpression(pattern: pattern, options: options) else { return false }
        return expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }
}

/// The rules of one host.
private struct Site {
    struct Rule {
        var path: String
        var type: String
        /// Every rule leads to a Service of its own, which tells rules apart.
        var service: String
    }

    var host: String
    var isRegex: Bool
    var rules: [Rule] = []

    func manifest(_ name: String) -> String {
        var text = """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: \(name)
              annotations: { nginx.ingress.kubernetes.io/use-regex: "\(isRegex)" }
            spec:
              ingressClassName: nginx
              rules:
                - host: "\(host)"
                  http:
                    paths:

            """
        for rule in rules {
            text += """
                            - path: '\(rule.path)'
                              pathType: \(rule.type)
                              backend: { service: { name: \(rule.service), port: { name: http } } }

                """
        }
        return text + "---\n" + rules.map { Manifest.service($0.service) }.joined()
    }
}

@Suite struct `A manifest of a thousand rules` {
    @Test func `is routed as the reference says`() throws {
        var random = SeededRandom(state: 20_260_101)
        let sites = Self.sites(&random, rules: 1000)
        let manifest = sites.enumerated().map { $1.manifest("site-\($0)") }.joined()
        let folder = try ManifestFolder(["rules.yaml": manifest])
        let gatehouse = try Gatehouse(["-f", folder.path, "--demo-backends"])
        #expect(gatehouse.summary.contains(" 0 rejected, 0 warnings"))
        let table = ReferenceTable(sites)
        var client = try gatehouse.client()
        var seen: [String: Int] = [:]
        for number in 0..<2400 {
            if number.isMultiple(of: 400) { client = try gatehouse.client() }
            let (host, path) = Self.request(&random, to: sites)
            let response = try client.request(path, host: host)
            let expected = table.answer(host: host, path: path)
            #expect(Self.answer(response, host: host, path: path) == expected, "http://\(host)\(path)")
            seen["\(expected)".components(separatedBy: "(")[0], default: 0] += 1
        }
        // Each kind must have come up often enough to say anything of it.
        #expect(seen["service", default: 0] > 1000, "\(seen)")
        #expect(seen["redirect", default: 0] > 10, "\(seen)")
        #expect(seen["notFound", default: 0] > 100, "\(seen)")
    }

    private static func answer(_ response: Message, host: String, path: String) -> ReferenceTable.Answer? {
        switch response.status {
        case 200: return response.chosenService.map { .service($0) }
        case 301: return response["Location"] == "http://\(host)\(path)/" ? .redirect : nil
        case 404: return .notFound
        default: return nil
        }
    }

    // MARK: Making rules and requests

    private static let words = ["a", "b", "ab", "api", "v1", "v2", "shop", "cart", "x.y", "a-b", "A"]
    private static let patterns = [
        "/v[0-9]+/\(mark)", "/(a|b)/\(mark)(/|$)(.*)", "/\(mark)/(?!private).*", "/[a-z]+/\(mark)$", "/\(mark)/.+",
        "/(?:shop|cart)/\(mark)", "/\(mark)",
    ]
    /// Stands for a word in a pattern.
    private static let mark = "WORD"

    private static func sites(_ random: inout SeededRandom, rules: Int) -> [Site] {
        var sites: [Site] = []
        var count = 0
        while count < rules {
            let number = sites.count
            // Every third host stands below a wildcard of another site.
            let host = number % 3 == 1 ? "*.zone\(number).example" : "h\(number).zone\(number / 3 * 3 + 1).example"
            var site = Site(host: host, isRegex: number % 4 == 3)
            var taken: Set<String> = []
            for _ in 0..<min(4 + random.below(24), rules - count) {
                let rule = rule(of: site, &random, service: "s\(count)")
                // Texts of regular expressions must differ; else one path may be both Exact and a prefix.
                guard taken.insert(site.isRegex ? rule.path : "\(rule.type == "Exact") \(rule.path)").inserted else {
                    continue
                }
                site.rules.append(rule)
                count += 1
            }
            sites.append(site)
        }
        return sites
    }

    private static func rule(of site: Site, _ random: inout SeededRandom, service: String) -> Site.Rule {
        if site.isRegex {
            let path = random.pick(patterns).replacingOccurrences(of: mark, with: random.pick(words))
            return Site.Rule(path: path, type: "ImplementationSpecific", service: service)
        }
        var path = path(&random)
        let type = random.pick(["Exact", "Prefix", "Prefix", "ImplementationSpecific"])
        if type != "Exact", path != "/", random.below(4) == 0 { path += "/" }
        return Site.Rule(path: path, type: type, service: service)
    }

    private static func path(_ random: inout SeededRandom) -> String {
        (0..<random.below(4)).reduce("") { path, _ in "\(path)/\(random.pick(words))" }.nonEmpty ?? "/"
    }

    /// Most requests stay close to a rule, so that boundaries are met.
    private static func request(_ random: inout SeededRandom, to sites: [Site]) -> (host: String, path: String) {
        let site = random.pick(sites)
        let label = random.pick(["any", "h1", "a_b", "two.labels"])
        let host = random.below(20) == 0 ? "nobody.example" : site.host.replacingOccurrences(of: "*", with: label)
        let rule = random.pick(site.rules)
        var path = site.isRegex ? "/\(random.pick(["v7", "a", "b", "shop"]))\(path(&random))" : rule.path
        switch random.below(8) {
        case 0: path += path.hasSuffix("/") ? "more" : "/more"
        case 1: path += "x"
        case 2 where path.count > 1: path.removeLast()
        case 3: path = path.uppercased()
        case 4: path = Self.path(&random)
        default: break
        }
        return (host, path)
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}

/// The same numbers in every run (SplitMix64).
private struct SeededRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func pick<Element>(_ values: [Element]) -> Element { values[below(values.count)] }
}
