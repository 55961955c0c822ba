import Bytes
import Filters
import GeoIP
import HTTP
import Model
import Pattern
import Routing

/// A request that is routed and decided as a worker would do it, up to the choice of an endpoint.
struct RequestTrial {
    let configuration: Configuration
    let probe: ProbeRequest
    /// Where addresses are; nil when nobody wants to know.
    var geo: GeoDatabases?

    private var router: Router { configuration.router }
    private var model: ProxyModel { configuration.model }

    /// - Throws: what is wrong with the question; a request that a worker would refuse is an answer.
    func report() throws(ProbeError) -> ExplainReport {
        let head: RequestHead
        do throws(ProbeError) {
            head = try probe.head()
        } catch .refused(let error) {
            return refusal(error.status, error.reason)
        }
        return report(on: head)
    }

    /// What no route is looked for.
    private func refusal(_ status: Status, _ reason: StaticString) -> ExplainReport {
        let code = status.rawValue
        return ExplainReport(
            request: .init(method: probe.method, url: probe.url),
            outcome: .init(kind: .answered, text: "answered \(code) before routing: \(reason)", status: Int(code)))
    }

    private func report(on sent: consuming RequestHead) -> ExplainReport {
        var head = sent
        do throws(HTTP1Error) { _ = try BodyFraming.request(head) } catch {
            return refusal(error.status, error.reason)
        }
        if head.method == .connect || head.method == .trace {
            return refusal(.methodNotAllowed, "the method is never served")
        }
        var path: String?
        var rewrites: [String] = []
        let variables = RequestVariables()
        variables.begin()
        while true {
            var report = route(head, variables)
            path = path ?? report.request.path
            (report.request.path, report.rewrites) = (path, rewrites)
            guard let target = report.outcome.searchedAgain else { return report }
            guard rewrites.count < RequestVariables.searchLimit else {
                report.outcome = .init(
                    kind: .answered, text: "answered 500: rules rewrite its path more than \(rewrites.count) times",
                    status: 500)
                return report
            }
            rewrites.append(target)
            variables.goOn()
            do throws(HTTP1Error) { try head.setPath(Array(target.utf8).span) } catch {
                return refusal(.badRequest, "a rule makes a path of it that is none")
            }
        }
    }

    /// What the routes say of a request.
    /// - Parameter variables: what the rules of routes that were left for another have set.
    private func route(_ head: borrowing RequestHead, _ variables: RequestVariables) -> ExplainReport {
        let explanation = router.explain(host: head.host, path: head.normalPath)
        var report = ExplainReport(
            request: .init(
                method: head.methodBytes.text(), url: probe.url, host: explanation.name, path: explanation.path),
            outcome: .init(kind: .answered, text: ""))
        report.add(explanation, of: router)
        report.outcome = decide(head, explanation.outcome, variables, &report)
        report.add(annotationsOf: configuration.objects, prefix: configuration.annotationPrefix)
        report.add(configuration.diagnostics)
        return report
    }

    private func decide(
        _ head: borrowing RequestHead, _ outcome: RoutingOutcome, _ variables: RequestVariables,
        _ report: inout ExplainReport
    ) -> ExplainReport.Outcome {
        switch outcome {
        case .limitExceeded:
            return .init(kind: .answered, text: "answered 500: a pattern takes too long on this request", status: 500)
        case .noHost:
            return unrouted("no host answers for the name", &report)
        case .noRoute(let host):
            if let answer = rootRedirect(head, host) { return answer }
            return unrouted("no route of the host matches", &report)
        case .slashRedirect(let host, let route):
            return filter(head, host, route, lacksSlash: true, variables, &report)
        case .route(let host, let route):
            return filter(head, host, route, lacksSlash: false, variables, &report)
        }
    }

    /// What no route matches.
    private func unrouted(_ reason: String, _ report: inout ExplainReport) -> ExplainReport.Outcome {
        guard let id = model.defaultUpstream else {
            return .init(kind: .answered, text: "answered 404: \(reason)", status: 404)
        }
        return forward(to: id, because: "\(reason), so it is ", &report)
    }

    private func forward(
        to id: UpstreamID, because reason: String = "", _ report: inout ExplainReport
    ) -> ExplainReport.Outcome {
        guard let upstream = model.upstreams.first(where: { $0.id == id }) else {
            return .init(kind: .answered, text: "answered 503: there is no upstream \(id)", status: 503)
        }
        report.upstream = RoutesReport.Upstream(upstream)
        if upstream.endpoints.isEmpty {
            return .init(kind: .answered, text: "\(reason)answered 503: \(id) has no endpoints", status: 503)
        }
        return .init(kind: .forwarded, text: "\(reason)forwarded to \(id)")
    }
}

// MARK: Filters

extension RequestTrial {
    private func rootRedirect(_ head: borrowing RequestHead, _ host: Int) -> ExplainReport.Outcome? {
        var scratch = FilterScratch()
        let blocked = BlockedClients.compiled(model.settings.admission)
        guard let filters = try? HostFilters(router.virtualHosts[host], blocked: blocked) else {
            return Self.uncompiled
        }
        var match = MatchScratch()
        let verdict = FilterChain.decide(head, context(of: head), host: filters, match: &match, scratch: &scratch)
        return answer(verdict, scratch)
    }

    private func filter(
        _ head: borrowing RequestHead, _ hostNumber: Int, _ number: Int, lacksSlash: Bool,
        _ variables: RequestVariables, _ report: inout ExplainReport
    ) -> ExplainReport.Outcome {
        let host = router.virtualHosts[hostNumber]
        let route = router[route: number]
        if let root = host.appRoot { report.policies.append("/ redirects to \(root.path)") }
        report.policies += route.policy.lines
        let blocked = BlockedClients.compiled(model.settings.admission)
        guard let hostFilters = try? HostFilters(host, blocked: blocked) else { return Self.uncompiled }
        let routeFilters: RouteFilters
        do throws(FilterError) {
            routeFilters = try RouteFilters(route, host: host, settings: model.settings)
        } catch {
            return Self.uncompiled(error)
        }
        variables.adopt(routeFilters.variableNames)
        var match = MatchScratch()
        var scratch = FilterScratch()
        _ = router.match(host: head.host, path: head.normalPath, scratch: &match)
        report.groups = groups(of: route, in: match.captures, head)
        let verdict = FilterChain.decide(
            head, context(of: head), host: hostFilters, route: routeFilters, lacksSlash: lacksSlash, match: &match,
            scratch: &scratch, variables: variables)
        if var answer = answer(verdict, scratch) {
            if verdict.isError { answer.errorPage = route.errorPage(for: answer.status) }
            guard case .refuse(let status, let reason) = route.action, answer.status == Int(status) else {
                return answer
            }
            answer.text += ": \(reason)"
            return answer
        }
        guard case .forward(let id) = route.action else {
            return access(head, route, routeFilters, &scratch) ?? unserved(route, routeFilters)
        }
        var outcome = forward(to: id, &report)
        if outcome.kind == .answered, let fallback = route.policy.fallback {
            outcome = forward(to: fallback.upstream, because: "\(id) has no endpoints, so it is ", &report)
        }
        if outcome.kind == .forwarded, let answer = access(head, route, routeFilters, &scratch) { return answer }
        if outcome.kind == .answered { outcome.errorPage = route.errorPage(for: outcome.status) }
        if outcome.kind == .forwarded {
            if let auth = route.policy.externalAuth {
                outcome.text += " once \(auth.destination) lets it pass"
            }
            let target = scratch.target.isEmpty ? head.originTarget.text() : scratch.target.readable.text()
            let name = scratch.host.isEmpty ? head.host.text() : scratch.host.readable.text()
            report.forwarded = .init(target: target, host: name)
        }
        return outcome
    }

    /// What comes of a request that no upstream serves.
    private func unserved(_ route: Route, _ filters: RouteFilters) -> ExplainReport.Outcome {
        guard case .refuse(_, let reason) = route.action, let status = filters.unserved else { return Self.uncompiled }
        return .init(
            kind: .answered, text: "answered \(status.rawValue): \(reason)", status: Int(status.rawValue),
            errorPage: route.errorPage(for: Int(status.rawValue)))
    }

    /// What the access stage answers; nil when it lets the request pass, or an authorization service is to say.
    private func access(
        _ head: borrowing RequestHead, _ route: Route, _ filters: RouteFilters, _ scratch: inout FilterScratch
    ) -> ExplainReport.Outcome? {
        var progress = AccessProgress()
        let context = context(of: head)
        let verdict = FilterChain.authorize(
            head, context, route: filters, progress: &progress, now: 0, scratch: &scratch)
        guard var answer = answer(verdict, scratch) else { return nil }
        if verdict.isError { answer.errorPage = route.errorPage(for: answer.status) }
        if verdict == .refuse(.forbidden) { answer.text += " for a client at \(context.client)" }
        return answer
    }

    /// What a filter answers; nil when none does.
    private func answer(_ verdict: Verdict, _ scratch: borrowing FilterScratch) -> ExplainReport.Outcome? {
        switch verdict {
        case .proceed, .delay, .ask: return nil
        case .verify: return .init(kind: .answered, text: "checked for a password first")
        case .refuse(let status), .respond(let status):
            return .init(kind: .answered, text: "answered \(status.rawValue)", status: Int(status.rawValue))
        case .searchAgain:
            let target = scratch.target.readable.text()
            return .init(kind: .answered, text: "rewritten to \(target)", searchedAgain: target)
        case .challenge: return .init(kind: .answered, text: "answered 401: it needs a password", status: 401)
        case .close: return .init(kind: .answered, text: "not answered: the connection is closed")
        case .redirect(let status):
            let location = scratch.location.readable.text()
            return .init(
                kind: .answered, text: "redirected with \(status.rawValue) to \(location)",
                status: Int(status.rawValue), location: location)
        }
    }

    private static let uncompiled = ExplainReport.Outcome(
        kind: .answered, text: "answered 500: a policy of the route cannot be compiled", status: 500)

    private static func uncompiled(_ error: FilterError) -> ExplainReport.Outcome {
        guard error.status != .internalServerError else { return uncompiled }
        let status = Int(error.status.rawValue)
        return .init(kind: .answered, text: "answered \(status): \(error)", status: status)
    }

    private func groups(of route: Route, in captures: Captures, _ head: borrowing RequestHead) -> [String?] {
        guard case .regex(let text, _) = route.match.path, let pattern = try? Pattern(text) else { return [] }
        let path = head.normalPath
        return (0..<min(pattern.groupCount, Captures.capacity - 1)).map { index in
            captures[index + 1].map { path.extracting($0).text() }
        }
    }

    /// As if asked from this machine, on the port that the URL names.
    private func context(of head: borrowing RequestHead) -> RequestContext {
        let context = plainContext(of: head)
        context.geo = geo.map { GeoLookups($0) }
        return context
    }

    private func plainContext(of head: borrowing RequestHead) -> RequestContext {
        let loopback = ClientAddress(high: 0, low: 0xFFFF_7F00_0001)
        let port = UInt16(head.port ?? (probe.isSecure ? 443 : 80))
        guard let forwarding = try? Forwarding(model.settings.forwarding) else {
            return RequestContext(
                peer: loopback, isSecure: probe.isSecure, localPort: port, requestIDHigh: 0, requestIDLow: 0)
        }
        return forwarding.context(
            of: head, peer: loopback, isSecure: probe.isSecure, localPort: port, requestIDHigh: 0, requestIDLow: 0)
    }
}

extension Verdict {
    /// An answer that `error_page` may have another take the place of; texts and redirects are none.
    fileprivate var isError: Bool {
        switch self {
        case .refuse, .challenge: true
        default: false
        }
    }
}

extension Route {
    /// What `error_page` has answer in place of an own answer with this status; nil for nothing.
    fileprivate func errorPage(for status: Int?) -> String? {
        guard let status, let rule = policy.errorRoutes?.rules.first(where: { $0.statuses.contains(status) }) else {
            return nil
        }
        switch rule.target {
        case .redirect(let code, let url): return "a redirect with \(code) to \(url.withoutURLSecrets)"
        case .path(let path): return "what the host has for \(path)"
        case .named(let name): return "location @\(name)"
        }
    }
}
