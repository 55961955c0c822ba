import Bytes
import Filters
import Gzip
import HTTP
import Linux

/// Responses whose content is changed on its way to the client: texts are replaced, then it is compressed.
///
/// They go by way of the spool: what the upstream says into it, what the client takes out of it by `SubstitutedBody` and
/// `CompressedBody`. Where the route buffers no responses the spool is small and has no file, so that a slow client slows
/// the upstream down.
extension Exchange {
    /// Whether the client gets another form of the response than the upstream gave.
    enum Coding {
        /// Everybody gets what the upstream gave.
        case none
        /// So does this client, but not all do.
        case identity
        case gzip
    }

    /// Memory of the spool of a response that is changed and not buffered.
    static let conversionSpoolBytes = 64 << 10

    /// Decides about the coding of the response at hand, whose fields have been edited, and changes those that say
    /// something of its bytes.
    ///
    /// - Parameter framing: as the upstream has it.
    /// - Returns: how the body ends as the client gets it.
    func chooseConversions(_ given: BodyFraming) -> BodyFraming {
        // What comes out of the cache, or goes into it, goes by way of a spool.
        if given != .none, given != .length(0), responseCacheUse?.needsSpool == true { state.buffersResponse = true }
        let applies = route?.filters.substitution?.applies(to: response) == true
        if applies { response.headers.drop([.contentLength, .etag, .lastModified, .acceptRanges]) }
        state.replacesTexts = applies && given != .none && given != .length(0)
        return chooseCoding(state.replacesTexts ? .untilClose : given)
    }

    private func chooseCoding(_ framing: BodyFraming) -> BodyFraming {
        state.coding = .none
        guard let filter = route?.filters.compression else { return framing }
        switch filter.choice(for: request, response, length: Self.length(framing, of: response.headers)) {
        case .never: return framing
        case .notForThisClient: state.coding = .identity
        case .gzip:
            state.coding = .identity
            guard framing != .none, worker.hasMemoryBudget, let body = worker.takeCompressor(level: filter.level) else {
                return framing
            }
            compressedBody = body
            state.coding = .gzip
            Self.describeAnew(&response.headers, &worker.filterScratch.body)
            return .untilClose
        }
        return framing
    }

    /// Of the content, as far as it is known; also of one that isn't sent.
    private static func length(_ framing: BodyFraming, of headers: borrowing HeaderBlock) -> Int? {
        switch framing {
        case .length(let count): count
        case .none: headers.firstIndex(of: .contentLength).flatMap { headers.value($0).decimalValue }
        case .chunked, .untilClose: nil
        }
    }

    /// Bytes that are made anew are the same only in meaning: a strong `ETag` becomes a weak one (RFC 9110 §8.8.1), and
    /// no part of them can be asked for.
    private static func describeAnew(_ headers: inout HeaderBlock, _ scratch: inout ByteBuffer) {
        headers.remove(.acceptRanges)
        guard let index = headers.firstIndex(of: .etag), headers.value(index).starts(with: "\"") else { return }
        scratch.clear()
        guard scratch.room >= headers.value(index).count + 2 else { return headers.remove(.etag) }
        scratch.append("W/")
        scratch.append(headers.value(index))
        headers.setValue(at: index, scratch.readable)
        scratch.clear()
    }

    /// Bytes that `appendCoding` needs at most.
    static let codingBound = 64

    /// Appends what caches and the client must know of the coding.
    func appendCoding(to output: inout ByteBuffer) {
        if state.coding == .none { return }
        output.append("Vary: Accept-Encoding\r\n")
        if state.coding == .gzip { output.append("Content-Encoding: gzip\r\n") }
    }

    /// Moves what can be moved from the spool to the client.
    ///
    /// - Parameter moreFollows: the upstream has more than the spool had room for.
    func sendBuffered(
        _ spool: inout BodySpool, to downstream: DownstreamStream, moreFollows: Bool
    ) -> BodyPump.Outcome {
        if var compressed = compressedBody {
            compressed.moreFollows = moreFollows
            return downstream.takeBody(&bufferedBody, from: &compressed, worker)
        }
        if var substituted = substitutedBody {
            return downstream.takeBody(&bufferedBody, from: &substituted, worker)
        }
        return downstream.takeBody(&bufferedBody, from: &spool, worker)
    }

    /// Begins with what is made of the spool's content.
    func beginConversions(of spool: BodySpool) {
        if state.replacesTexts, let filter = route?.filters.substitution {
            let body = SubstitutedBody(filter, spool)
            if body.prepare(request, context, variables, aside: &worker.filterScratch.body) { substitutedBody = body }
        }
        compressedBody?.begin(substitutedBody.map { .substituted($0) } ?? .spool(spool))
    }

    /// Gives back what the conversions took.
    func dropConversions() {
        substitutedBody?.release(&worker.buffers)
        substitutedBody = nil
        guard let compressed = compressedBody else { return }
        compressedBody = nil
        compressed.end(&worker.buffers)
        worker.giveBack(compressed)
    }
}
