import HTTP
import Model
import Telemetry

/// Why an attempt at an endpoint, or an exchange as a whole, did not go as it should.
///
/// The one place that says what a fault means: whose it is, what the client gets, what is counted,
/// and under which condition another endpoint may be tried.
enum Failure: Equatable {
    // The upstream's
    case connectionRefused
    case connectTimedOut
    case connectionBroke
    case sendTimedOut
    case readTimedOut
    case invalidResponse
    case responseTruncated
    // Ours
    case noEndpoint
    case exhausted
    case limitExceeded
    // The client's
    case bodyTooSlow
    case bodyTooLarge
    case malformedBody

    /// What the client gets while no response has begun.
    var status: Status {
        switch self {
        case .connectionRefused, .connectionBroke, .invalidResponse, .responseTruncated: .badGateway
        case .connectTimedOut, .sendTimedOut, .readTimedOut: .gatewayTimeout
        case .noEndpoint, .exhausted: .serviceUnavailable
        case .limitExceeded: .internalServerError
        case .bodyTooSlow: .requestTimeout
        case .bodyTooLarge: .contentTooLarge
        case .malformedBody: .badRequest
        }
    }

    /// The condition of `Retry` under which another endpoint may be tried; none for faults that are not the endpoint's.
    var retryCondition: Retry.Conditions {
        switch self {
        case .connectionRefused, .connectionBroke, .responseTruncated: .error
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
    var cameBeforeSending: Bool { self == .connectionRefused || self == .connectTimedOut }
}
