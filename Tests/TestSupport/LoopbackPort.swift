import Glibc
import Linux

/// A listening or merely bound loopback socket on a port that the kernel chose, kept for as long as this is.
final class LoopbackSocket: Sendable {
    let number: CInt
    let port: UInt16

    init() throws {
        let number = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.number = number
        guard number >= 0, withLoopback(0, { bind(number, $0, $1) }) == 0 else { throw Errno.last }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
        }
        guard result == 0 else { throw Errno.last }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(number) }
}

/// A port that refuses every connection, and that nobody else can take meanwhile.
public final class RefusingPort: Sendable {
    private let socket: LoopbackSocket
    public var port: UInt16 { socket.port }

    public init() throws { socket = try LoopbackSocket() }
}

/// A port that never completes a connection: its queue is full, so the kernel ignores further attempts.
public final class SilentPort: Sendable {
    private let socket: LoopbackSocket
    private let fillers: [CInt]
    public var port: UInt16 { socket.port }

    public init() throws {
        socket = try LoopbackSocket()
        let port = socket.port
        guard listen(socket.number, 0) == 0 else { throw Errno.last }
        fillers = (0..<4).map { _ in
            let filler = Glibc.socket(
                AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            _ = withLoopback(port) { connect(filler, $0, $1) }
            return filler
        }
    }

    deinit { for filler in fillers { close(filler) } }
}
