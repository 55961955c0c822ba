import EventLoop
import Filters
import HTTP
import Linux
import Telemetry

/// Passwords that take long to check.
extension Exchange {
    /// Has the password checked by a thread of its own, and waits for the answer.
    func checkPassword() {
        guard let check = worker.filterScratch.takePasswordCheck(), let ticket = worker.wait(self, for: check) else {
            worker.metrics.count(Limit.passwordChecks)
            return refuse(.serviceUnavailable)
        }
        state.ticketForAnswer = ticket
        state.phase = .waiting
    }

    /// The answer has come.
    func passwordChecked(_ result: PasswordResult) {
        guard state.phase == .waiting else { return }
        state.ticketForAnswer = 0
        worker.filterScratch.clear()
        worker.filterScratch.learn(result, now: worker.loop.now.nanoseconds)
        authorize(result.opinion)
    }
}

/// Exchanges that wait for an answer of another thread, or for their turn. A ticket is given once, so an answer that
/// comes late finds nobody.
struct WaitingExchanges {
    private var exchanges: [UInt64: Exchange] = [:]
    private var last: UInt64 = 0

    var count: Int { exchanges.count }

    mutating func add(_ exchange: Exchange) -> UInt64 {
        last += 1
        exchanges[last] = exchange
        return last
    }

    mutating func take(_ ticket: UInt64) -> Exchange? { exchanges.removeValue(forKey: ticket) }
}
