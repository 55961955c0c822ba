import COpenSSL
import Glibc

/// A session's socket as OpenSSL sees it, and what the session learns by watching the bytes go by.
///
/// One lives beside each session in memory of its own, because callbacks of OpenSSL reach it through the BIO.
struct Wire {
    /// What is to become of the handshake once the ClientHello has arrived.
    enum HelloChoice {
        /// The owner of the session has not chosen yet.
        case open
        case accept
        case reject
    }

    let descriptor: CInt
    /// The last error of the socket; 0 for none.
    var failure: CInt = 0
    /// The socket gave less than was asked for: nothing waits in it.
    var isDrained = false
    /// The other side has finished sending.
    var hasEnded = false
    /// Lets the kernel wait for the next record before it sends a short segment.
    var moreFollows = false
    /// A server looks at the first byte: text in the place of a handshake is told apart.
    var expectsHello: Bool
    var isPlainText = false
    /// Bytes that may still arrive before the ClientHello is complete.
    var helloAllowance: Int
    var choice = HelloChoice.open
    /// The OCSP response that goes with the certificate, which the session holds alive.
    var staple: UnsafeRawBufferPointer?

    /// Most bytes of a ClientHello, its record headers included: four times what browsers send with hybrid keys.
    static let helloLimit = (16 << 10) + 1024

    init(server descriptor: CInt) {
        self.descriptor = descriptor
        expectsHello = true
        helloAllowance = Self.helloLimit
    }

    init(client descriptor: CInt) {
        self.descriptor = descriptor
        expectsHello = false
        helloAllowance = .max
    }

    /// The way in for OpenSSL: our own, because it reads and writes sockets without raising SIGPIPE, tells
    /// whether a read has emptied the socket, and joins records into full segments.
    ///
    /// `nonisolated(unsafe)`: made once, and only read by OpenSSL afterwards.
    nonisolated(unsafe) static let method: OpaquePointer = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket") else {
            fatalError("no memory for OpenSSL's method table")
        }
        BIO_meth_set_read(method) { bio, space, count in
            Wire.of(bio).pointee.read(bio, space, Int(count))
        }
        BIO_meth_set_write(method) { bio, bytes, count in
            Wire.of(bio).pointee.write(bio, bytes, Int(count))
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }()

    /// A BIO over `wire`, which must live as long.
    static func makeBIO(_ wire: UnsafeMutablePointer<Wire>) -> OpaquePointer? {
        guard let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, wire)
        BIO_set_init(bio, 1)
        return bio
    }

    static func of(_ bio: OpaquePointer?) -> UnsafeMutablePointer<Wire> {
        BIO_get_data(bio).assumingMemoryBound(to: Wire.self)
    }

    /// The wire of a session, for its callbacks.
    static func of(session ssl: OpaquePointer?) -> UnsafeMutablePointer<Wire> { of(SSL_get_rbio(ssl)) }

    private mutating func read(_ bio: OpaquePointer?, _ space: UnsafeMutablePointer<CChar>?, _ count: Int) -> CInt {
        gh_BIO_clear_retry_flags(bio)
        while true {
            let received = recv(descriptor, space, count, 0)
            if received > 0 {
                isDrained = received < count
                return admit(received, first: UInt8(bitPattern: space?.pointee ?? 0)) ? CInt(received) : -1
            }
            if received == 0 {
                hasEnded = true
                return 0
            }
            let error = errno
            if error == EINTR { continue }
            if error == EAGAIN {
                isDrained = true
                gh_BIO_set_retry_read(bio)
            } else {
                failure = error
            }
            return -1
        }
    }

    /// Whether what arrived may be a ClientHello; always true once it has been one.
    private mutating func admit(_ count: Int, first byte: UInt8) -> Bool {
        if expectsHello {
            expectsHello = false
            isPlainText = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xDF)
        }
        if helloAllowance != .max { helloAllowance -= count }
        return !isPlainText && helloAllowance >= 0
    }

    private mutating func write(_ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int) -> CInt {
        gh_BIO_clear_retry_flags(bio)
        let flags = CInt(MSG_NOSIGNAL) | (moreFollows ? CInt(MSG_MORE) : 0)
        while true {
            let sent = send(descriptor, bytes, count, flags)
            if sent >= 0 { return CInt(sent) }
            let error = errno
            if error == EINTR { continue }
            if error == EAGAIN { gh_BIO_set_retry_write(bio) } else { failure = error }
            return -1
        }
    }
}
