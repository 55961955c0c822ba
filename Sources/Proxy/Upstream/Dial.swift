import EventLoop
import Linux
import Model
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
            // What is meant for TLS never goes out in the clear.
            guard let context = pool.connector.context else { return .failed(.tlsFailed) }
            stage = .securing
            transport.startConnecting(context, resuming: pool.session)
        }
        return secure(&transport, pool, worker)
    }

    /// Why a certificate was refused says more than that it was.
    private static func cause(of error: TLSError, _ transport: borrowing Transport, _ connector: Connector) -> String {
        guard connector.id.tls?.verifies == true else { return error.reason }
        let reason = transport.tls.verification.reason
        return reason.isEmpty ? error.reason : "\(error.reason): \(reason)"
    }

    private mutating func secure(_ transport: inout Transport, _ pool: EndpointPool, _ worker: Worker) -> Outcome {
        switch transport.shakeHands(&worker.buffers) {
        case .done, .early:
            stage = .done
            return .done
        case .wantsRead, .wantsWrite, .hello: return .waiting
        case .failed(let error):
            // A session that the endpoint chokes on must not be tried again and again.
            pool.session = nil
            fault = Self.cause(of: error, transport, pool.connector)
            return .failed(.tlsFailed)
        }
    }
}
