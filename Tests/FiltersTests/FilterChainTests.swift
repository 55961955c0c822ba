import Bytes
import Filters
import HTTP
import Model
import Routing
import Testing

@Suite struct `Filter chain` {
    /// Everything that may act on one request, so that each case switches off what came before.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var target = "/"
        var appRoot: String?
        var length = 0
        var path = PathMatch.prefix("/")
        var action = RouteAction.forward(UpstreamID("u"))
        var rewrite: String?
        var verdict: Verdict
        var location = ""
        var testDescription: String { name }
    }

    static let refuse = RouteAction.refuse(status: 503, reason: "no secret")
    static let redirect = RouteAction.redirect(Redirect(status: 308, location: "/moved"))

    static let cases = [
        Case(
            name: "app root before the body limit", appRoot: "/app", length: 11, action: refuse, rewrite: "http://x/",
            verdict: .redirect(.found), location: "http://shop.example/app"),
        Case(
            name: "body limit before refusal", length: 11, action: refuse, rewrite: "http://x/",
            verdict: .refuse(.contentTooLarge)),
        Case(
            name: "body limit before the slash", target: "/a", length: 11, path: .prefix("/a/"), action: refuse,
            verdict: .refuse(.contentTooLarge)),
        Case(
            name: "slash before refusal", target: "/a", length: 10, path: .prefix("/a/"), action: refuse,
            verdict: .redirect(.movedPermanently), location: "http://shop.example/a/"),
        Case(
            name: "refusal before rewrite", length: 10, action: refuse, rewrite: "http://x/",
            verdict: .refuse(.serviceUnavailable)),
        Case(
            name: "redirect before rewrite", action: redirect, rewrite: "http://x/",
            verdict: .redirect(.permanentRedirect), location: "http://shop.example/moved"),
        Case(
            name: "rewrite to a URL", rewrite: "http://x/", verdict: .redirect(.found), location: "http://x/"),
        Case(name: "nothing", verdict: .proceed),
    ]

    @Test(arguments: cases)
    func `acts in the order of ingress-nginx`(given: Case) throws {
        let route = Given.route(given.path, given.action) {
            $0.bodyLimits.requestBytes = 10
            $0.rewrite = given.rewrite.map { Rewrite(pattern: "/", template: $0) }
        }
        let head = Given.head(given.target, method: "POST", ["Content-Length: \(given.length)"])
        let decision = try Decision.of(head, routes: [route], appRoot: given.appRoot)
        #expect(decision == Decision(verdict: given.verdict, location: given.location))
    }

    @Test func `lets the app root act where no route matches`() throws {
        let decision = try Decision.of(Given.head("/"), routes: [], appRoot: "/app")
        #expect(decision.verdict == .redirect(.found))
    }

    @Test func `refuses everything for a route that can't be compiled`() {
        var match = MatchScratch()
        var scratch = FilterScratch()
        let head = Given.head("/")
        let verdict = FilterChain.decide(
            head, Given.context(), host: HostFilters(), route: RouteFilters(refusing: .serviceUnavailable),
            lacksSlash: false, match: &match, scratch: &scratch)
        #expect(verdict == .refuse(.serviceUnavailable))
    }

    @Test func `leaves nothing of the request before`() throws {
        let host = VirtualHost(name: .any, origin: .builtIn)
        let route = Given.route {
            $0.rewrite = Rewrite(pattern: "/a", template: "/b")
            $0.hostOverride = HostOverride(template: "$http_x")
        }
        let filters = try RouteFilters(route, host: host, settings: Settings())
        var match = MatchScratch()
        var scratch = FilterScratch()
        for (target, fields) in [("/a", ["X: h"]), ("/c", [])] {
            let head = Given.head(target, fields)
            _ = FilterChain.decide(
                head, Given.context(), host: HostFilters(), route: filters, lacksSlash: false, match: &match,
                scratch: &scratch)
        }
        let target = scratch.target.readable.text()
        let override = scratch.host.readable.text()
        #expect(target.isEmpty && override.isEmpty)
    }
}

@Suite struct `Body limit` {
    @Test(arguments: [(0, Verdict.proceed), (10, .proceed), (11, .refuse(.contentTooLarge))])
    func `counts what Content-Length announces`(length: Int, verdict: Verdict) throws {
        let route = Given.route { $0.bodyLimits.requestBytes = 10 }
        let head = Given.head("/", method: "POST", ["Content-Length: \(length)"])
        #expect(try Decision.of(head, routes: [route]).verdict == verdict)
    }

    @Test func `may be absent`() throws {
        let route = Given.route { $0.bodyLimits.requestBytes = nil }
        let head = Given.head("/", method: "POST", ["Content-Length: 9223372036854775807"])
        #expect(try Decision.of(head, routes: [route]).verdict == .proceed)
    }
}
