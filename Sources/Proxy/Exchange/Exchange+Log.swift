import Filters
import HTTP
import Routing

extension Exchange {
    /// Whether the access log gets a line: unless the route, the branch of its rules, or the request-target is one
    /// that is not logged.
    var isLogged: Bool {
        if let filters = route?.filters, !filters.logsAll, !filters.isLogged(branch: variables?.branch ?? 0) {
            return false
        }
        guard let unlogged = snapshot.unlogged else { return true }
        return !unlogged.contains(request, &worker.matchScratch.pattern)
    }
}
