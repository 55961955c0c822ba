import Bytes
import Filters
import HTTP
import Linux

/// A response on its way into the cache.
///
/// Begun by who sends a request whose response may be kept, so that others can wait for it; told of the head, of the
/// content as it comes, and of the end, without which nothing is kept. Holds one response at most.
final class ResponseCacheFill {
    private enum Phase {
        /// No response is there yet.
        case waiting
        case recording
        case over
    }

    private let store: ResponseCacheStore
    private let primary: SipHash.Digest
    /// Under which others wait.
    private let key: SipHash.Digest
    private var phase = Phase.waiting
    private var head = ResponseHead(capacity: 256)
    private var freshness: ResponseFreshness?
    private var variant: (names: [UInt8], key: SipHash.Digest)?
    private var content = ByteBuffer()
    private var expected: Int?

    private static let step = 4096

    init(_ store: ResponseCacheStore, _ primary: SipHash.Digest, key: SipHash.Digest, now: Instant) {
        self.store = store
        self.primary = primary
        self.key = key
        store.begin(self, for: key, now: now)
    }

    /// Bytes of content that a response may have.
    var limit: Int { store.limits.responseBytes }

    /// Bytes of memory that it holds.
    var memoryBytes: Int { content.capacity }

    var isRecording: Bool { phase == .recording }

    /// Begins to take a response.
    ///
    /// - Parameters:
    ///   - names: fields of the request that it depends on.
    ///   - length: of its content, where it is known.
    func begin(
        _ response: borrowing ResponseHead, _ freshness: ResponseFreshness, varying names: [UInt8]?,
        for request: borrowing RequestHead, length: Int?
    ) {
        guard phase == .waiting else { return }
        phase = .recording
        expected = length
        self.freshness = freshness
        variant = names.map { ($0, store.variant(of: primary, $0, for: request)) }
        head.take(response)
    }

    /// Takes more of the content; one that is too large is let go.
    func append(_ bytes: Span<UInt8>) {
        guard phase == .recording, !bytes.isEmpty else { return }
        let needed = content.count + bytes.count
        guard needed <= limit else { return abandon() }
        if content.room < bytes.count {
            content.grow(to: max(needed, min(max(2 * content.capacity, Self.step), expected ?? limit)))
        }
        content.append(bytes)
    }

    /// The response has come whole.
    func commit(now: Instant) {
        guard phase == .recording, let freshness, expected == nil || expected == content.count else { return abandon() }
        phase = .over
        let kept = StoredContent(Self.fitted(&content))
        store.keep(StoredResponse(head, kept, freshness, now: now), for: primary, varying: variant, now: now)
        store.end(self, for: key)
    }

    /// Nothing comes of it.
    func abandon() {
        guard phase != .over else { return }
        phase = .over
        content.release()
        store.end(self, for: key)
    }

    /// The content in storage that is not much larger.
    private static func fitted(_ content: inout ByteBuffer) -> ByteBuffer {
        var kept = ByteBuffer()
        if content.room > content.count / 8, !content.isEmpty {
            kept.grow(to: content.count)
            kept.append(contentsOf: content)
            content.release()
        } else {
            swap(&kept, &content)
        }
        return kept
    }
}

extension ResponseHead {
    /// Becomes a copy of another head, as far as it is kept.
    mutating func take(_ other: borrowing ResponseHead) {
        var lines = ByteBuffer(capacity: other.headers.encodedLength + 2)
        lines.appendFields(other.headers, except: [])
        restore(other.status, reason: other.reason, fields: lines.readable)
    }
}
