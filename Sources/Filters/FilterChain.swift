public import HTTP
public import Routing

/// The order in which policies act on a request: the order of the lines below.
///
/// It is ingress-nginx's, since users see who wins. A filter that answers ends the chain. Three stages follow each
/// other: `decide`, then the exchange chooses the upstream and answers 503 when nobody is there, then `admit`, then
/// `authorize`. So redirects and preflights need neither rights nor room, and who is over a limit is told so before
/// anybody looks at passwords.
public enum FilterChain {
    /// Decides a request that has a route. After `.proceed` the scratch holds the target and the `Host` for the
    /// upstream, where they differ from the client's.
    ///
    /// - Parameters:
    ///   - lacksSlash: the route's prefix ends in a slash that the path lacks (`RoutingOutcome.slashRedirect`).
    ///   - match: what the router used for this request; holds the groups of the route's pattern.
    public static func decide(
        _ head: borrowing RequestHead, _ context: RequestContext, host: HostFilters, route: RouteFilters,
        lacksSlash: Bool, match: inout MatchScratch, scratch: inout FilterScratch,
        variables given: RequestVariables? = nil
    ) -> Verdict {
        scratch.clear()
        // Most routes decide nothing here, and pay for no more than this question.
        if host.letsPass, route.letsPass, context.identity == nil, given == nil, !lacksSlash {
            return route.limitBody(head)
        }
        let variables = given ?? route.freshVariables()
        var verdict = admitToHost(head, context, host, &match, &scratch)
        if verdict.isFinal { return verdict }
        if let decided = route.judgeHost(head, context, variables, &match, &scratch) { return decided }
        verdict = route.refuseOutside(variables)
        if verdict.isFinal { return verdict }
        verdict = host.redirectRoot(head, context, &scratch)
        if verdict.isFinal { return verdict }
        verdict = route.limitBody(head)
        if verdict.isFinal { return verdict }
        if lacksSlash { return route.addSlash(head, context, &scratch) }
        verdict = route.deny()
        if verdict.isFinal { return verdict }
        verdict = route.answerPreflight(head, &scratch)
        if verdict.isFinal { return verdict }
        route.settleGroups(&match)
        variables?.keep(pathGroups: match.captures)
        switch route.judgePath(head, context, variables, &match, &scratch) {
        case .decided(let verdict): return verdict
        case .stop: break
        case .goOn:
            verdict = route.redirect(head, context, &scratch)
            if verdict.isFinal { return verdict }
            verdict = route.rewrite(head, context, &match, &scratch)
            if verdict.isFinal { return verdict }
            if route.hasRewrite { variables?.keep(pathGroups: match.captures) }
        }
        verdict = route.refuse()
        if verdict.isFinal { return verdict }
        verdict = route.redirectToSecure(head, context, &scratch)
        if verdict.isFinal { return verdict }
        verdict = host.requireSecure(context, &scratch)
        if verdict.isFinal { return verdict }
        return route.overrideHost(head, context, variables?.pathGroups ?? match.captures, &scratch, variables)
    }

    /// Decides a request whose host is known and whose path is not, so that only the host's policies act.
    public static func decide(
        _ head: borrowing RequestHead, _ context: RequestContext, host: HostFilters, match: inout MatchScratch,
        scratch: inout FilterScratch
    ) -> Verdict {
        scratch.clear()
        let verdict = admitToHost(head, context, host, &match, &scratch)
        if verdict.isFinal { return verdict }
        return host.redirectRoot(head, context, &scratch)
    }

    /// Who is blocked, whose certificate is no good, and who asked for another name of the host.
    private static func admitToHost(
        _ head: borrowing RequestHead, _ context: RequestContext, _ host: HostFilters, _ match: inout MatchScratch,
        _ scratch: inout FilterScratch
    ) -> Verdict {
        var verdict = host.block(head, &match)
        if verdict.isFinal { return verdict }
        verdict = host.checkClient(head, context, &scratch)
        if verdict.isFinal { return verdict }
        return host.redirectHost(head, context, &scratch)
    }

    /// Whether the limits of the route have room for the request: rates, then requests under way. A request that has to
    /// wait for its turn (`.delay`) goes on with `enter` when it has come.
    ///
    /// - Parameters:
    ///   - limits: what all workers count in.
    ///   - now: monotonic nanoseconds.
    ///   - ticket: a new one; to be given back with `SharedLimits.leave` when the request is over.
    public static func admit(
        _ head: borrowing RequestHead, _ context: RequestContext, route: RouteFilters, limits: SharedLimits,
        now: UInt64, ticket: inout LimitTicket, scratch: inout FilterScratch, variables: RequestVariables? = nil
    ) -> Verdict {
        let verdict = route.admit(head, context, variables, limits, now: now, &ticket, &scratch)
        guard case .proceed = verdict else { return verdict }
        return route.enter(head, context, variables, limits, &ticket, &scratch)
    }

    /// Whether there is room among the requests under way for one that has waited for its turn.
    public static func enter(
        _ head: borrowing RequestHead, _ context: RequestContext, route: RouteFilters, limits: SharedLimits,
        ticket: inout LimitTicket, scratch: inout FilterScratch, variables: RequestVariables? = nil
    ) -> Verdict {
        route.enter(head, context, variables, limits, &ticket, &scratch)
    }

    /// Whether the request has the right to pass: addresses, then passwords, then the authorization service.
    ///
    /// - Parameters:
    ///   - progress: a new one at first. After `.ask` and `.verify`, the same again together with the `answer`.
    ///   - answer: what those have said who were asked.
    ///   - limits: where is remembered what may be said once only; nil where nothing is to be remembered.
    ///   - now: monotonic nanoseconds.
    public static func authorize(
        _ head: borrowing RequestHead, _ context: RequestContext, route: RouteFilters,
        progress: inout AccessProgress, answer: AccessOpinion? = nil, limits: SharedLimits? = nil, now: UInt64,
        scratch: inout FilterScratch
    ) -> Verdict {
        var given = answer
        while true {
            let opinion = given ?? route.opinion(of: progress.step, on: head, context, limits, now: now, &scratch)
            given = nil
            guard let verdict = progress.take(opinion, route.satisfy) else { continue }
            if verdict == .challenge { route.writeChallenge(now: now, &scratch) }
            return verdict
        }
    }
}
