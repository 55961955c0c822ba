import EventLoop
import Filters
import HTTP
import Linux
import Telemetry

/// Requests that wait for their turn at a rate (`limit_req` with a burst of nginx): by a timer of the client's
/// connection, so that each is met at the end of its tick and never before its time.
///
/// Nothing of the body is read while the request waits. A client that leaves frees its place.
extension Exchange {
    /// Waits for as long as the limits say; refuses the request where too many wait.
    func delay() {
        guard let downstream, let route else { return }
        // The client's end came together with its request: no event will tell of it again.
        if downstream.peerIsClosing && state.requestFraming == .none { return downstream.close() }
        guard let ticket = worker.wait(self) else {
            worker.metrics.count(Limit.clientRequests)
            return refuse(route.filters.rateStatus, .page)
        }
        state.ticketForAnswer = ticket
        state.isDelayed = true
        state.phase = .waiting
        worker.loop.setDeadline(of: downstream.handler, afterNanoseconds: worker.filterScratch.delay)
    }

    /// The request's turn has come.
    func delayIsOver() {
        guard let route else { return }
        state.isDelayed = false
        worker.stopWaiting(state.ticketForAnswer)
        state.ticketForAnswer = 0
        worker.filterScratch.clear()
        heedLimits(
            FilterChain.enter(
                request, context, route: route.filters, limits: worker.limits, ticket: &ticket,
                scratch: &worker.filterScratch, variables: variables))
    }
}
