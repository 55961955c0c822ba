import CLinux
import Glibc

/// Where a connection attempt stands.
public enum ConnectProgress: Equatable, Sendable {
    case connected
    /// The loop reports the socket writable once the outcome is known; see `Socket.connectionError`.
    case pending
}

/// A connection that a listener handed out.
@frozen public struct AcceptedConnection: ~Copyable {
    public var socket: Descriptor
    public let peer: SocketAddress
}

/// A connection that was begun.
@frozen public struct BegunConnection: ~Copyable {
    public var socket: Descriptor
    public let progress: ConnectProgress
}

/// TCP sockets: making, accepting and asking about them. All are nonblocking and close on exec.
public enum Socket {
    /// A socket that listens on `address`; connections from it send small pieces at once (TCP_NODELAY).
    ///
    /// - Parameter sharesPort: lets several sockets of this process listen on the same port, each with its own
    ///   queue; the kernel spreads connections among them (SO_REUSEPORT).
    /// - Parameter acceptsV4: for an IPv6 address, also accept IPv4 connections.
    public static func listen(
        on address: SocketAddress, backlog: CInt = 4096, sharesPort: Bool, acceptsV4: Bool = false
    ) throws(Errno) -> Descriptor {
        let socket = try make(v6: !address.address.isV4)
        try set(socket, SOL_SOCKET, SO_REUSEADDR, 1)
        if sharesPort { try set(socket, SOL_SOCKET, SO_REUSEPORT, 1) }
        if !address.address.isV4 { try set(socket, CInt(IPPROTO_IPV6), IPV6_V6ONLY, acceptsV4 ? 0 : 1) }
        _ = try checked { address.withSystemForm { bind(socket.number, $0, $1) } }
        // Whatever is accepted from the socket inherits it.
        setNoDelay(socket)
        _ = try checked { Glibc.listen(socket.number, backlog) }
        return socket
    }

    /// The next waiting connection, or nil when there is none.
    public static func accept(from listener: borrowing Descriptor) throws(Errno) -> AcceptedConnection? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        while true {
            let number = withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    accept4(listener.number, $0, &length, CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
                }
            }
            if number >= 0 {
                let peer = SocketAddress(storage) ?? SocketAddress(.anyV4, port: 0)
                return AcceptedConnection(socket: Descriptor(adopting: number), peer: peer)
            }
            switch errno {
            case EAGAIN: return nil
            // The connection went away while it waited: take the next one (accept(2), "Error handling").
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
                ENETUNREACH:
                continue
            default: throw Errno.last
            }
        }
    }

    /// Begins to connect to `address`.
    public static func connect(to address: SocketAddress) throws(Errno) -> BegunConnection {
        let socket = try make(v6: !address.address.isV4)
        setNoDelay(socket)
        while true {
            if address.withSystemForm({ Glibc.connect(socket.number, $0, $1) }) == 0 {
                return BegunConnection(socket: socket, progress: .connected)
            }
            switch errno {
            case EINPROGRESS: return BegunConnection(socket: socket, progress: .pending)
            case EINTR: continue
            default: throw Errno.last
            }
        }
    }

    /// Why a pending connection failed; nil when it stands.
    public static func connectionError(of socket: borrowing Descriptor) -> Errno? {
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return Errno.last }
        return code == 0 ? nil : Errno(code)
    }

    /// Sends small pieces at once instead of waiting for more (TCP_NODELAY).
    public static func setNoDelay(_ socket: borrowing Descriptor) {
        var on: CInt = 1
        setsockopt(socket.number, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Closing the socket resets the connection instead of ending it in order (SO_LINGER with 0).
    public static func setResetOnClose(_ socket: borrowing Descriptor) {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket.number, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    /// Tells the other side that nothing more will be sent.
    public static func shutdownSending(_ socket: borrowing Descriptor) {
        shutdown(socket.number, CInt(SHUT_WR))
    }

    /// The address that the socket itself is bound to.
    public static func localAddress(of socket: borrowing Descriptor) throws(Errno) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = try checked {
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket.number, $0, &length) }
            }
        }
        guard let address = SocketAddress(storage) else { throw Errno.invalid }
        return address
    }

    private static func make(v6: Bool) throws(Errno) -> Descriptor {
        let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        return Descriptor(adopting: try checked { socket(v6 ? AF_INET6 : AF_INET, type, CInt(IPPROTO_TCP)) })
    }

    private static func set(
        _ socket: borrowing Descriptor, _ level: CInt, _ option: CInt, _ value: CInt
    ) throws(Errno) {
        var value = value
        let number = socket.number
        _ = try checked { setsockopt(number, level, option, &value, socklen_t(MemoryLayout<CInt>.size)) }
    }
}
