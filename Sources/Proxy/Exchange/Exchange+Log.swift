import Filters
import HTTP
import Routing

extension Exchange {
    /// Whether the access log gets a line: unless the route, or the request-target, is one that is not logged.
    var isLogged: Bool {
        if route?.filters.isLogged == false { return false }
        guard let unlogged = snapshot.unlogged else { return true }
        return !unlogged.contains(request, &worker.matchScratch.pattern)
    }
}
