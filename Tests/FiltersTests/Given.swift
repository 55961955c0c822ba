import Bytes
import Filters
import HTTP
import Model
import Pattern
import Routing

/// Shorthand for requests, routes and what comes of them.
enum Given {
    static let peer = ClientAddress("192.0.2.7")

    static func route(
        _ path: PathMatch = .prefix("/"), _ action: RouteAction = .forward(UpstreamID("shop-web-80")),
        labels: RouteLabels = RouteLabels(
            namespace: "shop", object: "web-ingress", service: "web", servicePort: "80", path: "/", host: "shop.example"
        ),
        change: (inout RoutePolicy) -> Void = { _ in }
    ) -> Route {
        var policy = RoutePolicy()
        change(&policy)
        return Route(match: RouteMatch(path: path), action: action, policy: policy, labels: labels, origin: .builtIn)
    }

    static func context(
        peer: ClientAddress = peer, client: ClientAddress? = nil, secure: Bool = false, port: UInt16 = 80,
        trusting: Bool = false
    ) -> RequestContext {
        RequestContext(
            peer: peer, client: client, isSecure: secure, localPort: port, requestIDHigh: 0x0123_4567_89AB_CDEF,
            requestIDLow: 0xFEDC_BA98_7654_3210, trustsForwardedFields: trusting)
    }

    /// A parsed head.
    static func head(
        _ target: String = "/", host: String? = "shop.example", method: String = "GET", version: String = "1.1",
        _ fields: [String] = []
    ) -> RequestHead {
        let lines = ["\(method) \(target) HTTP/\(version)"] + (host.map { ["Host: \($0)"] } ?? []) + fields
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        var head = RequestHead()
        var parser = RequestHeadParser()
        do {
            guard try parser.parse(bytes.span, into: &head) == bytes.count else { preconditionFailure("half a head") }
        } catch {
            preconditionFailure("not a head: \(error)")
        }
        return head
    }
}

extension ClientAddress {
    /// An address that a test writes down.
    init(_ text: String) {
        guard let address = ClientAddress(Array(text.utf8).span) else { preconditionFailure("no address: \(text)") }
        self = address
    }
}

/// What a chain made of a request.
struct Decision: Equatable {
    var verdict: Verdict
    var location = ""
    var target = ""
    var host = ""

    /// Routes a request among one virtual host's routes as the proxy does, then runs the chain.
    static func of(
        _ head: borrowing RequestHead, _ context: RequestContext = Given.context(), routes: [Route],
        ranking: PathRanking = .mostSpecific, appRoot: String? = nil, relative: Bool = false
    ) throws -> Decision {
        let settings = Settings()
        let routes = routes.map { route in
            var route = route
            route.policy.ownRedirects.areRelative = relative
            return route
        }
        let host = VirtualHost(
            name: .any, ranking: ranking, routes: routes,
            appRoot: appRoot.map { AppRoot(path: $0, origin: .builtIn) }, origin: .builtIn)
        let router = RouterCompiler.compile([host])
        let hostFilters = try HostFilters(host)
        var match = MatchScratch()
        var scratch = FilterScratch()
        var verdict: Verdict
        switch router.match(host: head.host, path: head.normalPath, scratch: &match) {
        case .route(_, let number):
            verdict = FilterChain.decide(
                head, context, host: hostFilters,
                route: try RouteFilters(routes[number], host: host, settings: settings), lacksSlash: false,
                match: &match, scratch: &scratch)
        case .slashRedirect(_, let number):
            verdict = FilterChain.decide(
                head, context, host: hostFilters,
                route: try RouteFilters(routes[number], host: host, settings: settings), lacksSlash: true,
                match: &match, scratch: &scratch)
        default:
            verdict = FilterChain.decide(head, context, host: hostFilters, match: &match, scratch: &scratch)
        }
        if verdict == .proceed,
            case .route(_, let number) = router.match(
                host: head.host, path: head.normalPath, scratch: &match)
        {
            let route = try RouteFilters(routes[number], host: host, settings: settings)
            var ticket = LimitTicket()
            verdict = FilterChain.admit(
                head, context, route: route, limits: SharedLimits(rateSets: 1, connectionSets: 1), now: 0,
                ticket: &ticket, scratch: &scratch)
            var progress = AccessProgress()
            if verdict == .proceed {
                verdict = FilterChain.authorize(
                    head, context, route: route, progress: &progress, now: 0, scratch: &scratch)
            }
        }
        return Decision(
            verdict: verdict, location: scratch.location.readable.text(), target: scratch.target.readable.text(),
            host: scratch.host.readable.text())
    }
}
