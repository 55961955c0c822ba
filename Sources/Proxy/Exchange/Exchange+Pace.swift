import EventLoop
import Filters
import Linux

/// Responses that go out at a pace (`limit-rate`): by a timer of the client's connection, and not faster whatever else
/// happens on either connection.
extension Exchange {
    /// How much of the response may have been sent by now.
    func allowance() -> Int {
        guard let pace = route?.filters.pace else { return .max }
        if state.pacedSince.nanoseconds == 0 { state.pacedSince = worker.loop.now }
        state.isPaced = false
        return pace.allowance(after: worker.loop.now.nanoseconds(since: state.pacedSince))
    }

    /// All that may be sent by now has been.
    func waitForPace(_ downstream: DownstreamStream) {
        guard let pace = route?.filters.pace else { return }
        state.isPaced = true
        worker.loop.setDeadline(of: downstream.handler, afterNanoseconds: pace.pause)
    }
}
