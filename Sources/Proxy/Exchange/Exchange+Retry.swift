import Balancing
import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// How attempts end, and when another one is made.
///
/// Another endpoint is tried only before a byte of the response went to the client, only while the request is
/// whole in our hands and may be sent twice, and only as far as the route's rule and the retry budget reach.
extension Exchange {
    /// Attempts that a rule without a limit has where there are fewer endpoints: a limit by default must not be more.
    private static let fewestTries = 3

    /// The endpoint has answered.
    func attemptSucceeded() {
        guard let plan else { return }
        plan.balancer.succeeded(state.endpoint)
    }

    /// The endpoint failed, and no response has begun: another try, or the failure's status.
    func attemptFailed(_ failure: Failure) {
        guard state.phase == .attempting, let plan, let route else { return }
        record.lastAttempt.status = failure.status.rawValue
        let index = state.endpoint
        if isStaleConnection(failure) {
            dropUpstream()
            state.needsFreshConnection = true
            state.requestSent = false
            return connect(to: index, of: plan, by: route)
        }
        worker.metrics.count(failure.metric)
        report(failure, of: plan)
        if failure != .exhausted { noteFault(of: index, of: plan) }
        let triesAgain = mayRetry(failure.condition, beforeSending: failure.cameBeforeSending)
        dropUpstream()
        if triesAgain { return retry() }
        if !answersStale(because: failure.condition) { refuse(failure.status) }
    }

    /// Tells whoever runs the proxy, unless the same was told a moment ago.
    private func report(_ failure: Failure, of plan: UpstreamPlan) {
        guard state.endpoint >= 0 else { return }
        worker.report(failure, detail: faultDetail(failure), at: plan.addresses[state.endpoint], of: plan)
    }

    /// What is known of a failure beyond its kind.
    private func faultDetail(_ failure: Failure) -> String? {
        guard failure == .tlsFailed, let plan, let route else { return nil }
        return connector(to: plan, by: route).fault ?? upstream?.fault
    }

    private func noteFault(of index: Int, of plan: UpstreamPlan) {
        let now = worker.loop.now.nanoseconds
        if plan.balancer.failed(index, now: now, policy: snapshot.settings.ejection) {
            worker.metrics.count(.ejections)
        }
    }

    /// A connection that has served before was closed by the endpoint just when it was used again: not the
    /// endpoint's fault, and no attempt (RFC 9112 §9.3.1), as long as sending twice does no harm.
    private func isStaleConnection(_ failure: Failure) -> Bool {
        guard failure == .connectionBroke || failure == .streamRefused, let upstream, upstream.isReused,
            !upstream.hasAnswered, !state.needsFreshConnection
        else { return false }
        return maySendAgain(beforeSending: failure.cameBeforeSending)
    }

    /// The status is one that the route wants tried elsewhere, and it is.
    func retriesStatus(_ status: Status) -> Bool {
        let condition = Retry.Conditions.status(Int(status.rawValue))
        guard !condition.isEmpty, mayRetry(condition, beforeSending: false) else { return false }
        dropUpstream()
        retry()
        return true
    }

    private func retry() {
        worker.metrics.count(.retries)
        state.needsFreshConnection = false
        attempt()
    }

    private func mayRetry(_ condition: Retry.Conditions, beforeSending: Bool) -> Bool {
        guard let rule = route?.filters.retry, let plan, !condition.isEmpty,
            rule.conditions.isSuperset(of: condition), maySendAgain(beforeSending: beforeSending)
        else { return false }
        let tries = rule.tries == .max ? max(plan.balancer.endpoints.count, Self.fewestTries) : rule.tries
        let now = worker.loop.now
        guard state.attempts < tries, now.nanoseconds(since: state.firstAttemptAt) < UInt64(rule.window) else {
            worker.metrics.count(Limit.attempts)
            return false
        }
        state.tried.insert(state.endpoint)
        guard !state.tried.isFull else { return false }
        // With every endpoint tried the next round begins, as nginx does with a single endpoint.
        if state.tried.count >= plan.balancer.endpoints.count { state.tried = TriedEndpoints() }
        guard plan.budget.spend(now: now.nanoseconds) else {
            worker.metrics.count(.retriesDenied)
            return false
        }
        return true
    }

    /// The request is still whole in our hands, and sending it twice does no harm.
    private func maySendAgain(beforeSending: Bool) -> Bool {
        guard state.holdsBody || state.spoolsBody || requestBody.isUntouched else { return false }
        if beforeSending || Self.isRepeatable(request) { return true }
        return route?.filters.retry.conditions.contains(.nonIdempotent) ?? false
    }

    /// Methods that nginx repeats: all but POST, PATCH and LOCK.
    private static func isRepeatable(_ request: borrowing RequestHead) -> Bool {
        switch request.method {
        case .post, .patch: false
        case .other: !request.methodBytes.equals("LOCK")
        default: true
        }
    }

    /// Lets go of the endpoint; its connection may go on.
    func endAttempt() {
        guard state.endpoint >= 0, let plan else { return }
        let now = worker.loop.now
        plan.balancer.end(state.endpoint)
        if plan.balancer.needsLatency && (state.phase == .responding || state.phase == .finished) {
            let elapsed = Double(now.nanoseconds(since: state.attemptStartedAt)) / 1e9
            plan.balancer.succeeded(state.endpoint, afterSeconds: elapsed, now: now.nanoseconds)
        }
        if record.attemptCount > 0 {
            record.lastAttempt.responseTime = milliseconds(since: state.attemptStartedAt)
            record.lastAttempt.responseLength = responseBody.moved
        }
        state.endpoint = -1
    }

    /// Ends the attempt and its connection, if there is one.
    func dropUpstream() {
        endAttempt()
        upstream?.close()
        upstream = nil
    }
}
