public import Model

/// How long the client's connection stays open after a response of the route, ready for use.
public struct ClientKeepAliveRule: Sendable {
    /// Zero closes the connection after the response.
    public let nanoseconds: UInt64
    /// What `Keep-Alive` tells clients; zero for nothing.
    public let announcedSeconds: Int

    public init(_ policy: ClientKeepAlive) {
        nanoseconds = UInt64(policy.timeout.nanoseconds)
        announcedSeconds = policy.announcedSeconds ?? 0
    }
}
