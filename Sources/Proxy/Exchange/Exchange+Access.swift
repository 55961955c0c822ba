import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// Between the choice of the upstream and the first attempt: limits, and rights.
extension Exchange {
    /// Whether the limits of the route have room.
    func admit(to route: RoutePlan) {
        guard route.filters.guardsAccess else { return forward(by: route) }
        if route.filters.isLimited {
            // Where an error led here, what was asked before holds, as in nginx.
            if state.limitsAreAsked { return authorize() }
            state.limitsAreAsked = true
        }
        let verdict = FilterChain.admit(
            request, context, route: route.filters, limits: worker.limits, now: worker.loop.now.nanoseconds,
            ticket: &ticket, scratch: &worker.filterScratch, variables: variables)
        heedLimits(verdict)
    }

    /// Does what the limits say.
    func heedLimits(_ verdict: Verdict) {
        switch verdict {
        case .proceed: authorize()
        case .delay: delay()
        default:
            worker.metrics.count(Limit.clientRequests)
            answer(verdict)
        }
    }

    /// Whether the request has the right to pass.
    ///
    /// - Parameter given: what those have said who were asked. The exchange was waiting for it, and the caller has
    ///   cleared the scratch space before it left anything there: other requests have used it in the meantime.
    func authorize(_ given: AccessOpinion? = nil) {
        guard let route else { return }
        let verdict = FilterChain.authorize(
            request, context, route: route.filters, progress: &state.access, answer: given,
            limits: worker.limits, now: worker.loop.now.nanoseconds, scratch: &worker.filterScratch)
        if case .proceed = verdict { return forward(by: route) }
        // Nobody but an authentication service leads elsewhere here.
        if case .redirect = verdict { state.leadsToSignIn = true }
        answer(verdict)
    }

    /// Does what a verdict other than `.proceed` says.
    func answer(_ verdict: Verdict) {
        if worker.filterScratch.closesConnection { state.keepsDownstream = false }
        switch verdict {
        case .proceed: break
        case .delay: delay()
        case .refuse(let status):
            if status == .contentTooLarge { worker.metrics.count(Limit.requestBody) }
            refuse(status, .page)
        case .redirect(let status): redirect(status)
        case .respond(let status): refuse(status, .own)
        case .challenge: refuse(.unauthorized, .page)
        case .ask: ask()
        case .searchAgain: searchAgain()
        case .verify: checkPassword()
        case .close: closeSilently()
        }
    }
}
