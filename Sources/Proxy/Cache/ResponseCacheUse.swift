import Bytes
import Filters
import HTTP
import Linux
import Model

/// What one exchange has to do with the cache: what it found there, and what it may leave. Made for requests of routes
/// that have one, and for no others.
final class ResponseCacheUse {
    let filter: ResponseCacheFilter
    let store: ResponseCacheStore
    let primary: SipHash.Digest
    /// Fields of the request that are the client's own.
    let clientFields: Int
    /// Only what says that it is for all may answer the request, or be kept of it.
    let isPersonal: Bool
    /// Where the response is, or would be.
    var key: SipHash.Digest
    var status = ResponseCacheStatus.miss
    /// A response that is no longer fresh.
    var stale: StoredResponse?
    /// The upstream is asked whether `stale` still holds.
    var isRevalidating = false
    /// What is sent by GET: where the client's HEAD stands until it is restored.
    var sentMethod: Range<Int>?
    /// The upstream was asked by GET for what the client has asked for by HEAD.
    var wasSentByGet = false
    var fill: ResponseCacheFill?
    /// The part of a response that answers.
    var answer: (content: StoredContent, range: Range<Int>)?
    /// When it began to wait for another request; nil when it doesn't.
    var waitsSince: Instant?
    var isWaiting = false

    init(
        _ filter: ResponseCacheFilter, _ store: ResponseCacheStore, _ primary: SipHash.Digest, clientFields: Int,
        isPersonal: Bool
    ) {
        self.filter = filter
        self.store = store
        self.primary = primary
        key = primary
        self.clientFields = clientFields
        self.isPersonal = isPersonal
    }

    /// Whether the response goes to the client by way of a spool.
    var needsSpool: Bool { answer != nil || fill?.isRecording == true }

    /// Memory in which a response waits for the client that is recorded on the way.
    private static let aheadBytes = 256 << 10

    /// Where the response waits for the client; nil where any spool will do.
    ///
    /// One that is kept is taken from the upstream a good piece ahead of the client, so that others needn't wait for long.
    func spool(by rule: ResponseBuffering) -> BodySpool? {
        if let answer { return BodySpool(reading: answer.content, answer.range) }
        guard let fill, fill.isRecording else { return nil }
        return BodySpool(
            memoryLimit: max(rule.isOn ? rule.memoryBytes : 0, Self.aheadBytes),
            fileLimit: rule.isOn ? rule.fileBytes : 0, keepsAll: false, recording: fill)
    }
}
