import Bytes
import Filters
import HTTP

/// How the client's connection goes on, where the route says so (`keepalive_timeout` of nginx's snippets).
extension Exchange {
    /// Room that the fields about the connection take beyond those of a route that says nothing.
    static let keepAliveBound = 64

    /// Gets ready what the route's policies need before the first of them acts.
    func prepare(for route: RoutePlan) {
        if let rule = route.filters.clientKeepAlive { heed(rule) }
        if route.filters.needsVariables { prepareVariables(for: route) }
    }

    /// A route that closes the connection has the last word, whatever route answers in the end, as in nginx.
    private func heed(_ rule: ClientKeepAliveRule) {
        guard case .http1(let connection)? = downstream else { return }
        guard rule.nanoseconds > 0 else {
            state.keepsDownstream = false
            return
        }
        connection.idleNanoseconds = rule.nanoseconds
        state.announcesKeepAlive = rule.announcedSeconds > 0
    }

    /// Another route takes the place of one that may have had a say.
    func forgetKeepAlive() {
        state.announcesKeepAlive = false
        guard case .http1(let connection)? = downstream else { return }
        connection.idleNanoseconds = worker.settings.keepAliveTimeout
    }

    /// Appends what tells the client whether its connection of HTTP/1 goes on. One of HTTP/2 says so for itself.
    func appendConnection(to output: inout ByteBuffer) {
        if request.version == .http2 { return }
        if !state.keepsDownstream {
            output.appendField(.connection, "close")
        } else if request.version == .http10 || state.announcesKeepAlive {
            output.appendField(.connection, "keep-alive")
            announceKeepAlive(to: &output)
        }
    }

    private func announceKeepAlive(to output: inout ByteBuffer) {
        guard state.announcesKeepAlive, let rule = route?.filters.clientKeepAlive else { return }
        output.append("Keep-Alive: timeout=")
        output.append(decimal: rule.announcedSeconds)
        output.append("\r\n")
    }
}
