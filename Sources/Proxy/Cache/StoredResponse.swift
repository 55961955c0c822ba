import Bytes
import Filters
import HTTP
import Linux
import Model

/// The content of a response that is kept: never changed, and read by as many exchanges as want it. Those that do hold
/// it beyond its time in the store.
final class StoredContent {
    private let bytes: ByteBuffer

    init(_ bytes: consuming ByteBuffer) { self.bytes = bytes }

    var count: Int { bytes.count }

    /// Appends a part; the caller has checked the room.
    func append(_ range: Range<Int>, to buffer: inout ByteBuffer) { Self.append(range, of: bytes, to: &buffer) }

    private static func append(_ range: Range<Int>, of bytes: borrowing ByteBuffer, to buffer: inout ByteBuffer) {
        buffer.append(bytes.readable.extracting(range))
    }
}

/// A whole response as it came from the upstream, before anything was done to it for one client.
final class StoredResponse {
    let status: Status
    let reason: [UInt8]
    /// Field lines in wire form.
    let fields: [UInt8]
    let content: StoredContent
    let freshness: ResponseFreshness
    private let receivedAt: Instant

    /// What is made for one hop or client, or anew for each answer.
    private static let left: HeaderIDSet = [.contentLength, .transferEncoding, .setCookie, .age]

    init(
        _ head: borrowing ResponseHead, _ content: StoredContent, _ freshness: ResponseFreshness, now: Instant
    ) {
        status = head.status
        reason = head.reason.copied()
        var lines = ByteBuffer(capacity: max(head.headers.encodedLength, 1))
        lines.appendFields(head.headers, except: Self.left)
        fields = lines.readable.copied()
        self.content = content
        self.freshness = freshness
        receivedAt = now
    }

    /// What it counts against the store's bound.
    var bytes: Int { content.count + fields.count + reason.count + ResponseCacheZone.entryBytes }

    private func seconds(at now: Instant) -> Int { Int(now.nanoseconds(since: receivedAt) / 1_000_000_000) }

    /// Its age in seconds (RFC 9111 §4.2.3).
    func age(at now: Instant) -> Int { freshness.age + seconds(at: now) }

    func isFresh(at now: Instant) -> Bool { seconds(at: now) < freshness.seconds }

    /// Whether it says itself that it may still answer while it is asked for anew, or when that has failed.
    func mayStayWhileUpdating(at now: Instant) -> Bool {
        seconds(at: now) < max(freshness.seconds, 0) + freshness.staleWhileRevalidate
    }

    func mayStayOnError(at now: Instant) -> Bool {
        seconds(at: now) < max(freshness.seconds, 0) + freshness.staleIfError
    }

    /// Makes the head of an answer of it.
    func restore(_ head: inout ResponseHead) {
        let (reason, fields) = (reason, fields)
        head.restore(status, reason: reason.span, fields: fields.span)
    }
}
