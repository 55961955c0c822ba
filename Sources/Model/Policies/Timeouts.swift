/// How long an upstream may take (`proxy-connect-timeout`, `-send-timeout`, `-read-timeout` in
/// ingress-nginx). Exceeding one is answered 504 while no response has begun.
public struct Timeouts: Sendable, Hashable {
    /// Until the connection stands.
    public var connect: Duration
    /// Between two successful writes to the upstream.
    public var send: Duration
    /// Between two successful reads from the upstream; in a tunnel, of either side.
    public var read: Duration

    public init(connect: Duration = .seconds(5), send: Duration = .seconds(60), read: Duration = .seconds(60)) {
        self.connect = connect
        self.send = send
        self.read = read
    }
}
