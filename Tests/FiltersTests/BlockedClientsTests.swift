import Bytes
import Filters
import HTTP
import Model
import Routing
import Testing

@Suite struct `Blocked clients` {
    struct Case: Sendable, CustomTestStringConvertible {
        var agents: [String] = []
        var referers: [String] = []
        var fields: [String]
        var isBlocked: Bool
        var testDescription: String { "\(agents) \(referers): \(fields)" }
    }

    static let cases = [
        Case(agents: ["bad"], fields: ["User-Agent: BAD"], isBlocked: true),
        Case(agents: ["bad"], fields: ["User-Agent: bad/1.0"], isBlocked: false),
        Case(agents: ["~bad"], fields: ["User-Agent: is bad/1.0"], isBlocked: true),
        Case(agents: ["~bad"], fields: ["User-Agent: BAD/1.0"], isBlocked: false),
        Case(agents: ["~*bad"], fields: ["User-Agent: BAD/1.0"], isBlocked: true),
        Case(agents: ["bad"], fields: ["Referer: bad"], isBlocked: false),
        Case(agents: ["bad"], fields: [], isBlocked: false),
        Case(referers: ["~*spam\\.example"], fields: ["Referer: http://spam.example/x"], isBlocked: true),
        Case(agents: ["x"], referers: ["y"], fields: ["User-Agent: z", "Referer: y"], isBlocked: true),
    ]

    @Test(arguments: cases)
    func `are known by what they say`(given: Case) throws {
        var settings = AdmissionSettings()
        settings.blockedAgents = given.agents.map(TextRule.init)
        settings.blockedReferers = given.referers.map(TextRule.init)
        let host = try HostFilters(
            VirtualHost(name: .any, appRoot: AppRoot(path: "/app", origin: .builtIn), origin: .builtIn),
            blocked: .compiled(settings))
        var match = MatchScratch()
        var scratch = FilterScratch()
        let verdict = FilterChain.decide(
            Given.head("/", given.fields), Given.context(), host: host, match: &match, scratch: &scratch)
        // Before the redirect of the root.
        #expect(verdict == (given.isBlocked ? .refuse(.forbidden) : .redirect(.found)))
    }

    @Test func `block everybody when a rule can't be compiled`() throws {
        var settings = AdmissionSettings()
        settings.blockedAgents = [.regex("(", ignoringCase: false)]
        let host = try HostFilters(VirtualHost(name: .any, origin: .builtIn), blocked: .compiled(settings))
        var match = MatchScratch()
        var scratch = FilterScratch()
        let verdict = FilterChain.decide(
            Given.head("/"), Given.context(), host: host, match: &match, scratch: &scratch)
        #expect(verdict == .refuse(.forbidden))
    }

    @Test func `are nobody by default`() { #expect(BlockedClients.compiled(AdmissionSettings()) == nil) }

    @Test func `leave the groups of the route's pattern alone`() throws {
        var settings = AdmissionSettings()
        settings.blockedAgents = [.regex("(nobody)", ignoringCase: false)]
        let route = Given.route(.regex("/a/(.*)", ignoringCase: false)) {
            $0.rewrite = Rewrite(pattern: "/a/(.*)", template: "/b/$1")
        }
        let host = VirtualHost(name: .any, ranking: .listed, routes: [route], origin: .builtIn)
        let router = RouterCompiler.compile([host])
        var match = MatchScratch()
        var scratch = FilterScratch()
        let head = Given.head("/a/x", ["User-Agent: somebody"])
        _ = router.match(host: head.host, path: head.normalPath, scratch: &match)
        _ = FilterChain.decide(
            head, Given.context(), host: try HostFilters(host, blocked: .compiled(settings)),
            route: try RouteFilters(route, host: host, settings: Settings()), lacksSlash: false, match: &match,
            scratch: &scratch)
        let target = scratch.target.readable.text()
        #expect(target == "/b/x")
    }
}
