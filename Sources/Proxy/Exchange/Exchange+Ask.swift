import Balancing
import Bytes
import EventLoop
import Filters
import HTTP
import Model
import Telemetry

/// Asking an authentication service whether the request may pass.
///
/// The exchange waits and touches nothing of the request's body until the answer is there; a client that leaves
/// takes its question with it. What isn't a clear answer keeps the request out.
extension Exchange {
    /// Asks, unless an answer is kept that holds for this request.
    func ask() {
        guard let route, let filter = route.filters.externalAuth, let service = route.services?.auth else {
            return authorize(ExternalAuthFilter.noAnswer)
        }
        if let rule = filter.cache {
            state.answerKey = rule.digest(
                request, context, variables, by: worker.authCache.hash, &worker.filterScratch)
            if let key = state.answerKey, let kept = worker.authCache.answer(for: key, now: worker.loop.now) {
                worker.metrics.count(.authCacheHits)
                authAnswer = kept
                state.answerIsKept = true
                return heed(kept, filter)
            }
        }
        guard filter.prepare(request, context, variables, &worker.filterScratch) else {
            return authorize(ExternalAuthFilter.noAnswer)
        }
        let question = worker.takeSubrequest()
        question.message.grow(to: filter.bound(request, context, worker.filterScratch))
        filter.append(request, context, snapshot.forwarded, worker.filterScratch, to: &question.message)
        worker.metrics.count(.authRequests)
        state.phase = .waiting
        self.question = question
        question.begin(
            to: service, filter.method, key: addressKey,
            keeping: filter.connections, for: .exchange(self))
    }

    /// The service has answered. The answer is the exchange's until it ends.
    func answered(_ answer: AuthAnswer) {
        question = nil
        authAnswer = answer
        guard let filter = route?.filters.externalAuth else { return }
        if let key = state.answerKey, let rule = filter.cache {
            let lifetime = rule.lifetime(of: answer)
            if lifetime > 0 {
                worker.authCache.keep(answer, for: key, nanoseconds: lifetime, now: worker.loop.now)
                state.answerIsKept = true
            }
        }
        heed(answer, filter)
    }

    /// The service can't be reached, or doesn't answer as it should.
    func gotNoAnswer() {
        question = nil
        worker.metrics.count(.authFailures)
        worker.filterScratch.clear()
        authorize(ExternalAuthFilter.noAnswer)
    }

    private func heed(_ answer: AuthAnswer, _ filter: ExternalAuthFilter) {
        keepVariables(of: answer)
        authorize(filter.opinion(on: answer, request, context, variables, &worker.filterScratch))
    }

    /// Ends the question and lets go of the answer.
    func forgetAuth() {
        if let question {
            self.question = nil
            question.cancel()
        }
        guard let answer = authAnswer else { return }
        authAnswer = nil
        if !state.answerIsKept { worker.giveBack(answer) }
    }

    /// What a balancer that hashes addresses chooses an endpoint of a service by.
    var addressKey: UInt64 { AddressKey.key(high: context.client.high, low: context.client.low) }

    // MARK: What others get of the answer

    /// Bytes that fields of the answer need in the request to the upstream.
    var authFieldBound: Int {
        guard let authAnswer, let filter = route?.filters.externalAuth else { return 0 }
        return filter.bound(authAnswer)
    }

    /// Appends the fields of the answer that the upstream gets.
    func appendAuthFields(to output: inout ByteBuffer) {
        guard let authAnswer, let filter = route?.filters.externalAuth else { return }
        filter.appendFields(of: authAnswer, to: &output)
    }

    /// Appends the cookies of the answer to the head of a response with this status.
    func appendAuthCookies(_ status: Status, to output: inout ByteBuffer) {
        guard authCookieBound(status) > 0 else { return }
        authAnswer?.append(.setCookie, to: &output)
    }

    /// Bytes that cookies of the answer need in a response with this status.
    func authCookieBound(_ status: Status) -> Int {
        guard let authAnswer, authAnswer.contains(.setCookie),
            route?.filters.externalAuth?.setsCookies(with: status) == true
        else { return 0 }
        return authAnswer.bound
    }
}
