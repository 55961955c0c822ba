import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// Upstreams' responses that the cache has to do with.
extension Exchange {
    /// Does with a response what the route asks for beside passing it on.
    ///
    /// - Returns: false when it is to be passed on.
    func takesUp(_ framing: BodyFraming, of upstream: UpstreamStream, by route: RoutePlan) -> Bool {
        if let use = responseCacheUse, state.replacedStatus == nil {
            restoreMethod()
            if use.isRevalidating, response.status == .notModified {
                letUpstreamFinish()
                revalidated(use, by: route)
                return true
            }
            let condition = Retry.Conditions.status(Int(response.status.rawValue))
            if substitute(for: condition, use) != nil {
                letUpstreamFinish()
                return answersStale(because: condition)
            }
            let fill = use.fill
            if route.filters.replacesErrors, replaces(response.status) {
                fill?.abandon()
                return true
            }
            return keep(framing, of: upstream, use, by: route)
        }
        return route.filters.replacesErrors && replaces(response.status)
    }

    // MARK: Keeping

    /// Begins to keep the response at hand if it may answer others.
    ///
    /// - Returns: whether the client was answered: it gets less than comes from the upstream.
    private func keep(
        _ framing: BodyFraming, of upstream: UpstreamStream, _ use: ResponseCacheUse, by route: RoutePlan
    ) -> Bool {
        if let fill = use.fill {
            if let freshness = freshness(framing, of: upstream, use) {
                begin(fill, freshness, framing, use)
                // Nothing of it is still to come.
                if framing == .none || framing == .length(0) { fill.commit(now: worker.loop.now) }
            } else {
                fill.abandon()
            }
        }
        guard use.fill != nil, framing != .none, !request.headers.contains(.range) else { return false }
        let isUnchanged = route.filters.substitution == nil && isUnchanged(for: use)
        guard isUnchanged || request.method == .head else { return false }
        return answerEarly(framing, of: upstream, use, isUnchanged: isUnchanged, by: route)
    }

    /// How long the response at hand may answer others; nil when it may not.
    private func freshness(
        _ framing: BodyFraming, of upstream: UpstreamStream, _ use: ResponseCacheUse
    ) -> ResponseFreshness? {
        // An end that nobody marks can't be told from a broken connection.
        if framing == .untilClose && !upstream.marksEnd || !worker.mayRecord { return nil }
        if case .length(let count) = framing, count > use.store.limits.responseBytes { return nil }
        guard let freshness = use.filter.freshness(of: response, wallSeconds: worker.wallSeconds),
            !use.isPersonal || freshness.isForAll,
            !use.filter.forbids(response, for: request, context, variables, &worker.filterScratch.body)
        else { return nil }
        return freshness
    }

    private func begin(
        _ fill: ResponseCacheFill, _ freshness: ResponseFreshness, _ framing: BodyFraming, _ use: ResponseCacheUse
    ) {
        var names: [UInt8]?
        if case .fields(let list) = use.filter.variance(of: response) { names = list }
        var length: Int?
        if case .length(let count) = framing { length = count }
        fill.begin(response, freshness, varying: names, for: request, length: length)
    }

    /// Answers without the content that comes, which is kept, or read for its connection's sake.
    private func answerEarly(
        _ framing: BodyFraming, of upstream: UpstreamStream, _ use: ResponseCacheUse, isUnchanged: Bool,
        by route: RoutePlan
    ) -> Bool {
        // Streams of HTTP/2 have nobody who would go on reading; clients' HEAD went to them as it was.
        guard case .http1(let connection) = upstream, let downstream else { return false }
        if let fill = use.fill, fill.isRecording, state.requestSent, worker.hasRoomForFill {
            self.upstream = nil
            endAttempt()
            use.fill = nil
            let isReusable = upstream.isReusable(after: response, framing) && route.transport.keepsConnections
            worker.takeSubrequest().keep(framing, from: connection, in: fill, thenReuses: isReusable)
        } else {
            letUpstreamFinish()
        }
        if isUnchanged { becomeNotModified() }
        sendHead(.none, marksEnd: false, to: downstream, by: route)
        finish(endingAfterUnreadBody())
        return true
    }

    /// What was to be kept has come whole.
    func finishFill() {
        guard let use = responseCacheUse, let fill = use.fill else { return }
        use.fill = nil
        fill.commit(now: worker.loop.now)
    }

    // MARK: Revalidation

    /// The upstream says that what is kept still holds: it answers, with the fields that have changed.
    private func revalidated(_ use: ResponseCacheUse, by route: RoutePlan) {
        guard let stored = use.stale else { return refuse(.badGateway) }
        let renewed = stored.renewed(by: response, use.filter, wallSeconds: worker.wallSeconds, now: worker.loop.now)
        if let renewed, !use.filter.forbids(response, for: request, context, variables, &worker.filterScratch.body) {
            use.store.replace(renewed, for: use.key, now: worker.loop.now)
        }
        use.fill?.abandon()
        answer(by: renewed ?? stored, .revalidated, use, route)
    }
}

extension StoredResponse {
    /// Whether an origin can be asked whether it still holds.
    var isFoundAgain: Bool {
        var head = ResponseHead()
        restore(&head)
        return head.headers.containsAny(of: [.etag, .lastModified]) && status == .ok
    }

    /// The response with the fields of a 304 in the place of its own (RFC 9111 §3.2, §4.3.4).
    ///
    /// - Returns: nil when it may no longer answer others.
    func renewed(
        by head: borrowing ResponseHead, _ filter: ResponseCacheFilter, wallSeconds: Int, now: Instant
    ) -> StoredResponse? {
        var merged = ResponseHead()
        restore(&merged)
        Self.merge(head.headers, into: &merged.headers)
        guard let freshness = filter.freshness(of: merged, wallSeconds: wallSeconds) else { return nil }
        return StoredResponse(merged, content, freshness, now: now)
    }

    /// Fields that say something of the content, which stays, or of this one message.
    private static let kept: HeaderIDSet = [
        .contentLength, .contentEncoding, .contentType, .contentRange, .transferEncoding, .setCookie,
    ]

    private static func merge(_ news: borrowing HeaderBlock, into headers: inout HeaderBlock) {
        headers.remove(.age)
        for index in 0..<news.count where !kept.contains(news[index].id) && !news[index].isHopByHop {
            headers.remove(named: news.name(index))
        }
        for index in 0..<news.count where !kept.contains(news[index].id) && !news[index].isHopByHop {
            headers.append(name: news.name(index), value: news.value(index))
        }
    }
}
