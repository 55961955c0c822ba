public import Linux

/// One try at one endpoint, as the access log tells it.
public struct UpstreamAttempt: Sendable {
    /// A time that was not reached.
    public static let unset = UInt32.max

    public var endpoint: SocketAddress
    /// The upstream's status, or 502 or 504 when it gave none.
    public var status: UInt16
    /// Until the connection stood; 0 for a reused one. Milliseconds, or `unset`.
    public var connectTime = unset
    /// Until the response head was there. Milliseconds, or `unset`.
    public var headerTime = unset
    /// Until the end of the response or the failure. Milliseconds, or `unset`.
    public var responseTime = unset
    /// Bytes of the response body.
    public var responseLength = 0

    public init(endpoint: SocketAddress, status: UInt16 = 0) {
        self.endpoint = endpoint
        self.status = status
    }
}

/// The numbers and addresses that a request yields for its line in the access log.
///
/// Kept with the exchange and filled in as it goes; text stays where it is (`AccessSource`).
public struct AccessRecord: Sendable {
    /// Attempts that can be told; the same as an exchange makes at most.
    public static let attemptCapacity = 8

    /// The client, after trusted hops were believed.
    public var client = SocketAddress(.anyV4, port: 0)
    /// Who is at the other end of the connection.
    public var peer = SocketAddress(.anyV4, port: 0)
    public var serverPort: UInt16 = 0
    /// The status that the client saw.
    public var status = 0
    /// Request line, header and body, in bytes.
    public var requestLength = 0
    public var bodyBytesSent = 0
    /// Response head and body, in bytes.
    public var bytesSent = 0
    /// From the first byte of the request to the end of the response, in milliseconds.
    public var requestTime: UInt32 = 0
    /// Number of the request on its connection, from 1.
    public var connectionRequests = 0
    private var attempts = InlineArray<8, UpstreamAttempt>(repeating: UpstreamAttempt(endpoint: .init(.anyV4, port: 0)))
    public private(set) var attemptCount = 0
    /// The attempt with which another service's turn began; 0 for none.
    public private(set) var groupStart = 0

    public init() {}

    /// Begins an attempt; one past the capacity overwrites the last.
    public mutating func begin(_ attempt: UpstreamAttempt) {
        if attemptCount < Self.attemptCapacity { attemptCount += 1 }
        attempts[attemptCount - 1] = attempt
    }

    /// Attempts from the next on are at another service (nginx's ` : ` in lists of attempts).
    public mutating func beginGroup() { groupStart = attemptCount }

    /// Changes the newest attempt. There is one.
    public var lastAttempt: UpstreamAttempt {
        _read { yield attempts[attemptCount - 1] }
        _modify { yield &attempts[attemptCount - 1] }
    }

    /// One of the attempts, the first at 0.
    public func attempt(_ index: Int) -> UpstreamAttempt { attempts[index] }

    /// Forgets the attempts; the rest is overwritten by the next request.
    public mutating func removeAttempts() {
        attemptCount = 0
        groupStart = 0
    }
}
