import HTTP
import Model
import Telemetry

/// Why an attempt at an endpoint, or an exchange as a whole, did not go as it should.
///
/// The one place that says what a fault means: whose it is, what the client gets, what is counted,
/// and under which condition another endpoint may be tried.
enum Failure: Hashable {
    // The upstream's
    case connectionRefused
    case connectTimedOut
    /// The endpoint's TLS is not as the route wants it, or broke during the handshake.
    case tlsFailed
    case connectionBroke
    /// HTTP/2: the endpoint has not looked at the request (RFC 9113 §8.7).
    case streamRefused
    case sendTimedOut
    case readTimedOut
    case invalidResponse
    case responseTruncated
    // Ours
    case noEndpoint
    case exhausted
    case limitExceeded
    case spoolFailed
    // The client's
    case bodyTooSlow
    case bodyTooLarge
    case malformedBody

    /// What the client gets while no response has begun.
    var status: Status {
        switch self {
        case .connectionRefused, .tlsFailed, .connectionBroke, .streamRefused, .invalidResponse, .responseTruncated:
            .badGateway
        case .connectTimedOut, .sendTimedOut, .readTimedOut: .gatewayTimeout
        case .noEndpoint, .exhausted: .serviceUnavailable
        case .limitExceeded, .spoolFailed: .internalServerError
        case .bodyTooSlow: .requestTimeout
        case .bodyTooLarge: .contentTooLarge
        case .malformedBody: .badRequest
        }
    }

    /// The condition under which another endpoint may be tried, or a kept response answers instead; none for faults that are
    /// not the endpoint's.
    var condition: Retry.Conditions {
        switch self {
        case .connectionRefused, .tlsFailed, .connectionBroke, .streamRefused, .responseTruncated: .error
        case .connectTimedOut, .sendTimedOut, .readTimedOut: .timeout
        case .invalidResponse: .invalidHeader
        default: []
        }
    }

    /// What is counted for an attempt that ended so.
    var metric: UpstreamFailure {
        switch self {
        case .connectionRefused: .refused
        case .connectTimedOut: .connectTimeout
        case .tlsFailed: .tls
        case .streamRefused: .streamRefused
        case .sendTimedOut: .sendTimeout
        case .readTimedOut: .readTimeout
        case .invalidResponse: .invalidResponse
        case .responseTruncated: .truncatedResponse
        case .noEndpoint: .noEndpoint
        case .exhausted: .exhausted
        default: .reset
        }
    }

    /// Whether nothing of the request can have reached the endpoint, so that even a request that must not be
    /// sent twice may be tried elsewhere.
    var cameBeforeSending: Bool {
        switch self {
        case .connectionRefused, .connectTimedOut, .tlsFailed, .streamRefused: true
        default: false
        }
    }

    /// What the log says of it.
    var words: String {
        switch self {
        case .connectionRefused: "the connection was refused"
        case .connectTimedOut: "connecting took too long"
        case .tlsFailed: "TLS failed"
        case .connectionBroke: "the connection broke before a response"
        case .streamRefused: "the request's stream was refused"
        case .sendTimedOut: "sending the request took too long"
        case .readTimedOut: "no response came in time"
        case .invalidResponse: "the response is malformed"
        case .responseTruncated: "the response broke off"
        case .noEndpoint: "there is no endpoint"
        case .exhausted: "descriptors, addresses or memory have run out"
        case .limitExceeded: "a limit was exceeded"
        case .spoolFailed: "the temporary file took no more"
        case .bodyTooSlow: "the client sent its body too slowly"
        case .bodyTooLarge: "the client's body is too large"
        case .malformedBody: "the client's body is malformed"
        }
    }
}
