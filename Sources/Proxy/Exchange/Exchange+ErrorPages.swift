import Balancing
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// Answers of another service in place of errors.
///
/// The error service is one more upstream that the exchange tries: its response goes to the client as any other does.
/// It gets the request's body if that is in the exchange's own buffer, and none otherwise; what the client still sends
/// of it is then treated as after any answer that comes early. There is one such try, so a service that fails leads to
/// the plain error.
extension Exchange {
    /// Has the error service answer, if the route wants it for this status.
    ///
    /// - Parameter isUpstreams: the error is the upstream's, not the proxy's own.
    /// - Returns: false when nobody else answers.
    func replacesError(_ status: Status, ofUpstream isUpstreams: Bool) -> Bool {
        guard state.replacedStatus == nil, downstream != nil, let route, let pages = route.filters.errorPages,
            pages.replaces(status, ofUpstream: isUpstreams), let service = route.services?.errors
        else { return false }
        switch state.phase {
        case .parsing, .waiting, .holding, .buffering, .attempting: break
        case .responding, .flushing, .tunnelling, .finished: return false
        }
        if isUpstreams { letUpstreamFinish() } else { dropUpstream() }
        state.replacedStatus = status
        setBodyAside()
        retarget()
        turn(to: service)
        return true
    }

    /// The response that is replaced is read to its end, so that its connection can serve again.
    func letUpstreamFinish() {
        let method = responseCacheUse?.wasSentByGet == true ? .get : request.method
        guard case .http1(let connection)? = upstream, state.requestSent,
            let framing = try? BodyFraming.response(response, to: method), response.keepsAlive,
            framing != .untilClose
        else { return dropUpstream() }
        upstream = nil
        endAttempt()
        worker.takeSubrequest().discard(framing, from: connection)
    }
}
