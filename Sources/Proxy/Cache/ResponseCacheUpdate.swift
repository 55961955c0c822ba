import Bytes
import Filters
import HTTP
import Linux

/// A response that is asked for anew while the one that is kept answers once more: what has to be known of the request
/// for whose sake that is done, since it is over by then.
final class ResponseCacheUpdate {
    let fill: ResponseCacheFill
    private let filter: ResponseCacheFilter
    private let store: ResponseCacheStore
    private let key: SipHash.Digest
    private let stale: StoredResponse?
    private let isPersonal: Bool
    /// The request's fields that the response may depend on.
    private var request = RequestHead(capacity: 256)

    init(_ use: ResponseCacheUse, _ fill: ResponseCacheFill, for request: borrowing RequestHead) {
        self.fill = fill
        filter = use.filter
        store = use.store
        key = use.key
        stale = use.stale
        isPersonal = use.isPersonal
        for index in 0..<request.headers.count {
            self.request.headers.append(name: request.headers.name(index), value: request.headers.value(index))
        }
    }

    /// The response has begun.
    ///
    /// - Returns: whether its content is to be read and kept.
    func answered(
        _ response: borrowing ResponseHead, _ framing: BodyFraming, wallSeconds: Int, now: Instant
    ) -> Bool {
        if response.status == .notModified, let stale {
            if let renewed = stale.renewed(by: response, filter, wallSeconds: wallSeconds, now: now) {
                store.replace(renewed, for: key, now: now)
            }
            fill.abandon()
            return false
        }
        guard framing != .untilClose, let freshness = filter.freshness(of: response, wallSeconds: wallSeconds),
            !isPersonal || freshness.isForAll
        else {
            fill.abandon()
            return false
        }
        var names: [UInt8]?
        if case .fields(let list) = filter.variance(of: response) { names = list }
        var length: Int?
        if case .length(let count) = framing { length = count }
        fill.begin(response, freshness, varying: names, for: request, length: length)
        return true
    }
}
