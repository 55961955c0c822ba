import Bytes
import EventLoop
import Filters
import Gzip
import HTTP
import Linux
import Model
import Telemetry

/// Request bodies that are read whole before the upstream is asked (`proxy-request-buffering: on`).
///
/// The client's speed is then no concern of the upstream's, and the request can be sent again whatever its size. The
/// upstream gets a `Content-Length`, even for a body that came in chunks; fields behind such a body are dropped, as
/// nginx drops them.
extension Exchange {
    /// Begins to read the body; goes on with the first attempt once all of it is here.
    func beginBuffering(_ policy: RequestBuffering) {
        state.phase = .buffering
        let spool = BodySpool(memoryLimit: policy.memoryBytes, fileLimit: .max, keepsAll: true)
        // What was read for another purpose, such as a copy that turned out too large, comes first.
        guard spool.take(heldBody) else { return bodyFailed(.spoolFailed, .temporaryFiles) }
        worker.buffers.takeBack(&heldBody)
        requestSpool = spool
        bufferRequest()
    }

    /// Takes what can be taken of the body.
    func bufferRequest() {
        guard let downstream, var spool = requestSpool else { return }
        let before = requestBody.moved
        spool.mayGrow = worker.hasMemoryBudget
        let outcome = downstream.move(&requestBody, into: &spool, worker)
        noteSpools()
        record.requestLength += requestBody.moved - before
        switch outcome {
        case .complete: finishBuffering(spool)
        case .sourceEmpty:
            if isTooSlow() { return bodyFailed(.bodyTooSlow, Limit.bodyRate) }
            worker.loop.setDeadline(of: downstream.handler, afterNanoseconds: bodyTimeout)
        case .yielded: worker.loop.resumeLater(downstream.handler)
        case .sourceEnded: downstream.close()
        case .malformed: bodyFailed(.malformedBody, nil)
        case .tooLarge: bodyFailed(.bodyTooLarge, .requestBody)
        // Nothing but the disk can refuse, since the file has no limit of its own.
        case .sinkBlocked, .sinkFailed, .paced: bodyFailed(.spoolFailed, .temporaryFiles)
        }
    }

    private func finishBuffering(_ spool: BodySpool) {
        if let downstream { worker.loop.clearDeadline(of: downstream.handler) }
        state.spoolsBody = true
        state.requestFraming = .length(spool.count)
        state.firstAttemptAt = worker.loop.now
        if let route, settleBody(by: route) { attempt() }
    }

    /// The body goes to another upstream connection from its beginning.
    func rewindSpool() {
        guard state.spoolsBody, let spool = requestSpool else { return }
        spool.rewind(&worker.buffers)
        requestBody.start(.length(spool.count))
    }

    /// Moves what can be moved of a body that is here whole.
    func pumpSpool(to upstream: UpstreamStream) {
        guard var spool = requestSpool else { return }
        let couldSend = upstream.tookSomething
        switch upstream.takeBody(&requestBody, from: &spool, worker) {
        case .complete:
            state.requestSent = true
            if let downstream { awaitResponse(of: upstream, for: downstream) }
        case .sinkBlocked:
            limitSending(
                to: upstream.handler, tookSomething: couldSend,
                nanoseconds: route?.filters.timeouts.sendNanoseconds ?? 0)
        case .yielded: worker.loop.resumeLater(upstream.handler)
        case .sinkFailed: sendingFailed()
        case .sourceEmpty, .sourceEnded, .malformed, .tooLarge, .paced: bodyFailed(.spoolFailed, .temporaryFiles)
        }
    }

    /// Counts what the spools hold against the worker's budget.
    func noteSpools() {
        let compressor = compressedBody == nil ? 0 : GzipWriter.memoryBytes
        let bytes =
            (requestSpool?.memoryBytes ?? 0) + (responseSpool?.memoryBytes ?? 0) + compressor
            + (substitutedBody?.memoryBytes ?? 0) + (responseCacheUse?.fill?.memoryBytes ?? 0)
        worker.spooledBytes += bytes - state.spooledBytes
        state.spooledBytes = bytes
    }

    /// Lets go of the spools and their files.
    func dropSpools() {
        guard requestSpool != nil || responseSpool != nil else { return }
        requestSpool?.release(&worker.buffers)
        responseSpool?.release(&worker.buffers)
        requestSpool = nil
        responseSpool = nil
        dropConversions()
        noteSpools()
    }
}

/// Responses that are taken faster than the client takes them (`proxy-buffering: on`).
extension Exchange {
    /// Whether the response at hand is buffered: what the upstream says of it goes before the route's rule. Asked before
    /// its fields are edited.
    func buffersResponse(_ framing: BodyFraming, by route: RoutePlan) -> Bool {
        guard framing != .none, framing != .length(0), !request.isGRPC else { return false }
        return Self.wish(of: response.headers) ?? route.filters.responseBuffering.isOn
    }

    /// `X-Accel-Buffering`, as nginx reads it.
    private static func wish(of headers: borrowing HeaderBlock) -> Bool? {
        guard let index = headers.firstIndex(of: .xAccelBuffering) else { return nil }
        if headers.value(index).equalsIgnoringCase("yes") { return true }
        if headers.value(index).equalsIgnoringCase("no") { return false }
        return nil
    }

    /// Begins to buffer the response, whose body has been begun as a stream.
    ///
    /// - Parameters:
    ///   - framing: as the client's head says.
    ///   - source: as the upstream's stream has it.
    func beginBufferingResponse(_ framing: BodyFraming, from source: BodyFraming, encodesChunks: Bool) {
        guard let rule = route?.filters.responseBuffering else { return }
        let spool =
            responseCacheUse?.spool(by: rule)
            ?? (state.buffersResponse
                ? BodySpool(memoryLimit: rule.memoryBytes, fileLimit: rule.fileBytes, keepsAll: false)
                : BodySpool(memoryLimit: Self.conversionSpoolBytes, fileLimit: 0, keepsAll: false))
        responseSpool = spool
        beginConversions(of: spool)
        state.buffersResponse = true
        responseBody.start(source)
        if case .length = framing {
            bufferedBody.start(framing)
        } else {
            bufferedBody.start(.untilClose, encodesChunks: encodesChunks)
        }
    }

    /// Moves what can be moved from the upstream into the spool, and from there to the client.
    func pumpBufferedResponse() {
        for _ in 0..<Self.buffersInTurn {
            guard let downstream, var spool = responseSpool else { return }
            spool.mayGrow = worker.hasMemoryBudget
            if let fill = responseCacheUse?.fill, !worker.mayRecord { fill.abandon() }
            let filling = fillSpool(&spool)
            if filling == .ended { return }
            noteSpools()
            let before = bufferedBody.moved
            let couldSend = downstream.tookSomething
            bufferedBody.ceiling = allowance()
            let outcome = sendBuffered(&spool, to: downstream, moreFollows: filling == .full)
            record.bodyBytesSent += bufferedBody.moved - before
            record.bytesSent += bufferedBody.moved - before
            switch outcome {
            case .complete: return finish(endingAfterUnreadBody())
            case .paced: waitForPace(downstream)
            case .sourceEmpty:
                worker.loop.clearDeadline(of: downstream.handler)
                // What the client took made room for more.
                if filling == .full { continue }
            case .sinkBlocked:
                limitSending(
                    to: downstream.handler, tookSomething: couldSend,
                    nanoseconds: snapshot.settings.clientSendTimeout)
            case .yielded: worker.loop.resumeLater(downstream.handler)
            case .sinkFailed: return complete(.close)
            case .sourceEnded, .malformed, .tooLarge: return responseBroke()
            }
            return
        }
        if let downstream { worker.loop.resumeLater(downstream.handler) }
    }

    /// Times that a small spool is filled and emptied before others get their turn.
    private static let buffersInTurn = 32

    private enum Filling {
        /// The upstream has no more now.
        case waiting
        /// It has more than there is room for.
        case full
        /// The exchange is over.
        case ended
    }

    /// Takes what the upstream has, as far as there is room.
    private func fillSpool(_ spool: inout BodySpool) -> Filling {
        guard let upstream, !spool.isComplete else { return .waiting }
        switch upstream.move(&responseBody, into: &spool, worker) {
        case .complete: upstreamFinished()
        case .sourceEmpty:
            worker.loop.setDeadline(
                of: upstream.handler, afterNanoseconds: route?.filters.timeouts.readNanoseconds ?? 0)
        case .sinkBlocked, .paced:
            worker.loop.clearDeadline(of: upstream.handler)
            return .full
        case .yielded: worker.loop.resumeLater(upstream.handler)
        case .sinkFailed:
            worker.metrics.count(Limit.temporaryFiles)
            complete(.abort)
            return .ended
        case .sourceEnded, .malformed, .tooLarge:
            responseBroke()
            return .ended
        }
        return .waiting
    }

    /// The upstream has said all: it is free while the client still takes it.
    private func upstreamFinished() {
        finishFill()
        guard let upstream, state.requestSent, state.keepsUpstream else { return dropUpstream() }
        self.upstream = nil
        endAttempt()
        upstream.release()
    }
}
