import Bytes

/// A request without its body: method, target, fields, and what they say about the connection.
///
/// Everything is a range over the bytes of `headers`, so a head is one piece of storage that is reused
/// from request to request. A head that a parser has completed obeys all rules: exactly one Host in
/// HTTP/1.1, a path in normal form, no unknown expectation.
public struct RequestHead: ~Copyable {
    /// What a client asks to switch to, when `Connection` nominates `Upgrade` (RFC 9110 §7.8).
    public enum Upgrade: Sendable {
        case none
        case webSocket
        /// Another protocol; the value is in the `Upgrade` field. Never `h2c`, which is not honoured.
        case other
    }

    public internal(set) var method = Method.other
    public internal(set) var version = Version.http11
    /// The connection may carry another request after this one (RFC 9112 §9.3).
    public internal(set) var keepsAlive = true
    /// The client waits for `100 Continue` before it sends the body.
    public internal(set) var expectsContinue = false
    public internal(set) var upgrade = Upgrade.none
    /// `TE: trailers`: the client takes trailer fields (RFC 9110 §10.1.4).
    public internal(set) var acceptsTrailers = false
    /// The port that the client named in the authority, or nil.
    public internal(set) var port: Int?
    /// Whether there is a question mark in the target.
    public internal(set) var hasQuery = false
    /// The fields as they arrived, but for those that `UnderscorePolicy` drops.
    public var headers: HeaderBlock

    var form = RequestTarget.Form.origin
    @Place var methodRange = 0..<0
    @Place var targetRange = 0..<0
    @Place var originTargetRange = 0..<0
    @Place var pathRange = 0..<0
    @Place var queryRange = 0..<0
    @Place var normalPathRange = 0..<0
    @Place var authorityRange = 0..<0
    @Place var hostRange = 0..<0
    @Place var hostNameRange = 0..<0
    // Only in heads that came field by field.
    @Place var schemeRange = 0..<0
    @Place var protocolRange = 0..<0

    private let stays = StaysInPlace()

    /// - Parameter capacity: bytes of storage to begin with.
    public init(capacity: Int = 2048) { headers = HeaderBlock(capacity: capacity) }

    /// The method as it was sent.
    public var methodBytes: Span<UInt8> {
        @_lifetime(borrow self) get { headers.bytes(in: methodRange) }
    }

    /// The request-target as it was sent, in whatever form.
    public var target: Span<UInt8> {
        @_lifetime(borrow self) get { headers.bytes(in: targetRange) }
    }

    /// Path and query as they were sent: what an origin gets when nothing is rewritten (RFC 9112 §3.2.1).
    /// `*` for a server-wide OPTIONS.
    public var originTarget: Span<UInt8> {
        @_lifetime(borrow self) get { headers.bytes(in: originTargetRange) }
    }

    /// The path as it was sent, without the query.
    public var path: Span<UInt8> {
        @_lifetime(borrow self) get { headers.bytes(in: pathRange) }
    }

    /// The path in the one normal form that matching and access decisions use; see `PathNormalizer`.
    public var normalPath: Span<UInt8> {
        @_lifetime(borrow self) get { headers.bytes(in: normalPathRange) }
    }

    /// Whether `path` is `normalPath`, byte for byte.
    public var isPathNormal: Bool { pathRange == normalPathRange }

    /// The query without its question mark; empty when there is none.
    public var query: Span<UInt8> {
        @_lifetime(borrow self) get { headers.bytes(in: queryRange) }
    }

    /// The authority as the client gave it, with its port; empty in HTTP/1.0 without Host.
    public var host: Span<UInt8> {
        @_lifetime(borrow self) get { headers.bytes(in: hostRange) }
    }

    /// The host for matching: in lower case, without port and trailing dot.
    public var hostName: Span<UInt8> {
        @_lifetime(borrow self) get { headers.bytes(in: hostNameRange) }
    }

    /// Makes a head that was refused or given up before its end fit to be read, for the log: what came whole
    /// of the request line stays, the fields go.
    public mutating func dropPartialFields() { headers.dropUnstored() }

    /// Makes room for the next request; the storage stays.
    public mutating func clear() {
        headers.clear()
        method = .other
        version = .http11
        keepsAlive = true
        expectsContinue = false
        upgrade = .none
        acceptsTrailers = false
        port = nil
        hasQuery = false
        form = .origin
        methodRange = 0..<0
        targetRange = 0..<0
        originTargetRange = 0..<0
        pathRange = 0..<0
        queryRange = 0..<0
        normalPathRange = 0..<0
        authorityRange = 0..<0
        hostRange = 0..<0
        hostNameRange = 0..<0
        schemeRange = 0..<0
        protocolRange = 0..<0
    }
}

/// Where a part of a head lies in its storage, in eight bytes: a head that is handed on is copied each time, so its
/// size counts.
@propertyWrapper
struct Place: BitwiseCopyable {
    private var start: UInt32
    private var end: UInt32

    init(wrappedValue: Range<Int>) {
        start = UInt32(truncatingIfNeeded: wrappedValue.lowerBound)
        end = UInt32(truncatingIfNeeded: wrappedValue.upperBound)
    }

    /// Heads are kept far below 4 GiB by `HeadLimits`.
    var wrappedValue: Range<Int> {
        get { Int(start)..<Int(end) }
        set { self = Place(wrappedValue: newValue) }
    }
}
