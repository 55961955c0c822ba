import Bytes

/// A response without its body. Ranges over the bytes of `headers`, reused from response to response.
public struct ResponseHead: ~Copyable {
    public internal(set) var version = Version.http11
    public var status = Status.ok
    /// The connection may carry another response after this one (RFC 9112 §9.3).
    public internal(set) var keepsAlive = true
    public var headers: HeaderBlock
    @Place var reasonRange = 0..<0
    private let stays = StaysInPlace()

    /// - Parameter capacity: bytes of storage to begin with.
    public init(capacity: Int = 2048) { headers = HeaderBlock(capacity: capacity) }

    /// The reason phrase as it was sent; may be empty.
    public var reason: Span<UInt8> {
        @_lifetime(borrow self) get { headers.bytes(in: reasonRange) }
    }

    /// Gives the response another status, with its usual reason phrase.
    public mutating func replace(status: Status) {
        guard status != self.status else { return }
        self.status = status
        let start = headers.storage.count
        headers.storage.append(status.reason)
        reasonRange = start..<headers.storage.count
    }

    /// Makes room for the next response; the storage stays.
    public mutating func clear() {
        headers.clear()
        version = .http11
        status = .ok
        keepsAlive = true
        reasonRange = 0..<0
    }

    /// Draws conclusions once all fields are there.
    mutating func takeFields() throws(HTTP1Error) {
        keepsAlive = version == .http11
        guard headers.contains(.connection) else { return }
        let options = try HopByHop.apply(to: &headers)
        keepsAlive = !options.close && (version == .http11 || options.keepAlive)
    }
}
