import COpenSSL

/// The protocol that a handshake settled on (RFC 7301).
public enum ApplicationProtocol: Sendable, Equatable {
    /// `http/1.1` or `http/1.0`, or no word of it.
    case http1
    /// `h2`
    case http2
}

/// The server's side of ALPN: its own order decides, and a client that names only other protocols is turned away
/// with `no_application_protocol` (RFC 7301, section 3.2).
enum ALPN {
    private static let withHTTP2: [UInt8] = list("h2", "http/1.1", "http/1.0")
    private static let withoutHTTP2: [UInt8] = list("http/1.1", "http/1.0")

    /// Names as they stand in the extension: each with its length in front.
    static func list(_ names: String...) -> [UInt8] { list(names) }

    static func list(_ names: [String]) -> [UInt8] { names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } }

    /// Has `context` answer the extension.
    static func install(in context: OpaquePointer, offersHTTP2: Bool) {
        if offersHTTP2 {
            SSL_CTX_set_alpn_select_cb(
                context,
                { _, chosen, length, offered, count, _ in ALPN.choose(chosen, length, offered, count, ALPN.withHTTP2) },
                nil)
        } else {
            SSL_CTX_set_alpn_select_cb(
                context,
                { _, chosen, length, offered, count, _ in ALPN.choose(chosen, length, offered, count, ALPN.withoutHTTP2)
                },
                nil)
        }
    }

    private static func choose(
        _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ length: UnsafeMutablePointer<UInt8>?,
        _ offered: UnsafePointer<UInt8>?, _ count: CUnsignedInt, _ ours: [UInt8]
    ) -> CInt {
        var pick: UnsafeMutablePointer<UInt8>?
        let outcome = ours.withUnsafeBufferPointer {
            SSL_select_next_proto(&pick, length, $0.baseAddress, CUnsignedInt($0.count), offered, count)
        }
        guard outcome == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        // `SSL_select_next_proto` points into our list, which is an immortal constant's storage.
        chosen?.pointee = UnsafePointer(pick)
        return SSL_TLSEXT_ERR_OK
    }
}
