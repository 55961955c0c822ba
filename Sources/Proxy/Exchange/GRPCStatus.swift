import Bytes
import HTTP

/// What a gRPC client is told in place of an error page: a status of gRPC in an HTTP response that has nothing but a
/// head (gRPC over HTTP/2, "Trailers-Only").
///
/// Clients of gRPC look at `grpc-status` and would report an HTML page as a fault of the protocol. The table stands
/// in Docs/grpc.md.
enum GRPCStatus: Int {
    case cancelled = 1
    case unknown = 2
    case deadlineExceeded = 4
    case permissionDenied = 7
    case resourceExhausted = 8
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case unauthenticated = 16

    /// What an answer of our own means to gRPC.
    init(_ status: Status) {
        switch status {
        case .badRequest: self = .internal
        case .unauthorized: self = .unauthenticated
        case .forbidden: self = .permissionDenied
        case .notFound, .methodNotAllowed, .notImplemented: self = .unimplemented
        case .requestTimeout, .gatewayTimeout: self = .deadlineExceeded
        case .contentTooLarge, .targetTooLong, .tooManyRequests, .headersTooLarge: self = .resourceExhausted
        case .clientClosedRequest: self = .cancelled
        case .internalServerError: self = .internal
        case .badGateway, .serviceUnavailable: self = .unavailable
        default: self = .unknown
        }
    }
}

extension RequestHead {
    /// Whether the request is one of gRPC: its content is `application/grpc`, alone or with a suffix such as
    /// `+proto`. gRPC-Web is not: it is HTTP with bodies of its own.
    var isGRPC: Bool {
        guard let index = headers.firstIndex(of: .contentType) else { return false }
        return Self.isGRPC(headers.value(index))
    }

    private static func isGRPC(_ type: Span<UInt8>) -> Bool {
        let name: StaticString = "application/grpc"
        let count = name.utf8CodeUnitCount
        guard type.count >= count, type.extracting(first: count).equalsIgnoringCase(name) else { return false }
        if type.count == count { return true }
        switch type[count] {
        case UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: " "): return true
        default: return false
        }
    }
}
