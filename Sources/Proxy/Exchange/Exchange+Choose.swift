import Balancing
import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Routing
import Telemetry

/// What the choice of upstream and endpoint remembers of one request.
struct TrafficChoice {
    /// The request went to the other side of a split.
    var isOnOtherSide = false
    /// The hash of the request's text, where endpoints are chosen by one.
    var key: UInt64 = 0
    /// The endpoint that the client's cookie names, or -1.
    var bound = -1
    /// The session that began with this request: its response gives the cookie out.
    var begun: SessionKey?
}

/// Which upstream of a split serves, and which endpoint of it: session cookie, then rules, then balancing.
extension Exchange {
    /// The upstream that serves a request of a route with `traffic`, whose main upstream has endpoints.
    ///
    /// Settles all that the attempts need: later phases may suspend the exchange, and what the filters left in the
    /// scratch space is gone by then.
    func choosePlan(_ traffic: RouteTraffic) -> UpstreamPlan {
        let isOnOtherSide = Self.takesOtherSide(request, traffic, worker)
        let side = isOnOtherSide ? traffic.split?.other ?? traffic.main : traffic.main
        state.traffic.isOnOtherSide = isOnOtherSide
        if let cookie = side.cookie, let sessions = side.plan.balancer.sessions,
            case .endpoint(let index) = Self.find(request, cookie, sessions)
        {
            state.traffic.bound = index
        }
        if let template = side.hashKey {
            template.write(
                for: request, context, worker.matchScratch.captures, to: &worker.filterScratch.location)
            state.traffic.key = Self.key(of: worker.filterScratch.location)
        }
        return side.plan
    }

    private static func key(of text: borrowing ByteBuffer) -> UInt64 { ConsistentHash.key(of: text.readable) }

    /// A session stays on its side; who has none is decided by the split's rules. A side without endpoints takes
    /// nobody.
    private static func takesOtherSide(
        _ request: borrowing RequestHead, _ traffic: RouteTraffic, _ worker: Worker
    ) -> Bool {
        guard let split = traffic.split, !split.other.plan.balancer.endpoints.isEmpty else { return false }
        if let cookie = traffic.main.cookie, let sessions = traffic.main.plan.balancer.sessions,
            find(request, cookie, sessions) != .foreign
        {
            return false
        }
        if let cookie = split.other.cookie, let sessions = split.other.plan.balancer.sessions,
            find(request, cookie, sessions) != .foreign
        {
            return true
        }
        let draw = traffic.main.plan.state.draw()
        return split.filter.takes(request, draw: draw, &worker.matchScratch.pattern)
    }

    private static func find(
        _ request: borrowing RequestHead, _ cookie: SessionCookieFilter, _ sessions: borrowing SessionTable
    ) -> SessionTable.Finding {
        guard let range = cookie.value(in: request) else { return .foreign }
        return sessions.find(request.headers.bytes(in: range))
    }

    /// The endpoint of the next attempt; nil when there is none left.
    func pickEndpoint(of plan: UpstreamPlan) -> Int? {
        let now = worker.loop.now.nanoseconds
        if plan.balancer.sessions != nil { return pickForSession(of: plan, now) }
        let key: UInt64 =
            switch plan.balancer.keySource {
            case .none: 0
            case .clientAddress: AddressKey.key(high: context.client.high, low: context.client.low)
            case .text: state.traffic.key
            }
        return plan.balancer.pick(avoiding: state.tried, key: key, now: now, state: &plan.state)
    }

    /// The endpoint of the client's session. Further attempts go there again, unless the session is to change when it
    /// fails; who has no session begins one.
    private func pickForSession(of plan: UpstreamPlan, _ now: UInt64) -> Int? {
        let bound = state.traffic.bound
        if bound >= 0 {
            let mustChange = plan.balancer.sessions?.changesOnFailure ?? false
            let hasFailed = state.tried.contains(bound) || plan.balancer.isEjected(bound, at: now)
            if !mustChange || !hasFailed || plan.balancer.endpoints.count == 1 { return bound }
        }
        guard
            let session = plan.balancer.beginSession(
                avoiding: state.tried, now: now, seed: worker.randomWords(), state: &plan.state)
        else { return nil }
        state.traffic.begun = session.key
        return session.endpoint
    }

    // MARK: The response

    /// Where the session of a request is given out, when it is.
    private var sessionCookie: SessionCookieFilter? {
        guard state.traffic.begun != nil, let traffic = route?.traffic else { return nil }
        let cookie = state.traffic.isOnOtherSide ? traffic.split?.other.cookie : traffic.main.cookie
        return cookie?.givesOut == true ? cookie : nil
    }

    /// Bytes that `appendSessionCookie` needs at most.
    var sessionCookieBound: Int { sessionCookie.map { $0.bound + 2 * SessionKey.length + 1 } ?? 0 }

    /// Appends the cookie of a session that began with this request, behind everything that the upstream sets.
    func appendSessionCookie(to output: inout ByteBuffer) {
        guard let key = state.traffic.begun, let cookie = sessionCookie, let tag = plan?.balancer.sessions?.tag else {
            return
        }
        cookie.beginLine(&output)
        key.append(to: &output)
        output.append(UInt8(ascii: "|"))
        tag.append(to: &output)
        cookie.finishLine(for: request, isSecure: context.isSecure, wallSeconds: worker.wallSeconds, to: &output)
    }
}
