internal import Glibc

/// Non-blocking TCP on the loopback address: all that the benchmark tools need of the network.
public enum Socket {
    /// What a read or write came to.
    public enum Outcome {
        case bytes(Int)
        case later
        case closed
    }

    public static func listen(port: UInt16) -> Int32 {
        let descriptor = open()
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound = withAddress(port: port) { bind(descriptor, $0, $1) }
        checked(bound, "bind to port \(port)")
        checked(Glibc.listen(descriptor, 4096), "listen")
        return descriptor
    }

    /// A connection that is being made; its first writable event says that it stands.
    public static func connect(port: UInt16) -> Int32 {
        let descriptor = open()
        let result = withAddress(port: port) { Glibc.connect(descriptor, $0, $1) }
        if result != 0, errno != EINPROGRESS { checked(result, "connect to port \(port)") }
        return descriptor
    }

    public static func accept(_ listener: Int32) -> Int32? {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        checked(fcntl(descriptor, F_SETFL, O_NONBLOCK), "fcntl")
        disableDelay(descriptor)
        return descriptor
    }

    public static func read(_ descriptor: Int32, into space: UnsafeMutableRawBufferPointer) -> Outcome {
        outcome(recv(descriptor, space.baseAddress, space.count, 0))
    }

    public static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Outcome {
        outcome(send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)))
    }

    public static func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }

    private static func outcome(_ count: Int) -> Outcome {
        if count > 0 { return .bytes(count) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .later : .closed
    }

    private static func open() -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = checked(socket(AF_INET, kind, 0), "socket")
        disableDelay(descriptor)
        return descriptor
    }

    private static func disableDelay(_ descriptor: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func withAddress<Result>(
        port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
