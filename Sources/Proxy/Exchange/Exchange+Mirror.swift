import Balancing
import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// Copies of requests for another service.
///
/// A copy with a body needs the body in memory, so it is read before the upstream is contacted. A body too large for
/// that, or a time with too many copies, costs the copy and never the request.
extension Exchange {
    /// Largest body that is copied.
    static let copiedBodyLimit = 1 << 20

    /// Sends a copy, then the request; or reads the body first.
    func forward(copyingBy filter: MirrorFilter, by route: RoutePlan) {
        guard let service = route.services?.mirror, OwnRequestDepth.ofThisProcess.allowsCopy(of: request) else {
            return seekResponse(by: route)
        }
        guard filter.copiesBody, state.requestFraming != .none else {
            sendCopy(to: service, filter, withBody: false)
            return seekResponse(by: route)
        }
        if case .length(let count) = state.requestFraming, count > Self.copiedBodyLimit {
            worker.metrics.count(Limit.mirror)
            return startForwarding(by: route)
        }
        let limit = route.filters.bodyLimit ?? .max
        guard let downstream else { return }
        prepareBody(of: downstream, limit: min(limit, Self.copiedBodyLimit))
        if state.holdsBody {
            sendCopy(to: service, filter, withBody: true)
            return startAttempts()
        }
        state.phase = .holding
        holdBody()
    }

    /// Reads what can be read of the body into memory.
    func holdBody() {
        guard let downstream, let route else { return }
        let before = requestBody.moved
        let outcome = hold(from: downstream)
        record.requestLength += requestBody.moved - before
        switch outcome {
        case .complete:
            state.holdsBody = true
            worker.loop.clearDeadline(of: downstream.handler)
            // The client's end may have come together with its last bytes: no event will tell of it again.
            if downstream.peerIsClosing { return downstream.close() }
            requestBody.start(.none)
            if let filter = route.filters.mirror, let service = route.services?.mirror {
                sendCopy(to: service, filter, withBody: true)
            }
            startAttempts()
        case .sourceEmpty:
            if isTooSlow() { return bodyFailed(.bodyTooSlow, Limit.bodyRate) }
            worker.loop.setDeadline(of: downstream.handler, afterNanoseconds: bodyTimeout)
        case .tooLarge:
            let limit = route.filters.bodyLimit ?? .max
            guard limit > Self.copiedBodyLimit else { return bodyFailed(.bodyTooLarge, .requestBody) }
            // What was read goes first, the rest follows as it comes.
            worker.metrics.count(Limit.mirror)
            requestBody.raise(limit: limit)
            startAttempts()
        case .yielded: worker.loop.resumeLater(downstream.handler)
        case .sourceEnded: downstream.close()
        case .malformed: bodyFailed(.malformedBody, nil)
        case .paced, .sinkBlocked, .sinkFailed: break
        }
    }

    private func hold(from downstream: DownstreamStream) -> BodyPump.Outcome {
        var sink = HoldingSink()
        swap(&sink.held, &heldBody)
        let outcome = downstream.hold(&requestBody, in: &sink, worker)
        swap(&sink.held, &heldBody)
        return outcome
    }

    private func sendCopy(
        to service: RouteServices.Service, _ filter: MirrorFilter, withBody: Bool
    ) {
        guard filter.prepare(request, context, variables, &worker.filterScratch) else { return }
        let length = withBody ? heldBody.count : 0
        let size = filter.bound(request, worker.filterScratch) + length
        guard !service.upstream.balancer.endpoints.isEmpty else { return worker.metrics.count(.mirrorFailures) }
        guard worker.subrequests.hasRoom(forCopyOf: size) else { return worker.metrics.count(Limit.mirror) }
        let copy = worker.takeSubrequest()
        copy.message.grow(to: size)
        filter.append(request, context, length: withBody ? length : nil, worker.filterScratch, to: &copy.message)
        if withBody { copy.message.append(contentsOf: heldBody) }
        worker.metrics.count(.mirrorRequests)
        copy.begin(to: service, request.method, key: addressKey, for: .nobody)
    }
}
