/// How long the client's connection stays open after a response of the route while nothing comes on it
/// (`keepalive_timeout` of nginx's snippets), in place of `ClientSettings.keepAliveTimeout`.
///
/// For HTTP/1 alone: a connection of HTTP/2 carries requests of many routes and keeps the time of the whole proxy, as in
/// nginx. Where that time is zero, no connection is kept, whatever the route says.
public struct ClientKeepAlive: Sendable, Hashable {
    /// Zero closes the connection after the response.
    public var timeout: Duration

    /// Whole seconds that clients are told (`Keep-Alive: timeout=…`) while the connection is kept; nil tells them nothing.
    public var announcedSeconds: Int?

    public init(timeout: Duration, announcedSeconds: Int? = nil) {
        self.timeout = timeout
        self.announcedSeconds = announcedSeconds
    }
}
