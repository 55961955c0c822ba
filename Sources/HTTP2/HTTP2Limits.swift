import CNghttp2

/// What a peer did too often, so that its connection ends with ENHANCE_YOUR_CALM (RFC 9113 §10.5).
public enum HTTP2Flood: Int, CaseIterable, Sendable {
    /// SETTINGS (CVE-2019-9515).
    case settings
    /// PING (CVE-2019-9512), beyond what the data that was sent explains.
    case pings
    /// PRIORITY and PRIORITY_UPDATE (CVE-2019-9513), beyond what the streams explain.
    case priorities
    /// DATA without content (CVE-2019-9518).
    case emptyData
    /// WINDOW_UPDATE beyond what the streams and the data that was sent explain.
    case windowUpdates
    /// Frames of types that mean nothing here.
    case unknownFrames
    /// Streams that the peer resets before it has heard of an answer (CVE-2023-44487).
    case resets
    /// Streams that the peer makes us reset (CVE-2025-8671).
    case provokedResets
    /// CONTINUATION frames of one header block (CVE-2024-27316).
    case continuations
    /// Field sections that unfold to many times what may be sent.
    case headers
    /// Answers that the peer does not read.
    case unreadAnswers
}

/// Counts what costs us more than it costs the peer, per connection and interval.
struct HTTP2FloodGuard {
    /// How many of a kind an interval takes.
    static let limits: [HTTP2Flood: Int] = [
        .settings: 64, .pings: 512, .priorities: 1024, .emptyData: 256, .windowUpdates: 2048, .unknownFrames: 256,
        .resets: 256, .provokedResets: 100, .headers: 10,
    ]
    private static let intervalNanoseconds: UInt64 = 10_000_000_000
    /// The same numbers, by place.
    private static let table: InlineArray<11, Int> = {
        var table = InlineArray<11, Int>(repeating: .max)
        for (kind, limit) in limits { table[kind.rawValue] = limit }
        return table
    }()

    private var counts = InlineArray<11, Int>(repeating: 0)
    private var intervalEnd: UInt64 = 0
    private(set) var flood: HTTP2Flood?

    /// Time has come to `now`, in nanoseconds of the monotonic clock.
    mutating func advance(to now: UInt64) {
        guard now >= intervalEnd else { return }
        intervalEnd = now + Self.intervalNanoseconds
        counts = InlineArray(repeating: 0)
    }

    /// Counts one more.
    ///
    /// - Returns: whether that was one too many.
    mutating func count(_ kind: HTTP2Flood) -> Bool {
        counts[kind.rawValue] += 1
        guard counts[kind.rawValue] > Self.table[kind.rawValue] else { return false }
        flood = flood ?? kind
        return true
    }

    /// Sending a DATA frame earns the peer window updates, as many as Envoy has it, and a ping by which it measures its
    /// bandwidth.
    mutating func noteData() {
        counts[HTTP2Flood.windowUpdates.rawValue] -= 20
        counts[HTTP2Flood.pings.rawValue] -= 1
    }

    /// A stream that the peer begins earns it window updates, which gRPC sends with each call, and priorities.
    mutating func noteStream() {
        counts[HTTP2Flood.windowUpdates.rawValue] -= 2
        counts[HTTP2Flood.priorities.rawValue] -= 2
    }

    mutating func note(_ kind: HTTP2Flood) { flood = flood ?? kind }

    /// What a frame that begins counts as; nil for those that cost nothing or are judged elsewhere.
    static func kind(type: UInt8, flags: UInt8, length: Int) -> HTTP2Flood? {
        let acknowledges = flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
        switch UInt32(type) {
        case NGHTTP2_SETTINGS.rawValue: return acknowledges ? nil : .settings
        case NGHTTP2_PING.rawValue: return acknowledges ? nil : .pings
        case NGHTTP2_PRIORITY.rawValue, NGHTTP2_PRIORITY_UPDATE.rawValue: return .priorities
        case NGHTTP2_WINDOW_UPDATE.rawValue: return .windowUpdates
        case NGHTTP2_RST_STREAM.rawValue: return .resets
        case NGHTTP2_DATA.rawValue:
            let ends = flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            return length == 0 && !ends ? .emptyData : nil
        default: return nil
        }
    }
}
