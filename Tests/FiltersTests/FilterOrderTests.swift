import Filters
import HTTP
import Model
import Routing
import Testing

/// The order in which filters act, as a table: of two that would both answer a request, the one further up does.
@Suite struct `Of two filters that would both answer` {
    enum Filter: Int, CaseIterable, Sendable {
        case blockedAgent, clientCertificate, otherHost, hostRule, appRoot
        case bodyLimit, slashRedirect, denied, preflight, pathRule, redirect, rewrittenRedirect, refusedRoute
        case secureRedirect, secureHost, rateLimit, connectionLimit, deniedAddress, password
        case externalAuthentication

        var verdict: Verdict {
            switch self {
            case .blockedAgent, .deniedAddress: .refuse(.forbidden)
            case .clientCertificate: .respond(.forbidden)
            case .otherHost: .redirect(.seeOther)
            case .hostRule: .refuse(.gone)
            case .pathRule: .refuse(.paymentRequired)
            case .refusedRoute: .refuse(.methodNotAllowed)
            case .secureRedirect: .redirect(.temporaryRedirect)
            case .secureHost: .respond(.badRequest)
            case .externalAuthentication: .ask
            case .appRoot, .rewrittenRedirect: .redirect(.found)
            case .bodyLimit: .refuse(.contentTooLarge)
            case .slashRedirect: .redirect(.movedPermanently)
            case .denied: .refuse(.serviceUnavailable)
            case .preflight: .respond(.noContent)
            case .redirect: .redirect(.permanentRedirect)
            case .rateLimit: .refuse(.tooManyRequests)
            case .connectionLimit: .refuse(.conflict)
            case .password: .challenge
            }
        }

        /// Which requests it is about: the root path, one that lacks its slash, or any.
        var path: String? {
            switch self {
            case .appRoot: "/"
            case .slashRedirect: "/a"
            default: nil
            }
        }

        func add(to policy: inout RoutePolicy, _ action: inout RouteAction) {
            switch self {
            case .blockedAgent, .clientCertificate, .otherHost, .appRoot, .slashRedirect, .secureHost: break
            case .hostRule:
                policy.rules = RequestRules(ofHost: [.answer(.page(410))], ofPath: policy.rules?.ofPath ?? [])
            case .pathRule:
                policy.rules = RequestRules(ofHost: policy.rules?.ofHost ?? [], ofPath: [.answer(.page(402))])
            case .refusedRoute: action = .refuse(status: 405, reason: "nobody serves it")
            case .secureRedirect: policy.secureRedirect = SecureRedirect(status: 307)
            case .externalAuthentication:
                policy.externalAuth = ExternalAuth(
                    destination: Destination(upstream: UpstreamID("auth"), host: "auth.example", target: "/"))
            case .bodyLimit: policy.bodyLimits.requestBytes = 1
            case .denied: action = .refuse(status: 503, reason: "no Secret")
            case .preflight:
                policy.cors = CORS(
                    origins: .any, methods: "GET", headers: "X", allowsCredentials: false, exposedHeaders: "", maxAge: 1
                )
            case .redirect: action = .redirect(Redirect(status: 308, location: "/moved"))
            case .rewrittenRedirect: policy.rewrite = Rewrite(pattern: "/", template: "http://x/")
            case .rateLimit:
                var limit = policy.rateLimit ?? RateLimit(zone: "z")
                limit.rates = [.init(requests: 1, period: .seconds(60), burst: 0)]
                limit.rateStatus = 429
                policy.rateLimit = limit
            case .connectionLimit:
                var limit = policy.rateLimit ?? RateLimit(zone: "z")
                limit.connections = 1
                limit.connectionStatus = 409
                policy.rateLimit = limit
            case .deniedAddress: policy.addressRules = AddressRules(denied: ["0.0.0.0/0"])
            case .password: policy.basicAuth = BasicAuth(realm: "", users: [])
            }
        }
    }

    static let pairs: [(Filter, Filter)] = Filter.allCases.flatMap { first in
        Filter.allCases.filter { $0.rawValue > first.rawValue }.compactMap { second in
            // One request has one path, and a route one action.
            if let one = first.path, let other = second.path, one != other { return nil }
            let actions: [Filter] = [.denied, .redirect, .refusedRoute]
            if actions.contains(first) && actions.contains(second) { return nil }
            // Both are about one and the same certificate.
            if first == .clientCertificate && second == .secureHost { return nil }
            return (first, second)
        }
    }

    @Test(arguments: Filter.allCases.map { [$0] } + pairs.map { [$0.0, $0.1] })
    func `the one that comes first does`(filters: [Filter]) throws {
        var policy = RoutePolicy()
        var action = RouteAction.forward(UpstreamID("u"))
        for filter in filters { filter.add(to: &policy, &action) }
        let path = filters.compactMap(\.path).first ?? "/"
        var settings = Settings()
        if filters.contains(.blockedAgent) { settings.admission.blockedAgents = [.word("bad")] }
        var host = VirtualHost(name: .any, origin: .builtIn)
        if filters.contains(.appRoot) { host.appRoot = AppRoot(path: "/app", origin: .builtIn) }
        if filters.contains(.otherHost) {
            host.canonicalHost = CanonicalHost(name: "www.shop.example", status: 303, origin: .builtIn)
        }
        if filters.contains(.clientCertificate) || filters.contains(.secureHost) {
            let pattern = filters.contains(.clientCertificate) ? "CN=nobody" : nil
            host.tls = HostTLS(
                clientCertificate: ClientCertificate(
                    demand: pattern == nil ? .required : .optional,
                    trust: TrustBundle(authorities: SealedBytes(Array("ca".utf8)), origin: .builtIn),
                    subjectPattern: pattern, origin: .builtIn))
        }
        let match = path == "/a" ? PathMatch.prefix("/a/") : .prefix("/")
        let route = Route(
            match: RouteMatch(path: match), action: action, policy: policy, labels: RouteLabels(), origin: .builtIn)
        let hostFilters = try HostFilters(host, blocked: .compiled(settings.admission))
        let filtersOfRoute = try RouteFilters(route, host: host, settings: settings)
        let limits = SharedLimits(rateSets: 1, connectionSets: 1)
        let head = Given.head(path, method: "OPTIONS", ["User-Agent: bad", "Content-Length: 2"])
        // The first request takes all the room that limits leave, and never gives it back.
        _ = Self.decide(head, hostFilters, filtersOfRoute, limits)
        #expect(Self.decide(head, hostFilters, filtersOfRoute, limits) == filters[0].verdict)
    }

    static func decide(
        _ head: borrowing RequestHead, _ host: HostFilters, _ route: RouteFilters, _ limits: SharedLimits
    ) -> Verdict {
        var match = MatchScratch()
        var scratch = FilterScratch()
        let isSlashless = head.target.count == 2
        var verdict = FilterChain.decide(
            head, Given.context(), host: host, route: route, lacksSlash: isSlashless, match: &match, scratch: &scratch)
        if verdict != .proceed { return verdict }
        var ticket = LimitTicket()
        verdict = FilterChain.admit(
            head, Given.context(), route: route, limits: limits, now: 1, ticket: &ticket, scratch: &scratch)
        if verdict != .proceed { return verdict }
        var progress = AccessProgress()
        return FilterChain.authorize(
            head, Given.context(), route: route, progress: &progress, now: 1, scratch: &scratch)
    }
}
