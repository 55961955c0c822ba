import EventLoop
import Linux
import TLS

/// The way from a socket that begins to connect to a connection that may be used: connected, and secured where the
/// connector says so.
///
/// All of it has to be done within the connect timeout, which is its owner's to keep.
struct Dial {
    enum Stage {
        case connecting
        case securing
        case done
    }

    enum Outcome {
        /// The loop will tell.
        case waiting
        case done
        case failed(Failure)
    }

    private(set) var stage = Stage.connecting
    /// Why TLS failed, in OpenSSL's words.
    private(set) var fault: String?

    var isDone: Bool { stage == .done }

    /// Goes as far as it can.
    mutating func proceed(_ transport: inout Transport, _ pool: EndpointPool, _ worker: Worker) -> Outcome {
        if stage == .connecting {
            guard transport.isWritable else { return .waiting }
            if let error = Socket.connectionError(of: transport.socket) {
                return .failed(error == .timedOut ? .connectTimedOut : .connectionRefused)
            }
            guard pool.connector.usesTLS else {
                stage = .done
                return .done
            }
            return .failed(.tlsFailed)
        }
        return .done
    }
}
