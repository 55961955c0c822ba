import COpenSSL
public import Linux

/// Why a TLS connection came to a bad end.
public enum TLSError: Error, Equatable, Sendable {
    /// What arrived is no TLS but text, such as a plain HTTP request.
    case plainText
    /// What arrived before the ClientHello was complete is more than a ClientHello may be.
    case helloTooLarge
    /// The other side has gone without saying so (no `close_notify`): what it sent may have been cut off.
    case cutOff
    /// The socket failed.
    case connection(Errno)
    /// One of the two sides broke off; the packed code is OpenSSL's.
    case library(UInt)

    /// OpenSSL's own wording, such as `no shared cipher`, for logs. Never anything that the other side sent.
    public var reason: String {
        switch self {
        case .plainText: "plain text on an encrypted port"
        case .helloTooLarge: "a ClientHello too large"
        case .cutOff: "closed without close_notify"
        case .connection(let error): "\(error)"
        case .library(let code):
            ERR_reason_error_string(code).map { String(cString: $0) } ?? "OpenSSL error \(code)"
        }
    }

    /// Takes the oldest error out of this thread's queue and forgets the others.
    static func takeLibraryError() -> TLSError {
        let code = ERR_get_error()
        ERR_clear_error()
        return .library(code)
    }
}

/// Why a certificate, key or setting cannot be used. Says what is wrong and never what stands in a key.
public struct TLSConfigurationError: Error, Equatable, Sendable {
    /// What is wrong, in words for whoever wrote it, such as `the private key does not belong to the certificate`.
    public let fault: String

    init(_ fault: String) { self.fault = fault }

    /// With OpenSSL's reason, which is taken out of this thread's queue.
    static func library(_ fault: String) -> TLSConfigurationError {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0, let reason = ERR_reason_error_string(code) else { return TLSConfigurationError(fault) }
        return TLSConfigurationError("\(fault): \(String(cString: reason))")
    }
}
