import Balancing
import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// Asking the cache before the upstream.
///
/// The request has been admitted and may pass: whoever is kept from the upstream is kept from the cache, too. What
/// answers is edited, compressed and logged as what comes from an upstream.
extension Exchange {
    /// Answers by what others were told, or sends the request on, noting that its response may be kept.
    func askCache(_ filter: ResponseCacheFilter, by route: RoutePlan) {
        guard state.requestFraming == .none, !state.usesFallback, state.replacedStatus == nil,
            filter.mayAnswer(request), let plan
        else {
            return startForwarding(by: route)
        }
        let store = snapshot.responseCaches[filter.zone]
        guard let primary = digest(by: filter, store, plan) else { return startForwarding(by: route) }
        let use = ResponseCacheUse(
            filter, store, primary, clientFields: request.headers.count, isPersonal: filter.isPersonal(request))
        responseCacheUse = use
        if filter.bypasses(request, context, variables, &worker.filterScratch.body) {
            use.status = .bypass
            return fetch(use, by: route)
        }
        consult(use, by: route)
    }

    private func digest(
        by filter: ResponseCacheFilter, _ store: ResponseCacheStore, _ plan: UpstreamPlan
    ) -> SipHash.Digest? {
        filter.digest(
            request, context, upstream: plan.name, target: rewrittenTarget, host: overriddenHost, variables,
            by: store.hash, &worker.filterScratch.body)
    }

    /// Looks for a response, and at who is fetching one.
    private func consult(_ use: ResponseCacheUse, by route: RoutePlan) {
        let now = worker.loop.now
        let finding = use.store.find(use.primary, for: request, now: now)
        use.key = finding.key
        guard let stored = finding.response else { return wait(use, by: route) }
        guard !use.isPersonal || stored.freshness.isForAll else {
            use.status = .bypass
            return fetch(use, by: route)
        }
        if stored.isFresh(at: now) { return answer(by: stored, .hit, use, route) }
        use.stale = stored
        use.status = .expired
        let mayStay =
            !stored.freshness.forbidsStale
            && (use.filter.policy.answersWhileUpdating || stored.mayStayWhileUpdating(at: now))
        if mayStay, use.store.isFetching(use.key) { return answer(by: stored, .updating, use, route) }
        if mayStay, use.filter.policy.updatesInBackground, update(use, by: route) {
            return answer(by: stored, .stale, use, route)
        }
        if use.filter.policy.revalidates { askWhetherItHolds(stored, use) }
        fetch(use, by: route)
    }

    /// Nothing is there. Who comes together with others may have to wait for what comes of the first's request.
    private func wait(_ use: ResponseCacheUse, by route: RoutePlan) {
        let now = worker.loop.now
        guard let lock = use.filter.policy.lock, use.store.isFetching(use.key), let downstream,
            !use.store.admitsAnother(for: use.key, after: lock.age.nanoseconds, now: now)
        else { return fetch(use, by: route) }
        let since = use.waitsSince ?? now
        use.waitsSince = since
        let waited = now.nanoseconds(since: since)
        guard waited < lock.timeout.nanoseconds else { return fetch(use, by: route, keeps: false) }
        use.isWaiting = true
        use.store.wait(self, for: use.key)
        state.phase = .waiting
        let left = min(lock.timeout.nanoseconds - waited, lock.age.nanoseconds)
        worker.loop.setDeadline(of: downstream.handler, afterNanoseconds: max(left, 1))
    }

    /// What was waited for has come, or will not come.
    func lookAgain() {
        guard let downstream, let use = responseCacheUse, use.isWaiting else { return }
        use.isWaiting = false
        worker.loop.resumeLater(downstream.handler)
    }

    /// The exchange waits for another's response no longer: because of news of it, a deadline, or its client.
    func goOnAfterWaiting() {
        guard let downstream, let route, let use = responseCacheUse, use.waitsSince != nil else { return }
        if use.isWaiting {
            use.isWaiting = false
            use.store.stopWaiting(self, for: use.key)
        }
        worker.loop.clearDeadline(of: downstream.handler)
        consult(use, by: route)
    }

    // MARK: The upstream's turn

    /// Sends the request on in such a form that its response can answer others.
    private func fetch(_ use: ResponseCacheUse, by route: RoutePlan, keeps: Bool = true) {
        let isWanted = keeps && mayKeep(use, by: route)
        if isWanted {
            if request.method == .head {
                use.sentMethod = request.askByGet()
                use.wasSentByGet = true
            }
            if !request.headers.contains(.range) { request.headers.withhold(ResponseConditions.withheld) }
            use.fill = ResponseCacheFill(use.store, use.primary, key: use.key, now: worker.loop.now)
        }
        if use.isRevalidating, let stored = use.stale {
            if isWanted, !request.headers.contains(.range) {
                Self.addConditions(of: stored, to: &request.headers)
            } else {
                use.isRevalidating = false
            }
        }
        startForwarding(by: route)
    }

    private func mayKeep(_ use: ResponseCacheUse, by route: RoutePlan) -> Bool {
        let policy = use.filter.policy
        guard !use.filter.forbidsKeeping(request) else { return false }
        if policy.minimumUses > 1, use.stale == nil,
            use.store.countUse(of: use.primary, now: worker.loop.now) < policy.minimumUses
        {
            return false
        }
        guard request.method == .head else { return true }
        guard policy.convertsHead, let plan else { return false }
        return !connector(to: plan, by: route).speaksHTTP2
    }

    private func askWhetherItHolds(_ stored: StoredResponse, _ use: ResponseCacheUse) {
        use.isRevalidating = stored.isFoundAgain
    }

    private static func addConditions(of stored: StoredResponse, to fields: inout HeaderBlock) {
        var head = ResponseHead()
        stored.restore(&head)
        if let index = head.headers.firstIndex(of: .etag) {
            fields.append(.ifNoneMatch, value: head.headers.value(index))
        }
        if let index = head.headers.firstIndex(of: .lastModified) {
            fields.append(.ifModifiedSince, value: head.headers.value(index))
        }
    }

    /// Has a response that is no longer fresh asked for anew, while it answers once more.
    ///
    /// - Returns: false when that can't be done beside the exchange.
    private func update(_ use: ResponseCacheUse, by route: RoutePlan) -> Bool {
        // What a response is not kept by may depend on what only the exchange knows.
        guard let plan, use.filter.policy.noStore.isEmpty, !use.filter.forbidsKeeping(request),
            !connector(to: plan, by: route).speaksHTTP2, !plan.balancer.endpoints.isEmpty, worker.hasRoomForFill
        else { return false }
        request.headers.withhold(ResponseConditions.withheld)
        if use.filter.policy.revalidates, let stored = use.stale, stored.isFoundAgain {
            Self.addConditions(of: stored, to: &request.headers)
        }
        let subrequest = worker.takeSubrequest()
        guard writeUpdate(by: route, to: &subrequest.message) else {
            worker.giveBack(subrequest)
            return false
        }
        let fill = ResponseCacheFill(use.store, use.primary, key: use.key, now: worker.loop.now)
        let update = ResponseCacheUpdate(use, fill, for: request)
        subrequest.begin(
            to: RouteServices.Service(upstream: plan, transport: route.transport), .get,
            key: plan.balancer.keySource == .text ? state.traffic.key : addressKey, for: .cache(update))
        return true
    }

    /// Writes the request as the upstream would get it from the exchange, by GET unless the route names a method.
    ///
    /// - Returns: false when what came out can't be sent.
    private func writeUpdate(by route: RoutePlan, to message: inout ByteBuffer) -> Bool {
        let form = route.filters.requestForm
        guard editRequest(by: route) else { return false }
        if let form, form.makesBody {
            worker.buffers.lend(to: &heldBody)
            guard form.writeBody(for: request, context, variables, to: &heldBody) else {
                worker.buffers.takeBack(&heldBody)
                return false
            }
        }
        let sent = request.method == .head ? request.askByGet() : nil
        message.grow(
            to: headLength + authFieldBound + rewrittenTarget.count + 288 + heldBody.count
                + snapshot.forwarded.bound(request, context, host: overriddenHost)
                + worker.filterScratch.edits.values.count)
        Self.appendRequestLine(request, method: form?.method, rewrittenTarget, .http11, to: &message)
        appendFields(by: route, without: route.filters.externalAuth?.replaced, to: &message)
        appendAuthFields(to: &message)
        if form?.makesBody == true { message.appendField(.contentLength, decimal: heldBody.count) }
        if snapshot.settings.idleUpstreamLimit == 0 { message.appendField(.connection, "close") }
        message.appendHeadEnd()
        message.append(contentsOf: heldBody)
        worker.buffers.takeBack(&heldBody)
        if let sent { request.askByHead(sent) }
        return true
    }

    // MARK: The end

    /// The client gets its own method back: what follows is between it and us.
    func restoreMethod() {
        guard let use = responseCacheUse, let sent = use.sentMethod else { return }
        use.sentMethod = nil
        request.askByHead(sent)
    }

    /// Lets go of the cache; what was to be kept and isn't whole is forgotten.
    func dropResponseCacheUse() {
        guard let use = responseCacheUse else { return }
        responseCacheUse = nil
        if use.isWaiting { use.store.stopWaiting(self, for: use.key) }
        use.fill?.abandon()
    }
}
