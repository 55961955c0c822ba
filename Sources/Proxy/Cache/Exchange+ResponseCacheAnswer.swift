import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// Answers that come out of the cache.
extension Exchange {
    /// Answers by a response that is kept.
    func answer(
        by stored: StoredResponse, _ status: ResponseCacheStatus, _ use: ResponseCacheUse, _ route: RoutePlan
    ) {
        guard let downstream else { return }
        use.status = status
        worker.metrics.count(.responseCacheAnswers)
        stored.restore(&response)
        Self.setAge(stored.age(at: worker.loop.now), of: &response.headers, &worker.filterScratch.body)
        let range = choosePart(of: stored, use, by: route)
        var framing = BodyFraming.length(range.count)
        if response.status.forbidsBody {
            framing = .none
        } else if request.method == .head {
            Self.setLength(range.count, of: &response.headers, &worker.filterScratch.body)
            framing = .none
        } else if !range.isEmpty {
            use.answer = (stored.content, range)
        }
        state.keepsUpstream = false
        sendHead(framing, marksEnd: false, to: downstream, by: route)
        if state.buffersResponse { pumpResponse() } else { finish(endingAfterUnreadBody()) }
    }

    /// Answers by a response that is no longer fresh because no better one can be had.
    ///
    /// - Returns: false when there is none, or it may not answer.
    func answersStale(because condition: Retry.Conditions) -> Bool {
        guard let use = responseCacheUse, let route, state.replacedStatus == nil, state.phase == .attempting,
            let stored = substitute(for: condition, use)
        else { return false }
        restoreMethod()
        use.fill?.abandon()
        answer(by: stored, .stale, use, route)
        return true
    }

    /// The response that is no longer fresh, if it may answer in place of a failure.
    func substitute(for condition: Retry.Conditions, _ use: ResponseCacheUse) -> StoredResponse? {
        guard let stored = use.stale, use.status == .expired, !stored.freshness.forbidsStale, !condition.isEmpty
        else { return nil }
        let mayStay =
            !use.filter.policy.staleConditions.isDisjoint(with: condition)
            || stored.mayStayOnError(at: worker.loop.now)
        return mayStay ? stored : nil
    }

    /// What the client has already, or asks for a part of, need not be sent whole.
    ///
    /// - Returns: the bytes that go.
    private func choosePart(of stored: StoredResponse, _ use: ResponseCacheUse, by route: RoutePlan) -> Range<Int> {
        let all = 0..<stored.content.count
        // What texts are replaced in isn't what the validators and places are about.
        guard route.filters.substitution == nil else { return all }
        if isUnchanged(for: use) {
            becomeNotModified()
            return 0..<0
        }
        switch Self.part(of: response, stored.content.count, for: request, use) {
        case .all: return all
        case .bytes(let range):
            response.replace(status: .partialContent)
            Self.setRange(range, of: stored.content.count, &response, &worker.filterScratch.body)
            return range
        case .none:
            response.replace(status: .rangeNotSatisfiable)
            Self.setRange(nil, of: stored.content.count, &response, &worker.filterScratch.body)
            response.headers.drop([.contentType, .contentEncoding, .etag, .lastModified])
            return 0..<0
        }
    }

    private static func part(
        of response: borrowing ResponseHead, _ length: Int, for request: borrowing RequestHead, _ use: ResponseCacheUse
    ) -> ResponseConditions.Part {
        ResponseConditions.part(of: response, length: length, for: request, first: use.clientFields)
    }

    /// Whether the client has what the response at hand says already.
    func isUnchanged(for use: ResponseCacheUse) -> Bool {
        ResponseConditions.isUnchanged(response, for: request, first: use.clientFields, now: worker.wallSeconds)
    }

    /// The response at hand tells that nothing has changed (RFC 9110 §15.4.5).
    func becomeNotModified() {
        response.replace(status: .notModified)
        response.headers.drop([.contentLength, .transferEncoding, .contentType, .contentEncoding, .acceptRanges])
    }

    // MARK: Fields

    private static func setAge(_ seconds: Int, of headers: inout HeaderBlock, _ scratch: inout ByteBuffer) {
        set(.age, seconds, of: &headers, &scratch)
    }

    private static func setLength(_ bytes: Int, of headers: inout HeaderBlock, _ scratch: inout ByteBuffer) {
        set(.contentLength, bytes, of: &headers, &scratch)
    }

    private static func set(_ id: HeaderID, _ value: Int, of headers: inout HeaderBlock, _ scratch: inout ByteBuffer) {
        scratch.clear()
        scratch.append(decimal: value)
        headers.set(id, value: scratch.readable)
    }

    private static func setRange(
        _ range: Range<Int>?, of length: Int, _ response: inout ResponseHead, _ scratch: inout ByteBuffer
    ) {
        scratch.clear()
        scratch.append("bytes ")
        if let range {
            scratch.append(decimal: range.lowerBound)
            scratch.append(.hyphen)
            scratch.append(decimal: range.upperBound - 1)
        } else {
            scratch.append(.asterisk)
        }
        scratch.append(.slash)
        scratch.append(decimal: length)
        response.headers.set(.contentRange, value: scratch.readable)
    }
}
