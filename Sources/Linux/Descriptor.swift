public import Bytes
import CLinux
import Glibc

/// How a nonblocking transfer ended.
public enum IOResult: Equatable, Sendable {
    /// That many bytes were moved; at least one.
    case bytes(Int)
    /// Nothing can be moved now; the loop will say when.
    case wouldBlock
    /// The other side has finished sending.
    case closed
    case failed(Errno)
}

/// The owner of a file descriptor; closes it when it goes.
public struct Descriptor: ~Copyable, Sendable {
    /// For system calls of this floor and for log lines.
    public let number: CInt

    /// Takes over an open descriptor.
    public init(adopting number: CInt) { self.number = number }

    deinit { close(number) }

    /// Reads into the free space of `buffer`, which must not be empty.
    public func read(into buffer: inout ByteBuffer) -> IOResult {
        var result = IOResult.wouldBlock
        _ = buffer.withUnsafeFreeSpace { space in
            while true {
                let count = recv(number, space.baseAddress, space.count, 0)
                if count > 0 {
                    result = .bytes(count)
                    return count
                }
                if count == 0 {
                    result = .closed
                    return 0
                }
                let error = errno
                if error == EINTR { continue }
                if error == ENOTSOCK { return readPlainly(into: space, &result) }
                result = error == EAGAIN ? .wouldBlock : .failed(Errno(error))
                return 0
            }
        }
        return result
    }

    private func readPlainly(into space: UnsafeMutableRawBufferPointer, _ result: inout IOResult) -> Int {
        let count = Glibc.read(number, space.baseAddress, space.count)
        if count > 0 { result = .bytes(count) }
        if count == 0 { result = .closed }
        if count < 0 { result = errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed(.last) }
        return max(count, 0)
    }

    /// Copies what waits in a socket into the free space of `buffer` and leaves it there (MSG_PEEK).
    public func peek(into buffer: inout ByteBuffer) -> IOResult {
        var result = IOResult.wouldBlock
        _ = buffer.withUnsafeFreeSpace { space in
            while true {
                let count = recv(number, space.baseAddress, space.count, CInt(MSG_PEEK))
                if count > 0 { result = .bytes(count) }
                if count == 0 { result = .closed }
                if count < 0 && errno == EINTR { continue }
                if count < 0 && errno != EAGAIN { result = .failed(.last) }
                return max(count, 0)
            }
        }
        return result
    }

    /// Takes exactly so many bytes out of a socket that are known to wait there, and forgets them.
    public func discard(_ count: Int) -> Bool {
        while true {
            let taken = recv(number, nil, count, CInt(MSG_TRUNC))
            if taken < 0 && errno == EINTR { continue }
            return taken == count
        }
    }

    /// Writes from the start of `bytes` to a socket; says how much went.
    public func write(_ bytes: Span<UInt8>) -> IOResult {
        bytes.withUnsafeBytes { source in
            while true {
                let count = send(number, source.baseAddress, source.count, CInt(MSG_NOSIGNAL))
                if count >= 0 { return .bytes(count) }
                let error = errno
                if error == EINTR { continue }
                return error == EAGAIN ? .wouldBlock : .failed(Errno(error))
            }
        }
    }

    /// Writes two pieces to a socket with one call; says how much went in all.
    public func write(_ first: Span<UInt8>, _ second: Span<UInt8>) -> IOResult {
        first.withUnsafeBytes { one in
            second.withUnsafeBytes { two in
                withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { pieces in
                    pieces.initializeElement(
                        at: 0,
                        to: iovec(iov_base: UnsafeMutableRawPointer(mutating: one.baseAddress), iov_len: one.count))
                    pieces.initializeElement(
                        at: 1,
                        to: iovec(iov_base: UnsafeMutableRawPointer(mutating: two.baseAddress), iov_len: two.count))
                    var message = msghdr()
                    message.msg_iov = pieces.baseAddress
                    message.msg_iovlen = 2
                    while true {
                        let count = sendmsg(number, &message, CInt(MSG_NOSIGNAL))
                        if count >= 0 { return IOResult.bytes(count) }
                        let error = errno
                        if error == EINTR { continue }
                        return error == EAGAIN ? .wouldBlock : .failed(Errno(error))
                    }
                }
            }
        }
    }

    /// Writes to a file or pipe, where `write` is for sockets.
    public func writeToFile(_ bytes: Span<UInt8>) -> IOResult {
        bytes.withUnsafeBytes { source in
            while true {
                let count = Glibc.write(number, source.baseAddress, source.count)
                if count >= 0 { return .bytes(count) }
                if errno == EINTR { continue }
                return errno == EAGAIN ? .wouldBlock : .failed(.last)
            }
        }
    }

    /// Another descriptor for the same open file.
    public func duplicate() throws(Errno) -> Descriptor {
        Descriptor(adopting: try checked { fcntl(number, F_DUPFD_CLOEXEC, 0) })
    }

    /// A descriptor that can be given up when none are left, so that one more can be opened.
    public static func reserve() throws(Errno) -> Descriptor {
        Descriptor(adopting: try checked { open("/dev/null", O_RDONLY | O_CLOEXEC) })
    }
}
