import Glibc
import Linux
import Synchronization

/// One end of a TCP connection in a test's hand: sends whatever bytes and tells how the other end behaved.
///
/// Calls block the thread; a call that would block for ever throws `WireFault.silence`.
public final class Wire: Sendable {
    /// How the other side ended the connection.
    public enum Ending: Equatable, Sendable {
        case closed
        case reset
    }

    let number: CInt
    /// The encrypted side, once `startTLS` has made one.
    let secure = Mutex<SecureSide?>(nil)
    private let isOpen = Mutex(true)
    private let isRecording: Bool
    private let record = Mutex<[UInt8]>([])

    /// Most bytes that are recorded.
    private static let recordLimit = 1 << 20

    init(adopting number: CInt, recording: Bool = false) {
        self.number = number
        isRecording = recording
        var patience = timeval(tv_sec: failureGuardSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        setOption(CInt(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// Connects to a loopback port.
    ///
    /// - Parameter receiveBuffer: bytes that the kernel keeps for a reader that does not read; the smallest
    ///   is some kilobytes.
    public convenience init(toPort port: UInt16, receiveBuffer: Int? = nil) throws {
        let number = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Errno.last }
        self.init(adopting: number)
        if let receiveBuffer { setOption(SOL_SOCKET, SO_RCVBUF, CInt(receiveBuffer)) }
        let result = withLoopback(port) { connect(number, $0, $1) }
        guard result == 0 else { throw Errno.last }
    }

    deinit { close() }

    private func setOption(_ level: CInt, _ option: CInt, _ value: CInt) {
        var value = value
        setsockopt(number, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    // MARK: Sending

    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends everything; blocks while the other side does not read.
    public func send(_ bytes: [UInt8]) throws {
        if let secureSide { return try secureSide.send(bytes) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(number, $0.baseAddress! + sent, $0.count - sent, CInt(MSG_NOSIGNAL))
            }
            if count < 0 { throw fault("sending") }
            sent += count
        }
    }

    /// Sends `block` over and over until the socket has taken no more for `quiet` milliseconds, or `limit`
    /// bytes have gone.
    ///
    /// - Returns: how many bytes the kernel took.
    public func sendUntilBlocked(_ block: [UInt8], limit: Int, quiet milliseconds: CInt = 300) throws -> Int {
        var sent = 0
        while sent < limit {
            let count = block.withUnsafeBytes {
                Glibc.send(number, $0.baseAddress!, min($0.count, limit - sent), CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                guard waits(for: POLLOUT, milliseconds: milliseconds) else { return sent }
            } else {
                throw fault("sending")
            }
        }
        return sent
    }

    /// Waits until the other side's kernel has all that was sent, the end of sending included: its reader need not have
    /// read it.
    public func waitUntilTaken() throws {
        try eventually("the other side to have what was sent") {
            var waiting: CInt = 0
            guard ioctl(number, UInt(TIOCOUTQ), &waiting) == 0 else { throw Errno.last }
            return waiting == 0
        }
    }

    /// Says that nothing more will be sent; receiving goes on.
    public func finishSending() {
        secureSide?.sayGoodbye()
        _ = shutdown(number, CInt(SHUT_WR))
    }

    // MARK: Receiving

    /// What has arrived, at least one byte; empty at the end of the stream.
    public func receive(atMost limit: Int = 64 << 10) throws -> [UInt8] {
        if let secureSide { return try secureSide.receive(atMost: limit) }
        var failure: WireFault?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { space, count in
            while true {
                let got = recv(number, space.baseAddress, limit, 0)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = fault("receiving") }
                count = max(got, 0)
                return
            }
        }
        if let failure { throw failure }
        if isRecording { record.withLock { if $0.count < Self.recordLimit { $0 += bytes } } }
        return bytes
    }

    /// What has been received, when this wire records; some megabyte at most.
    var received: [UInt8] { record.withLock { $0 } }

    /// Everything until the other side ends the connection, and how it did.
    public func receiveToEnd() throws -> (bytes: [UInt8], ending: Ending) {
        var bytes: [UInt8] = []
        do {
            while true {
                let more = try receive()
                if more.isEmpty { return (bytes, .closed) }
                bytes += more
            }
        } catch WireFault.reset {
            return (bytes, .reset)
        }
    }

    /// Blocks until the other side has ended the connection; what it still sends is forgotten.
    @discardableResult
    public func waitForEnd() throws -> Ending {
        do {
            while try !receive().isEmpty {}
            return .closed
        } catch WireFault.reset {
            return .reset
        }
    }

    /// Whether something can be read, or the connection has ended, within that time.
    public func hasInput(within milliseconds: CInt) -> Bool { waits(for: POLLIN, milliseconds: milliseconds) }

    /// POLLRDHUP, which the C library's module leaves out.
    private static let peerHungUp: CInt = 0x2000

    /// Whether the other side ends the connection within that time, without reading what it sent.
    public func hasHungUp(within milliseconds: CInt) -> Bool {
        waits(for: Self.peerHungUp, milliseconds: milliseconds)
    }

    private func waits(for events: CInt, milliseconds: CInt) -> Bool {
        var entry = pollfd(fd: number, events: CShort(events), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }

    // MARK: Ending

    /// Ends the connection in order.
    public func close() {
        if let secureSide {
            secureSide.sayGoodbye()
            // It has a descriptor of its own.
            isOpen.withLock { if $0 { _ = shutdown(number, CInt(SHUT_RDWR)) } }
        }
        isOpen.withLock { isOpen in
            if isOpen { Glibc.close(number) }
            isOpen = false
        }
    }

    /// Ends an encrypted connection without a goodbye.
    public func cut() { _ = shutdown(number, CInt(SHUT_RDWR)) }

    /// Ends the connection with a reset: what the other side has not read yet is lost to it.
    public func reset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(number, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
        let vacant = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard secureSide == nil, vacant >= 0 else { return close() }
        // The number stays this wire's: a script that reads on must fail, and not read another test's connection.
        isOpen.withLock { isOpen in
            guard isOpen else { return }
            _ = dup2(vacant, number)
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        }
        Glibc.close(vacant)
    }

    /// Wakes a thread that is blocked in a call on this wire.
    func interrupt() {
        isOpen.withLock { if $0 { _ = shutdown(number, CInt(SHUT_RDWR)) } }
    }

    private func fault(_ action: String) -> WireFault {
        switch errno {
        case EAGAIN: .silence(action)
        case ECONNRESET, EPIPE: .reset
        default: .malformed("\(action): \(Errno.last)")
        }
    }
}

/// Calls `body` with the system's form of a port of 127.0.0.1.
func withLoopback<Result>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafeBytes(of: &address) {
        body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
    }
}
