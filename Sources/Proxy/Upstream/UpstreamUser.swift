/// Whom an upstream connection works for, and who is told what happens on it.
enum UpstreamUser {
    /// A client's request.
    case exchange(Exchange)
    /// A request of the proxy's own.
    case subrequest(Subrequest)

    /// Something changed on the connection.
    func upstreamReady() {
        switch self {
        case .exchange(let exchange): exchange.upstreamReady()
        case .subrequest(let subrequest): subrequest.upstreamReady()
        }
    }

    /// A new connection stands.
    func upstreamConnected() {
        switch self {
        case .exchange(let exchange): exchange.upstreamConnected()
        case .subrequest(let subrequest): subrequest.upstreamConnected()
        }
    }

    /// A deadline of the connection passed while it was busy.
    func upstreamTimedOut() {
        switch self {
        case .exchange(let exchange): exchange.upstreamTimedOut()
        case .subrequest(let subrequest): subrequest.upstreamTimedOut()
        }
    }

    /// The connection failed before a response had begun.
    func attemptFailed(_ failure: Failure) {
        switch self {
        case .exchange(let exchange): exchange.attemptFailed(failure)
        case .subrequest(let subrequest): subrequest.attemptFailed(failure)
        }
    }
}
